"""GeoJSON in, geofences out."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.core.errors import DataError
from tvapp.fences.geojson import reading
from tvapp.fences.geojson.identity import clean
from tvapp.fences.geojson.reading import ReadResult, read
from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon, Skipped, Spot
from tvapp.geo.position import Position

SAMPLE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [-122.126986, 47.639754]},
            "properties": {"geometryId": "001", "subType": "Circle", "radius": 500},
        }
    ],
}


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "geometry": geometry, "properties": {"geometryId": "f", **properties}}


def polygon(*rings: Sequence[Sequence[float]]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


def parse(*features: object) -> ReadResult:
    return read(json.dumps({"type": "FeatureCollection", "features": features}).encode(), "a.geojson")


def fence(geometry: object, **properties: object) -> Geofence:
    result = parse(feature(geometry, **properties))
    assert not result.skipped, result.skipped
    return result.fences[0]


def reason(geometry: object, **properties: object) -> str:
    result = parse(feature(geometry, **properties))
    assert not result.fences
    assert result.skipped[0].feature == "f"
    return result.skipped[0].reason


SQUARE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]


def test_the_guides_sample_is_a_circle_of_500_m() -> None:
    (found,) = read(json.dumps(SAMPLE).encode(), "guide").fences
    assert found.id == found.name == found.geometry_id == "001"
    assert found.shapes == (Circle(Position(-122.126986, 47.639754), 500.0),)
    assert found.notes == ()


def test_a_feature_may_be_the_root() -> None:
    data = json.dumps(feature({"type": "Point", "coordinates": [1, 2]}, radius=3)).encode()
    (found,) = read(b"  " + data + b"\n", "x").fences
    assert found.shapes == (Spot(Position(1, 2), 3),)
    assert found.raw == data


def test_each_kind_of_geometry_becomes_its_shapes() -> None:
    assert fence({"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}, radius=5).shapes == (
        Spot(Position(1, 2), 5),
        Spot(Position(3, 4), 5),
    )
    line = Line((Position(1, 2), Position(3, 4)), 5)
    assert fence({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, radius=5).shapes == (line,)
    assert fence({"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]]]}, radius=5).shapes == (line,)
    square = Polygon((tuple(Position(*point) for point in SQUARE),))
    assert fence(polygon(SQUARE)).shapes == (square,)
    assert fence({"type": "MultiPolygon", "coordinates": [[SQUARE]]}).shapes == (square,)
    both = {"type": "GeometryCollection", "geometries": [polygon(SQUARE), {"type": "Point", "coordinates": [1, 2]}]}
    assert fence(both, radius=7).shapes == (square, Spot(Position(1, 2), 7))
    assert fence(polygon(SQUARE), subType="Rectangle").is_rectangle


def test_unclosed_rings_are_closed_and_heights_ignored() -> None:
    found = fence(polygon([[0, 0, 9], [1, 0, 9], [1, 1, 9], [0, 1, 9]]))
    assert found.shapes == fence(polygon(SQUARE)).shapes


def test_holes_are_kept_and_the_name_stays_out_of_them() -> None:
    hole = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9], [0.1, 0.1]]
    found = fence(polygon(SQUARE, hole))
    (shape,) = found.shapes
    assert isinstance(shape, Polygon)
    assert len(shape.rings) == 2
    assert not (0.1 < found.center.lon < 0.9 and 0.1 < found.center.lat < 0.9)


def test_a_polygon_over_the_date_line_stays_in_one_piece() -> None:
    found = fence(polygon([[179, 0], [-179, 0], [-179, 1], [179, 1], [179, 0]]))
    assert found.bounds.crosses_date_line
    assert found.bounds.lon_span == pytest.approx(2)
    assert abs(found.center.lon) == 180


def test_two_halves_at_the_date_line_make_a_narrow_box() -> None:
    east = [[179, 0], [180, 0], [180, 1], [179, 1], [179, 0]]
    west = [[-180, 0], [-179, 0], [-179, 1], [-180, 1], [-180, 0]]
    found = fence({"type": "MultiPolygon", "coordinates": [[east], [west]]})
    assert (found.bounds.west, found.bounds.east) == (179, -179)


def test_two_halves_at_the_date_line_are_shown_without_the_cut() -> None:
    east = [[179, 0], [180, 0], [180, 1], [179, 1], [179, 0]]
    west = [[-180, 0], [-179, 0], [-179, 1], [-180, 1], [-180, 0]]
    uncut = fence(polygon([[179, 0], [-179, 0], [-179, 1], [179, 1], [179, 0]]))
    (whole,) = fence({"type": "MultiPolygon", "coordinates": [[east], [west]]}).shapes
    (other_way,) = fence({"type": "MultiPolygon", "coordinates": [[west[::-1]], [east[::-1]]]}).shapes
    assert isinstance(whole, Polygon)
    assert isinstance(other_way, Polygon)
    assert isinstance(uncut.shapes[0], Polygon)
    assert set(whole.rings[0]) == set(other_way.rings[0]) == set(uncut.shapes[0].rings[0])
    lines = {"type": "MultiLineString", "coordinates": [[[179, 0], [180, 1]], [[-180, 1], [-179, 2]]]}
    (line,) = fence(lines, radius=5).shapes
    assert isinstance(line, Line)
    assert len(line.points) == 2


def test_parts_beside_the_date_line_stay_apart() -> None:
    east = [[179, 0], [180, 0], [180, 1], [179, 1], [179, 0]]
    west = [[-180, 2], [-179, 2], [-179, 3], [-180, 3], [-180, 2]]
    found = fence({"type": "MultiPolygon", "coordinates": [[east], [west], [SQUARE]]})
    assert len(found.shapes) == 3


def test_a_hole_follows_its_polygon_over_the_date_line() -> None:
    outer = [[170, 0], [-170, 0], [-170, 9], [170, 9], [170, 0]]
    hole = [[-176, 2], [-174, 2], [-174, 4], [-176, 4], [-176, 2]]
    (shape,) = fence(polygon(outer, hole)).shapes
    assert isinstance(shape, Polygon)
    assert {point.lon // 360 for point in shape.rings[0]} <= {0.0, -1.0}
    middle = sum(point.lon for point in shape.rings[1][:-1]) / 4
    lons = [point.lon for point in shape.rings[0]]
    assert min(lons) < middle < max(lons)


def test_a_ring_round_the_pole_encloses_it() -> None:
    found = fence(polygon([[0, 80], [120, 80], [-120, 80], [0, 80]]))
    assert found.bounds.north == 90
    assert found.bounds.lon_span == 360


def test_a_box_round_the_world_is_not_folded_to_nothing() -> None:
    found = fence(polygon([[-180, -80], [180, -80], [180, 80], [-180, 80], [-180, -80]]))
    assert found.bounds.lon_span == 360


@pytest.mark.parametrize(
    ("geometry", "properties", "words"),
    [
        (None, {}, "no geometry"),
        ([], {}, "not an object"),
        ({"type": "Blob"}, {}, "type is 'Blob'"),
        ({"type": ["Point"]}, {}, "type is a list"),
        ({"type": "Point"}, {}, "no coordinates"),
        ({"type": "Point", "coordinates": [1]}, {"radius": 5}, "not [longitude, latitude]"),
        ({"type": "Point", "coordinates": ["1", 2]}, {"radius": 5}, "not two numbers"),
        ({"type": "Point", "coordinates": [None, 2]}, {"radius": 5}, "[null, 2]"),
        ({"type": "Point", "coordinates": [47.6, -122.1]}, {"radius": 5}, "longitude comes first"),
        ({"type": "Point", "coordinates": [1e30, 2]}, {"radius": 5}, "longitude 1e+30 is outside"),
        ({"type": "Point", "coordinates": [10**40, 2]}, {"radius": 5}, "outside -180 to 180"),
        ({"type": "LineString", "coordinates": [[1, 2]]}, {"radius": 5}, "fewer than 2"),
        (polygon([[0, 0], [1, 1], [0, 0]]), {}, "encloses nothing"),
        (polygon([[0, 0], [1, 0], [2, 0], [0, 0]]), {}, "encloses nothing"),
        (polygon(), {}, "no coordinates"),
        (polygon([]), {}, "no coordinates"),
        ({"type": "Polygon", "coordinates": {"0": 1}}, {}, "not a list"),
        (polygon([[0.0, 0.0]] * 100_001), {}, "encloses nothing"),
        ({"type": "GeometryCollection", "geometries": []}, {}, "encloses nothing"),
        ({"type": "GeometryCollection"}, {}, "no list of geometries"),
    ],
)
def test_a_bad_feature_says_why(geometry: object, properties: dict[str, object], words: str) -> None:
    assert words in reason(geometry, **properties)


def test_collections_nested_too_deep_are_refused() -> None:
    geometry: dict[str, Any] = {"type": "Point", "coordinates": [1, 2]}
    for _ in range(20):
        geometry = {"type": "GeometryCollection", "geometries": [geometry]}
    assert "nested" in reason(geometry, radius=5)


def test_one_bad_feature_does_not_cost_the_others() -> None:
    good = feature({"type": "Point", "coordinates": [1, 2]}, radius=3)
    result = parse(good, 5, {"type": "Feature"}, {"type": "Banana", "properties": {"geometryId": "b"}}, good)
    assert [found.id for found in result.fences] == ["f", "f~2"]
    assert result.fences[1].geometry_id == "f"
    assert "same id" in result.fences[1].notes[0]
    assert [skip.feature for skip in result.skipped] == ["feature 2", "feature 3", "b"]


def test_an_id_is_found_elsewhere_when_geometry_id_is_missing() -> None:
    point = {"type": "Point", "coordinates": [1, 2]}
    plain = {"type": "Feature", "geometry": point, "properties": {"radius": 5}}
    named = {"type": "Feature", "geometry": point, "properties": {"radius": 5, "name": "Depot"}}
    numbered = {"type": "Feature", "geometry": point, "properties": {"radius": 5, "geometryId": 7}}
    found = parse(plain, named, {**named, "id": 12}, numbered).fences
    assert [each.id for each in found] == ["feature 1", "Depot", "12", "7"]
    assert [each.name for each in found] == ["feature 1", "Depot", "Depot", "7"]
    assert all("stands in" in each.notes[0] for each in found)


def test_unknown_properties_and_foreign_members_are_kept_byte_for_byte() -> None:
    raw = (
        '{"type" :"Feature","x-colour":"teal","geometry":{"type":"Point","coordinates":[1.10,2]},'
        '"properties":{"geometryId":"ä","radius":5.0,"owner":{"id":[1,2.50]}}}'
    )
    (found,) = read(f'{{"type":"FeatureCollection","bbox":[1],"features":[ {raw} ]}}'.encode(), "x").fences
    assert found.raw == raw.encode()
    assert found.properties["owner"] == {"id": [1, 2.5]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"[]", "root is not"),
        (b"3", "root is not"),
        (b"{}", "type is missing"),
        (b'{"type":"Puddle","coordinates":[1,2]}', "type is 'Puddle'"),
        (b'{"type":"Topology","objects":{}}', "TopoJSON is not read here"),
        (b'{"type":"FeatureCollection"}', "no features"),
        (b'{"type":"FeatureCollection","features":{}}', "not a list"),
        (b'{"type":"FeatureCollection",\n "features":[NaN]}', "line 2, column 14"),
        (b'{"type":"FeatureCollection","features":[1e999]', "truncated"),
        (b'{"type":"FeatureCollection","features":' + b"[" * 100_000, "too deep"),
        (b"PK\x03\x04zip", "a zip archive (KMZ or a zipped shapefile?) is not read here"),
        (b"<html>", "a web page"),
        (b'<?xml version="1.0"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">', "KML is not read here"),
        (b"neither fish nor fowl", "not JSON"),
    ],
)
def test_a_bad_file_says_why_and_where(data: bytes, words: str) -> None:
    with pytest.raises(DataError) as raised:
        read(data, "a.geojson")
    assert words in raised.value.reason
    assert raised.value.source == "a.geojson"


def test_a_number_too_large_costs_only_its_feature() -> None:
    data = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"radius":1e999}},{}]}'
    assert len(read(data, "x").skipped) == 2


def collection(*features: bytes, more: bytes = b"") -> bytes:
    return b'{"type":"FeatureCollection"' + more + b',"features":[' + b",\n".join(features) + b"]}"


GOOD = b'{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"geometryId":"g","radius":5}}'


def test_an_empty_collection_is_no_mistake() -> None:
    assert read(collection(), "x") == ReadResult((), ())


def test_either_winding_is_read_as_the_same_ground() -> None:
    hole = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9], [0.1, 0.1]]
    for rings in ((SQUARE, hole), (SQUARE[::-1], hole), (SQUARE[::-1], hole[::-1])):
        found = fence(polygon(*rings))
        assert found.bounds == fence(polygon(SQUARE)).bounds
        assert not (0.1 < found.center.lon < 0.9 and 0.1 < found.center.lat < 0.9)


def test_a_box_member_and_foreign_members_are_left_alone_wherever_they_are() -> None:
    odd = b'{"bbox":["x"],"type":"Feature","geometry":{"type":"Point","coordinates":[1,2,3,4],"bbox":5,"a":{}},'
    odd += b'"properties":{"geometryId":"g","radius":5,"bbox":null},"features":[{}],"title":{"type":"Feature"}}'
    found = read(collection(odd, more=b',"bbox":null,"x":[{"type":"Feature"}]'), "x")
    assert not found.skipped
    assert found.fences[0].raw == odd


def test_of_two_members_of_one_name_the_last_counts() -> None:
    odd = GOOD.replace(b'"radius":5', b'"radius":9999999,"radius":7')
    both = b'{"features":[{"type":"Feature"}],"type":"Blob","type":"FeatureCollection","features":[' + odd + b"]}"
    assert read(both, "x").fences[0].shapes == (Spot(Position(1, 2), 7),)


@pytest.mark.parametrize(
    ("bad", "words", "label"),
    [
        (GOOD.replace(b"[1,2]", b"[1e999,2]"), "number too large", "g"),
        (GOOD.replace(b"[1,2]", b"[" + b"1" * 5000 + b",2]"), "number too large", "g"),
        (GOOD.replace(b"[1,2]", b"[" * 3000 + b"]" * 3000), "nested too deep", "g"),
        (GOOD.replace(b'"g"', b'{"a":' * 3000 + b"1" + b"}" * 3000), "nested too deep", "feature 2"),
        (GOOD.replace(b'"g"', b'"' + b"x" * (4 << 20) + b'"'), "larger than 4 MB", "feature 2"),
        (b"[" + GOOD + b"]", "not an object", "feature 2"),
        (b'"' + b"{" * 300_000 + b'"', "not an object", "feature 2"),
        (b"null", "not an object", "feature 2"),
    ],
)
def test_a_value_that_cannot_be_decoded_costs_only_its_feature(bad: bytes, words: str, label: str) -> None:
    result = read(collection(GOOD, bad, GOOD), "x")
    assert [found.number for found in result.fences] == [0, 2]
    assert words in result.skipped[0].reason
    assert result.skipped[0].feature == label
    assert all(found.is_editable for found in result.fences)


@pytest.mark.parametrize(
    ("odd", "note"),
    [
        (GOOD.replace(b'"g"', b'"g","x":"\\ud800"'), "half a character"),
        (GOOD.replace(b'"g"', b'"g","x":"\\udc00 \\ud800x"'), "half a character"),
        (GOOD.replace(b'"g"', b'"g","x":1e999'), "number too large"),
        (GOOD.replace(b'"g"', b'"g","x":' + b"1" * 5000), "number too large"),
    ],
)
def test_json_that_no_parser_holds_is_read_with_a_note_and_the_other_features_stay_editable(
    odd: bytes, note: str
) -> None:
    result = read(collection(GOOD, odd), "x")
    assert not result.skipped
    assert [found.is_editable for found in result.fences] == [True, False]
    assert note in " ".join(result.fences[1].notes)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (GOOD.replace(b"5", b"05"), "invalid number (line 2, column 108)"),
        (GOOD.replace(b'"g"', b'"g'), "line 2"),
        (GOOD.replace(b'"g"', b'"\\q"'), "escape"),
        (GOOD[:-1], "line 3, column"),
        (GOOD.replace(b"[1,2]", b"[1,2"), "line 2"),
        (GOOD.replace(b":", b"", 1), "line 2"),
        (b"\x00", "line 2, column 1"),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_broken_feature_costs_only_itself_and_says_where(bad: bytes, words: str, mark: bytes) -> None:
    many = [GOOD.replace(b'"g"', b'"%d"' % number) for number in range(40)]
    result = read(mark + collection(GOOD, bad, *many), "x")
    assert [found.geometry_id for found in result.fences] == ["g", *map(str, range(40))]
    assert len(result.skipped) == (bad != b"\x00")
    assert not result.skipped or words in result.skipped[0].reason
    assert not any(found.is_editable for found in result.fences)


@pytest.mark.parametrize(
    ("odd", "note"),
    [
        (GOOD.replace(b'"g"', b'"g","speed":NaN'), "NaN is not JSON"),
        (GOOD.replace(b'"g"', b'"g","speed":-Infinity'), "-Infinity is not JSON"),
        (GOOD.replace(b'"g"', b'"g","x":"a\x01b"'), "invalid character"),
        (GOOD.replace(b"5}", b"5,}"), "comma"),
        (GOOD.replace(b"[1,2]", b"[1,2,]"), "comma"),
        (GOOD.replace(b'"g"', b'"g" /* the {gate} "of */'), "comment"),
        (GOOD + b"// the gate's {", "comment"),
        (GOOD + b",", "comma"),
        (GOOD.replace(b'"g"', b'"g","x":"Vall\xe9e"'), "not UTF-8"),
        (GOOD.replace(b'"g"', b'"g","x":"\xed\xa0\x80"'), "not UTF-8"),
    ],
)
def test_what_the_standard_forbids_and_everybody_writes_is_read_and_noted(odd: bytes, note: str) -> None:
    result = read(collection(GOOD, odd + b"\n"), "x")
    assert not result.skipped
    assert [found.geometry_id for found in result.fences] == ["g", "g"]
    assert note in " ".join(result.fences[1].notes)
    # Its bytes cannot be kept.
    assert not any(found.is_editable for found in result.fences)
    json.loads(result.fences[1].raw)


@pytest.mark.parametrize("end", [1, 2, 3, 20, 60, 100, 107, len(GOOD) + 2, len(GOOD) + 50])
def test_a_file_that_ends_in_the_middle_is_refused_as_a_whole(end: int) -> None:
    with pytest.raises(DataError, match=r"not JSON.*truncated|not JSON.*unexpected end|not JSON"):
        read(collection(GOOD, GOOD, GOOD)[:-end], "x")


def test_the_first_line_is_counted_without_the_byte_order_mark() -> None:
    with pytest.raises(DataError, match=r"line 1, column 2\)"):
        read(b"\xef\xbb\xbf{5", "x")


def test_a_file_without_an_end_is_not_read_for_ever() -> None:
    for data in (b'{"type":"' + b"\\" * 700_001, b"{" * 300_000, b'{"a":{"b":"' + b"x" * 600_000, b"[" * 600_000):
        with pytest.raises(DataError, match=r"not JSON|too deep"):
            read(data, "x")
    with pytest.raises(DataError, match="too much stands beside"):
        read(collection(more=b',"x":[' + b"1," * 3_000_000 + b"1]"), "x")


@pytest.mark.parametrize("shift", range(6))
def test_long_texts_are_read_the_same_wherever_they_are_looked_through(shift: int) -> None:
    for name in ('\\"{}' * 100_000, "é{\\" * 130_000, "}" * 300_000):
        plain = {"type": "Feature", "x": {"y": [name]}, "geometry": {"type": "Point", "coordinates": [1, 2]}}
        features = [{**plain, "properties": {"geometryId": str(number), "radius": 5}} for number in range(2)]
        root = {"a": " " * shift, "b": {name: name}, "type": "FeatureCollection", "features": features}
        result = read(json.dumps(root, ensure_ascii=False).encode(), "x")
        assert [found.id for found in result.fences] == ["0", "1"]
        assert json.loads(result.fences[1].raw) == features[1]


def test_a_file_of_many_features_is_read_in_order() -> None:
    many = [GOOD.replace(b'"g"', b'"%d"' % number) for number in range(20_000)]
    for text in (collection(*many), collection(*many).decode().encode("utf-16-be")):
        found = read(text if text[:1] == b"{" else b"\xfe\xff" + text, "x").fences
        assert [each.id for each in found] == [str(number) for number in range(20_000)]
        assert found[-1].raw == many[-1]


def test_byte_order_marks_and_utf_16_are_understood() -> None:
    text = json.dumps(SAMPLE)
    for data in (b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16")):
        assert read(data, "x").fences[0].id == "001"


def test_names_are_one_clean_line() -> None:
    assert clean("  Gate\n\t7 \u202eevil\x00 ") == "Gate 7 evil"
    assert clean("Hämeentie 👩‍🚒") == "Hämeentie 👩‍🚒"
    assert len(clean("x" * 5000)) == 200
    assert clean(None) == clean(True) == clean(["a"]) == ""


def test_the_name_and_the_kind_come_from_the_properties() -> None:
    found = fence({"type": "Point", "coordinates": [1, 2]}, radius=3, name="North depot", kind="depot")
    assert (found.name, found.kind) == ("North depot", "depot")


def test_a_validity_that_cannot_be_read_is_noted_and_the_fence_shown() -> None:
    times = {
        "expiredTime": "soon",
        "validityPeriod": [
            {"startTime": "2024-01-01T00:00:00", "endTime": "2024-01-01T08:00:00+01:00", "recurrenceType": "weekly"},
            {"startTime": "2024-01-02T00:00:00", "endTime": "2024-01-01T00:00:00"},
            {"startTime": "2024-01-02T00:00:00", "endTime": "2024-01-03T00:00:00", "recurrenceFrequency": 0},
            {"startTime": 5},
            7,
        ],
    }
    found = fence({"type": "Point", "coordinates": [1, 2]}, radius=3, validityTime=times)
    (period,) = found.validity.periods
    assert period.recurrence == "Weekly"
    assert period.end - period.start == 7 * 3600
    assert len(found.notes) == 5


def test_a_file_has_a_largest_size_and_a_largest_number_of_features(monkeypatch: pytest.MonkeyPatch) -> None:
    data = collection(*[GOOD] * 4)
    monkeypatch.setattr(reading, "MAX_FEATURES", 4)
    assert not read(data, "x").skipped
    monkeypatch.setattr(reading, "MAX_FEATURES", 3)
    result = read(data, "a.geojson")
    assert [found.number for found in result.fences] == [0, 1, 2]
    assert result.skipped == (Skipped("a.geojson", "more than 3 features; the rest is left out"),)
    monkeypatch.setattr(reading, "MAX_BYTES", len(data))
    assert read(data, "x").fences
    monkeypatch.setattr(reading, "MAX_BYTES", 3 * 1024 * 1024)
    with pytest.raises(DataError, match="larger than 3 MB") as raised:
        read(b" " * (3 * 1024 * 1024 + 1), "a.geojson")
    assert raised.value.source == "a.geojson"


def test_a_skipped_feature_has_its_file_its_reason_and_its_name() -> None:
    point = b'"geometry":{"type":"Point","coordinates":[1,2]}'
    result = read(
        collection(
            b"5",
            b"{}",
            b'{"type":"Feature","id":"seven"}',
            b'{"type":"Feature","properties":{"geometryId":"g"}}',
            b'{"type":"feature",%b,"properties":{"geometryId":"h","radius":5}}' % point,
            b'{"type":"Feature","geometry":{"type":"GeometryCollection","geometries":[]}}',
            b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,0]]]}}',
            b'{"x":1e999}',
            b'{"x":"\\ud800"}',
        ),
        "a.geojson",
    )
    assert result.fences == ()
    assert result.skipped == tuple(
        Skipped("a.geojson", reason, name)
        for name, reason in (
            ("feature 1", "it is not an object"),
            ("feature 2", "its type is not Feature"),
            ("seven", "it has no geometry"),
            ("g", "it has no geometry"),
            ("h", "its type is not Feature"),
            ("feature 6", "its geometry encloses nothing"),
            ("feature 7", "its geometry encloses nothing"),
            ("feature 8", "it has a number too large to hold"),
            ("feature 9", "it has half a character (a lone surrogate)"),
        )
    )


def test_a_fence_says_what_was_odd_about_its_feature() -> None:
    both = {"type": "GeometryCollection", "geometries": [polygon([[0, 0], [1, 1], [0, 0]]), polygon(SQUARE)]}
    odd = {"type": "Feature", "id": "seven", "geometry": both, "properties": {"validityTime": 5}}
    first, second = parse(odd, feature({"type": "Point", "coordinates": [1, 2]}, geometryId="seven", radius=5)).fences
    assert first.notes == (
        "no geometryId as text; its Feature id stands in for it",
        "a polygon without an area was left out",
        "validityTime cannot be read; its times are unknown",
    )
    assert second.notes == ("another feature has the same id seven",)
    assert (second.id, second.geometry_id, second.number, second.source) == ("seven~2", "seven", 1, "a.geojson")


KINDS: tuple[object, ...] = (" a  b ", 7, None, [])


def test_the_name_of_a_fence_is_its_id_where_it_has_none() -> None:
    point = {"type": "Point", "coordinates": [1, 2]}
    assert fence(point, radius=5, geometryId=" gate \n7").name == "gate 7"
    assert fence(point, radius=5, geometryId="\u200b").name == "\u200b"
    assert [fence(point, radius=5, kind=kind).kind for kind in KINDS] == ["a b", "7", "", ""]
    many = parse(*(feature(point, geometryId=str(n), radius=5, kind=" a  b ") for n in range(3))).fences
    assert [each.kind for each in many] == ["a b"] * 3


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
NUMBER = st.floats(-400, 400) | st.integers(-200, 200) | st.sampled_from([180, -180, 90, 0, 1e308])
POSITION = (
    st.lists(NUMBER, min_size=2, max_size=3) | st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(list) | JSON
)
RING = st.lists(POSITION, max_size=6)
GEOMETRY = st.recursive(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "", "x"]
            ),
            "coordinates": POSITION
            | RING
            | st.lists(RING, max_size=3)
            | st.lists(st.lists(RING, max_size=2), max_size=2),
        }
    ),
    lambda inner: st.fixed_dictionaries(
        {"type": st.just("GeometryCollection"), "geometries": st.lists(inner, max_size=3) | JSON}
    ),
    max_leaves=4,
)
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "geometryId": st.text(max_size=5) | JSON,
        "subType": st.sampled_from(["Circle", "Rectangle"]) | JSON,
        "radius": st.floats(0, 20_000) | JSON,
        "name": st.text(max_size=20) | JSON,
        "validityTime": JSON
        | st.fixed_dictionaries({}, optional={"expiredTime": JSON | st.just("2024-01-01"), "validityPeriod": JSON}),
    },
)
FEATURE = JSON | st.fixed_dictionaries(
    {"type": st.just("Feature"), "geometry": GEOMETRY | JSON, "properties": PROPERTIES | JSON}
)


@settings(max_examples=250, deadline=None)
@given(st.lists(FEATURE, max_size=3))
def test_each_feature_is_shown_or_skipped(features: list[object]) -> None:
    data = json.dumps({"type": "FeatureCollection", "features": features}, allow_nan=False).encode()
    result = read(data, "fuzz")
    assert len(result.fences) + len(result.skipped) == len(features)
    assert len({found.id for found in result.fences}) == len(result.fences)
    for found in result.fences:
        assert found.name
        assert -180 <= found.center.lon < 180
        assert -90 <= found.bounds.south <= found.bounds.north <= 90
        assert -180 <= found.bounds.west <= 180
        found.state(1.7e9)
        found.validity.next_change(1.7e9)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 40))
def test_bytes_that_are_no_geojson_raise_only_a_data_error(noise: bytes, where: int, cut: int) -> None:
    text = json.dumps(SAMPLE).encode()
    for data in (noise, text[:where] + noise + text[where + cut :]):
        with contextlib.suppress(DataError):
            read(data, "fuzz")
