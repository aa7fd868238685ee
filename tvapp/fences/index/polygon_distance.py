"""The exact distance from a place to a polygon.

The main thread asks ten times a second. So for rings of usual length nothing here releases the GIL, which a busy worker
would not hand back for 5 ms (Python's switch interval). Most of numpy and all of shapely release it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from tvapp.fences.index.shape_arrays import Floats

_MANY = 500
"""From this many points on numpy is faster than a loop, even with the wait."""


def distance(rings: Iterable[Floats], x: float, y: float, reach: float = math.inf) -> float:
    """Return the distance from (x, y) to a polygon: the first ring less the others; 0 inside and on the border.

    Rings are closed. The even-odd rule says what a ring that crosses itself encloses. Distances beyond `reach` may be
    returned as infinity.
    """
    nearest, inside = math.inf, False
    for number, ring in enumerate(rings):
        encloses, apart = _within_many(ring, x, y, reach) if len(ring) > _MANY else _within(ring, x, y)
        if apart == 0.0:
            return 0.0
        inside = encloses if number == 0 else inside and not encloses
        nearest = min(nearest, apart)
    return 0.0 if inside else nearest


def _within(ring: Floats, x: float, y: float) -> tuple[bool, float]:
    """Return whether a ring encloses (x, y), and the distance to its nearest edge."""
    points = ring.tolist()
    encloses, least = False, math.inf
    bx, by = points[0][0] - x, points[0][1] - y
    for point in points[1:]:
        ax, ay = bx, by
        bx, by = point[0] - x, point[1] - y
        turn = ax * by - bx * ay
        # The ray to the east crosses the edge.
        if (ay > 0.0) != (by > 0.0) and (turn > 0.0) == (by > ay):
            encloses = not encloses
        dx, dy = bx - ax, by - ay
        square = dx * dx + dy * dy
        share = -(ax * dx + ay * dy) / square if square else 0.0
        if share <= 0.0:
            apart = ax * ax + ay * ay
        elif share >= 1.0:
            apart = bx * bx + by * by
        else:
            apart = turn * turn / square
        if apart < least:
            least = apart
    return encloses, math.sqrt(least)


def _within_many(ring: Floats, x: float, y: float, reach: float) -> tuple[bool, float]:
    """Return the same as `_within`, with numpy; infinity where no edge is within `reach`."""
    east, south = ring[:, 0] - x, ring[:, 1] - y
    below = south > 0.0
    crossing = np.flatnonzero(below[:-1] != below[1:])
    ax, ay, bx, by = east[crossing], south[crossing], east[crossing + 1], south[crossing + 1]
    meets = (ax * by - bx * ay > 0.0) == (by > ay)
    encloses = bool(np.count_nonzero(meets) % 2)
    if reach < math.inf:
        # An edge within reach has an end on each side, or in the strip.
        outside = (south > reach).astype(np.int8) - (south < -reach)
        wide = (east > reach).astype(np.int8) - (east < -reach)
        near = np.flatnonzero((outside[:-1] * outside[1:] <= 0) & (wide[:-1] * wide[1:] <= 0))
    else:
        near = np.arange(len(ring) - 1)
    if not len(near):
        return encloses, math.inf
    ax, ay, bx, by = east[near], south[near], east[near + 1], south[near + 1]
    turn = ax * by - bx * ay
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    share = -(ax * dx + ay * dy) / np.where(square > 0.0, square, 1.0)
    between = (share > 0.0) & (share < 1.0)
    apart = np.minimum(ax * ax + ay * ay, bx * bx + by * by)
    apart[between] = turn[between] ** 2 / square[between]
    return encloses, math.sqrt(float(apart.min()))
