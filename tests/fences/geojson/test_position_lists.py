"""Decoded geometries, list by list: found, moved and put back."""

from __future__ import annotations

from typing import Any

import pytest

from tvapp.fences.geojson.position_lists import (
    nearest_turn,
    position_lists,
    replaced,
    with_lists,
    with_moved_positions,
)
from tvapp.geo.position import Position

OUTLINE = [[0, 0], [9, 0], [9, 9], [0, 0]]
HOLE = [[1, 1], [2, 1], [2, 2], [1, 1]]
NESTED: dict[str, Any] = {
    "type": "GeometryCollection",
    "geometries": [
        {"type": "Point", "coordinates": [1, 2, 3]},
        {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]], [[2, 2], [3, 3, 7]]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [OUTLINE, HOLE]}]},
        {"type": "MultiPolygon", "coordinates": [[OUTLINE], [OUTLINE, HOLE]]},
        {"type": "MultiPoint", "coordinates": [[5, 5], [6, 6]]},
        {"type": "LineString", "coordinates": [[7, 7], [8, 8]]},
    ],
}


def test_every_list_has_its_path_its_kind_and_its_part() -> None:
    found = [(each.path, each.kind, each.part) for each in position_lists(NESTED)]
    assert found == [
        (("geometries", 0, "coordinates"), "points", 0),
        (("geometries", 1, "coordinates", 0), "line", 1),
        (("geometries", 1, "coordinates", 1), "line", 2),
        (("geometries", 2, "geometries", 0, "coordinates", 0), "outer", 3),
        (("geometries", 2, "geometries", 0, "coordinates", 1), "hole", 3),
        (("geometries", 3, "coordinates", 0, 0), "outer", 4),
        (("geometries", 3, "coordinates", 1, 0), "outer", 5),
        (("geometries", 3, "coordinates", 1, 1), "hole", 5),
        (("geometries", 4, "coordinates"), "points", 6),
        (("geometries", 5, "coordinates"), "line", 7),
    ]


@pytest.mark.parametrize("number", range(10))
def test_one_list_is_replaced_and_the_others_are_the_same_objects(number: int) -> None:
    before = position_lists(NESTED)
    chosen = before[number]
    other = [[20.0, 20.0] for _ in chosen.raw]
    after = position_lists(with_lists(NESTED, {chosen.path: other}))
    assert [each.path for each in after] == [each.path for each in before]
    for at, (one, then) in enumerate(zip(before, after, strict=True)):
        assert then.raw == (other if at == number else one.raw)
        if at != number and one.path[-1] != "coordinates":
            assert then.raw is one.raw


def test_a_ring_that_is_taken_away_leaves_the_others() -> None:
    after = with_lists(NESTED, {("geometries", 3, "coordinates", 1, 1): None})
    assert after["geometries"][3]["coordinates"] == [[OUTLINE], [OUTLINE]]
    assert after["geometries"][2] is NESTED["geometries"][2]
    polygon = {"type": "Polygon", "coordinates": [OUTLINE, HOLE, OUTLINE]}
    assert with_lists(polygon, {("coordinates", 1): None})["coordinates"] == [OUTLINE, OUTLINE]


def test_nothing_replaced_is_a_copy_of_the_same_lists() -> None:
    after = with_lists(NESTED, {})
    assert after == NESTED
    assert after is not NESTED


def test_a_position_keeps_its_further_coordinates() -> None:
    assert replaced([1, 2, 3, 4], Position(5.0, 6.0)) == [5.0, 6.0, 3, 4]
    moved = with_moved_positions(NESTED, Position(0, 0), lambda place: Position(place.lon + 1, place.lat + 2))
    assert moved["geometries"][0]["coordinates"] == [2, 4, 3]
    assert moved["geometries"][1]["coordinates"] == [[[1, 2], [2, 3]], [[3, 4], [4, 5, 7]]]
    assert moved["geometries"][4]["coordinates"] == [[6, 7], [7, 8]]


def test_places_come_on_the_turn_of_the_earth_that_is_nearest() -> None:
    places = (Position(170.0, 1.0), Position(190.0, 1.0))
    assert nearest_turn(places, Position(-170.0, 0.0)) == (Position(-190.0, 1.0), Position(-170.0, 1.0))
    assert nearest_turn(places, Position(1.0, 0.0)) is places
    assert nearest_turn(places, Position(-1.0, 0.0)) == (Position(-190.0, 1.0), Position(-170.0, 1.0))


def test_a_line_over_the_date_line_is_continuous_and_points_stand_each_for_itself() -> None:
    line = {"type": "LineString", "coordinates": [[179, 0], [-179, 1]]}
    (found,) = position_lists(line)
    assert found.places(Position(170.0, 0.0)) == (Position(179, 0), Position(181, 1))
    points = {"type": "MultiPoint", "coordinates": [[179, 0], [-179, 1]]}
    (found,) = position_lists(points)
    assert found.places(Position(179.5, 0.0)) == (Position(179, 0), Position(181, 1))
    assert found.places(Position(0.0, 0.0)) == (Position(179, 0), Position(-179, 1))
