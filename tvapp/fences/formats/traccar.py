"""Converts geofences of Traccar to Features. Its API gives a list of objects with an `area` as well-known text.

Traccar writes latitude before longitude, and knows circles, which well-known text does not: hand-written, because no
library reads them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_CIRCLE = re.compile(rf"\s*CIRCLE\s*\(\s*({_NUMBER})\s+({_NUMBER})\s*,\s*({_NUMBER})\s*\)\s*", re.I)
_OTHER = re.compile(r"\s*(LINESTRING|POLYGON|MULTIPOLYGON|POINT)\s*(?:Z\s*)?(\(.*\))\s*", re.I | re.DOTALL)
_PLACE = re.compile(rf"\s*({_NUMBER})\s+({_NUMBER})(?:\s+{_NUMBER})*+\s*")
_LINE_DISTANCE_M = 25.0
"""Traccar's `geofence.polylineDistance` where a geofence states none."""


class NotAnArea(ValueError):
    """The area is in no form that Traccar writes; the text says what is wrong."""


def is_geofence(value: object) -> bool:
    """Tell whether a decoded object is a geofence of Traccar."""
    return isinstance(value, dict) and isinstance(value.get("area"), str) and "geometry" not in value


def feature(geofence: Mapping[str, object]) -> dict[str, object]:
    """Return the Feature of a geofence.

    >>> feature({"id": 1, "name": "Depot", "area": "CIRCLE (60.16 24.94, 250)"})["geometry"]
    {'type': 'Point', 'coordinates': [24.94, 60.16]}

    Raises:
        NotAnArea: the area cannot be read.
    """
    attributes = geofence.get("attributes")
    stated = attributes if isinstance(attributes, dict) else {}
    properties: dict[str, object] = {key: value for key, value in stated.items() if value is not None}
    properties |= {key: geofence[key] for key in ("name", "description") if geofence.get(key)}
    if (number := geofence.get("id")) is not None:
        properties["geometryId"] = str(number)
    if isinstance(color := stated.get("color"), str):
        properties["stroke"] = properties["fill"] = color
    area = str(geofence["area"])
    if circle := _CIRCLE.fullmatch(area):
        properties |= {"subType": "Circle", "radius": float(circle[3])}
        return _feature({"type": "Point", "coordinates": [float(circle[2]), float(circle[1])]}, properties)
    other = _OTHER.fullmatch(area)
    if other is None:
        raise NotAnArea(f"its area {area[:30]!r} is not a circle, polygon or line")
    kind, text = other[1].upper(), other[2]
    if kind == "LINESTRING":
        distance = stated.get("polylineDistance")
        is_number = isinstance(distance, int | float) and not isinstance(distance, bool)
        properties["radius"] = distance if is_number else _LINE_DISTANCE_M
        return _feature({"type": "LineString", "coordinates": _places(text)}, properties)
    if kind == "POINT":
        return _feature({"type": "Point", "coordinates": _places(text)[0]}, properties)
    if kind == "POLYGON":
        return _feature({"type": "Polygon", "coordinates": [_places(ring) for ring in _inner(text)]}, properties)
    polygons = [[_places(ring) for ring in _inner(polygon)] for polygon in _inner(text)]
    return _feature({"type": "MultiPolygon", "coordinates": polygons}, properties)


def _feature(geometry: dict[str, object], properties: dict[str, object]) -> dict[str, object]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _inner(text: str) -> list[str]:
    """Return the bracketed parts inside of brackets."""
    parts, depth, start = [], 0, 0
    for match in re.finditer(r"[()]", text):
        depth += 1 if match[0] == "(" else -1
        if depth == 2 and match[0] == "(":
            start = match.start()
        elif depth == 1 and match[0] == ")":
            parts.append(text[start : match.end()])
    if depth or not parts:
        raise NotAnArea("the brackets of its area do not match")
    return parts


def _places(text: str) -> list[list[float]]:
    places = []
    for part in text.strip()[1:-1].split(","):
        match = _PLACE.fullmatch(part)
        if match is None:
            raise NotAnArea(f"its area has {part.strip()[:30]!r} where a latitude and a longitude should be")
        places.append([float(match[2]), float(match[1])])
    return places
