"""Resizing fences."""

from __future__ import annotations

import pytest

from tests.fences.editing.shapes import SOME, SQUARE, fence, made
from tvapp.fences.editing.resize_sketch import ResizeSketch
from tvapp.fences.editing.sketch import Drawn, Refused
from tvapp.fences.model.fence import Line, Polygon
from tvapp.fences.model.summary import summarise
from tvapp.geo import geodesy
from tvapp.geo.position import Position


def test_the_radius_of_a_circle_is_turned_in_metres_and_back_gives_the_old_one() -> None:
    geometry = SOME["point"]
    sketch = ResizeSketch(fence(geometry, "Circle", 100.5), geometry)
    assert (sketch.way, sketch.stage, sketch.pans) == ("radius", "resizing", False)
    assert sketch.finish() == Refused("unchanged")
    assert not sketch.take_back()
    sketch.adjust("right")
    assert sketch.measures.radius_m == 101.0
    sketch.adjust("up")
    assert sketch.measures.radius_m == 110.0
    assert sketch.is_changed
    assert sketch.finish() == Drawn(geometry, "Circle", 110.0)
    assert sketch.take_back()
    assert sketch.measures.radius_m == 100.5
    assert not sketch.is_changed


def test_a_line_gets_wider() -> None:
    sketch = ResizeSketch(fence(SOME["line"], "", 50.0), SOME["line"])
    sketch.adjust("right")
    after = made(sketch.finish())
    assert isinstance(after.shapes[0], Line)
    assert after.shapes[0].radius_m == 51.0


def test_width_and_height_of_a_rectangle_change_about_its_middle() -> None:
    geometry = {"type": "Polygon", "coordinates": [SQUARE]}
    here = fence(geometry, "Rectangle", None)
    sketch = ResizeSketch(here, geometry)
    before = sketch.measures.sides_m
    assert before is not None
    for _ in range(30):
        sketch.adjust("right")
    sketch.adjust("down")
    after = sketch.measures.sides_m
    assert after is not None
    assert before[0] + 29 < after[0] <= before[0] + 30
    assert before[1] - 1 <= after[1] < before[1]
    result = made(sketch.place())
    assert result.is_rectangle
    shape = result.shapes[0]
    assert isinstance(shape, Polygon)
    width = geodesy.distance_m(Position(shape.bounds.west, 60.105), Position(shape.bounds.east, 60.105))
    assert width == pytest.approx(after[0], rel=1e-4)
    assert result.bounds.center.lon == pytest.approx(here.bounds.center.lon, abs=1e-9)


def test_a_polygon_is_scaled_in_per_cent() -> None:
    here = fence(SOME["polygon"])
    sketch = ResizeSketch(here, SOME["polygon"])
    area = summarise(here, 0.0).area_m2
    assert sketch.measures.area_m2 == pytest.approx(area)
    for _ in range(10):
        sketch.adjust("up")
    assert sketch.measures.percent == 200.0
    assert sketch.measures.area_m2 == pytest.approx(4 * area, rel=1e-3)
    assert summarise(made(sketch.finish()), 0.0).area_m2 == pytest.approx(4 * area, rel=1e-3)
    while sketch.adjust("left"):
        pass
    assert sketch.measures.percent == 10.0


def test_what_grows_over_the_edge_of_the_map_or_half_the_earth_is_refused() -> None:
    far = {"type": "Point", "coordinates": [0.0, 85.05]}
    sketch = ResizeSketch(fence(far, "Circle", 5.0), far)
    while sketch.problem is None:
        assert sketch.adjust("right")
    assert sketch.finish() == Refused("too-far")
    assert sketch.outline.traces[-1].role == "crossing"
    wide = {"type": "Polygon", "coordinates": [[[0, 0], [100, 0], [100, 5], [0, 0]]]}
    sketch = ResizeSketch(fence(wide), wide)
    while sketch.problem is None:
        assert sketch.adjust("up")
    assert sketch.finish() == Refused("too-large")
