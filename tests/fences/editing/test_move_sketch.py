"""Moving, copying and resizing fences; which of it a fence supports."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given

from tests.geo.places import places
from tvapp.fences.editing.abilities import abilities, edit_sketch
from tvapp.fences.editing.move_sketch import MoveSketch, duplicated
from tvapp.fences.editing.reshape_sketch import ReshapeSketch
from tvapp.fences.editing.resize_sketch import ResizeSketch
from tvapp.fences.editing.sketch import Drawn, Refused
from tvapp.fences.geojson.feature import altered
from tvapp.fences.geojson.feature import moved as move_feature
from tvapp.fences.geojson.position_lists import position_lists, with_lists, with_moved_positions
from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon
from tvapp.fences.model.summary import summarise
from tvapp.fences.service.overlay import fence_of
from tvapp.geo import geodesy
from tvapp.geo.position import Position

SQUARE = [[24.9, 60.1], [24.91, 60.1], [24.91, 60.11], [24.9, 60.11], [24.9, 60.1]]
HOLE = [[24.902, 60.102], [24.902, 60.104], [24.906, 60.104], [24.902, 60.102]]
STAR = [[24.9, 60.1], [24.91, 60.102], [24.92, 60.1], [24.915, 60.11], [24.905, 60.108], [24.9, 60.1]]
SOME: dict[str, dict[str, Any]] = {
    "point": {"type": "Point", "coordinates": [24.94, 60.17, 12.5]},
    "points": {"type": "MultiPoint", "coordinates": [[24.94, 60.17], [24.95, 60.18, 3]]},
    "line": {"type": "LineString", "coordinates": [[24.94, 60.17], [24.95, 60.18, 3], [24.96, 60.17]]},
    "lines": {"type": "MultiLineString", "coordinates": [[[24.94, 60.17], [24.95, 60.18]], [[24, 60], [25, 61]]]},
    "polygon": {"type": "Polygon", "coordinates": [SQUARE, HOLE]},
    "star": {"type": "Polygon", "coordinates": [STAR]},
    "polygons": {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [STAR]]},
    "mixture": {
        "type": "GeometryCollection",
        "geometries": [
            {"type": "Point", "coordinates": [24.94, 60.17]},
            {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [SQUARE]}]},
        ],
    },
}


def fence(geometry: Any, subtype: str = "", radius_m: float | None = 100.0) -> Geofence:
    """Return the fence that a geometry makes."""
    properties = {"geometryId": "x", "subType": subtype, "radius": radius_m}
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    found = fence_of(json.dumps(feature).encode(), "s")
    assert found is not None
    return found


def made(result: object) -> Geofence:
    """Return the fence that comes out."""
    assert isinstance(result, Drawn)
    return fence(result.geometry, result.subtype, result.radius_m)


def moved(geometry: Any, start: Position, end: Position, subtype: str = "") -> Drawn | Refused:
    sketch = MoveSketch(fence(geometry, subtype), geometry, start, 1.0)
    sketch.aim(end, 1.0)
    result = sketch.place()
    assert isinstance(result, Drawn | Refused)
    return result


@pytest.mark.parametrize("name", SOME)
def test_moving_nothing_leaves_every_number_and_third_coordinate(name: str) -> None:
    geometry = SOME[name]
    assert with_moved_positions(geometry, Position(24.9, 60.1), lambda place: place) == geometry
    assert with_lists(geometry, {run.path: run.raw for run in position_lists(geometry)}) == geometry


def test_the_rings_of_a_polygon_belong_together() -> None:
    found = [(run.kind, run.part, run.path) for run in position_lists(SOME["polygons"])]
    assert found == [
        ("outer", 0, ("coordinates", 0, 0)),
        ("hole", 0, ("coordinates", 0, 1)),
        ("outer", 1, ("coordinates", 1, 0)),
    ]
    inner = ("geometries", 1, "geometries", 0, "coordinates", 0)
    assert [run.path for run in position_lists(SOME["mixture"])] == [("geometries", 0, "coordinates"), inner]


@pytest.mark.parametrize("name", SOME)
def test_a_fence_moved_along_its_parallel_moves_by_that_and_nothing_else(name: str) -> None:
    result = moved(SOME[name], Position(0.0, 0.0), Position(0.5, 0.0))
    assert isinstance(result, Drawn)
    before = [raw for run in position_lists(SOME[name]) for raw in run.raw]
    after = [raw for run in position_lists(result.geometry) for raw in run.raw]
    assert [raw[1:] for raw in after] == [raw[1:] for raw in before]
    assert [raw[0] for raw in after] == pytest.approx([raw[0] + 0.5 for raw in before])
    assert after[1:] != before[1:] or len(before) == 1


@given(places(70.0))
def test_a_fence_keeps_its_size_wherever_it_goes(target: Position) -> None:
    here = fence(SOME["polygon"])
    sketch = MoveSketch(here, SOME["polygon"], here.bounds.center, 1.0)
    sketch.aim(target, 1.0)
    assume(sketch.is_changed)
    before, after = summarise(here, 0.0), summarise(made(sketch.finish()), 0.0)
    assert after.area_m2 == pytest.approx(before.area_m2, rel=2e-3)
    assert after.perimeter_m == pytest.approx(before.perimeter_m, rel=2e-3)


@given(places(80.0))
def test_a_moved_rectangle_stays_one(target: Position) -> None:
    geometry = {"type": "Polygon", "coordinates": [SQUARE]}
    here = fence(geometry, "Rectangle")
    sketch = MoveSketch(here, geometry, here.bounds.center, 1.0)
    sketch.aim(target, 1.0)
    result = sketch.finish()
    assert isinstance(result, Drawn)
    assert result.subtype == "Rectangle"
    ring = result.geometry["coordinates"][0]  # type: ignore[index]
    assert ring[0] == ring[4]
    assert ring[0][0] == ring[3][0]
    assert ring[0][1] == ring[1][1]


def test_a_circle_keeps_its_radius_and_height_and_takes_the_short_way_over_the_date_line() -> None:
    geometry = {"type": "Point", "coordinates": [179.99, 10.0, 5]}
    sketch = MoveSketch(fence(geometry, "Circle", 500.0), geometry, Position(179.99, 10.0), 1.0)
    sketch.aim(Position(-179.99, 10.0), 1.0)
    assert sketch.measures.edge_m == pytest.approx(geodesy.distance_m(Position(-0.01, 10), Position(0.01, 10)))
    result = sketch.place()
    assert isinstance(result, Drawn)
    assert result.geometry["coordinates"] == [pytest.approx(-179.99), 10.0, 5]
    assert (result.subtype, result.radius_m) == ("Circle", 500.0)


def test_carrying_begins_with_no_jump_and_shows_where_it_was() -> None:
    sketch = MoveSketch(fence(SOME["star"]), SOME["star"], Position(24.0, 60.0), 1.0)
    assert not sketch.is_changed
    assert sketch.place() == Refused("unchanged")
    ghost, live = sketch.outline.traces
    assert (ghost.role, live.role) == ("fixed", "live")
    assert ghost.points == live.points
    sketch.aim(Position(24.1, 60.0), 1.0)
    assert sketch.outline.traces[0].points is ghost.points
    assert sketch.outline.traces[1].points[0].lon == pytest.approx(25.0)


def test_a_fence_can_not_be_carried_over_the_edge_of_the_map() -> None:
    for geometry, subtype in ((SOME["point"], "Circle"), (SOME["polygon"], ""), (SOME["line"], "")):
        sketch = MoveSketch(fence(geometry, subtype, 9_000.0), geometry, Position(24.9, 60.1), 1.0)
        sketch.aim(Position(24.9, 85.06), 1.0)
        assert sketch.problem == "too-far"
        assert {trace.role for trace in sketch.outline.traces} == {"fixed", "crossing"}
        assert sketch.place() == Refused("too-far")
        sketch.aim(Position(24.9, 70.0), 1.0)
        assert isinstance(sketch.place(), Drawn)


def test_carrying_a_large_fence_shows_a_lighter_outline_and_moves_every_vertex() -> None:
    ring = [[place.lon, place.lat] for place in geodesy.circle_ring(Position(25.0, 60.0), 5_000.0, 20_000)]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    sketch = MoveSketch(fence(geometry), geometry, Position(25.0, 60.0), 1.0)
    sketch.aim(Position(25.1, 60.0), 1.0)
    assert 200 < len(sketch.outline.traces[1].points) <= 1_000
    result = sketch.finish()
    assert isinstance(result, Drawn)
    assert len(result.geometry["coordinates"][0]) == 20_001  # type: ignore[index]


@pytest.mark.parametrize("name", SOME)
def test_a_copy_lies_a_little_to_the_east(name: str) -> None:
    here = fence(SOME[name])
    copy = made(duplicated(here, SOME[name]))
    assert len(copy.shapes) == len(here.shapes)
    east = (copy.bounds.center.lon - here.bounds.center.lon) / here.bounds.lon_span
    assert east == pytest.approx(0.3, rel=1e-6)
    assert copy.bounds.center.lat == pytest.approx(here.bounds.center.lat)


def edited(name: str, ability: str) -> tuple[Geofence, Drawn]:
    """Change a fence a little; returns it and what comes out."""
    here = fence(SOME[name], "Circle" if name == "point" else "")
    if ability == "duplicate":
        return here, duplicated(here, SOME[name])
    sketch = edit_sketch(ability, here, SOME[name], here.bounds.center, 1.0)  # type: ignore[arg-type]
    if ability == "move":
        sketch.aim(Position(here.bounds.center.lon + 0.001, here.bounds.center.lat + 0.5), 1.0)
    elif ability == "resize":
        sketch.adjust("right")
    elif isinstance(sketch, ReshapeSketch):
        sketch.place()
        sketch.aim(Position(sketch.focus.lon - 0.0001, sketch.focus.lat - 0.0001), 1.0)
    result = sketch.finish()
    assert isinstance(result, Drawn)
    return here, result


@pytest.mark.parametrize(
    ("name", "ability"),
    [(name, ability) for name in SOME if name != "mixture" for ability in sorted(abilities(fence(SOME[name])))],
)
def test_what_comes_out_of_an_edit_can_be_written_and_is_read_as_shown(name: str, ability: str) -> None:
    here, result = edited(name, ability)
    radius = {} if result.radius_m is None else {"radius": result.radius_m}
    after = fence_of(altered(here.raw, geometry=result.geometry, properties=radius), "s")
    assert after is not None
    shown = made(result)
    assert after.notes == here.notes
    for a, b in zip(after.shapes, shown.shapes, strict=True):
        assert type(a) is type(b)
        assert a.bounds.west == pytest.approx(b.bounds.west, abs=2e-7)
        assert a.bounds.north == pytest.approx(b.bounds.north, abs=2e-7)


def test_a_collection_moves_as_its_feature_is_moved() -> None:
    here = fence(SOME["mixture"])
    sketch = MoveSketch(here, SOME["mixture"], here.bounds.center, 1.0)
    sketch.aim(Position(here.bounds.center.lon + 0.1, here.bounds.center.lat + 5.0), 1.0)
    after = fence_of(move_feature(here.raw, *sketch.shift), "s")
    assert after is not None
    shown = made(sketch.finish())
    for a, b in zip(after.shapes, shown.shapes, strict=True):
        assert a.bounds.west == pytest.approx(b.bounds.west, abs=2e-7)
        assert a.bounds.north == pytest.approx(b.bounds.north, abs=2e-7)


def test_a_copy_over_the_date_line_is_read_there() -> None:
    geometry = {"type": "Polygon", "coordinates": [[[179.9, 0], [180, 0], [180, 0.1], [179.9, 0.1], [179.9, 0]]]}
    copy = made(duplicated(fence(geometry), geometry))
    assert copy.bounds.west == pytest.approx(179.93)
    assert copy.bounds.east == pytest.approx(-179.97)


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


def test_each_fence_supports_what_makes_sense_for_it() -> None:
    everything = {"move", "resize", "reshape", "duplicate"}
    assert abilities(fence(SOME["point"], "Circle")) == everything - {"reshape"}
    assert abilities(fence(SOME["points"])) == everything - {"reshape"}
    assert abilities(fence(SOME["line"])) == everything
    assert abilities(fence(SOME["polygons"])) == everything
    assert abilities(fence(SOME["mixture"])) == {"move", "duplicate"}
    pole = {"type": "Polygon", "coordinates": [[[0, 80], [90, 80], [180, 80], [-90, 80], [0, 80]]]}
    assert abilities(fence(pole)) == frozenset()
    wide = {"type": "Polygon", "coordinates": [[[-100, 0], [0, 0], [90, 0], [90, 10], [-100, 0]]]}
    assert abilities(fence(wide)) == frozenset()


@pytest.mark.parametrize("name", SOME)
def test_every_edit_a_fence_supports_can_begin_and_changes_nothing_by_itself(name: str) -> None:
    here = fence(SOME[name], "Circle" if name == "point" else "")
    for ability in ("move", "resize", "reshape"):
        if ability in abilities(here):
            sketch = edit_sketch(ability, here, SOME[name], here.center, 1.0)
            assert sketch.outline.traces or ability == "move"
            assert not sketch.is_changed
            assert sketch.problem is None
            assert not sketch.take_back()
            assert sketch.finish() == Refused("unchanged")
        else:
            with pytest.raises(ValueError, match="support"):
                edit_sketch(ability, here, SOME[name], here.center, 1.0)


def test_a_circle_is_read_back_as_one() -> None:
    after = made(moved(SOME["point"], Position(0, 0), Position(0, 1), "Circle"))
    assert isinstance(after.shapes[0], Circle)
    assert after.shapes[0].center == Position(24.94, 61.17)
