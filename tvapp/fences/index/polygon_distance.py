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


def distance(rings: Iterable[Floats], x: float, y: float) -> float:
    """Return the distance from (x, y) to a polygon: the first ring less the others; 0 inside and on the border.

    Rings are closed. The even-odd rule says what a ring that crosses itself encloses.
    """
    nearest, inside = math.inf, False
    for number, ring in enumerate(rings):
        encloses, apart = (_within_many if len(ring) > _MANY else _within)(ring, x, y)
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


def _within_many(ring: Floats, x: float, y: float) -> tuple[bool, float]:
    """Return the same as `_within`, with numpy."""
    own = ring - np.array([x, y])
    ax, ay, bx, by = own[:-1, 0], own[:-1, 1], own[1:, 0], own[1:, 1]
    turn = ax * by - bx * ay
    meets = ((ay > 0.0) != (by > 0.0)) & ((turn > 0.0) == (by > ay))
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    share = -(ax * dx + ay * dy) / np.where(square > 0.0, square, 1.0)
    between = (share > 0.0) & (share < 1.0)
    apart = np.minimum(ax * ax + ay * ay, bx * bx + by * by)
    apart[between] = turn[between] ** 2 / square[between]
    return bool(np.count_nonzero(meets) % 2), math.sqrt(float(apart.min()))
