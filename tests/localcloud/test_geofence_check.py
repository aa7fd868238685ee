"""The geofences that the Data service accepts."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.assets import asset
from tvapp.localcloud.geofence_check import check_geofences
from tvapp.localcloud.geojson_check import NotGeoJson

POINT = {"type": "Point", "coordinates": [-122.126986, 47.639754]}
LINE = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
TRIANGLE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
PERIOD = {"startTime": "2026-01-05T04:00:00", "endTime": "2026-01-05T14:00:00"}


def geofence(geometry: object, **properties: object) -> bytes:
    feature = {"type": "Feature", "geometry": geometry, "properties": {"geometryId": "a", **properties}}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def complaint(content: bytes) -> str:
    with pytest.raises(NotGeoJson) as raised:
        check_geofences(content)
    return str(raised.value)


def test_the_samples_are_geofences() -> None:
    for path in asset("samples").glob("*.geojson"):
        check_geofences(path.read_bytes())


@pytest.mark.parametrize(
    ("geometry", "properties"),
    [
        (POINT, {"radius": 500}),
        (POINT, {"radius": 500.5, "subType": "Circle"}),
        ({"type": "MultiPoint", "coordinates": [[0, 0], [1, 1]]}, {"radius": 1}),
        (LINE, {"radius": 10_000}),
        ({"type": "MultiLineString", "coordinates": [LINE["coordinates"]]}, {"radius": 5}),
        (TRIANGLE, {}),
        (SQUARE, {"subType": "Rectangle"}),
        ({"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]}, {"name": "Yard", "kind": "depot"}),
        ({"type": "GeometryCollection", "geometries": [SQUARE, POINT]}, {"radius": 5}),
        ({"type": "GeometryCollection", "geometries": [SQUARE]}, {}),
    ],
)
def test_every_shape_of_a_geofence_is_taken(geometry: object, properties: dict[str, object]) -> None:
    check_geofences(geofence(geometry, **properties))


def test_one_feature_alone_is_taken() -> None:
    check_geofences(json.dumps({"type": "Feature", "geometry": TRIANGLE, "properties": {"geometryId": "a"}}).encode())


@pytest.mark.parametrize(
    ("geometry", "properties", "reason"),
    [
        (TRIANGLE, {"geometryId": ""}, "geometryId must be a string"),
        (TRIANGLE, {"geometryId": 7}, "geometryId must be a string"),
        (POINT, {}, "radius is required for Point"),
        (POINT, {"radius": "500"}, "radius is required for Point"),
        (POINT, {"radius": True}, "radius is required for Point"),
        (POINT, {"radius": None}, "radius is required for Point"),
        (POINT, {"radius": 0.5}, "radius must be from 1 to 10000"),
        (LINE, {"radius": 10_000.5}, "radius must be from 1 to 10000"),
        ({"type": "GeometryCollection", "geometries": [SQUARE, POINT]}, {}, "radius is required for Point"),
        (TRIANGLE, {"radius": 5}, "radius must be absent for Polygon"),
        (TRIANGLE, {"radius": None}, "radius must be absent for Polygon"),
        (LINE, {"radius": 5, "subType": "Circle"}, "Circle needs a Point"),
        (TRIANGLE, {"subType": "Circle"}, "Circle needs a Point"),
        (TRIANGLE, {"subType": "Rectangle"}, "Rectangle needs a Polygon of one ring with five"),
        (POINT, {"radius": 5, "subType": "Rectangle"}, "Rectangle needs a Polygon"),
        (TRIANGLE, {"subType": "circle"}, "subType must be Circle or Rectangle"),
        (TRIANGLE, {"subType": None}, "subType must be Circle or Rectangle"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_the_rule(
    geometry: object, properties: dict[str, object], reason: str
) -> None:
    said = complaint(geofence(geometry, **properties))

    assert said.startswith("features[0].properties.")
    assert reason in said


@pytest.mark.parametrize("properties", [None, {}, {"geometryid": "a"}])
def test_a_feature_without_a_geometry_id_is_refused(properties: object) -> None:
    feature = {"type": "Feature", "geometry": TRIANGLE, "properties": properties}

    assert "geometryId" in complaint(json.dumps({"type": "FeatureCollection", "features": [feature]}).encode())


@pytest.mark.parametrize(
    "validity",
    [
        {},
        {"expiredTime": "2026-12-31T00:00:00"},
        {"expiredTime": "2026-12-31T00:00:00.250Z", "validityPeriod": []},
        {"validityPeriod": [PERIOD]},
        {
            "validityPeriod": [
                {**PERIOD, "recurrenceType": "Weekly", "recurrenceFrequency": 2, "businessDayOnly": True},
                {"startTime": "2026-01-05T04:00:00+02:00", "endTime": "2026-01-05T02:30:00", "recurrenceType": "Daily"},
            ]
        },
    ],
)
def test_validity_times_are_taken(validity: object) -> None:
    check_geofences(geofence(TRIANGLE, validityTime=validity))


@pytest.mark.parametrize(
    ("validity", "reason"),
    [
        (None, "validityTime must be an object"),
        ([], "validityTime must be an object"),
        ({"expiredTime": None}, "expiredTime must be a date-time"),
        ({"expiredTime": "2026-12-31"}, "expiredTime must be a date-time"),
        ({"expiredTime": "2026-02-30T00:00:00"}, "expiredTime is no date-time"),
        ({"validityPeriod": PERIOD}, "validityPeriod must be an array"),
        ({"validityPeriod": ["x"]}, "validityPeriod[0] must be an object"),
        ({"validityPeriod": [PERIOD, {"startTime": PERIOD["startTime"]}]}, "validityPeriod[1].endTime"),
        ({"validityPeriod": [{"endTime": PERIOD["endTime"]}]}, "validityPeriod[0].startTime"),
        ({"validityPeriod": [{**PERIOD, "endTime": PERIOD["startTime"]}]}, "endTime must be after"),
        ({"validityPeriod": [{**PERIOD, "recurrenceType": "daily"}]}, "recurrenceType must be one of"),
        ({"validityPeriod": [{**PERIOD, "recurrenceType": ["Daily"]}]}, "recurrenceType must be one of"),
        ({"validityPeriod": [{**PERIOD, "recurrenceFrequency": 1.5}]}, "recurrenceFrequency must be a whole"),
        ({"validityPeriod": [{**PERIOD, "recurrenceFrequency": 0}]}, "recurrenceFrequency must be a whole"),
        ({"validityPeriod": [{**PERIOD, "recurrenceFrequency": True}]}, "recurrenceFrequency must be a whole"),
        ({"validityPeriod": [{**PERIOD, "businessDayOnly": "true"}]}, "businessDayOnly must be true or false"),
    ],
)
def test_a_wrong_validity_time_is_refused_with_its_place(validity: object, reason: str) -> None:
    assert reason in complaint(geofence(TRIANGLE, validityTime=validity))


VALUES = st.none() | st.booleans() | st.integers() | st.sampled_from(["Circle", "Rectangle", "2026-01-05T04:00:00", ""])


@given(
    st.sampled_from([POINT, LINE, TRIANGLE, SQUARE]),
    st.recursive(
        VALUES,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["geometryId", "radius", "subType", "validityTime", "validityPeriod", "startTime", "endTime"]
                ),
                inner,
            )
        ),
        max_leaves=10,
    ),
)
def test_nothing_makes_the_check_stumble(geometry: object, properties: object) -> None:
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    with contextlib.suppress(NotGeoJson):
        check_geofences(json.dumps(feature).encode())
