"""Drawing circles and rectangles under the crosshair, and the dial that their sizes are turned with."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.geo.places import places
from tvapp.fences.editing.editor import CircleSketch, RectangleSketch, new_sketch
from tvapp.fences.editing.sketch import Drawn, Placed, Refused
from tvapp.fences.editing.stepper import Stepper, round_value
from tvapp.fences.geojson.geometry import GeometryReader
from tvapp.fences.model.fence import Circle, Polygon
from tvapp.geo import geodesy
from tvapp.geo.position import Position

HELSINKI = Position(24.94, 60.17)


def hold(dial: Stepper, until_s: float, frame_s: float = 0.0, up: bool = True) -> None:
    """Turn as the remote's repeats do: at 0.4 s, then faster and faster, never more often than frames come."""
    dial.turn(up)
    at, interval = 0.4, 0.08
    while at <= until_s:
        dial.turn(up, math.ceil(at / frame_s) * frame_s if frame_s else at)
        at += max(interval, frame_s)
        interval = max(0.035, interval * 0.94)


def drawn(sketch: CircleSketch | RectangleSketch, at: Position) -> Drawn:
    """Place, go somewhere and finish."""
    assert sketch.place() == Placed()
    sketch.aim(at, 1.0)
    result = sketch.place()
    assert isinstance(result, Drawn)
    return result


def test_a_tap_turns_the_radius_by_a_metre_and_a_coarse_one_by_ten() -> None:
    dial = Stepper(200.0, 1.0, 10_000.0)
    assert dial.turn(True)
    assert dial.value == 201.0
    assert dial.turn(True, coarse=True)
    assert dial.value == 210.0
    dial.turn(False, coarse=True)
    assert dial.value == 200.0
    dial.turn(False)
    assert dial.value == 199.0


@pytest.mark.parametrize("frame_s", [0.0, 1 / 60, 1 / 15])
def test_a_held_dial_goes_all_the_way_in_eight_seconds_however_slow_the_frames(frame_s: float) -> None:
    dial = Stepper(1.0, 1.0, 10_000.0)
    hold(dial, 8.0, frame_s)
    assert dial.value == 10_000.0
    assert not dial.turn(True)
    hold(dial, 8.0, frame_s, up=False)
    assert dial.value == 1.0


def test_letting_go_a_third_of_a_second_late_overshoots_by_less_than_three_quarters() -> None:
    early, late = Stepper(100.0, 1.0, 10_000.0), Stepper(100.0, 1.0, 10_000.0)
    hold(early, 3.5)
    hold(late, 3.8)
    assert early.value < late.value < 1.75 * early.value


def test_a_held_dial_stops_at_round_values_and_a_short_hold_counts_single_metres() -> None:
    dial = Stepper(103.0, 1.0, 10_000.0)
    hold(dial, 0.9)
    assert 104.0 < dial.value < 120.0
    hold(dial, 4.0)
    assert dial.value > 200.0
    assert dial.value % 10 == 0


def test_a_stall_is_no_leap() -> None:
    dial = Stepper(100.0, 1.0, 10_000.0)
    dial.turn(True)
    dial.turn(True, 30.0)
    assert dial.value <= 120.0


@given(st.floats(1.0, 10_000.0), st.booleans(), st.booleans(), st.lists(st.floats(0.0, 9.0), max_size=30))
def test_a_dial_never_leaves_its_range_nor_goes_the_wrong_way(
    start: float, up: bool, coarse: bool, times: list[float]
) -> None:
    dial = Stepper(start, 1.0, 10_000.0)
    for held_s in sorted(times):
        before = dial.value
        moved = dial.turn(up, held_s, coarse)
        assert 1.0 <= dial.value <= 10_000.0
        assert (dial.value - before) * (1 if up else -1) >= 0.0
        assert moved is (dial.value != before)


@given(st.floats(0.01, 1e6))
def test_round_values_are_one_two_or_five_with_noughts(near: float) -> None:
    value = round_value(near, 1.0, 10_000.0)
    assert f"{value:.0e}"[0] in "125"
    assert value == 1.0 or value <= near * (1 + 1e-9)
    assert value >= min(near, 10_000.0) / 2.5 or value == 1.0


def test_a_circle_starts_with_a_round_radius_that_suits_the_view() -> None:
    sketch = CircleSketch(HELSINKI, 2.4)
    assert sketch.radius_m == 200.0
    sketch.aim(HELSINKI, 40.0)
    assert sketch.radius_m == 2_000.0
    sketch.aim(HELSINKI, 400.0)
    assert sketch.radius_m == 10_000.0


def test_a_circle_is_placed_sized_and_done() -> None:
    sketch = CircleSketch(Position(0.0, 0.0), 2.4)
    assert (sketch.stage, sketch.pans, sketch.is_changed) == ("centre", True, False)
    assert not sketch.adjust("right")
    sketch.aim(HELSINKI, 2.4)
    assert sketch.outline.vertices == (HELSINKI,)
    assert sketch.place() == Placed()
    assert (sketch.stage, sketch.pans, sketch.is_changed) == ("radius", False, True)
    assert sketch.adjust("right")
    assert sketch.adjust("up")
    result = sketch.place()
    assert result == Drawn({"type": "Point", "coordinates": [24.94, 60.17]}, "Circle", 210.0)


