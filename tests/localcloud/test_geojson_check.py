"""The GeoJSON that the Data service accepts."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.localcloud.geojson_check import NotGeoJson, check_geojson

RING = [[0, 0], [1, 0], [1, 1], [0, 0]]


def feature(geometry: object) -> bytes:
    return json.dumps({"type": "Feature", "geometry": geometry, "properties": {"geometryId": "a"}}).encode()


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [24.9, 60.1]},
        {"type": "Point", "coordinates": [24.9, 60.1, 12.5]},
        {"type": "MultiPoint", "coordinates": [[24.9, 60.1], [25, 60]]},
        {"type": "LineString", "coordinates": [[24.9, 60.1], [25, 60]]},
        {"type": "MultiLineString", "coordinates": [[[24.9, 60.1], [25, 60]]]},
        {"type": "Polygon", "coordinates": [RING, RING]},
        {"type": "MultiPolygon", "coordinates": [[RING], [RING]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [0, 0]}]},
    ],
)
def test_every_kind_of_geometry_is_taken(geometry: object) -> None:
    check_geojson(feature(geometry))


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Circle", "coordinates": [0, 0]},
        {"type": "Point", "coordinates": [0]},
        {"type": "Point", "coordinates": ["0", "0"]},
        {"type": "Point", "coordinates": [60, 124]},
        {"type": "Point"},
        {"type": "LineString", "coordinates": [[0, 0]]},
        {"type": "Polygon", "coordinates": [RING[:3]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]},
        {"type": "GeometryCollection", "geometries": [None]},
    ],
)
def test_a_wrong_geometry_is_refused(geometry: object) -> None:
    with pytest.raises(NotGeoJson):
        check_geojson(feature(geometry))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"type": "Topology"}',
        b'{"type": "FeatureCollection"}',
        b'{"type": "FeatureCollection", "features": [1]}',
        b'{"type": "Feature", "geometry": {"type": "Point", "coordinates": [NaN, 0]}}',
        b"[" * 100_000,
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(NotGeoJson):
        check_geojson(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.sampled_from(["Feature", "Point", "Polygon"]),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["type", "features", "geometry", "coordinates"]), inner)
        ),
        max_leaves=12,
    )
)
def test_nothing_makes_the_check_stumble(value: object) -> None:
    with contextlib.suppress(NotGeoJson):
        check_geojson(json.dumps(value).encode())
