"""Drawing circles under the crosshair."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.geo.places import places
from tvapp.fences.editing.circle_sketch import CircleSketch
from tvapp.fences.editing.sketch import Drawn, Placed, Refused
from tvapp.fences.geojson.geometry import GeometryReader
from tvapp.fences.model.fence import Circle
from tvapp.geo import geodesy
from tvapp.geo.position import Position

HELSINKI = Position(24.94, 60.17)


def drawn(sketch: CircleSketch, at: Position) -> Drawn:
    """Place, go somewhere and finish."""
    assert sketch.place() == Placed()
    sketch.aim(at, 1.0)
    result = sketch.place()
    assert isinstance(result, Drawn)
    return result


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


def test_a_circle_has_the_sizes_of_its_ring() -> None:
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


@given(places(85.0), st.floats(0.01, 60.0))
def test_a_drawn_circle_is_read_as_the_circle_that_was_shown(center: Position, resolution_m: float) -> None:
    sketch = CircleSketch(center, resolution_m)
    sketch.place()
    result = sketch.finish()
    assume(isinstance(result, Drawn))
    assert isinstance(result, Drawn)
    reader = GeometryReader("circle", {"radius": result.radius_m})
    reader.add(result.geometry)
    assert reader.shapes == [Circle(sketch.center, sketch.radius_m)]
