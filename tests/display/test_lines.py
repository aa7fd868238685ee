"""Thick lines, clipping and thinning are plain arithmetic."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tvapp.display.lines import TOLERANCE_PX, clip_segment, on_screen, strokes, thin_out, visible_segments

points = st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000))


@given(points, points)
def test_a_clipped_line_stays_on_the_screen_and_on_the_line(a: tuple[float, float], b: tuple[float, float]) -> None:
    cut = clip_segment((*a, *b), 1920, 1080, 10)
    if cut is None:
        return
    for x, y in (cut[:2], cut[2:]):
        assert -10.01 <= x <= 1930.01
        assert -10.01 <= y <= 1090.01
        across = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
        assert abs(across) <= 1e-3 * (1 + abs(b[0] - a[0]) + abs(b[1] - a[1]))


@given(points, points, st.floats(1, 20))
def test_a_thick_line_is_a_bounded_number_of_thin_ones(
    a: tuple[float, float], b: tuple[float, float], thickness: float
) -> None:
    full, edges = strokes((*a, *b), thickness)
    assert 1 <= len(full) <= thickness * 1.5 + 1
    assert len(edges) in (0, 2)


@given(st.floats(20, 3000), st.integers(30, 2000))
def test_a_circle_of_many_points_is_drawn_with_few_and_looks_the_same(radius: float, count: int) -> None:
    circle = [
        (radius * math.cos(math.tau * k / count), radius * math.sin(math.tau * k / count)) for k in range(count + 1)
    ]
    kept = thin_out(circle)
    assert len(kept) <= min(count + 1, 7 * math.sqrt(radius) + 8)
    for (x0, y0), (x1, y1) in pairwise(kept):
        middle = math.hypot((x0 + x1) / 2, (y0 + y1) / 2)
        assert radius - middle <= TOLERANCE_PX + radius * (1 - math.cos(math.pi / count))


def test_corners_stay() -> None:
    square = [(0.0, 0.0), (50.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0), (0.0, 0.0)]
    assert thin_out(square) == [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0), (0.0, 0.0)]


@given(st.lists(points, max_size=40))
def test_thinning_keeps_the_ends(line: list[tuple[float, float]]) -> None:
    kept = thin_out(line)
    assert len(kept) <= max(len(line), 0)
    if line:
        assert kept[0] == line[0]
        assert kept[-1] == line[-1] or len(line) == 1


def test_a_flat_line_is_stacked_vertically_and_a_steep_one_horizontally() -> None:
    full, edges = strokes((0.0, 10.0, 100.0, 10.0), 3.0)
    assert full == [(0, 9, 100, 9), (0, 10, 100, 10), (0, 11, 100, 11)]
    assert edges == [(0, 8, 100, 8), (0, 12, 100, 12)]
    full, edges = strokes((10.0, 0.0, 10.0, 100.0), 3.0)
    assert full == [(9, 0, 9, 100), (10, 0, 10, 100), (11, 0, 11, 100)]
    assert edges == [(8, 0, 8, 100), (12, 0, 12, 100)]


def test_lines_below_a_thick_core_are_left_out() -> None:
    full, edges = strokes((0.0, 10.0, 100.0, 10.0), 7.0, core=5.0)
    assert full == [(0, 7, 100, 7), (0, 8, 100, 8), (0, 12, 100, 12), (0, 13, 100, 13)]
    assert edges == [(0, 6, 100, 6), (0, 14, 100, 14)]


def test_a_point_and_a_thin_line_are_one_line_without_edges() -> None:
    assert strokes((5.0, 5.0, 5.0, 5.0), 1.0) == ([(5, 5, 5, 5)], [])
    assert strokes((0.0, 5.0, 9.0, 5.0), 1.0) == ([(0, 5, 9, 5)], [])


def test_points_on_the_edge_are_on_the_screen() -> None:
    some = [(0.0, 0.0), (100.0, 50.0), (100.1, 50.0), (-0.1, 0.0), (5.0, 50.1), (5.0, -0.1), (5.0, 5.0)]
    assert list(on_screen(some, 100, 50)) == [(0.0, 0.0), (100.0, 50.0), (5.0, 5.0)]


def test_a_line_of_two_points_and_repeated_points_are_kept_as_they_are() -> None:
    assert thin_out([(0.0, 0.0), (1.0, 1.0)]) == [(0.0, 0.0), (1.0, 1.0)]
    assert thin_out([(0.0, 0.0), (0.0, 0.0), (9.0, 0.0)]) == [(0.0, 0.0), (9.0, 0.0)]


def test_a_line_along_the_edge_is_visible_and_one_beyond_it_is_not() -> None:
    assert clip_segment((-5.0, 0.0, 5.0, 0.0), 50, 10, 0) == (0.0, 0.0, 5.0, 0.0)
    assert clip_segment((-5.0, -1.0, 5.0, -1.0), 50, 10, 0) is None
    assert clip_segment((-5.0, -1.0, 5.0, -1.0), 50, 10, 1) == (-1.0, -1.0, 5.0, -1.0)
    assert clip_segment((60.0, 5.0, 70.0, 5.0), 50, 10, 0) is None
    assert list(visible_segments([(-5.0, 5.0), (5.0, 5.0), (5.0, 50.0)], 50, 10, 0)) == [
        (0.0, 5.0, 5.0, 5.0),
        (5.0, 5.0, 5.0, 10.0),
    ]
