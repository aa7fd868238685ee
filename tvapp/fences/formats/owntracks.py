"""Converts waypoints of OwnTracks to Features: its exports, messages and configurations that hold them."""

from __future__ import annotations

from collections.abc import Mapping


def waypoints(value: object) -> list[object] | None:
    """Return the waypoints in a decoded value; None where it is nothing of OwnTracks."""
    if not isinstance(value, dict):
        return None
    listed = value.get("waypoints")
    if value.get("_type") in ("waypoints", "configuration") or (isinstance(listed, list) and "type" not in value):
        return listed if isinstance(listed, list) else []
    return [value] if is_waypoint(value) else None


def is_waypoint(value: object) -> bool:
    """Tell whether a decoded object is a waypoint."""
    return isinstance(value, dict) and value.get("_type") == "waypoint"


def feature(waypoint: Mapping[str, object]) -> dict[str, object]:
    """Return the Feature of a waypoint; one without a radius is a place and no area.

    >>> feature({"_type": "waypoint", "desc": "Home", "lat": 60.1, "lon": 24.9, "rad": 100})["properties"]
    {'name': 'Home', 'subType': 'Circle', 'radius': 100}
    """
    properties: dict[str, object] = {}
    if name := waypoint.get("desc"):
        properties["name"] = name
    identity = waypoint.get("rid") or waypoint.get("tst")
    if identity is not None:
        properties["geometryId"] = str(identity)
    if radius := waypoint.get("rad"):
        properties |= {"subType": "Circle", "radius": radius}
    coordinates = [waypoint.get("lon"), waypoint.get("lat")]
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": coordinates}, "properties": properties}
