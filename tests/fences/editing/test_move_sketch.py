"""Moving and copying fences."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given

from tests.fences.editing.shapes import SOME, SQUARE, fence, made
from tests.geo.places import places
from tvapp.fences.editing.move_sketch import MoveSketch, duplicated
from tvapp.fences.editing.sketch import Drawn, Refused
from tvapp.fences.geojson.feature import moved as move_feature
from tvapp.fences.geojson.position_lists import position_lists, with_lists, with_moved_positions
from tvapp.fences.model.fence import Circle
from tvapp.fences.model.summary import summarise
from tvapp.fences.service.overlay import fence_of
from tvapp.geo import geodesy
from tvapp.geo.position import Position


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


def test_a_move_begins_without_a_jump_and_shows_the_old_place() -> None:
    sketch = MoveSketch(fence(SOME["star"]), SOME["star"], Position(24.0, 60.0), 1.0)
    assert not sketch.is_changed
    assert sketch.place() == Refused("unchanged")
    ghost, live = sketch.outline.traces
    assert (ghost.role, live.role) == ("fixed", "live")
    assert ghost.points == live.points
    sketch.aim(Position(24.1, 60.0), 1.0)
    assert sketch.outline.traces[0].points is ghost.points
    assert sketch.outline.traces[1].points[0].lon == pytest.approx(25.0)


def test_a_fence_cannot_be_moved_over_the_edge_of_the_map() -> None:
    for geometry, subtype in ((SOME["point"], "Circle"), (SOME["polygon"], ""), (SOME["line"], "")):
        sketch = MoveSketch(fence(geometry, subtype, 9_000.0), geometry, Position(24.9, 60.1), 1.0)
        sketch.aim(Position(24.9, 85.06), 1.0)
        assert sketch.problem == "too-far"
        assert {trace.role for trace in sketch.outline.traces} == {"fixed", "crossing"}
        assert sketch.place() == Refused("too-far")
        sketch.aim(Position(24.9, 70.0), 1.0)
        assert isinstance(sketch.place(), Drawn)


def test_moving_a_large_fence_shows_a_simplified_outline_and_moves_every_vertex() -> None:
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


def test_a_circle_is_read_back_as_one() -> None:
    after = made(moved(SOME["point"], Position(0, 0), Position(0, 1), "Circle"))
    assert isinstance(after.shapes[0], Circle)
    assert after.shapes[0].center == Position(24.94, 61.17)


@pytest.mark.parametrize(
    ("name", "subtype", "expected", "radius_m"),
    [
        ("point", "Circle", "Circle", 100.0),
        ("point", "", "", 100.0),
        ("line", "", "", 100.0),
        ("polygon", "", "", None),
        ("polygon", "Rectangle", "Rectangle", None),
    ],
)
def test_a_moved_fence_keeps_its_subtype_and_its_radius(
    name: str, subtype: str, expected: str, radius_m: float | None
) -> None:
    result = moved(SOME[name], Position(24.9, 60.1), Position(24.91, 60.1), subtype)
    assert isinstance(result, Drawn)
    assert (result.subtype, result.radius_m) == (expected, radius_m)
    copy = duplicated(fence(SOME[name], subtype), SOME[name])
    assert (copy.subtype, copy.radius_m) == (expected, radius_m)


def test_a_small_fence_has_its_copy_three_metres_away() -> None:
    geometry = {
        "type": "Polygon",
        "coordinates": [[[10, 0], [10.00001, 0], [10.00001, 0.00001], [10, 0.00001], [10, 0]]],
    }
    copy = made(duplicated(fence(geometry), geometry))
    # 3 m of the equator, 111 319.491 m a degree.
    assert copy.bounds.west - 10.0 == pytest.approx(3.0 / 111_319.491, rel=1e-6)


def test_a_fence_stays_where_it_was_while_the_crosshair_is_too_near_to_a_pole() -> None:
    geometry = {"type": "Point", "coordinates": [25.0, 60.0]}
    for lat in (89.0, -89.0):
        sketch = MoveSketch(fence(geometry, "Circle"), geometry, Position(25.0, 60.0), 1.0)
        before = sketch.outline.traces
        sketch.aim(Position(25.0, lat), 1.0)
        assert (sketch.problem, sketch.measures.edge_m) == ("too-far", 0.0)
        after = sketch.outline.traces
        assert [trace.role for trace in after] == ["fixed", "crossing"]
        assert [trace.points for trace in after] == [trace.points for trace in before]
        assert sketch.outline.vertices == (Position(25.0, 60.0),)


def test_a_move_pans_and_has_nothing_to_take_back() -> None:
    sketch = MoveSketch(fence(SOME["star"]), SOME["star"], Position(24.0, 60.0), 1.0)
    assert (sketch.stage, sketch.pans, sketch.problem) == ("moving", True, None)
    sketch.aim(Position(24.1, 60.0), 1.0)
    assert not sketch.take_back()
    assert not sketch.adjust("right")
    assert sketch.is_changed


def test_a_move_counts_from_five_centimetres_on() -> None:
    # A metre of the equator is 1 / 111 319.491 of a degree.
    geometry = {"type": "Point", "coordinates": [25.0, 0.0]}
    for moved_m, is_changed in ((0.049, False), (0.051, True)):
        sketch = MoveSketch(fence(geometry), geometry, Position(25.0, 0.0), 1.0)
        sketch.aim(Position(25.0 + moved_m / 111_319.491, 0.0), 1.0)
        assert sketch.is_changed is is_changed
