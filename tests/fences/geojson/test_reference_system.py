"""Metres never pass for degrees: what a `crs` names is converted, or refused by its name."""

from __future__ import annotations

import importlib.util
import json

import pytest

from tvapp.core.errors import DataError
from tvapp.fences.geojson import reference_system
from tvapp.fences.geojson.reading import read
from tvapp.fences.geojson.reference_system import name_of
from tvapp.fences.model.fence import Geofence


def named(name: object) -> dict[str, object]:
    return {"type": "name", "properties": {"name": name}}


def file(system: object, lon: float = 24.94, lat: float = 60.16, side: float = 0.01) -> bytes:
    ring = [[lon, lat], [lon + side, lat], [lon + side, lat + side], [lon, lat + side], [lon, lat]]
    feature = {
        "type": "Feature",
        "properties": {"geometryId": "a"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return json.dumps({"type": "FeatureCollection", "crs": system, "bbox": [1], "features": [feature]}).encode()


def only(data: bytes) -> Geofence:
    result = read(data, "x")
    assert not result.skipped
    return result.fences[0]


@pytest.mark.parametrize(
    "system",
    [
        None,
        named("urn:ogc:def:crs:OGC:1.3:CRS84"),
        named("urn:ogc:def:crs:EPSG::4326"),
        named("EPSG:4326"),
        named("http://www.opengis.net/def/crs/EPSG/0/4326"),
        {"type": "EPSG", "properties": {"code": 4326}},
        "EPSG:4326",
    ],
)
def test_wgs_84_is_read_as_it_stands_and_stays_editable(system: object) -> None:
    fence = only(file(system))
    assert (fence.bounds.west, fence.bounds.north) == pytest.approx((24.94, 60.17))
    assert fence.is_editable
    assert fence.notes == ()


@pytest.mark.parametrize(
    "system",
    [
        named("urn:ogc:def:crs:EPSG::3857"),
        named("EPSG:900913"),
        named("http://www.opengis.net/gml/srs/epsg.xml#3857"),
        {"type": "EPSG", "properties": {"code": "3857"}},
        3857,
    ],
)
def test_a_small_square_in_metres_is_no_square_of_degrees(system: object) -> None:
    fence = only(file(system, 0.0, 0.0, 50.0))
    # 50 m on the equator.
    assert fence.bounds.east == pytest.approx(50 / 111_319.4908, rel=1e-6)
    assert fence.bounds.north == pytest.approx(50 / 111_319.4908, rel=1e-6)
    assert not fence.is_editable
    assert "converted from EPSG:" in fence.notes[0]
    assert b"crs" not in fence.raw


def test_each_feature_may_name_its_own_system() -> None:
    ring = [[0, 0], [50, 0], [50, 50], [0, 0]]
    geometry = {"type": "Polygon", "coordinates": [ring], "crs": named("EPSG:3857")}
    features = [
        {"type": "Feature", "properties": {"geometryId": "g"}, "geometry": geometry},
        {"type": "Feature", "properties": {"geometryId": "f"}, "crs": named("EPSG:3857"),
         "geometry": {"type": "Polygon", "coordinates": [ring]}},
        {"type": "Feature", "properties": {"geometryId": "u"}, "crs": named("the yard's own grid"),
         "geometry": {"type": "Polygon", "coordinates": [ring]}},
    ]  # fmt: skip
    result = read(json.dumps({"type": "FeatureCollection", "features": features}).encode(), "x")
    assert [fence.bounds.east < 0.001 for fence in result.fences] == [True, True]
    assert result.skipped[0].feature == "u"
    assert "the yard's own grid" in result.skipped[0].reason


def test_other_systems_are_converted_where_pyproj_is_installed() -> None:
    pytest.importorskip("pyproj")
    # ETRS-TM35FIN; reference: the converter of the National Land Survey of Finland, 60.16 N 24.94 E.
    fence = only(file(named("urn:ogc:def:crs:EPSG::3067"), 385_722.0, 6_671_131.0, 500.0))
    assert fence.bounds.west == pytest.approx(24.94, abs=0.01)
    assert fence.bounds.south == pytest.approx(60.16, abs=0.01)
    assert "converted from EPSG:3067" in fence.notes[0]


def test_without_pyproj_other_systems_are_refused_by_their_name(monkeypatch: pytest.MonkeyPatch) -> None:
    reference_system._by_pyproj.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(DataError, match=r"EPSG:3067, not WGS 84.*tvapp\[crs\]"):
        read(file(named("EPSG:3067"), 385_722.0, 6_671_131.0, 500.0), "x")


@pytest.mark.parametrize(
    "system", [named("EPSG:99999999"), named("site grid"), {}, {"type": "link", "properties": {}}, [1]]
)
def test_an_unknown_system_is_refused_by_its_name(system: object) -> None:
    with pytest.raises(DataError, match="its coordinates are in"):
        read(file(system), "x")


def test_places_outside_a_system_cost_their_feature() -> None:
    data = file(named("EPSG:3857"), 1e300, 0.0, 50.0)
    assert [skip.feature for skip in read(data, "x").skipped] == ["a"]


def test_names_of_systems() -> None:
    assert name_of(named(" Monte Mario \n zone 1 ")) == "Monte Mario zone 1"
    assert name_of({"type": "link", "properties": {"href": "https://example.com/x.prj"}}) == "https://example.com/x.prj"
