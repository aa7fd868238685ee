"""Leaves out what of long rings cannot be seen, for many rings at a time (numpy)."""

from __future__ import annotations

import numpy as np

from tvapp.fences.index.shape_arrays import Floats, Ints, offsets

MIN_POINTS = 48
"""Rings with fewer points are not worth it."""
_ROUNDS = 6
_WORTH = 0.05
"""A round that leaves out a smaller share of what there is was the last one."""


def simplified(points: Floats, sizes: Ints, tolerance: float) -> tuple[Floats, Ints]:
    """Return closed rings (`sizes[n]` points each) with fewer points, at most `tolerance` from where they ran.

    In each round every other point goes that is near the line between its neighbours; what rounds move a ring by adds
    up. It depends on the ring alone, so that tiles side by side agree.
    """
    near = (tolerance / _ROUNDS) ** 2
    for _ in range(_ROUNDS):
        long = sizes >= MIN_POINTS
        if not long.any():
            break
        starts = offsets(sizes)[:-1]
        place = np.arange(len(points)) - np.repeat(starts, sizes)
        odd = np.flatnonzero((place % 2 == 1) & np.repeat(long, sizes) & (place < np.repeat(sizes, sizes) - 1))
        before = points[odd - 1]
        chord, apart = points[odd + 1] - before, points[odd] - before
        square = (chord**2).sum(axis=1)
        share = np.clip((chord * apart).sum(axis=1) / np.where(square > 0.0, square, 1.0), 0.0, 1.0)
        gone = odd[((apart - chord * share[:, None]) ** 2).sum(axis=1) <= near]
        if len(gone) < _WORTH * len(odd):
            break
        sizes = sizes - np.bincount(np.searchsorted(starts, gone, side="right") - 1, minlength=len(sizes))
        points = np.delete(points, gone, axis=0)
    return points, sizes
