"""Whatever the root of a file is, its Features are found."""

from __future__ import annotations

import codecs
import gzip
import json
import zlib

import pytest

from tvapp.core.errors import DataError
from tvapp.fences.geojson import reading
from tvapp.fences.geojson.reading import ReadResult, read
from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon, Spot
from tvapp.geo.position import Position

SQUARE = [[24.0, 60.0], [25.0, 60.0], [25.0, 61.0], [24.0, 61.0], [24.0, 60.0]]
POLYGON = {"type": "Polygon", "coordinates": [SQUARE]}
POINT = {"type": "Point", "coordinates": [24.5, 60.5]}


def feature(name: str, geometry: object = POLYGON) -> dict[str, object]:
    return {"type": "Feature", "properties": {"geometryId": name}, "geometry": geometry}


def text(value: object, **more: object) -> bytes:
    return json.dumps(value, **more).encode()  # type: ignore[arg-type]


A, B, C = (text(feature(name)) for name in "abc")


def ids(result: ReadResult) -> list[str]:
    return [fence.id for fence in result.fences]


def only(data: bytes, source: str = "yard.geojson") -> Geofence:
    result = read(data, source)
    assert not result.skipped
    (fence,) = result.fences
    return fence


@pytest.mark.parametrize(
    "geometry",
    [
        POLYGON,
        {"type": "MultiPolygon", "coordinates": [[SQUARE]]},
        {"type": "GeometryCollection", "geometries": [POLYGON]},
        {"type": "GeometryCollection", "geometries": [POINT, POLYGON, {"type": "LineString", "coordinates": SQUARE}]},
    ],
)
def test_a_geometry_may_be_the_root(geometry: object) -> None:
    fence = only(text(geometry))
    assert fence.name == "yard"
    assert fence.shapes == only(text(feature("x"))).shapes
    assert not fence.is_editable
    assert only(text(geometry), "https/area.geojson.gz").name == "area"


def test_lines_and_points_may_be_the_root() -> None:
    assert only(text(POINT)).shapes == (Spot(Position(24.5, 60.5), 0.0),)
    assert isinstance(only(text({"type": "LineString", "coordinates": SQUARE[:2]})).shapes[0], Line)
    assert len(only(text({"type": "MultiPoint", "coordinates": SQUARE[:3]})).shapes) == 3


def test_of_a_collection_what_is_an_area_counts() -> None:
    label = {"type": "GeometryCollection", "geometries": [POLYGON, POINT]}
    fence = only(text(feature("x", label)))
    assert all(isinstance(shape, Polygon) for shape in fence.shapes)
    assert "left out" in fence.notes[0]
    assert fence.is_editable


@pytest.mark.parametrize(
    "data",
    [
        A + b"\n" + B + b"\n" + C,
        A + b"\r\n\r\n" + B + b"\r\n" + C + b"\r\n",
        b"\x1e" + A + b"\n\x1e" + B + b"\n\x1e" + C + b"\n",
        b"\x1e" + text(feature("a"), indent=2) + b"\n\x1e" + B + b"\n\x1e" + text(feature("c"), indent=1),
        A + B + C,
        text(feature("a"), indent=2) + b"\n" + text(feature("b"), indent=2) + b"\n" + C,
        b"[" + A + b"," + B + b"," + C + b"]",
        b"[\n" + A + b"\n,\n" + B + b",\n" + C + b",\n]",
        text({"type": "FeatureCollection", "features": [feature("a"), feature("b")]}) + b"\n" + C,
        codecs.BOM_UTF8 + A + b"\n" + B + b"\n" + C,
        (A + b"\n" + B + b"\n" + C).decode().encode("utf-16"),
        (b"[" + A + b"," + B + b"," + C + b"]").decode().encode("utf-16-le"),
        (b"[" + A + b"," + B + b"," + C + b"]").decode().encode("utf-16-be"),
        (b"[" + A + b"," + B + b"," + C + b"]").decode().encode("utf-32"),
        b'{"type":"FeatureCollection","features":[' + A + b"," + B + b"," + C + b"]}\0\0\0\n\0",
    ],
)
def test_lists_and_sequences_are_read_in_order(data: bytes) -> None:
    for content in (data, gzip.compress(data)):
        result = read(content, "x")
        assert ids(result) == ["a", "b", "c"]
        assert not result.skipped
        assert not any(fence.is_editable for fence in result.fences)
        assert all(fence.notes for fence in result.fences)
        assert json.loads(result.fences[1].raw) == json.loads(B)


@pytest.mark.parametrize("broken", [b"{]", A[:-1], b"5", b'"a"', b"nonsense", A.replace(b'"a"', b'"a'), b"{}", b"[1]"])
def test_a_broken_text_of_a_sequence_costs_itself_alone(broken: bytes) -> None:
    for before, between in ((b"\x1e", b"\n\x1e"), (b"", b"\n")):
        result = read(before + between.join((A, broken, B, C)), "x")
        assert [each for each in ids(result) if each != "feature 2"] == ["a", "b", "c"]
        assert len(result.skipped) == 1


def test_plain_files_alone_can_be_edited_in_place() -> None:
    plain = b'{"type":"FeatureCollection","features":[' + A + b"]}"
    for data in (plain, A, codecs.BOM_UTF8 + plain, plain.decode().encode("utf-16")):
        assert only(data).is_editable
    assert not only(gzip.compress(plain)).is_editable


