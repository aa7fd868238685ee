"""The look of a sketch: dashes that need no colour, and corners that do not overlap."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.fences.editing.sketch import Outline, Trace
from tvapp.geo.geodesy import circle_ring
from tvapp.geo.position import Position
from tvapp.mapview.viewport import Viewport
from tvapp.ui import theme
from tvapp.ui.map_overlay.sketch_view import MOST_DASHES, SketchView, dashed, within
from tvapp.ui.recording import RecordingCanvas

HERE = Position(24.95, 60.17)
VIEW = Viewport(HERE, 15, 1920, 1080)
RING = circle_ring(HERE, 200.0, 96)


def drawn(outline: Outline, view: Viewport = VIEW) -> RecordingCanvas:
    canvas = RecordingCanvas()
    SketchView().draw(canvas, outline, view)
    return canvas


def discs(canvas: RecordingCanvas) -> int:
    """Return how many corners are marked: each has one dark edge."""
    return sum(shape.kind == "panel" and shape.color == theme.EDGE and shape.rect.w > 20 for shape in canvas.shapes)


@pytest.mark.parametrize(
    ("role", "is_whole"), [("fixed", True), ("live", True), ("closing", False), ("crossing", False)]
)
def test_wrong_and_pending_edges_are_dashed(role: str, is_whole: bool) -> None:
    canvas = drawn(Outline((Trace(role, RING),)))  # type: ignore[arg-type]
    assert (len(canvas.lines) == 2) == is_whole
    assert canvas.lines


def test_a_place_where_edges_cross_has_a_mark_of_its_own() -> None:
    canvas = drawn(Outline(crossings=(HERE,)))
    (mark,) = canvas.texts
    assert mark.style.face == "icon"
    assert mark.rect.center == pytest.approx((960.0, 540.0))


def test_corners_that_would_lie_on_top_of_each_other_are_marked_once() -> None:
    dense = tuple(Position(HERE.lon + number * 1e-6, HERE.lat) for number in range(1_000))
    assert discs(drawn(Outline(vertices=dense))) < 10
    apart = tuple(Position(HERE.lon + number * 1e-3, HERE.lat) for number in range(5))
    assert discs(drawn(Outline(vertices=apart))) == 5


def test_the_current_corner_is_marked_however_near_others_are() -> None:
    dense = tuple(Position(HERE.lon + number * 1e-6, HERE.lat) for number in range(10))
    canvas = drawn(Outline(vertices=dense, current=4))
    assert any(shape.color == theme.ACCENT for shape in canvas.shapes)


def test_only_a_corner_that_closes_is_a_ring() -> None:
    apart = tuple(Position(HERE.lon + number * 1e-3, HERE.lat) for number in range(4))

    def holes(outline: Outline) -> int:
        return sum(shape.color == theme.EDGE and shape.rect.w < 12 for shape in drawn(outline).shapes)

    assert holes(Outline(vertices=apart)) == 1
    assert holes(Outline(vertices=apart, current=2)) == 0


def test_corners_beyond_the_screen_are_not_drawn() -> None:
    assert discs(drawn(Outline(vertices=(Position(HERE.lon + 1.0, HERE.lat),)))) == 0


PLACES = st.tuples(st.integers(0, 500), st.integers(0, 500))
LENGTHS = st.floats(10.0, 200.0)


@settings(max_examples=50)
@given(points=st.lists(PLACES, min_size=2, max_size=6), lengths=st.tuples(LENGTHS, LENGTHS))
def test_no_dash_is_longer_than_it_should_be(points: list[tuple[int, int]], lengths: tuple[float, float]) -> None:
    for dash in dashed(points, *lengths):
        assert sum(math.dist(a, b) for a, b in pairwise(dash)) <= lengths[0] + 1e-6


def test_a_line_of_any_length_has_a_bounded_number_of_dashes() -> None:
    assert len(list(dashed([(0.0, 0.0), (1e9, 0.0)], 6.0, 14.0))) <= MOST_DASHES + 1


def test_an_edge_to_the_other_end_of_the_world_is_cut_to_the_screen_before_it_is_dashed() -> None:
    (left, right) = within([(-1e6, 500.0), (1e6, 500.0)], VIEW)
    assert left == pytest.approx((-100.0, 500.0))
    assert right == pytest.approx((2020.0, 500.0))
    assert within([(-1e6, -500.0), (1e6, -500.0)], VIEW) == []
