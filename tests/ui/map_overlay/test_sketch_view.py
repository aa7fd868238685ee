"""The look of a sketch: dashes that need no colour, and corners that do not overlap."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.fences.editing.sketch import Measures, Outline, Role, Stage, Trace
from tvapp.geo.geodesy import circle_ring
from tvapp.geo.position import Position
from tvapp.mapview.viewport import Viewport
from tvapp.ui import theme
from tvapp.ui.map_overlay.sketch_view import (
    APART_PX,
    DASHES,
    MOST_DASHES,
    VERTEX_PX,
    SketchView,
    dashed,
    size_parts,
    within,
)
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.settings import UiSettings

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


def beside(px: float, py: float = 0.0) -> Position:
    """Return the place so many pixels right of and below the middle of the screen."""
    x, y = VIEW.to_screen(HERE)
    return VIEW.to_position(x + px, y + py)


@pytest.mark.parametrize(("px", "py"), [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)])
def test_corners_are_apart_from_fourteen_pixels_on_in_any_direction(px: float, py: float) -> None:
    for way, count in ((APART_PX - 0.5, 1), (APART_PX + 0.5, 2)):
        assert discs(drawn(Outline(vertices=(HERE, beside(px * way, py * way))))) == count


def test_corners_are_compared_with_the_last_one_that_is_marked() -> None:
    row = tuple(beside(8.0 * number) for number in range(5))
    assert discs(drawn(Outline(vertices=row))) == 3


def test_a_corner_is_marked_until_it_is_well_beyond_the_edge_of_the_screen() -> None:
    for px, py, count in (
        (-990, 0, 1),
        (-1010, 0, 0),
        (990, 0, 1),
        (1010, 0, 0),
        (0, -570, 1),
        (0, 570, 1),
        (0, 590, 0),
    ):
        assert discs(drawn(Outline(vertices=(beside(px, py),)))) == count


def test_the_current_corner_is_larger_than_the_others() -> None:
    def widths(current: int | None) -> list[float]:
        shapes = drawn(Outline(vertices=(HERE, beside(100.0)), current=current)).shapes
        return [shape.rect.w for shape in shapes if shape.kind == "panel" and shape.color != theme.EDGE]

    assert widths(1) == pytest.approx([2 * VERTEX_PX, 2 * 1.7 * VERTEX_PX])
    assert widths(None) == pytest.approx([2 * VERTEX_PX, 2 * VERTEX_PX])


def test_marks_keep_their_size_in_design_pixels() -> None:
    half = Viewport(HERE, 15, 960, 540, 0.5)
    canvas = RecordingCanvas(scale=0.5)
    SketchView().draw(canvas, Outline(vertices=(HERE,), crossings=(HERE,)), half)
    assert {shape.rect.center for shape in canvas.shapes} == {(960.0, 540.0)}


def test_traces_lie_on_each_other_by_their_role() -> None:
    roles: tuple[Role, ...] = ("crossing", "live", "closing", "fixed")
    places = {role: tuple(beside(x, 40.0 * number) for x in (-50.0, 50.0)) for number, role in enumerate(roles)}
    canvas = drawn(Outline(tuple(Trace(role, places[role]) for role in roles)))
    rows = {round((line[0][1] - 540.0) / 40.0): None for line in canvas.lines}
    assert [roles[row] for row in rows] == ["fixed", "closing", "live", "crossing"]


@pytest.mark.parametrize(
    ("line", "clipped"),
    [
        ([(100.0, 100.0), (200.0, 200.0)], [(100.0, 100.0), (200.0, 200.0)]),
        ([(960.0, -1000.0), (960.0, 5000.0)], [(960.0, -100.0), (960.0, 1180.0)]),
        ([(3000.0, 500.0), (-1000.0, 500.0)], [(2020.0, 500.0), (-100.0, 500.0)]),
        ([(-300.0, 540.0), (-200.0, 540.0)], []),
        ([(-1000.0, 0.0), (0.0, -1000.0)], []),
        ([(2100.0, 0.0), (2100.0, 500.0)], []),
    ],
)
def test_a_line_is_clipped_at_every_edge(line: list[tuple[float, float]], clipped: list[tuple[float, float]]) -> None:
    found = within(line, VIEW)
    assert len(found) == len(clipped)
    for point, wanted in zip(found, clipped, strict=True):
        assert point == pytest.approx(wanted)


def test_a_line_of_several_points_is_not_clipped() -> None:
    line = [(-1e6, 0.0), (0.0, 0.0), (1e6, 0.0)]
    assert within(line, VIEW) == line


def test_dashes_go_on_around_corners() -> None:
    dashes = list(dashed([(0.0, 0.0), (7.0, 0.0), (7.0, 20.0)], 10.0, 5.0))
    assert dashes == [[(0.0, 0.0), (7.0, 0.0), (7.0, 3.0)], [(7.0, 8.0), (7.0, 18.0)]]


def test_a_line_may_end_within_a_dash() -> None:
    assert list(dashed([(0.0, 0.0), (4.0, 0.0)], 10.0, 5.0)) == [[(0.0, 0.0), (4.0, 0.0)]]
    assert list(dashed([(0.0, 0.0), (14.0, 0.0)], 10.0, 5.0)) == [[(0.0, 0.0), (10.0, 0.0)]]


@pytest.mark.parametrize(
    ("measures", "stage", "parts"),
    [
        (Measures(radius_m=1234.0), "radius", [("ruler", "Radius 1\u202f234 m")]),
        (Measures(sides_m=(100.0, 50.0)), "opposite-corner", [("ruler", "100 m × 50 m")]),
        (Measures(percent=99.6), "resizing", [("expand", "100 %")]),
        (Measures(edge_m=120.0), "next-corner", [("ruler", "Edge 120 m")]),
        (Measures(edge_m=120.0), "moving", [("ruler", "120 m from where it was")]),
        (Measures(area_m2=0.0, perimeter_m=0.0), "next-corner", []),
        (Measures(area_m2=500.0, perimeter_m=90.0), "closing", [("square", "500 m²"), ("route", "Outline 90 m")]),
    ],
)
def test_sizes_are_said_at_the_stage_that_has_them(
    measures: Measures, stage: Stage, parts: list[tuple[str, str]]
) -> None:
    assert size_parts(measures, stage, UiSettings()) == parts


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_dashes_have_their_length_in_design_pixels(scale: float) -> None:
    view = Viewport(HERE, 15, round(1920 * scale), round(1080 * scale), scale)
    canvas = RecordingCanvas(scale=scale)
    x, y = view.to_screen(HERE)
    edge = tuple(view.to_position(x + way * scale, y) for way in (-100.0, 100.0))
    SketchView().draw(canvas, Outline((Trace("closing", edge),)), view)
    dash, gap = DASHES["closing"]
    first, second = sorted({(line[0][0], line[-1][0]) for line in canvas.lines})[:2]
    assert first[1] - first[0] == pytest.approx(dash * scale, abs=0.01)
    assert second[0] - first[1] == pytest.approx(gap * scale, abs=0.01)
