"""How far a polygon is from a place, exactly.

Asked by the thread that draws, ten times a second: so for rings of usual length nothing here lets go of the
interpreter, which a busy worker would not hand back for 5 ms (Python's switch interval). Most of numpy does let go.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from tvapp.fences.index.shape_arrays import Floats

_MANY = 500
"""So many points take numpy less time than a loop, even with the wait."""


def distance(rings: Iterable[Floats], x: float, y: float) -> float:
    """Return how far the ground inside the first ring and outside the others is; 0 inside and on the border.

    Rings are closed. One that crosses itself encloses what lies within an odd number of its turns.
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
    """Tell whether a ring encloses a place, and how far it is from it."""
    points = ring.tolist()
    encloses, least = False, math.inf
    bx, by = points[0][0] - x, points[0][1] - y
    for point in points[1:]:
        ax, ay = bx, by
        bx, by = point[0] - x, point[1] - y
        turn = ax * by - bx * ay
        # A half line to the east meets the edge where the place is on the side that the edge turns round.
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
    """Do the same for a long ring."""
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
