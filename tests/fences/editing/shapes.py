"""Geometries, and the fences that they make, for tests of editing."""

from __future__ import annotations

import json
from typing import Any

from tvapp.fences.editing.sketch import Drawn
from tvapp.fences.model.fence import Geofence
from tvapp.fences.service.overlay import fence_of

SQUARE = [[24.9, 60.1], [24.91, 60.1], [24.91, 60.11], [24.9, 60.11], [24.9, 60.1]]
HOLE = [[24.902, 60.102], [24.902, 60.104], [24.906, 60.104], [24.902, 60.102]]
STAR = [[24.9, 60.1], [24.91, 60.102], [24.92, 60.1], [24.915, 60.11], [24.905, 60.108], [24.9, 60.1]]
SOME: dict[str, dict[str, Any]] = {
    "point": {"type": "Point", "coordinates": [24.94, 60.17, 12.5]},
    "points": {"type": "MultiPoint", "coordinates": [[24.94, 60.17], [24.95, 60.18, 3]]},
    "line": {"type": "LineString", "coordinates": [[24.94, 60.17], [24.95, 60.18, 3], [24.96, 60.17]]},
    "lines": {"type": "MultiLineString", "coordinates": [[[24.94, 60.17], [24.95, 60.18]], [[24, 60], [25, 61]]]},
    "polygon": {"type": "Polygon", "coordinates": [SQUARE, HOLE]},
    "star": {"type": "Polygon", "coordinates": [STAR]},
    "polygons": {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [STAR]]},
    "mixture": {
        "type": "GeometryCollection",
        "geometries": [
            {"type": "Point", "coordinates": [24.94, 60.17]},
            {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [SQUARE]}]},
        ],
    },
}


def fence(geometry: Any, subtype: str = "", radius_m: float | None = 100.0) -> Geofence:
    """Return the fence that a geometry makes."""
    properties = {"geometryId": "x", "subType": subtype, "radius": radius_m}
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    found = fence_of(json.dumps(feature).encode(), "s")
    assert found is not None
    return found


def made(result: object) -> Geofence:
    """Return the fence that comes out."""
    assert isinstance(result, Drawn)
    return fence(result.geometry, result.subtype, result.radius_m)