def test_gzip_is_bounded_whatever_it_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = b'{"type":"FeatureCollection","features":[' + A + b"]}"
    assert ids(read(gzip.compress(plain[:20]) + gzip.compress(plain[20:]), "x")) == ["a"]
    assert ids(read(gzip.compress(plain) + b"what follows is not kept" * 1000, "x")) == ["a"]
    for bad, words in (
        (gzip.compress(plain)[:-9], "ends in the middle"),
        (gzip.compress(plain)[:30] + b"\xff" * 30, "damaged|middle"),
        (b"\x1f\x8b", "middle"),
    ):
        with pytest.raises(DataError, match=words):
            read(bad, "x")
    monkeypatch.setattr(reading, "MAX_BYTES", 2 << 20)
    with pytest.raises(DataError, match="larger than 2 MB when decompressed"):
        read(gzip.compress(b" " * (3 << 20)), "x")
    assert zlib.decompress(gzip.compress(plain), 31) == plain


@pytest.mark.parametrize(
    ("root", "names"),
    [
        ({"_type": "waypoints", "waypoints": [{"desc": "Home", "lat": 60.5, "lon": 24.5, "rad": 90}]}, ["Home"]),
        ({"_type": "configuration", "waypoints": [{"desc": "Home", "lat": 60.5, "lon": 24.5, "rad": 90}]}, ["Home"]),
        ([{"_type": "waypoint", "desc": "Home", "lat": 60.5, "lon": 24.5, "rad": "90", "tst": 7}], ["Home"]),
        ({"_type": "waypoint", "desc": "Home", "lat": 60.5, "lon": 24.5, "rad": 90}, ["Home"]),
    ],
)  # fmt: skip
def test_waypoints_of_owntracks_are_circles(root: object, names: list[str]) -> None:
    fence = only(text(root))
    assert [fence.name] == names
    assert fence.shapes == (Circle(Position(24.5, 60.5), 90.0),)
    assert not fence.is_editable


def test_a_waypoint_without_a_radius_or_a_place_is_no_area() -> None:
    bare = {"_type": "waypoint", "desc": "Tag", "lat": 60.5, "lon": 24.5, "rad": 0}
    assert only(text([bare])).shapes == (Spot(Position(24.5, 60.5), 0.0),)
    result = read(text([bare, {"_type": "waypoint", "desc": "Beacon:1234:1:2"}, 5]), "x")
    assert [skip.feature for skip in result.skipped] == ["Beacon:1234:1:2", "feature 3"]


def test_each_form_of_traccar_has_latitude_first() -> None:
    areas = {
        "circle": "CIRCLE (60.5 24.5, 250.5)",
        "polygon": "POLYGON ((60 24, 60 25, 61 25, 61 24, 60 24), (60.4 24.4, 60.4 24.6, 60.6 24.6, 60.4 24.4))",
        "line": "LINESTRING (60.0 24.0, 60.5 25.0)",
        "wide": "LINESTRING(60.0 24.0, 60.5 25.0)",
        "south": "polygon((-33.9 151.2,-33.8 151.2,-33.8 151.3,-33.9 151.2))",
        "odd": "TRIANGLE (1 2, 3 4)",
        "bad": "POLYGON ((60 24, x y))",
    }
    listed: list[dict[str, object]] = [
        {"id": number, "name": name, "area": area, "attributes": {"polylineDistance": 50} if name == "wide" else {}}
        for number, (name, area) in enumerate(areas.items(), 1)
    ]
    result = read(text(listed), "geofences.json")
    circle, polygon, line, wide, south = result.fences
    assert circle.shapes == (Circle(Position(24.5, 60.5), 250.5),)
    assert isinstance(polygon.shapes[0], Polygon)
    assert len(polygon.shapes[0].rings) == 2
    assert line.shapes == (Line((Position(24.0, 60.0), Position(25.0, 60.5)), 25.0),)
    assert isinstance(wide.shapes[0], Line)
    assert wide.shapes[0].radius_m == 50.0
    assert south.bounds.south == -33.9
    assert [skip.feature for skip in result.skipped] == ["odd", "bad"]
    assert "'TRIANGLE (1 2, 3 4)'" in result.skipped[0].reason


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'<?xml version="1.0"?><kml>', "KML"),
        (b"<gpx>", "GPX"),
        (b"SQLite format 3\0....", "GeoPackage"),
        (b"fgb\x03fgb\x00", "FlatGeobuf"),
        (b"POLYGON ((1 2, 3 4, 5 6, 1 2))", "WKT"),
        (b"name,lat,lon\nDepot,60,24\n", "CSV"),
        (text({"type": "Topology", "objects": {}}), "TopoJSON"),
        (text({"geometryType": "esriGeometryPolygon", "features": []}), "Esri JSON"),
        (text({"error": {"code": 401, "message": "no"}}), "an error message of a server"),
    ],
)
def test_other_formats_are_refused_by_their_name(data: bytes, words: str) -> None:
    with pytest.raises(DataError) as raised:
        read(data, "x")
    assert words in raised.value.reason


def test_a_list_that_ends_in_the_middle_is_refused() -> None:
    whole = b"[" + A + b"," + B + b"]"
    for end in (1, 5, len(B) + 1, len(B) + 2):
        with pytest.raises(DataError):
            read(whole[:-end], "x")
