"""Drawing rectangles under the crosshair."""

from __future__ import annotations

import pytest
from hypothesis import assume, given

from tests.geo.places import places
from tvapp.fences.editing.rectangle_sketch import RectangleSketch
from tvapp.fences.editing.sketch import Drawn, Placed, Refused
from tvapp.fences.geojson.geometry import GeometryReader
from tvapp.fences.model.fence import Polygon
from tvapp.geo import geodesy
from tvapp.geo.position import Position

HELSINKI = Position(24.94, 60.17)


def drawn(sketch: RectangleSketch, at: Position) -> Drawn:
    """Place, go somewhere and finish."""
    assert sketch.place() == Placed()
    sketch.aim(at, 1.0)
    result = sketch.place()
    assert isinstance(result, Drawn)
    return result


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
    reader = GeometryReader("rectangle", {})
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
