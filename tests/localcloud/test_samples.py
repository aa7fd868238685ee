"""The sample geofences that ship with the program."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from tvapp.core.assets import asset
from tvapp.localcloud.geojson_check import check_geojson
from tvapp.localcloud.map_data_store import MapDataStore
from tvapp.localcloud.samples import seed


@pytest.fixture
def features() -> list[dict[str, Any]]:
    store = MapDataStore()
    seed(store)
    return [feature for file in store.listing() for feature in json.loads(file.content or b"")["features"]]


def test_each_file_is_sound_geojson() -> None:
    for path in asset("samples").glob("*.geojson"):
        check_geojson(path.read_bytes())


def test_the_guides_own_sample_is_exactly_as_in_the_guide(features: list[dict[str, Any]]) -> None:
    assert features[-1] == {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [-122.126986, 47.639754]},
        "properties": {"geometryId": "001", "radius": 500},
    }


def test_ids_are_unique_and_all_else_lies_in_helsinki(features: list[dict[str, Any]]) -> None:
    ids = [feature["properties"]["geometryId"] for feature in features]
    assert len(set(ids)) == len(ids)

    def positions(value: Any) -> list[list[float]]:
        return [value] if isinstance(value[0], float) else [p for part in value for p in positions(part)]

    for feature in features[:-1]:
        for lon, lat in positions(feature["geometry"]["coordinates"]):
            assert 24.88 < lon < 25.03
            assert 60.14 < lat < 60.21


def test_every_shape_and_state_has_an_example(features: list[dict[str, Any]]) -> None:
    kinds = {feature["geometry"]["type"] for feature in features}
    properties = [feature["properties"] for feature in features]
    validity = [values["validityTime"] for values in properties if "validityTime" in values]

    assert {"Point", "MultiPoint", "LineString", "Polygon", "MultiPolygon"} <= kinds
    assert any(f["geometry"]["type"] == "Polygon" and len(f["geometry"]["coordinates"]) > 1 for f in features)
    assert {"Circle", "Rectangle"} <= {values.get("subType") for values in properties}
    assert {"harbour", "depot", "school", "construction"} <= {values.get("kind") for values in properties}
    assert any(times["expiredTime"] < "2026" for times in validity)
    assert any(p.get("businessDayOnly") for times in validity for p in times.get("validityPeriod", []))
    assert any(p["startTime"] > "2030" for times in validity for p in times.get("validityPeriod", []))


def test_points_and_lines_have_a_radius_and_polygons_have_none(features: list[dict[str, Any]]) -> None:
    for feature in features:
        needs_radius = "Polygon" not in feature["geometry"]["type"]
        radius = feature["properties"].get("radius")
        assert (radius is not None) == needs_radius
        assert radius is None or 1 <= radius <= 10_000


def test_outer_rings_turn_left_and_holes_right(features: list[dict[str, Any]]) -> None:
    def area(ring: list[list[float]]) -> float:
        return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))

    for feature in features:
        kind, coordinates = feature["geometry"]["type"], feature["geometry"]["coordinates"]
        for polygon in {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(kind, []):
            assert area(polygon[0]) > 0
            assert all(area(hole) < 0 for hole in polygon[1:])
