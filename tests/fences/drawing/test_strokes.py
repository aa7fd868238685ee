"""Clipping, corners and dashes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.fences.drawing.strokes import LEAST_DASHES, clip, clip_half, dashes, smooth_paths

POINTS = st.lists(st.tuples(st.integers(-50, 150), st.integers(-50, 150)), min_size=3, max_size=10)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(10, 90), st.integers(0, 359)), min_size=3, max_size=9, unique_by=lambda arm: arm[1])
)
def test_clipping_keeps_the_part_in_the_square(arms: list[tuple[int, int]]) -> None:
    arms = sorted(arms, key=lambda arm: arm[1])
    star = np.array([(50 + r * math.cos(math.radians(a)), 50 + r * math.sin(math.radians(a))) for r, a in arms])
    whole = shapely.Polygon(star)
    if not whole.is_valid:
        return
    clipped = clip(star, 0.0, 100.0)
    expected = shapely.intersection(whole, shapely.box(0, 0, 100, 100)).area
    doubled = 0.0
    for a, b in zip(clipped, np.roll(clipped, -1, axis=0), strict=True):
        doubled += a[0] * b[1] - b[0] * a[1]
    assert abs(doubled) / 2 == pytest.approx(expected, abs=1e-6)
    assert clipped.size == 0 or (clipped.min() >= -1e-9 and clipped.max() <= 100 + 1e-9)


def test_a_square_inside_is_left_alone_and_one_outside_is_gone() -> None:
    inside = np.array([[1.0, 1.0], [2.0, 1.0], [2.0, 2.0]])
    assert clip(inside, 0, 10) is inside
    assert len(clip(inside + 100, 0, 10)) == 0


def test_a_corner_is_drawn_out_both_ways() -> None:
    (path,) = smooth_paths([np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])], 10.0)
    reach = 5 * math.tan(math.pi / 8)
    assert path.dtype == np.float32
    assert path[1] == pytest.approx([100 + reach, 0], abs=0.5)
    assert path[2] == pytest.approx([100, -reach], abs=0.5)
    assert path[0] == pytest.approx(path[-1])


@settings(max_examples=100, deadline=None)
@given(st.lists(POINTS, max_size=4))
def test_paths_close_and_stay_near_their_rings(rings: list[list[tuple[int, int]]]) -> None:
    arrays = [np.array(ring, dtype=np.float64) for ring in rings]
    paths = smooth_paths(arrays, 8.0)
    assert len(paths) == len(rings)
    for ring, path in zip(arrays, paths, strict=True):
        assert np.isfinite(path).all()
        assert (path[0] == path[-1]).all()
        assert len(ring) < len(path) <= 2 * len(ring) + 1
        line = shapely.LineString(np.concatenate([ring, ring[:1]]))
        assert shapely.distance(line, shapely.points(path)).max() <= 4.8


def test_dashes_go_round_evenly() -> None:
    turns = np.linspace(0, 2 * math.pi, 64, endpoint=False)
    circle = np.stack([50 + 30 * np.cos(turns), 50 + 30 * np.sin(turns)], axis=1)
    found = dashes(circle, 6.0, 4.0, 0.0, 100.0)
    assert len(found) == round(2 * math.pi * 30 / 10)
    lengths = [float(np.hypot(*np.diff(dash, axis=0).T).sum()) for dash in found]
    assert max(lengths) - min(lengths) < 2
    assert sum(lengths) / (2 * math.pi * 30) == pytest.approx(0.6, abs=0.04)


def test_small_rings_get_a_few_dashes_and_points_none() -> None:
    tiny = np.array([[50.0, 50.0], [54.0, 50.0], [54.0, 54.0]])
    assert len(dashes(tiny, 18.0, 11.0, 0, 100)) == LEAST_DASHES
    assert dashes(np.array([[5.0, 5.0]] * 3), 18.0, 11.0, 0, 100) == []


def test_only_dashes_near_the_square_are_made_and_they_are_the_same_ones() -> None:
    huge = np.array([[-1e6, 50.0], [1e6, 50.0], [1e6, 2e6], [-1e6, 2e6]])
    found = dashes(huge, 6.0, 4.0, 0.0, 100.0)
    assert 10 <= len(found) <= 16
    shifted = dashes(huge - np.array([100.0, 0.0]), 6.0, 4.0, 0.0, 100.0)
    ends = {round(float(dash[0, 0]), 1) for dash in found}
    neighbours = {round(float(dash[0, 0]) + 100, 1) for dash in shifted}
    assert {end for end in ends if 95 <= end <= 105} == {end for end in neighbours if 95 <= end <= 105} != set()


def test_a_half_is_cut_off_at_a_line_on_either_side() -> None:
    square = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])
    for axis in (0, 1):
        flipped = square if axis == 0 else square[:, ::-1]
        above = clip_half(flipped, axis, 4.0, 1.0)
        below = clip_half(flipped, axis, 4.0, -1.0)
        assert (above[:, axis].min(), above[:, axis].max()) == (4.0, 10.0)
        assert (below[:, axis].min(), below[:, axis].max()) == (0.0, 4.0)
        for half in (above, below):
            assert len(half) == 4
            assert (half[:, 1 - axis].min(), half[:, 1 - axis].max()) == (0.0, 10.0)


def test_points_on_the_line_stay_and_an_empty_ring_stays_empty() -> None:
    triangle = np.array([[4.0, 0.0], [9.0, 0.0], [4.0, 5.0]])
    assert clip_half(triangle, 0, 4.0, 1.0) is triangle
    assert len(clip_half(triangle, 0, 9.5, 1.0)) == 0
    nothing = triangle[:0]
    assert clip_half(nothing, 0, 4.0, 1.0) is nothing


def test_a_square_gets_two_points_at_each_corner_and_a_point_on_an_edge_stays_one() -> None:
    ring = np.array([[0.0, 0.0], [50.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])
    (path,) = smooth_paths([ring], 10.0)
    corners = {(102, 0), (100, -2), (100, 102), (102, 100), (-2, 100), (0, 102), (0, -2), (-2, 0)}
    assert {tuple(point) for point in path.tolist()} == corners | {(50, 0)}
    assert len(path) == 10


def test_several_rings_are_the_paths_that_each_would_be_alone() -> None:
    rings = [np.array([[0.0, 0.0], [30.0, 0.0], [30.0, 40.0]]), np.array([[5.0, 5.0], [50.0, 9.0], [20.0, 60.0]])]
    together = smooth_paths(rings, 8.0)
    for ring, path in zip(rings, together, strict=True):
        assert (smooth_paths([ring], 8.0)[0] == path).all()
    assert smooth_paths([], 8.0) == []


def test_dashes_begin_at_the_first_point_and_go_round_corners() -> None:
    square = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])
    found = dashes(square, 15.0, 10.0, -10.0, 110.0)
    assert len(found) == 16
    assert found[0].tolist() == [[0, 0], [15, 0]]
    assert found[1].tolist() == [[25, 0], [40, 0]]
    assert found[4].tolist() == [[100, 0], [100, 15]]
    longer = dashes(square, 30.0, 10.0, -10.0, 110.0)
    assert len(longer) == 10
    assert longer[2].tolist() == [[80, 0], [100, 0], [100, 10]]
    assert dashes(square, 30.0, 10.0, -10.0, 110.0)[0].dtype == np.float32


def test_a_ring_without_a_length_has_no_dashes() -> None:
    assert dashes(np.array([[5.0, 5.0], [np.inf, 5.0], [5.0, 9.0]]), 18.0, 11.0, 0, 100) == []


def test_dashes_of_an_edge_out_of_sight_are_left_out_and_those_of_one_that_crosses_are_not() -> None:
    # A thin rectangle across the square: its far ends and its far edge are out of sight.
    bar = np.array([[-9000.0, 40.0], [9000.0, 40.0], [9000.0, 5000.0], [-9000.0, 5000.0]])
    near = dashes(bar, 6.0, 4.0, 0.0, 100.0)
    covered = sorted(float(x) for dash in near for x in dash[:, 0])
    assert all((dash[:, 1] == 40.0).all() for dash in near)
    assert covered[0] <= 0.0
    assert covered[-1] >= 100.0
    assert covered[0] > -40.0
    assert covered[-1] < 140.0
