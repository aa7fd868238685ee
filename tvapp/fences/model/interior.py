"""Finds a place well inside a polygon, for its name.

Hand-written because shapely.point_on_surface tries one latitude only, and shapely takes 50 ms to import.
"""

from __future__ import annotations

from collections.abc import Sequence

from tvapp.geo.position import Position

LINES = 9
"""Latitudes tried between the southern and the northern edge."""
SHIFTS = (0.5, 0.41, 0.57, 0.33, 0.64)
"""Where in its strip a latitude is tried: where corners lie on one, the next."""


def point_inside(rings: Sequence[Sequence[Position]]) -> Position:
    """Return a place inside the first ring and outside the others, away from the edges.

    It is the middle of the widest stretch inside, over some latitudes; those nearer to the middle count as wider. A
    latitude on which a corner lies is shifted, because there the middle could be that corner. A ring that encloses
    nothing gets the middle of its box.
    """
    outer = rings[0]
    south = min(point.lat for point in outer)
    north = max(point.lat for point in outer)
    best: tuple[float, Position] | None = None
    for step in range(LINES):
        for shift in SHIFTS:
            share = (step + shift) / LINES
            lat = south + (north - south) * share
            stretches = _inside(rings, lat)
            if stretches is not None:
                break
        weight = 1.0 - 1.2 * abs(share - 0.5)
        for west, east in stretches or ():
            score = (east - west) * weight
            if best is None or score > best[0] * (1 + 1e-9):
                best = score, Position((west + east) / 2, lat)
    if best is not None and best[0] > 0.0:
        return best[1]
    lons = [point.lon for point in outer]
    return Position((min(lons) + max(lons)) / 2, (south + north) / 2)


def _inside(rings: Sequence[Sequence[Position]], lat: float) -> list[tuple[float, float]] | None:
    """Return the stretches of a latitude that lie inside; None where a corner lies on it."""
    crossings: list[float] = []
    for ring in rings:
        previous = ring[-1]
        for point in ring:
            if point.lat == lat:
                return None
            if (previous.lat > lat) != (point.lat > lat):
                share = (lat - previous.lat) / (point.lat - previous.lat)
                crossings.append(previous.lon + share * (point.lon - previous.lon))
            previous = point
    crossings.sort()
    return list(zip(crossings[::2], crossings[1::2], strict=False))
