"""Builds and alters the GeoJSON Features of geofences as bytes; unaltered parts stay byte for byte.

In the form of Azure Maps: a circle is a Point with `subType` Circle and a `radius`, a rectangle a Polygon of five
positions with `subType` Rectangle. A polygon across the date line becomes a MultiPolygon, which is no Rectangle. A
`bbox` goes when the geometry changes (RFC 7946, 5: it is optional, and a wrong one is worse than none).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import Final

import msgspec

from tvapp.core.errors import DataError
from tvapp.fences.geojson.conventions import LARGEST_RADIUS_M
from tvapp.fences.geojson.coordinates import (
    FAMILY,
    Coordinates,
    OriginalText,
    decode_numbers,
    has_width,
    parse,
    rounded,
    write,
)
from tvapp.fences.geojson.date_line import Place
from tvapp.fences.geojson.geometry import MAX_NESTING, InvalidGeometry
from tvapp.fences.geojson.scan import elements
from tvapp.fences.geojson.splice import checked, drop, member, put


class Removal(Enum):
    """The value of a property that is to be removed."""

    REMOVE = "remove"


REMOVE: Final = Removal.REMOVE


def new_feature(
    geometry_id: str,
    name: str,
    kind: str,
    geometry: Mapping[str, object],
    *,
    subtype: str = "",
    radius_m: float | None = None,
    validity: Mapping[str, object] | None = None,
) -> bytes:
    """Return the Feature of a new geofence.

    `geometry` is a GeoJSON geometry without heights; rings may be open, run either way, and cross the date line with
    or without a jump. `subtype` is "Circle", "Rectangle" or ""; `radius_m` is in metres, for points and lines;
    `validity` is a `validityTime`. Empty and None values are left out.

    Raises:
        DataError: the arguments make no geofence; says why.
    """
    if radius_m is not None and not 0.0 < radius_m <= LARGEST_RADIUS_M:
        reason = f"a radius of {radius_m:g} m makes no area"
        raise DataError(geometry_id, reason)
    if not geometry_id:
        raise DataError(name, "it has no geometryId")
    properties = {
        "geometryId": geometry_id,
        "name": name or REMOVE,
        "kind": kind or REMOVE,
        "subType": subtype or REMOVE,
        "radius": REMOVE if radius_m is None else radius_m,
        "validityTime": REMOVE if validity is None else validity,
    }
    return altered(b'{"type":"Feature","geometry":{},"properties":{}}', geometry=geometry, properties=properties)


def altered(
    feature: bytes,
    *,
    geometry: Mapping[str, object] | None = None,
    properties: Mapping[str, object] | None = None,
) -> bytes:
    """Return a Feature with another geometry, other properties, or both; None leaves them as they are.

    REMOVE as a value removes a property. Positions that the geometry had before keep their text and height; new ones
    have no height.

    Raises:
        DataError: the Feature is not JSON, or the result is not GeoJSON; says why.
    """
    text = checked(feature, "the geofence")
    inner = before = _properties(text)
    for name, value in (properties or {}).items():
        inner = drop(inner, name) if value is REMOVE else put(inner, name, _encoded(value, name))
    if geometry is not None:
        there = member(text, "geometry") or b""
        there = there if there.startswith(b"{") else b"{}"
        try:
            drawn = _drawn(geometry)
            shape = _with_coordinates(there, *write(drawn, OriginalText(_worded(there))))
        except InvalidGeometry as error:
            raise DataError(_name(inner), str(error)) from error
        text, inner = _reshaped(text, shape, inner)
    return put(text, "properties", inner) if inner != before else text


def moved(feature: bytes, dlon: float, dlat: float) -> bytes:
    """Return a Feature moved by degrees east and north; heights and further coordinates stay.

    Every type of geometry, collections included, keeps its structure, except at the date line: there shapes are cut,
    and parts cut before are joined.

    Raises:
        DataError: it would reach beyond a pole, or is no Feature that can be moved; says why.
    """
    text = checked(feature, "the geofence")
    before = _properties(text)
    if not (math.isfinite(dlon) and math.isfinite(dlat)):
        raise DataError(_name(before), "it cannot be moved that far")
    try:
        shape = _moved(member(text, "geometry") or b"null", dlon, dlat, 0)
    except InvalidGeometry as error:
        raise DataError(_name(before), str(error)) from error
    text, inner = _reshaped(text, shape, before)
    return put(text, "properties", inner) if inner != before else text


def with_new_id(feature: bytes, geometry_id: str, name: str) -> bytes:
    """Return a copy of a Feature as a new geofence, without the Feature `id`, which names the original.

    Raises:
        DataError: the Feature is not JSON.
    """
    return altered(drop(checked(feature, "the geofence"), "id"), properties={"geometryId": geometry_id, "name": name})


def _reshaped(text: bytes, shape: bytes, properties: bytes) -> tuple[bytes, bytes]:
    """Put a geometry into a Feature; return it, and its properties less a subType that no longer fits."""
    if _text(properties, "subType").lower() == "rectangle" and _kind(shape) != "Polygon":
        properties = drop(properties, "subType")
    return drop(put(text, "geometry", shape), "bbox"), properties


def _drawn(geometry: Mapping[str, object]) -> Coordinates:
    drawn = parse(geometry.get("type"), geometry.get("coordinates")).moved(rounded)
    if any(not has_width(ring) for rings in drawn.polygons for ring in rings):
        raise InvalidGeometry("its outline, or a hole in it, encloses nothing")
    return drawn


def _worded(geometry: bytes, depth: int = 0) -> list[Place]:
    """Return the places of a geometry with the text of their numbers; none where it is invalid."""
    kind, coordinates = _kind(geometry), member(geometry, "coordinates")
    if kind in FAMILY and coordinates is not None:
        try:
            return list(parse(kind, decode_numbers(coordinates)).places())
        except (InvalidGeometry, RecursionError):
            return []
    members = member(geometry, "geometries") if kind == "GeometryCollection" else None
    if members is None or not members.startswith(b"[") or depth >= MAX_NESTING:
        return []
    parts = [members[start:end] for start, end in elements(members)]
    return [place for part in parts if part.startswith(b"{") for place in _worded(part, depth + 1)]


def _moved(geometry: bytes, dlon: float, dlat: float, depth: int) -> bytes:
    if not geometry.startswith(b"{"):
        raise InvalidGeometry("it has no geometry")
    kind = _kind(geometry)
    if kind == "GeometryCollection":
        members = member(geometry, "geometries") or b""
        if not members.startswith(b"[") or depth >= MAX_NESTING:
            raise InvalidGeometry("its GeometryCollection has no list of geometries, or is nested too deep")
        pieces, copied = [], 0
        for start, end in elements(members):
            pieces += [members[copied:start], _moved(members[start:end], dlon, dlat, depth + 1)]
            copied = end
        return drop(put(geometry, "geometries", b"".join((*pieces, members[copied:]))), "bbox")
    try:
        there = parse(kind, decode_numbers(member(geometry, "coordinates") or b"null"))
    except RecursionError as error:
        raise InvalidGeometry("its coordinates are nested too deep") from error
    lats = [place[1] for place in there.places()]
    if not lats:
        raise InvalidGeometry("its geometry encloses nothing")
    if dlat and max(map(abs, lats)) == 90.0:
        raise InvalidGeometry("it reaches a pole, and can only be moved east and west")
    if max(lats) + dlat > 90.0 or min(lats) + dlat < -90.0:
        raise InvalidGeometry("it would reach beyond a pole")
    # Without whole turns, which would cost digits.
    turn = math.fmod(dlon, 360.0)
    moved_there = there.moved(lambda place: rounded((place[0] + turn, place[1] + dlat, *place[2:])))
    return _with_coordinates(geometry, *write(moved_there, OriginalText()))


def _with_coordinates(geometry: bytes, kind: str, coordinates: bytes) -> bytes:
    if _kind(geometry) != kind:
        geometry = drop(put(geometry, "type", f'"{kind}"'.encode()), "geometries")
    return drop(put(geometry, "coordinates", coordinates), "bbox")


def _kind(geometry: bytes) -> str:
    return _text(geometry, "type")


def _text(owner: bytes, key: str) -> str:
    """Return a member that is a string; "" for any other."""
    raw = member(owner, key) or b""
    return msgspec.json.decode(raw, type=str) if raw.startswith(b'"') else ""


def _properties(feature: bytes) -> bytes:
    there = member(feature, "properties") or b""
    return there if there.startswith(b"{") else b"{}"


def _encoded(value: object, name: str) -> bytes:
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise DataError(name, "its value is not JSON") from error


def _name(properties: bytes) -> str:
    return _text(properties, "geometryId") or "the geofence"
