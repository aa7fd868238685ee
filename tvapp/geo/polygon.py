"""Plane geometry of rings: orientation, area, centroid, continuous longitudes, and which places a polygon contains.

A polygon is a sequence of rings: the outer one, then its holes. Longitude and latitude are plane coordinates (RFC 7946,
3.1.1: edges are straight in them), and longitudes are continuous; `unwrapped` makes them so. Hand-written because each
question is about one ring: shapely would need an object for it, and takes 50 ms to import.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from tvapp.geo.position import Position

Ring = Sequence[Position]


def opened(ring: Ring) -> tuple[Position, ...]:
    """Return the ring without a repeated last place."""
    ring = tuple(ring)
    return ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring


def unwrapped(ring: Ring) -> tuple[Position, ...]:
    """Return the ring with continuous longitudes: no step of more than 180 degrees.

    >>> unwrapped([Position(179.0, 0.0), Position(-179.0, 0.0)])[1].lon
    181.0
    """
    places: list[Position] = []
    turn = 0.0
    for place in ring:
        lon = place.lon + turn
        if places:
            turns = round((places[-1].lon - lon) / 360.0)
            if turns:
                turn += 360.0 * turns
                lon = place.lon + turn
        places.append(place if turn == 0.0 else Position(lon, place.lat))
    return tuple(places)


def signed_area(ring: Ring) -> float:
    """Return the plane area in square degrees: positive when the ring runs counter-clockwise."""
    places = opened(ring)
    if len(places) < 3:
        return 0.0
    # Relative to the first place: a small ring far from (0, 0) would lose its digits.
    x0, y0 = places[0].lon, places[0].lat
    total = 0.0
    before = places[-1]
    for place in places:
        total += (before.lon - x0) * (place.lat - y0) - (place.lon - x0) * (before.lat - y0)
        before = place
    return total / 2.0


def oriented(ring: Ring, *, clockwise: bool = False) -> tuple[Position, ...]:
    """Return the ring counter-clockwise as outer rings are (RFC 7946, 3.1.6), or clockwise as holes are."""
    ring = tuple(ring)
    return ring[::-1] if (signed_area(ring) < 0.0) is not clockwise else ring


def contains(rings: Sequence[Ring], place: Position) -> bool:
    """Tell whether a polygon contains a place (even-odd rule over all rings).

    A place exactly on an edge may count either way.
    """
    inside = False
    lat = place.lat
    for ring in rings:
        if not ring:
            continue
        # Shift the place by whole turns to the ring, which may lie beyond +-180. On the edges of a ring right round the
        # earth take the western copy, which the rule below counts as inside.
        lon = place.lon + 360.0 * math.ceil((_middle_lon(ring) - place.lon) / 360.0 - 0.5)
        before = ring[-1]
        for vertex in ring:
            if (vertex.lat > lat) is not (before.lat > lat):
                part = (lat - before.lat) / (vertex.lat - before.lat)
                inside ^= lon < before.lon + part * (vertex.lon - before.lon)
            before = vertex
    return inside


def centroid(ring: Ring) -> Position:
    """Return the centroid of a ring's plane area; the mean of its places where it has no area."""
    places = opened(ring)
    x0, y0 = places[0].lon, places[0].lat
    area = x = y = 0.0
    # The edges at the first place, the origin, add nothing.
    for before, place in pairwise(places):
        ax, ay, bx, by = before.lon - x0, before.lat - y0, place.lon - x0, place.lat - y0
        cross = ax * by - bx * ay
        area += cross
        x += (ax + bx) * cross
        y += (ay + by) * cross
    if abs(area) < 1e-18:
        return Position(sum(p.lon for p in places) / len(places), sum(p.lat for p in places) / len(places))
    return Position(x0 + x / (3.0 * area), y0 + y / (3.0 * area))


def _middle_lon(ring: Ring) -> float:
    return (min(p.lon for p in ring) + max(p.lon for p in ring)) / 2.0
