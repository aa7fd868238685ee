"""Changes of geofences, and a file of another tool that holds two."""

from __future__ import annotations

import json

from tvapp.fences.model.change import Change, Step


def feature(geometry_id: str, radius: float = 50) -> bytes:
    """Return a circle as a Feature."""
    shape = {"type": "Point", "coordinates": [24.9, 60.1]}
    properties = {"geometryId": geometry_id, "subType": "Circle", "radius": radius}
    return json.dumps({"type": "Feature", "geometry": shape, "properties": properties}).encode()


def add(geometry_id: str, radius: float = 50, source: str = "") -> Change:
    return Change(f"add-{geometry_id}", source, geometry_id, b"", feature(geometry_id, radius))


def edit(source: str, geometry_id: str, before: float, after: float) -> Change:
    return Change("edit", source, geometry_id, feature(geometry_id, before), feature(geometry_id, after))


def delete(source: str, geometry_id: str, before: float = 50) -> Change:
    return Change("delete", source, geometry_id, feature(geometry_id, before), b"")


OTHERS = b'{ "type" : "FeatureCollection", "bbox":[1.0, 2e0], "features": [\r\n  %s,\r\n  %s ] , "note":"\\u00e9" }\n'
"""A file of another tool with two fences, in its own formatting."""


async def note(step: Step) -> None:
    """Ignore the progress."""
