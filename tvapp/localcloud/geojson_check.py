"""Validates that an upload is GeoJSON with a root that the Data service accepts (RFC 7946, azure-facts 5.3)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

POSITION_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


class NotGeoJson(Exception):
    """The upload is invalid; the text says where."""


def check_geojson(data: bytes) -> list[tuple[str, dict[str, object]]]:
    """Accept a Feature or FeatureCollection; returns each Feature with its JSON path.

    Raises:
        NotGeoJson: anything else.
    """
    try:
        root = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotGeoJson(f"The content is not JSON: {error}") from error
    if not isinstance(root, dict):
        raise NotGeoJson("The root must be an object.")
    if root.get("type") == "Feature":
        return [("root", _check_feature(root, "root"))]
    if root.get("type") == "FeatureCollection":
        features = root.get("features")
        if not isinstance(features, list):
            raise NotGeoJson("A FeatureCollection must have features.")
        places = [f"features[{index}]" for index in range(len(features))]
        return [(where, _check_feature(feature, where)) for where, feature in zip(places, features, strict=True)]
    raise NotGeoJson("The root must be a Feature or a FeatureCollection.")


def _check_feature(feature: object, where: str) -> dict[str, object]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise NotGeoJson(f"{where} is not a Feature.")
    properties = feature.get("properties")
    if properties is not None and not isinstance(properties, dict):
        raise NotGeoJson(f"{where}.properties must be an object.")
    _check_geometry(feature.get("geometry"), f"{where}.geometry", 0)
    return feature


def _check_geometry(geometry: object, where: str, depth: int) -> None:
    if not isinstance(geometry, dict):
        raise NotGeoJson(f"{where} must be an object.")
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        members = geometry.get("geometries")
        if not isinstance(members, list) or depth > 8:
            raise NotGeoJson(f"{where} must have geometries, not too deep.")
        for index, member in enumerate(members):
            _check_geometry(member, f"{where}.geometries[{index}]", depth + 1)
        return
    if not isinstance(kind, str) or kind not in POSITION_DEPTH:
        raise NotGeoJson(f"{where} has an unknown type.")
    check = _check_ring if kind in ("Polygon", "MultiPolygon") else _check_line if "Line" in kind else None
    _check_nested(geometry.get("coordinates"), POSITION_DEPTH[kind], f"{where}.coordinates", check)


def _check_nested(value: object, depth: int, where: str, check: Callable[[list[object], str], None] | None) -> None:
    if not isinstance(value, list) or not value:
        raise NotGeoJson(f"{where} must be a non-empty array.")
    if depth == 0:
        _check_position(value, where)
        return
    for index, member in enumerate(value):
        _check_nested(member, depth - 1, f"{where}[{index}]", check)
    if depth == 1 and check is not None:
        check(value, where)


def _check_position(value: list[object], where: str) -> None:
    if len(value) < 2:
        raise NotGeoJson(f"{where} must have a longitude and a latitude.")
    for number in value:
        if not isinstance(number, int | float) or isinstance(number, bool) or not math.isfinite(number):
            raise NotGeoJson(f"{where} must be numbers.")
    lon, lat = value[0], value[1]
    assert isinstance(lon, int | float)
    assert isinstance(lat, int | float)
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise NotGeoJson(f"{where} is out of range.")


def _check_line(line: list[object], where: str) -> None:
    if len(line) < 2:
        raise NotGeoJson(f"{where} must have two or more positions.")


def _check_ring(ring: list[object], where: str) -> None:
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise NotGeoJson(f"{where} must have four or more positions, the last equal to the first (RFC 7946 3.1.6).")


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not JSON")
