"""Drawing a polygon: dropping corners, taking them back, closing, and what is refused."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.geo.places import places
from tvapp.fences.editing.polygon_sketch import MAX_VERTICES, PolygonSketch
from tvapp.fences.editing.sketch import Drawn, Outline, Placed, Refused, Trace
from tvapp.fences.geojson.geometry import GeometryReader
from tvapp.fences.model.fence import Polygon
from tvapp.geo import geodesy
from tvapp.geo.mercator import MAX_LATITUDE
from tvapp.geo.polygon import signed_area
from tvapp.geo.position import Position

near = st.integers(-10_000, 10_000).map(lambda step: step / 1e6)

FINE = 0.001
"""Metres a pixel so small that the first corner is hit on purpose only."""


def begun(*points: tuple[float, float], resolution_m: float = FINE) -> PolygonSketch:
    """Return a sketch with corners at the points."""
    sketch = PolygonSketch(Position(*points[0]), resolution_m)
    for point in points:
        assert drop(sketch, *point, resolution_m) == Placed()
    return sketch


def drop(sketch: PolygonSketch, lon: float, lat: float, resolution_m: float = FINE) -> object:
    sketch.aim(Position(lon, lat), resolution_m)
    return sketch.place()


def roles(sketch: PolygonSketch) -> list[str]:
    return [trace.role for trace in sketch.outline.traces]


def test_corners_are_dropped_and_the_first_one_closes() -> None:
    sketch = begun((0, 0), (0.01, 0), (0.01, 0.01))
    sketch.aim(Position(0.0, 0.00001), 1.0)
    assert sketch.stage == "closing"
    result = sketch.place()
    assert isinstance(result, Drawn)
    assert result.geometry == {"type": "Polygon", "coordinates": [[[0, 0], [0.01, 0], [0.01, 0.01], [0, 0]]]}
    assert (result.subtype, result.radius_m) == ("", None)


def test_a_ring_drawn_clockwise_comes_out_counter_clockwise() -> None:
    result = begun((0, 0), (0.01, 0.01), (0.01, 0)).finish()
    assert isinstance(result, Drawn)
    ring = [Position(*point) for point in result.geometry["coordinates"][0]]  # type: ignore[index]
    assert signed_area(ring) > 0


def test_back_takes_the_last_corner_away_until_there_is_none() -> None:
    sketch = begun((0, 0), (0.01, 0), (0.01, 0.01))
    assert [sketch.take_back() for _ in range(4)] == [True, True, True, False]
    assert sketch.corners == ()
    assert sketch.measures is None
    assert not sketch.is_changed


def test_taking_back_and_dropping_again_measures_the_same() -> None:
    sketch = begun((0, 0), (0.01, 0), (0.01, 0.01))
    before = sketch.measures
    sketch.take_back()
    sketch.take_back()
    drop(sketch, 0.01, 0)
    drop(sketch, 0.01, 0.01)
    assert sketch.measures == before


def test_the_edge_follows_the_crosshair_and_another_one_shows_how_it_would_close() -> None:
    sketch = begun((0, 0), (0.01, 0))
    sketch.aim(Position(0.01, 0.01), FINE)
    fixed, live, closing = sketch.outline.traces
    assert (fixed.role, live.role, closing.role) == ("fixed", "live", "closing")
    assert live.points == (Position(0.01, 0), Position(0.01, 0.01))
    assert closing.points == (Position(0.01, 0.01), Position(0, 0))
    assert sketch.outline.traces[0].points is fixed.points


def test_a_second_press_at_the_same_place_is_refused() -> None:
    sketch = begun((0, 0))
    assert sketch.place() == Refused("same-place")
    assert roles(sketch) == ["live"]


def test_two_corners_do_not_make_an_area() -> None:
    assert begun((0, 0), (0.01, 0)).finish() == Refused("too-few")
    sketch = PolygonSketch(Position(0, 0), 1.0)
    assert sketch.finish() == Refused("too-few")


def test_three_corners_in_a_line_enclose_nothing_and_are_not_shown_as_crossing() -> None:
    sketch = begun((0, 0), (0.01, 0))
    sketch.aim(Position(0.02, 0), FINE)
    assert roles(sketch) == ["fixed", "live", "closing"]
    assert sketch.place() == Placed()
    assert sketch.finish() == Refused("flat")
    assert drop(sketch, 0.01, 0.01) == Placed()
    assert isinstance(sketch.finish(), Drawn)


def test_going_back_on_the_last_edge_is_refused() -> None:
    sketch = begun((0, 0), (0.01, 0))
    sketch.aim(Position(0.005, 0), FINE)
    assert sketch.problem == "crossing"
    assert roles(sketch)[1:] != ["live", "closing"]
    assert isinstance(sketch.place(), Refused)


def test_an_edge_that_crosses_another_is_shown_at_once_and_refused() -> None:
    sketch = begun((0, 0), (0.02, 0), (0.02, 0.02), (0.01, 0.02))
    sketch.aim(Position(0.01, -0.01), FINE)
    assert sketch.problem == "crossing"
    outline = sketch.outline
    bad = [trace.points for trace in outline.traces if trace.role == "crossing"]
    assert (Position(0.01, 0.02), Position(0.01, -0.01)) in bad
    assert (Position(0, 0), Position(0.02, 0)) in bad
    assert outline.crossings
    for place in outline.crossings:
        assert (place.lon, place.lat) == pytest.approx((0.01, 0.0), abs=1e-12)
    refused = sketch.place()
    assert isinstance(refused, Refused)
    assert refused.reason == "crossing"
    assert refused.crossings
    assert len(sketch.corners) == 4
    assert sketch.measures is not None
    assert sketch.measures.area_m2 is None


def test_a_spiral_may_be_drawn_though_closing_it_would_cross_meanwhile() -> None:
    sketch = begun((0, 0), (0.05, 0), (0.05, 0.03), (0.01, 0.03), (0.01, 0.01), (0.03, 0.01))
    assert drop(sketch, 0.03, 0.02) == Placed()
    assert roles(sketch) == ["fixed", "live", "closing"]
    result = sketch.finish()
    assert isinstance(result, Refused)
    assert result.reason == "crossing"
    assert drop(sketch, 0.04, 0.02) == Placed()
    assert drop(sketch, 0.04, 0.005) == Placed()
    assert isinstance(sketch.finish(), Drawn)


def test_closing_on_the_first_corner_across_another_edge_is_refused() -> None:
    crossed = begun((0.01, -0.01), (0, 0), (0.02, 0), (0.01, 0.01))
    crossed.aim(Position(0.01, -0.01), 1.0)
    assert crossed.problem == "crossing"
    assert "crossing" in roles(crossed)
    assert crossed.place() == Refused("crossing", (Position(0.01, 0.0),))


def test_across_the_date_line_edges_go_the_short_way() -> None:
    sketch = begun((179.99, 10), (-179.99, 10), (-179.99, 10.01))
    assert [corner.lon for corner in sketch.corners] == pytest.approx([179.99, 180.01, 180.01])
    result = sketch.finish()
    assert isinstance(result, Drawn)
    reader = GeometryReader("", {})
    reader.add(result.geometry)
    (shape,) = reader.shapes
    assert shape.bounds.lon_span == pytest.approx(0.02)
    measures = sketch.measures
    assert measures is not None
    ring = [Position(-0.01, 10), Position(0.01, 10), Position(0.01, 10.01)]
    assert measures.area_m2 == pytest.approx(geodesy.ring_area_m2(ring))


def test_a_polygon_round_a_pole_is_refused() -> None:
    sketch = begun((0, 80), (120, 80), (-120, 80))
    assert sketch.finish() == Refused("pole")
    assert sketch.measures is not None
    sketch.aim(Position(-60, 80), FINE)
    assert roles(sketch)[2] == "crossing"
    assert drop(sketch, 10, 80) == Refused("too-large")


def test_a_polygon_over_half_the_earth_is_refused() -> None:
    sketch = begun((0, 0), (100, 0), (181, 0), (100, 40))
    assert sketch.finish() == Refused("too-large")


def test_places_beyond_the_map_cannot_be_corners() -> None:
    sketch = begun((0, 85))
    assert drop(sketch, 1, 86) == Refused("too-far")
    assert PolygonSketch(Position(0, -86), 1.0).place() == Refused("too-far")


def test_a_thousand_corners_are_enough() -> None:
    sketch = PolygonSketch(Position(0, 0), FINE)
    for number in range(MAX_VERTICES):
        turn = 6 * number / MAX_VERTICES
        assert drop(sketch, 0.1 * math.cos(turn), 0.1 * math.sin(turn)) == Placed()
    assert drop(sketch, 0.0, -0.05) == Refused("too-many")
    assert isinstance(sketch.finish(), Drawn)


def is_simple(corners: Sequence[Position]) -> bool:
    """Tell whether a ring neither crosses nor touches itself."""
    return bool(shapely.LinearRing([(corner.lon, corner.lat) for corner in corners]).is_simple)


@given(places(80.0), st.lists(st.tuples(near, near), min_size=3, max_size=25))
def test_the_result_is_a_simple_ring_measured_and_read_as_drawn(
    start: Position, steps: list[tuple[float, float]]
) -> None:
    sketch = PolygonSketch(start, FINE)
    for dlon, dlat in steps:
        drop(sketch, (start.lon + dlon + 180.0) % 360.0 - 180.0, start.lat + dlat)
    assume(len(sketch.corners) >= 3)
    closes = sketch.finish()
    corners = sketch.corners
    sketch.aim(corners[0], FINE)
    if isinstance(closes, Refused):
        assert sketch.place() == closes
        assert not is_simple(corners) or geodesy.ring_area_m2(corners) < 0.02
        return
    assert is_simple(corners)
    measures = sketch.measures
    assert measures is not None
    assert measures.area_m2 == pytest.approx(geodesy.ring_area_m2(corners), rel=1e-6, abs=1e-3)
    assert measures.perimeter_m == pytest.approx(geodesy.ring_perimeter_m(corners), rel=1e-9)
    reader = GeometryReader("", {})
    reader.add(closes.geometry)
    if reader.shapes:
        (shape,) = reader.shapes
        assert isinstance(shape, Polygon)
        assert len(shape.rings[0]) == len(corners) + 1


@given(places(80.0), st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=3, max_size=15))
def test_the_crosshair_counts_as_a_corner_in_the_sizes(start: Position, steps: list[tuple[float, float]]) -> None:
    sketch = PolygonSketch(start, FINE)
    for dlon, dlat in steps[:-1]:
        drop(sketch, start.lon + dlon, start.lat + dlat)
    sketch.aim(Position(start.lon + steps[-1][0], start.lat + steps[-1][1]), FINE)
    measures = sketch.measures
    assert measures is not None
    assume(sketch.stage == "next-corner")
    assume(measures.area_m2 is not None)
    last = sketch.corners[-1]
    aimed = Position(start.lon + steps[-1][0], start.lat + steps[-1][1])
    ring = (*sketch.corners, Position(aimed.lon + 360 * round((last.lon - aimed.lon) / 360), aimed.lat))
    assert measures.area_m2 == pytest.approx(geodesy.ring_area_m2(ring), rel=1e-6, abs=1.0)
    if len(sketch.corners) > 1:
        assert measures.perimeter_m == pytest.approx(geodesy.ring_perimeter_m(ring), rel=1e-9)


def test_a_frame_with_two_hundred_corners_costs_little() -> None:
    sketch = PolygonSketch(Position(0, 0), FINE)
    for number in range(200):
        turn = 6 * number / 200
        drop(sketch, 0.1 * math.cos(turn), 0.1 * math.sin(turn))
    costs = []
    for frame in range(50):
        before = time.thread_time()
        sketch.aim(Position(0.0001 * frame, -0.05), FINE)
        assert sketch.measures is not None
        assert sketch.outline.traces
        costs.append(time.thread_time() - before)
    assert sorted(costs)[25] < 0.002


def test_a_corner_needs_a_decimetre_from_the_last_one() -> None:
    # A metre of the equator is 1 / 111 319.491 of a degree.
    sketch = begun((0, 0))
    assert drop(sketch, 0.09 / 111_319.491, 0.0) == Refused("same-place")
    assert drop(sketch, 0.11 / 111_319.491, 0.0) == Placed()


def test_a_closing_edge_that_lies_on_another_one_shows_that_edge_as_crossing() -> None:
    # The crosshair is on the first edge: the closing edge runs back along it.
    sketch = begun((0, 0), (0.02, 0.02), (0.03, 0), (0.02, -0.01))
    sketch.aim(Position(0.01, 0.01), FINE)
    crossing = [trace.points for trace in sketch.outline.traces if trace.role == "crossing"]
    assert (Position(0, 0), Position(0.02, 0.02)) in crossing
    assert Position(0, 0) in sketch.outline.crossings


def test_a_large_view_closes_from_further_away() -> None:
    # 28 design pixels: at 10 m a pixel 280 m, 0.00251 degrees of the equator.
    points = (0, 0), (0.01, 0), (0.01, 0.01)
    for lat, stage in ((0.0025, "closing"), (0.00256, "next-corner")):
        sketch = begun(*points)
        sketch.aim(Position(0.0, lat), 10.0)
        assert sketch.stage == stage


def test_sizes_grow_with_each_corner() -> None:
    sketch = PolygonSketch(Position(0.0, 0.0), FINE)
    assert sketch.measures is None
    sketch = begun((0, 0))
    sketch.aim(Position(0.01, 0.0), FINE)
    measures = sketch.measures
    assert measures is not None
    assert measures.edge_m == measures.perimeter_m == pytest.approx(1113.19491)
    assert measures.area_m2 == 0.0
    sketch.place()
    sketch.aim(Position(0.01, 0.01), FINE)
    measures = sketch.measures
    assert measures is not None
    corners = (Position(0.0, 0.0), Position(0.01, 0.0), Position(0.01, 0.01))
    assert measures.edge_m == pytest.approx(geodesy.distance_m(corners[1], corners[2]))
    assert measures.perimeter_m == pytest.approx(geodesy.ring_perimeter_m(corners))
    assert measures.area_m2 == pytest.approx(geodesy.ring_area_m2(corners))


def test_a_drawing_pans_and_has_no_use_for_arrows() -> None:
    sketch = PolygonSketch(Position(0, 0), 1.0)
    assert (sketch.pans, sketch.is_changed, sketch.stage, sketch.problem) == (True, False, "first-corner", None)
    assert sketch.outline == Outline()
    sketch.place()
    assert (sketch.pans, sketch.is_changed, sketch.stage) == (True, True, "next-corner")
    assert not sketch.adjust("left")
    assert sketch.take_back()
    assert sketch.stage == "first-corner"


def test_the_first_corner_lies_on_the_map() -> None:
    sketch = PolygonSketch(Position(190.0, 10.0), FINE)
    assert sketch.place() == Placed()
    assert sketch.corners == (Position(-170.0, 10.0),)
    assert PolygonSketch(Position(0, MAX_LATITUDE), FINE).place() == Placed()
    assert PolygonSketch(Position(0, MAX_LATITUDE + 1e-9), FINE).place() == Refused("too-far")
    for lat in (MAX_LATITUDE, -MAX_LATITUDE):
        assert drop(begun((0, 80 if lat > 0 else -80)), 1, lat) == Placed()
        assert drop(begun((0, 80 if lat > 0 else -80)), 1, lat * 1.0001) == Refused("too-far")


def test_the_outline_has_all_corners_and_the_lines_between_them() -> None:
    sketch = begun((0, 0))
    sketch.aim(Position(0.01, 0), FINE)
    assert sketch.outline == Outline((Trace("live", (Position(0, 0), Position(0.01, 0))),), (Position(0, 0),))
    sketch = begun((0, 0), (0.01, 0), (0.01, 0.01))
    sketch.aim(Position(0, 0.01), FINE)
    assert sketch.outline == Outline(
        (
            Trace("fixed", (Position(0, 0), Position(0.01, 0), Position(0.01, 0.01))),
            Trace("live", (Position(0.01, 0.01), Position(0, 0.01))),
            Trace("closing", (Position(0, 0.01), Position(0, 0))),
        ),
        (Position(0, 0), Position(0.01, 0), Position(0.01, 0.01)),
    )
    sketch.aim(Position(0, 0), FINE)
    assert roles(sketch) == ["fixed", "live"]
    assert sketch.outline.traces[1].points == (Position(0.01, 0.01), Position(0, 0))


def test_two_corners_do_not_close_however_near_the_first_one_is() -> None:
    sketch = begun((0, 0), (0.01, 0))
    sketch.aim(Position(0, 0.0001), 10.0)
    assert sketch.stage == "next-corner"


def test_going_back_shows_the_edge_that_is_covered_and_where() -> None:
    sketch = begun((0, 0.01), (0, 0), (0.01, 0))
    sketch.aim(Position(0.005, 0), FINE)
    crossing = [trace.points for trace in sketch.outline.traces if trace.role == "crossing"]
    assert (Position(0, 0), Position(0.01, 0)) in crossing
    assert Position(0.005, 0) in sketch.outline.crossings
    assert sketch.place() == Refused("crossing", (Position(0.005, 0),))


def problem_at(sketch: PolygonSketch, lon: float, lat: float) -> str | None:
    sketch.aim(Position(lon, lat), FINE)
    return sketch.problem


def test_a_drawing_may_run_round_the_earth_but_not_meet_itself() -> None:
    for turn in (1, -1):
        sketch = begun((0, 0), (turn * 100, 0), (turn * 200, 0), (turn * 300, 0))
        assert [corner.lon * turn for corner in sketch.corners] == [0, 100, 200, 300]
        assert problem_at(sketch, turn * 359.9, 10) is None
        assert problem_at(sketch, turn * 360, 10) == "too-large"


def test_an_outline_spans_less_than_half_the_earth() -> None:
    for turn in (1, -1):
        assert isinstance(begun((0, 0), (turn * 90, 0), (turn * 179.9, 0), (turn * 90, 40)).finish(), Drawn)
        assert begun((0, 0), (turn * 90, 0), (turn * 180, 0), (turn * 90, 40)).finish() == Refused("too-large")
    wide = begun((0, 0), (100, 0))
    wide.aim(Position(179, 20), FINE)
    assert roles(wide)[2] == "closing"
    wide.aim(Position(180, 20), FINE)
    assert roles(wide)[2] == "crossing"
    assert wide.measures is not None
    assert wide.measures.area_m2 is None


def test_a_closing_edge_along_the_last_one_shows_that_edge_once_it_is_fixed() -> None:
    sketch = begun((0, 0), (0.01, 0.01), (0.01, 0))
    sketch.aim(Position(0.02, 0), FINE)
    assert roles(sketch) == ["fixed", "live", "crossing"]
    assert sketch.outline.crossings == (Position(0, 0),)
    assert sketch.place() == Placed()
    assert sketch.finish() == Refused("crossing", (Position(0, 0),))
    sketch.aim(Position(0, 0), FINE)
    assert (sketch.stage, sketch.problem) == ("closing", "crossing")
    crossing = [trace.points for trace in sketch.outline.traces if trace.role == "crossing"]
    assert crossing == [(Position(0.02, 0), Position(0, 0)), (Position(0.01, 0), Position(0.02, 0))]
    assert sketch.place() == Refused("crossing", (Position(0, 0),))


@pytest.mark.parametrize(("lat", "reason"), [(1e-12, "flat"), (-1e-12, "flat"), (1e-10, "crossing")])
def test_an_outline_of_less_than_a_square_decimetre_is_flat(lat: float, reason: str) -> None:
    # Half of 0.01 degrees times 1e-10 degrees is 0.006 square metres, and 0.04 degrees go on beyond it.
    sketch = begun((0, 0), (0.02, 0), (0.04, lat * 10))
    sketch.aim(Position(0.05, 0), FINE)
    assert roles(sketch)[:3] == ["fixed", "live", "closing" if reason == "flat" else "crossing"]
    measures = sketch.measures
    assert measures is not None
    assert (measures.area_m2 is not None) is (reason == "flat")


def test_sizes_stay_while_the_crosshair_is_on_the_last_corner() -> None:
    sketch = begun((0, 0), (0.01, 0), (0.01, 0.01))
    assert sketch.problem == "same-place"
    assert roles(sketch) == ["fixed", "live", "closing"]
    measures = sketch.measures
    assert measures is not None
    assert measures.area_m2 == pytest.approx(geodesy.ring_area_m2(sketch.corners))
    assert measures.edge_m == 0.0
    sketch.aim(Position(0.02, 86), FINE)
    measures = sketch.measures
    assert measures is not None
    assert measures.area_m2 is None


def test_the_crosshair_may_be_on_another_turn_of_the_earth() -> None:
    sketch = begun((0, 0), (0.01, 0), (0.01, 0.01))
    sketch.aim(Position(360.0, 0.00001), 1.0)
    assert sketch.stage == "closing"
    assert sketch.outline.traces[1].points == (Position(0.01, 0.01), Position(0, 0))
    sketch.aim(Position(-360.0, 0.01), FINE)
    assert sketch.outline.traces[1].points == (Position(0.01, 0.01), Position(0, 0.01))