def test_back_frees_the_centre_and_keeps_the_radius_that_was_chosen() -> None:
    sketch = CircleSketch(HELSINKI, 2.4)
    sketch.place()
    sketch.adjust("left")
    assert sketch.take_back()
    sketch.aim(Position(25.0, 60.0), 40.0)
    assert sketch.center == Position(25.0, 60.0)
    assert sketch.radius_m == 199.0
    assert not sketch.take_back()


def test_a_circle_measures_what_it_encloses() -> None:
    sketch = CircleSketch(HELSINKI, 400.0)
    measures = sketch.measures
    ring = geodesy.circle_ring(HELSINKI, 10_000.0, 2_000)
    assert measures.area_m2 == pytest.approx(geodesy.ring_area_m2(ring), rel=1e-4)
    assert measures.perimeter_m == pytest.approx(geodesy.ring_perimeter_m(ring), rel=1e-4)
    assert measures.radius_m == 10_000.0


@given(places())
def test_the_outline_of_a_circle_lies_at_its_radius(center: Position) -> None:
    sketch = CircleSketch(center, 9.0)
    (trace,) = sketch.outline.traces
    for place in trace.points[::12]:
        assert geodesy.distance_m(center, place) == pytest.approx(1_000.0, rel=1e-4)
    assert sketch.outline.traces[0].points is trace.points


@pytest.mark.parametrize("lat", [85.04, -85.04])
def test_a_circle_over_the_edge_of_the_map_is_shown_as_wrong_and_refused(lat: float) -> None:
    sketch = CircleSketch(Position(10.0, lat), 40.0)
    sketch.place()
    assert sketch.problem == "too-far"
    assert sketch.outline.traces[0].role == "crossing"
    assert sketch.place() == Refused("too-far")
    sketch.adjust("down", 0.0)
    for _ in range(200):
        sketch.adjust("down")
    assert isinstance(sketch.place(), Drawn)


def test_a_rectangle_has_two_corners_and_five_positions() -> None:
    sketch = RectangleSketch(Position(25.0, 60.2), 1.0)
    result = drawn(sketch, Position(24.9, 60.1))
    assert result.subtype == "Rectangle"
    assert result.radius_m is None
    corners = [[24.9, 60.1], [25.0, 60.1], [25.0, 60.2], [24.9, 60.2]]
    assert result.geometry == {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


def test_a_rectangle_without_width_is_refused() -> None:
    sketch = RectangleSketch(HELSINKI, 1.0)
    assert sketch.finish() == Refused("too-few")
    sketch.place()
    assert sketch.place() == Refused("flat")
    sketch.aim(Position(24.94, 60.2), 1.0)
    assert sketch.place() == Refused("flat")
    assert sketch.outline.traces[0].role == "live"
    assert sketch.take_back()
    assert not sketch.take_back()


def test_a_rectangle_over_half_the_earth_is_refused() -> None:
    sketch = RectangleSketch(Position(-90.0, 0.0), 1.0)
    sketch.place()
    sketch.aim(Position(90.0, 10.0), 1.0)
    assert sketch.place() == Refused("too-large")
    assert sketch.outline.traces[0].role == "crossing"


@given(places(), places())
def test_a_rectangle_goes_the_short_way_round_and_is_read_as_one(a: Position, b: Position) -> None:
    assume(abs(a.lat - b.lat) > 0.001)
    assume(0.001 < abs(a.lon - b.lon) < 359.999)
    assume(abs(abs(a.lon - b.lon) - 180.0) > 0.001)
    sketch = RectangleSketch(a, 1.0)
    result = drawn(sketch, b)
    ring = result.geometry["coordinates"][0]  # type: ignore[index]
    width = ring[1][0] - ring[0][0]
    assert 0.0 < width < 180.0
    assert width == pytest.approx(min(abs(a.lon - b.lon), 360.0 - abs(a.lon - b.lon)))
    reader = GeometryReader("rectangle", None)
    reader.add(result.geometry)
    (shape,) = reader.shapes
    assert isinstance(shape, Polygon)
    assert shape.is_rectangle


def test_the_sides_of_a_rectangle_are_measured_on_the_ground() -> None:
    sketch = RectangleSketch(Position(24.9, 60.1), 1.0)
    sketch.place()
    sketch.aim(Position(24.91, 60.11), 1.0)
    measures = sketch.measures
    assert measures is not None
    assert measures.sides_m is not None
    assert measures.sides_m[0] == pytest.approx(geodesy.distance_m(Position(24.9, 60.105), Position(24.91, 60.105)))
    assert measures.area_m2 == pytest.approx(measures.sides_m[0] * measures.sides_m[1], rel=1e-4)


@given(places(85.0), st.floats(0.01, 60.0))
def test_a_drawn_circle_is_read_as_the_circle_that_was_shown(center: Position, resolution_m: float) -> None:
    sketch = CircleSketch(center, resolution_m)
    sketch.place()
    result = sketch.finish()
    assume(isinstance(result, Drawn))
    assert isinstance(result, Drawn)
    reader = GeometryReader("circle", result.radius_m)
    reader.add(result.geometry)
    assert reader.shapes == [Circle(sketch.center, sketch.radius_m)]


@pytest.mark.parametrize("kind", ["circle", "polygon", "rectangle"])
def test_every_sketch_begins_under_the_crosshair_with_nothing_to_lose(kind: str) -> None:
    sketch = new_sketch(kind, HELSINKI, 1.0)  # type: ignore[arg-type]
    assert sketch.pans
    assert not sketch.is_changed
    assert sketch.problem is None
    assert not sketch.take_back()
