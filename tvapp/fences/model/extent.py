"""Bounding boxes of shapes, and the smallest box around many boxes, the short way round the earth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from tvapp.geo.position import Bounds, Position

_METRES_PER_DEGREE = (
    110_574.0  # of latitude at the equator, the smallest: boxes come out a little too large, never small
)


def wrap(lon: float) -> float:
    """Return a longitude in [-180, 180)."""
    return lon if -180.0 <= lon < 180.0 else (lon + 180.0) % 360.0 - 180.0


def around(points: Sequence[Position], radius_m: float = 0.0) -> Bounds:
    """Return the box around points with continuous longitudes, enlarged by `radius_m` on every side."""
    if len(points) == 1:  # most geofences are circles
        west = east = points[0].lon
        south = north = points[0].lat
    else:
        lons, lats = [point.lon for point in points], [point.lat for point in points]
        west, east, south, north = min(lons), max(lons), min(lats), max(lats)
    if radius_m > 0:
        reach = radius_m / _METRES_PER_DEGREE
        south, north = south - reach, north + reach
        widest = max(abs(south), abs(north))
        if widest >= 90.0:
            west, east = -180.0, 180.0
        else:
            # cos at the far edge: the widest longitude of a circle lies poleward of its centre.
            reach /= math.cos(math.radians(widest))
            west, east = west - reach, east + reach
    return bounds(west, max(south, -90.0), east, min(north, 90.0))


def bounds(west: float, south: float, east: float, north: float) -> Bounds:
    """Build a box from continuous longitudes (`east` >= `west`, any turn of the earth)."""
    if east - west >= 360.0:
        return Bounds(-180.0, south, 180.0, north)
    if west >= -180.0 and east <= 180.0:
        return Bounds(west, south, east, north)
    return Bounds(wrap(west), south, wrap(east), north)


BATCH = 4_096
"""Items sorted at a time: sorting holds the GIL, and so delays frames."""


def union(boxes: Iterable[Bounds]) -> Bounds | None:
    """Return a box around all boxes that leaves out the widest empty stretch of longitudes; None for no boxes."""
    south, north = math.inf, -math.inf
    spans: list[tuple[float, float]] = []
    merged_at = BATCH
    for box in boxes:
        if box.south < south:
            south = box.south
        if box.north > north:
            north = box.north
        west, east = box.west, box.east
        spans.append((west, east if east >= west else east + 360.0))
        if len(spans) >= merged_at:
            spans = _merged(spans)
            merged_at = len(spans) + BATCH
    if not spans:
        return None
    spans = _merged(spans)
    first, reach = spans[0][0], spans[-1][1]
    gap, gap_end = -1.0, first
    for (_, before), (west, _) in pairwise(spans):
        if west - before > gap:
            gap, gap_end = west - before, west
    last_gap = first + 360.0 - reach
    if last_gap >= gap:  # the empty stretch lies behind the last box: nothing to turn round
        return bounds(first, south, reach, north)
    if gap <= 0:
        return Bounds(-180.0, south, 180.0, north)
    # Boxes before the gap lie one turn further east.
    furthest = max(east + (360.0 if west < gap_end else 0.0) for west, east in spans)
    return bounds(gap_end, south, furthest, north)


def _merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the union of spans as disjoint stretches, from west to east."""
    found: list[tuple[float, float]] = []
    for west, east in sorted(spans):
        if found and west <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], east)
        else:
            found.append((west, east))
    return found
