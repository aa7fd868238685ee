"""Resizing fences."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fences.editing.shapes import SOME, SQUARE, fence, made
from tvapp.fences.editing import resize_sketch
from tvapp.fences.editing.circle_sketch import circle_measures
from tvapp.fences.editing.resize_sketch import ResizeSketch
from tvapp.fences.editing.sketch import Drawn, Measures, Refused
from tvapp.fences.model.fence import Line, Polygon
from tvapp.fences.model.summary import summarise
from tvapp.geo import geodesy
from tvapp.geo.mercator import MAX_LATITUDE
from tvapp.geo.polygon import centroid
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
    assert area is not None
    assert sketch.measures.area_m2 == pytest.approx(area)
    for _ in range(10):
        sketch.adjust("up")
    assert sketch.measures.percent == 200.0
    assert sketch.measures.area_m2 == pytest.approx(4 * area, rel=1e-3)
    assert summarise(made(sketch.finish()), 0.0).area_m2 == pytest.approx(4 * area, rel=1e-3)
    while sketch.adjust("left"):
        pass
    assert sketch.measures.percent == 10.0


def test_growing_over_the_edge_of_the_map_or_half_of_the_earth_is_refused() -> None:
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


def rectangle(*corners: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in (*corners, corners[0])]]}


@pytest.mark.parametrize(
    ("corners", "mode"),
    [
        (((24.9, 60.0), (25.0, 60.0), (25.0, 60.01), (24.9, 60.01)), "sides"),
        # Turned by a little: up to a hundredth of the shorter side, 1113 m, counts as upright.
        (((24.9, 60.0), (25.0, 60.00009), (25.0, 60.01), (24.9, 60.01)), "sides"),
        (((24.9, 60.0), (25.0, 60.00012), (25.0, 60.01), (24.9, 60.01)), "scale"),
        (((24.9, 60.0), (24.902, 60.0), (24.902, 60.1), (24.90001, 60.1)), "sides"),
        (((24.9, 60.0), (24.902, 60.0), (24.902, 60.1), (24.90003, 60.1)), "scale"),
        (((24.9, 60.0), (24.95, 60.05), (24.9, 60.1), (24.85, 60.05)), "scale"),
    ],
)
def test_a_rectangle_is_resized_by_its_sides_only_where_it_is_upright(
    corners: tuple[tuple[float, float], ...], mode: str
) -> None:
    geometry = rectangle(*corners)
    assert ResizeSketch(fence(geometry, "Rectangle"), geometry).way == mode
    assert ResizeSketch(fence(geometry), geometry).way == "scale"


def test_a_size_is_changed_by_single_steps_and_by_ten() -> None:
    geometry = SOME["star"]
    sketch = ResizeSketch(fence(geometry), geometry)
    sketch.adjust("right")
    assert sketch.measures.percent == 101.0
    sketch.adjust("up")
    assert sketch.measures.percent == 110.0
    sketch.adjust("down")
    sketch.adjust("left")
    assert sketch.measures.percent == 99.0
    assert sketch.is_changed
    assert sketch.take_back()
    assert sketch.measures.percent == 100.0
    assert not sketch.take_back()
    sketch = ResizeSketch(fence(SOME["point"], "Circle"), SOME["point"])
    sketch.adjust("up")
    sketch.adjust("left")
    assert sketch.measures.radius_m == 109.0


def test_a_polygon_is_measured_with_its_holes_unless_it_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    geometry = SOME["polygon"]
    here = fence(geometry)
    summary = summarise(here, 0.0)
    measures = ResizeSketch(here, geometry).measures
    assert measures.area_m2 == pytest.approx(summary.area_m2)
    assert measures.perimeter_m == pytest.approx(summary.perimeter_m)
    monkeypatch.setattr(resize_sketch, "_MEASURED", 9)
    assert ResizeSketch(here, geometry).measures.area_m2 is not None
    monkeypatch.setattr(resize_sketch, "_MEASURED", 8)
    assert ResizeSketch(here, geometry).measures.area_m2 is None


def test_a_fence_is_shown_in_its_old_and_its_new_size_about_its_middle() -> None:
    geometry = SOME["star"]
    here = fence(geometry)
    sketch = ResizeSketch(here, geometry)
    shape = here.shapes[0]
    assert isinstance(shape, Polygon)
    assert sketch.outline.vertices == (centroid(shape.rings[0]),)
    sketch.adjust("up")
    old, new = sketch.outline.traces
    assert (old.role, new.role) == ("fixed", "live")
    assert old.points == shape.rings[0]
    middle = sketch.outline.vertices[0]
    for before, after in zip(old.points, new.points, strict=True):
        assert after.lon - middle.lon == pytest.approx(1.1 * (before.lon - middle.lon), rel=1e-3)
        assert after.lat - middle.lat == pytest.approx(1.1 * (before.lat - middle.lat), rel=1e-3)
    sketch.take_back()
    assert sketch.outline.traces[1].points == old.points
    for name, subtype in (("polygons", ""), ("point", "Circle"), ("line", "")):
        other = fence(SOME[name], subtype)
        assert ResizeSketch(other, SOME[name]).outline.vertices == (other.bounds.center,)


def test_an_outline_that_is_refused_is_still_shown() -> None:
    far = {"type": "Point", "coordinates": [0.0, 85.05]}
    sketch = ResizeSketch(fence(far, "Circle", 5.0), far)
    before = sketch.outline.traces[1].points
    while sketch.problem is None:
        sketch.adjust("up")
    crossing = sketch.outline.traces[1]
    assert crossing.role == "crossing"
    assert len(crossing.points) == len(before)
    assert max(place.lat for place in crossing.points) > MAX_LATITUDE


def test_each_kind_of_fence_has_its_sizes() -> None:
    disc = ResizeSketch(fence(SOME["point"], "Circle"), SOME["point"])
    assert disc.measures == circle_measures(100.0)
    assert ResizeSketch(fence(SOME["point"]), SOME["point"]).measures == circle_measures(100.0)
    for name in ("line", "points"):
        assert ResizeSketch(fence(SOME[name]), SOME[name]).measures == Measures(radius_m=100.0)
    geometry = {"type": "Polygon", "coordinates": [SQUARE]}
    here = fence(geometry, "Rectangle")
    measures, summary = ResizeSketch(here, geometry).measures, summarise(here, 0.0)
    assert measures.area_m2 == pytest.approx(summary.area_m2)
    assert measures.perimeter_m == pytest.approx(summary.perimeter_m)
    assert (measures.percent, measures.radius_m) == (None, None)


def test_height_and_width_of_a_rectangle_are_changed_apart() -> None:
    geometry = {"type": "Polygon", "coordinates": [SQUARE]}
    sketch = ResizeSketch(fence(geometry, "Rectangle"), geometry)
    before = sketch.measures.sides_m
    assert before is not None
    for direction, side, sign in (("right", 0, 1), ("up", 1, 1), ("left", 0, -1), ("down", 1, -1)):
        sides = sketch.measures.sides_m
        assert sides is not None
        assert sketch.adjust(direction)  # type: ignore[arg-type]
        after = sketch.measures.sides_m
        assert after is not None
        assert (after[side] - sides[side]) * sign > 0.0
        assert after[1 - side] == sides[1 - side]
    sketch.adjust("right")
    sketch.adjust("up")
    assert sketch.take_back()
    assert sketch.measures.sides_m == before


def test_a_mixture_has_no_one_size() -> None:
    with pytest.raises(ValueError, match=r"^x has no one size$"):
        ResizeSketch(fence(SOME["mixture"]), SOME["mixture"])


def test_the_crosshair_does_not_matter() -> None:
    sketch = ResizeSketch(fence(SOME["star"]), SOME["star"])
    before = sketch.outline
    sketch.aim(Position(0.0, 0.0), 1.0)
    assert sketch.outline == before
    assert not sketch.is_changed
