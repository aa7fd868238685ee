"""Finds a place well inside a polygon, for its name.

Hand-written because shapely.point_on_surface tries one latitude only, and shapely takes 50 ms to import.
"""

from __future__ import annotations

from collections.abc import Sequence

from tvapp.geo.position import Position

_LINES = 9
"""Latitudes tried between the southern and the northern edge."""


def point_inside(rings: Sequence[Sequence[Position]]) -> Position:
    """Return a place inside the first ring and outside the others, away from the edges.

    It is the middle of the widest stretch inside, over some latitudes; those nearer to the middle count as wider.
    """
    outer = rings[0]
    south = min(point.lat for point in outer)
    north = max(point.lat for point in outer)
    best: tuple[float, Position] | None = None
    for step in range(_LINES):
        share = (step + 0.5) / _LINES
        lat = south + (north - south) * share
        weight = 1.0 - 1.2 * abs(share - 0.5)
        for west, east in _inside(rings, lat):
            score = (east - west) * weight
            if best is None or score > best[0] * (1 + 1e-9):
                best = score, Position((west + east) / 2, lat)
    return best[1] if best is not None else outer[0]


def _inside(rings: Sequence[Sequence[Position]], lat: float) -> list[tuple[float, float]]:
    crossings: list[float] = []
    for ring in rings:
        previous = ring[-1]
        for point in ring:
            if (previous.lat > lat) != (point.lat > lat):
                share = (lat - previous.lat) / (point.lat - previous.lat)
                crossings.append(previous.lon + share * (point.lon - previous.lon))
            previous = point
    crossings.sort()
    return list(zip(crossings[::2], crossings[1::2], strict=False))
