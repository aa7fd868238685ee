"""Features are built in Azure's form, and altered without touching what is not altered."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.core.errors import DataError
from tvapp.fences.geojson.conventions import LARGEST_RADIUS_M
from tvapp.fences.geojson.feature import REMOVE, altered, moved, new_feature, with_new_id
from tvapp.fences.geojson.geometry import MAX_NESTING
from tvapp.fences.geojson.reading import read
from tvapp.fences.model.fence import Circle, Geofence, Polygon
from tvapp.geo.position import Position
from tvapp.localcloud.geofence_check import check_geofences
from tvapp.localcloud.geojson_check import check_geojson

POINT = {"type": "Point", "coordinates": [-122.126986, 47.639754]}


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(map(list, ring)) for ring in rings]}


def shown(feature: bytes) -> Geofence:
    check_geojson(feature)
    result = read(feature, "x")
    assert not result.skipped, result.skipped
    (fence,) = result.fences
    assert fence.raw == feature
    return fence


def area(ring: list[list[float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def geometry(feature: bytes) -> Any:
    return json.loads(feature)["geometry"]


def test_a_circle_is_written_as_in_the_guides_sample() -> None:
    made = new_feature("001", "Depot 3", "depot", POINT, subtype="Circle", radius_m=500.0)
    assert json.loads(made) == {
        "type": "Feature",
        "geometry": POINT,
        "properties": {"geometryId": "001", "name": "Depot 3", "kind": "depot", "subType": "Circle", "radius": 500},
    }
    assert shown(made).shapes == (Circle(Position(-122.126986, 47.639754), 500.0),)
    check_geofences(made)


def test_a_rectangle_is_a_closed_polygon_of_five_positions_right_handed() -> None:
    made = new_feature("r", "", "", polygon([(0, 0), (0, 1), (1, 1), (1, 0)]), subtype="Rectangle")
    ((ring,), properties) = geometry(made)["coordinates"], json.loads(made)["properties"]
    assert len(ring) == 5
    assert ring[0] == ring[-1]
    assert area(ring) > 0
    assert properties == {"geometryId": "r", "subType": "Rectangle"}
    assert shown(made).is_rectangle


def test_holes_run_the_other_way_round() -> None:
    square, hole = [(0, 0), (4, 0), (4, 4), (0, 4)], [(1, 1), (2, 1), (2, 2), (1, 2)]
    outer, inner = geometry(new_feature("h", "", "", polygon(square, hole)))["coordinates"]
    assert area(outer) > 0 > area(inner)


def test_coordinates_have_seven_decimals_and_no_tail() -> None:
    made = new_feature("p", "", "", {"type": "Point", "coordinates": [1.234567891, -0.00000001]}, radius_m=5)
    assert b"[1.2345679,0]" in made
    assert b"[-170,2]" in new_feature("p", "", "", {"type": "Point", "coordinates": (190.0, 2.0)}, radius_m=5)


def test_a_validity_is_written_as_it_is_given() -> None:
    times = {"expiredTime": "2026-12-01T00:00:00", "validityPeriod": []}
    made = new_feature("v", "", "", POINT, radius_m=5, validity=times)
    assert json.loads(made)["properties"]["validityTime"] == times


@pytest.mark.parametrize("jump", [True, False])
def test_a_polygon_across_the_date_line_is_cut_as_rfc_7946_says_and_shown_whole(jump: bool) -> None:
    east = -178 if jump else 182
    made = new_feature("d", "", "", polygon([(179, 0), (east, 0), (east, 1), (179, 1)]), subtype="Rectangle")
    assert geometry(made) == {
        "type": "MultiPolygon",
        "coordinates": [
            [[[180, 1], [179, 1], [179, 0], [180, 0], [180, 1]]],
            [[[-180, 0], [-178, 0], [-178, 1], [-180, 1], [-180, 0]]],
        ],
    }
    assert "subType" not in json.loads(made)["properties"]
    (shape,) = shown(made).shapes
    assert isinstance(shape, Polygon)
    assert len(shape.rings[0]) == 5


@pytest.mark.parametrize(
    ("given_geometry", "more", "words"),
    [
        (polygon([(0, 0), (1, 1)]), {}, "fewer than 3"),
        (polygon([(0, 0), (1, 1), (2, 2)]), {}, "encloses nothing"),
        (polygon([(0, 0), (1e-9, 0), (0, 1e-9)]), {}, "encloses nothing"),
        (polygon([(0, 0), (1, 91), (2, 0)]), {}, "latitude 91"),
        (polygon([(0, 0), (math.nan, 1), (2, 0)]), {}, "longitude nan"),
        (polygon([(0, 0), (1, "1"), (2, 0)]), {}, "not made of numbers"),
        ({"type": "Point", "coordinates": [10**400, 1]}, {}, "not made of numbers"),
        ({"type": "Point", "coordinates": []}, {}, "lists of positions"),
        ({"type": "Blob", "coordinates": []}, {}, "no type"),
        ({"type": ["Point"]}, {}, "no type"),
        ({}, {}, "no type"),
        (POINT, {"radius_m": 0.0}, "radius of 0 m makes no area"),
        (POINT, {"radius_m": math.nan}, "makes no area"),
        (POINT, {"validity": {"a": object()}}, "not JSON"),
    ],
)
def test_invalid_arguments_write_no_geofence(given_geometry: Any, more: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        new_feature("x", "", "", given_geometry, **more)


def test_a_geofence_needs_an_id() -> None:
    with pytest.raises(DataError, match=r"no geometryId$"):
        new_feature("", "n", "", POINT)


FOREIGN = b"""{ "id": 7, "type" : "Feature", "x": 1.50e1, "x": 2,
  "geometry": { "type": "Polygon", "made": "c", "bbox": [0,0,1,1],
    "coordinates": [ [ [0.0, 0, 12.50], [1.00, 0.0, 1e1, 4], [1,1,13.0], [0,1.0,14], [0.0, 0, 12.50] ] ] },
  "bbox": [0, 0, 1, 1], "properties" : { "geometryId":"f", "owner": {"n": 1.0}, "name": "a", "radius": null } }"""


def test_a_property_is_altered_and_nothing_else() -> None:
    assert altered(FOREIGN, properties={"name": "bé"}) == FOREIGN.replace(b'"a"', '"bé"'.encode())
    assert altered(FOREIGN, properties={"radius": REMOVE}) == FOREIGN.replace(b', "radius": null', b"")
    assert altered(FOREIGN, properties={"kind": None}) == FOREIGN.replace(b"null", b'null, "kind": null')
    assert altered(FOREIGN) == altered(FOREIGN, properties={"nothing": REMOVE}) == FOREIGN


def test_properties_that_are_no_object_become_one() -> None:
    made = altered(b'{"type":"Feature","properties":null}', properties={"name": "n"})
    assert made == b'{"type":"Feature","properties":{"name":"n"}}'
    assert altered(b"{}", properties={"n": 1}) == b'{"properties":{"n":1}}'


def test_positions_that_stay_keep_their_heights_in_their_words() -> None:
    made = altered(FOREIGN, geometry=polygon([(0, 0), (1, 0), (2, 2), (0, 1)]))
    assert b"[[[0.0,0,12.50],[1.00,0.0,1e1,4],[2,2],[0,1.0,14],[0.0,0,12.50]]]" in made
    assert made.startswith(b'{ "id": 7, "type" : "Feature", "x": 1.50e1, "x": 2,\n')
    assert b"bbox" not in made
    assert b'"made": "c"' in made
    assert made.endswith(b'"properties" : { "geometryId":"f", "owner": {"n": 1.0}, "name": "a", "radius": null } }')


def test_a_geometry_of_another_type_takes_its_place() -> None:
    made = altered(FOREIGN, geometry=POINT, properties={"subType": "Circle", "radius": 20.0})
    assert geometry(made) == {**POINT, "made": "c"}
    assert shown(made).shapes == (Circle(Position(-122.126986, 47.639754), 20.0),)
    collection = b'{"type":"Feature","geometry":{"type":"GeometryCollection","geometries":[]},"properties":null}'
    assert geometry(altered(collection, geometry=POINT)) == POINT
    assert geometry(altered(b'{"type":"Feature","geometry":null}', geometry=POINT)) == POINT


def test_a_move_keeps_structure_heights_and_everything_else() -> None:
    made = moved(FOREIGN, 10, -5.5)
    assert b"[[[10,-5.5,12.50],[11,-5.5,1e1,4],[11,-4.5,13.0],[10,-4.5,14],[10,-5.5,12.50]]]" in made
    assert made.startswith(b'{ "id": 7, "type" : "Feature", "x": 1.50e1, "x": 2,\n')
    assert b"bbox" not in made


@pytest.mark.parametrize(
    ("kind", "coordinates", "after"),
    [
        ("Point", [1, 2, 3], [11, 2, 3]),
        ("MultiPoint", [[1, 2], [175, 3]], [[11, 2], [-175, 3]]),
        ("LineString", [[1, 2, 3], [2, 3, 4]], [[11, 2, 3], [12, 3, 4]]),
        ("MultiLineString", [[[1, 2], [2, 3]]], [[[11, 2], [12, 3]]]),
        ("MultiPolygon", [[[[1, 2], [2, 2], [2, 3], [1, 2]]]], [[[[11, 2], [12, 2], [12, 3], [11, 2]]]]),
    ],
)
def test_every_type_of_geometry_can_be_moved(kind: str, coordinates: Any, after: Any) -> None:
    one = {"type": kind, "coordinates": coordinates}
    both = {"type": "GeometryCollection", "geometries": [one, {"type": "GeometryCollection", "geometries": [one]}]}
    made = geometry(moved(json.dumps({"type": "Feature", "geometry": both, "properties": {}}).encode(), 10, 0))
    assert made["geometries"][0] == {"type": kind, "coordinates": after}
    assert made["geometries"][1]["geometries"] == [{"type": kind, "coordinates": after}]


def test_a_move_across_the_date_line_cuts_and_the_way_back_joins() -> None:
    made = new_feature("m", "", "", polygon([(170, 0), (175, 0), (176, 3), (170, 4)]))
    over = moved(made, 7.5, 0)
    assert geometry(over)["type"] == "MultiPolygon"
    assert len(shown(over).shapes) == 1
    back = moved(over, -7.5, 0)
    assert geometry(back)["type"] == "MultiPolygon"
    (polygon_back,) = geometry(back)["coordinates"]
    assert set(map(tuple, polygon_back[0])) == set(map(tuple, geometry(made)["coordinates"][0]))


def test_a_line_is_cut_at_the_date_line_with_its_heights() -> None:
    line = {"type": "LineString", "coordinates": [[170, 0, 0], [178, 0, 8]]}
    made = moved(altered(b'{"type":"Feature","properties":{"radius":5}}', geometry=line), 6, 0)
    assert geometry(made)["coordinates"] == [[[176, 0, 0], [180, 0, 4]], [[-180, 0, 4], [-176, 0, 8]]]


def test_a_height_too_large_to_hold_is_kept_and_not_interpolated() -> None:
    high = FOREIGN.replace(b"12.50", b"1e999")
    made = moved(high, 179.5, 0)
    assert geometry(made)["type"] == "MultiPolygon"
    assert b"[179.5,0,1e999]" in made
    assert b"nan" not in made
    assert b"inf" not in made


@pytest.mark.parametrize(
    ("feature", "by", "words"),
    [
        (FOREIGN, (0, 89.5), "beyond a pole"),
        (FOREIGN, (math.nan, 0), "that far"),
        (FOREIGN.replace(b"[1,1,13.0]", b"[1,90,13]"), (0, -1), "reaches a pole"),
        (FOREIGN.replace(b"[1,1,13.0]", b'["1",1]'), (0, 1), "not made of numbers"),
        (b'{"geometry":null}', (1, 1), "no geometry"),
        (b'{"geometry":{"type":"GeometryCollection"}}', (1, 1), "no list"),
        (b'{"geometry":{"type":"Point"}}', (1, 1), "lists of positions"),
        (b'{"geometry":{"type":"Point","coordinates":' + b"[" * 500 + b"]" * 500 + b"}}", (1, 1), "not made of"),
        (b'{"geometry":{"type":1e999,"coordinates":[1,2]}}', (1, 1), "no type"),
        (b"[]", (1, 1), "not an object"),
        (b"{", (1, 1), "truncated"),
    ],
)
def test_a_feature_that_cannot_be_moved_says_why(feature: bytes, by: tuple[float, float], words: str) -> None:
    with pytest.raises(DataError, match=words):
        moved(feature, *by)


def test_a_copy_is_a_geofence_of_its_own() -> None:
    made = with_new_id(FOREIGN, "g", "b")
    assert b'"id"' not in made
    assert made.endswith(b'"properties" : { "geometryId":"g", "owner": {"n": 1.0}, "name": "b", "radius": null } }')


@settings(max_examples=120, deadline=None)
@given(
    st.floats(-180, 180), st.floats(-60, 60), st.floats(0.001, 20), st.integers(3, 9),
    st.floats(-400, 400), st.floats(-10, 10),
)  # fmt: skip
def test_drawn_and_moved_shapes_are_geojson_and_shown_in_one_piece(
    lon: float, lat: float, size: float, corners: int, dlon: float, dlat: float
) -> None:
    turns = [2 * math.pi * corner / corners for corner in range(corners)]
    ring = [(lon + size * math.cos(turn), lat + size * math.sin(turn)) for turn in turns]
    made = new_feature("f", "n", "k", polygon(ring))
    over = moved(made, dlon, dlat)
    for feature in (made, over, moved(over, -dlon, -dlat)):
        check_geofences(feature)
        (shape,) = shown(feature).shapes
        assert isinstance(shape, Polygon)
        assert shape.bounds.north - shape.bounds.south == pytest.approx(
            size * (max(map(math.sin, turns)) - min(map(math.sin, turns))), abs=1e-6
        )


def test_a_fence_may_be_moved_up_to_a_pole_and_not_beyond() -> None:
    feature = b'{"type":"Feature","geometry":{"type":"Point","coordinates":[10,80]},"properties":{"radius":5}}'
    assert b"[10,90]" in moved(feature, 0.0, 10.0)
    assert b"[10,-90]" in moved(feature, 0.0, -170.0)
    for dlat in (10.001, -170.001):
        with pytest.raises(DataError, match=r"beyond a pole$"):
            moved(feature, 0.0, dlat)


def failed(act: Callable[[], bytes]) -> tuple[str, str]:
    """Return what an error concerns, and its reason."""
    with pytest.raises(DataError) as raised:
        act()
    return raised.value.source, raised.value.reason


def test_an_error_names_the_geofence_where_it_has_an_id() -> None:
    flat, nameless = polygon([(0, 0), (1, 1), (2, 2)]), b'{"geometry":null}'
    encloses_nothing = "its outline, or a hole in it, encloses nothing"
    assert failed(lambda: new_feature("i", "n", "", flat)) == ("i", encloses_nothing)
    assert failed(lambda: altered(FOREIGN, geometry=flat)) == ("f", encloses_nothing)
    assert failed(lambda: altered(nameless, geometry=flat)) == ("the geofence", encloses_nothing)
    assert failed(lambda: altered(FOREIGN, geometry=flat, properties={"geometryId": "new"})) == (
        "new",
        encloses_nothing,
    )
    assert failed(lambda: moved(FOREIGN, 0, 89.5)) == ("f", "it would reach beyond a pole")
    assert failed(lambda: moved(FOREIGN, math.inf, 0)) == ("f", "it cannot be moved that far")
    assert failed(lambda: moved(FOREIGN, 0, math.inf)) == ("f", "it cannot be moved that far")
    assert failed(lambda: moved(nameless, 1, 1)) == ("the geofence", "it has no geometry")
    for act in (lambda: altered(b"[]"), lambda: moved(b"[]", 1, 1), lambda: with_new_id(b"[]", "i", "n")):
        assert failed(act) == ("the geofence", "it is not an object")
    assert failed(lambda: altered(FOREIGN, properties={"kind": object()})) == ("kind", "its value is not JSON")
    assert failed(lambda: new_feature("", "n", "", POINT)) == ("n", "it has no geometryId")
    reason = "a radius of -1 m makes no area"
    assert failed(lambda: new_feature("i", "n", "", POINT, radius_m=-1.0)) == ("i", reason)
    reason = f"a radius of {2 * LARGEST_RADIUS_M:g} m makes no area"
    assert failed(lambda: new_feature("i", "n", "", POINT, radius_m=2 * LARGEST_RADIUS_M)) == ("i", reason)
    for radius_m in (0.5, 1.0, 10_000.0, LARGEST_RADIUS_M):
        assert json.loads(new_feature("i", "", "", POINT, radius_m=radius_m))["properties"]["radius"] == radius_m


def nested(depth: int, inner: str) -> str:
    return '{"type":"GeometryCollection","geometries":[' * depth + inner + "]}" * depth


def test_collections_nest_so_deep_and_no_deeper() -> None:
    point = '{"type":"Point","coordinates":[1.0,2.0,3.50]}'
    drawn = {"type": "Point", "coordinates": [1, 2]}
    for depth in (1, MAX_NESTING):
        feature = f'{{"geometry":{nested(depth, point)}}}'.encode()
        assert moved(feature, 1, 0) == feature.replace(b"[1.0,2.0,3.50]", b"[2,2,3.50]")
        assert b'"coordinates":[1.0,2.0,3.50]' in altered(feature, geometry=drawn)
    feature = f'{{"geometry":{nested(MAX_NESTING + 1, point)}}}'.encode()
    reason = "its GeometryCollection has no list of geometries, or is nested too deep"
    assert failed(lambda: moved(feature, 1, 0)) == ("the geofence", reason)
    assert b'"coordinates":[1,2]' in altered(feature, geometry=drawn)


@pytest.mark.parametrize(
    "invalid",
    [
        b'{"type":"Point","coordinates":["1",2]}',
        b'{"type":"Point"}',
        b'{"type":"GeometryCollection"}',
        b'{"type":"GeometryCollection","geometries":{"a":[1,2]}}',
        b'{"type":"GeometryCollection","geometries":[5,"{",null]}',
        b'{"type":5,"coordinates":[1,2]}',
        b'{"type":"Polygon","coordinates":%b}' % (b"[" * 500 + b"]" * 500),
    ],
)
def test_a_geometry_replaces_an_invalid_one(invalid: bytes) -> None:
    made = altered(b'{"geometry":%b}' % invalid, geometry=POINT)
    assert geometry(made) == POINT


def test_what_a_collection_holds_beside_geometries_moves_along_and_boxes_go() -> None:
    point, moved_point = b'{"type":"Point","coordinates":[1,2],"bbox":[1]}', b'{"type":"Point","coordinates":[2,2]}'
    inner = b'{"x":1,"bbox":[0],"type":"GeometryCollection","geometries":[ %b , %b ]}'
    feature = b'{"bbox":[0],"geometry":%b,"y":{"bbox":1}}'
    assert moved(feature % (inner % (point, point)), 1, 0) == feature.replace(b'"bbox":[0],', b"") % (
        inner.replace(b'"bbox":[0],', b"") % (moved_point, moved_point)
    )


def test_a_rectangle_stays_one_while_it_is_a_polygon() -> None:
    for word in ("Rectangle", "rectangle"):
        made = new_feature("r", "", "", polygon([(170, 0), (175, 0), (175, 1), (170, 1)]), subtype=word)
        assert json.loads(moved(made, 4, 0))["properties"] == {"geometryId": "r", "subType": word}
        over = moved(made, 7, 0)
        assert (geometry(over)["type"], json.loads(over)["properties"]) == ("MultiPolygon", {"geometryId": "r"})
    circle = new_feature("c", "", "", POINT, subtype="Circle", radius_m=5.0)
    assert json.loads(moved(circle, 7, 0))["properties"]["subType"] == "Circle"


def test_whole_turns_cost_no_digits() -> None:
    feature = b'{"geometry":{"type":"Point","coordinates":[1.2345678,2]}}'
    assert b"[1.2345678,2]" in moved(feature, 360.0 * 2**50, 0)
    assert b"[6.2345678,2]" in moved(feature, -355.0, 0)


def test_a_fence_on_a_pole_moves_east_and_west_only() -> None:
    feature = b'{"geometry":{"type":"MultiPoint","coordinates":[[10,-90],[0,0]]}}'
    assert b"[[11,-90],[1,0]]" in moved(feature, 1, 0)
    refused = ("the geofence", "it reaches a pole, and can only be moved east and west")
    assert failed(lambda: moved(feature, 1, 1)) == failed(lambda: moved(feature, 1, -1)) == refused


def test_a_property_that_is_no_text_is_no_name() -> None:
    numbered = b'{"geometry":null,"properties":{"geometryId":5}}'
    assert failed(lambda: moved(numbered, 1, 1)) == ("the geofence", "it has no geometry")


def test_a_copy_of_a_feature_without_properties_gets_some() -> None:
    assert with_new_id(b'{"id":5,"type":"Feature"}', "g", "b") == (
        b'{"type":"Feature","properties":{"geometryId":"g","name":"b"}}'
    )
