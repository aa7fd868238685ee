"""Simplifies many long rings at once (numpy), by details that are too small to be seen.

Hand-written because shapely.simplify, as fast, costs 50 ms and 3 MB to import, and only lines need shapely otherwise.
"""

from __future__ import annotations

import numpy as np

from tvapp.fences.index.shape_arrays import Floats, Ints, offsets

MIN_POINTS = 48
"""Rings with fewer points are left as they are."""
_ROUNDS = 6
_WORTH = 0.05
"""A round that drops a smaller share of the candidates is the last one."""


def simplified(points: Floats, sizes: Ints, tolerance: float) -> tuple[Floats, Ints]:
    """Return closed rings (`sizes[n]` points each) with fewer points, at most `tolerance` from the original.

    Each round drops those of every other point that are near the line between their neighbours; all rounds together
    shift a ring by `tolerance` at most. The result depends on the ring alone, so that adjacent tiles agree.
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


def stretches_within(points: Floats, sizes: Ints, box: tuple[float, float, float, float]) -> tuple[Floats, Ints]:
    """Return the stretches of rings whose edges may touch a box, in any of three worlds; how many points each has.

    `box` is west, north, east, south. Rings that touch it everywhere stay whole.
    """
    west, north, east, south = box
    low, high = np.minimum(points[:-1], points[1:]), np.maximum(points[:-1], points[1:])
    tall = (low[:, 1] <= south) & (high[:, 1] >= north)
    touches = np.zeros(len(points), dtype=bool)
    for shift in (-1.0, 0.0, 1.0):
        touches[:-1] |= tall & (low[:, 0] <= east + shift) & (high[:, 0] >= west + shift)
    touches[np.cumsum(sizes) - 1] = False  # from ring to ring there is no edge
    changes = np.flatnonzero(np.diff(touches, prepend=False))
    first, last = changes[0::2], changes[1::2]
    counts = last - first + 1
    rows = np.arange(counts.sum()) + np.repeat(first - offsets(counts)[:-1], counts)
    return points[rows], counts
