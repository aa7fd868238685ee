"""Prepares rings in pixels for Pillow: clips them, joins their corners and cuts them into dashes (numpy).

Written by hand: shapely clips a ring that leaves the square more than once into several polygons, and wants an object
for each; neither shapely nor Pillow has dashes or line joins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Path: TypeAlias = npt.NDArray[np.float32]
"""Points as Pillow takes them: rows of x, y as whole numbers in 32-bit floats (it truncates towards 0)."""

LEAST_DASHES = 5
_MOST_DASHES = 4_000
_FEW_DASHES = 24
"""So many are all made: to find those near the tile would cost more."""


def clip(ring: Floats, low: float, high: float) -> Floats:
    """Clip a closed ring to the square [low, high]^2 (Sutherland and Hodgman, 1974); fewer than 3 rows: nothing left.

    Edges along the border of the square stay in the ring: choose a square larger than the visible part.
    """
    for axis, bound, sign in ((0, low, 1.0), (0, high, -1.0), (1, low, 1.0), (1, high, -1.0)):
        ring = clip_half(ring, axis, bound, sign)
        if len(ring) < 3:
            return ring
    return ring


def clip_half(ring: Floats, axis: int, bound: float, sign: float) -> Floats:
    """Clip a closed ring at a line across an axis: keep the part above `bound` for `sign` 1, below it for -1."""
    if not len(ring):
        return ring
    depth = sign * (ring[:, axis] - bound)
    inside = depth >= 0
    if inside.all():
        return ring
    if not inside.any():
        return ring[:0]
    following = np.roll(ring, -1, axis=0)
    depth_after = np.roll(depth, -1)
    crosses = inside != np.roll(inside, -1)
    share = np.zeros(len(ring))
    share[crosses] = depth[crosses] / (depth[crosses] - depth_after[crosses])
    cuts = ring + (following - ring) * share[:, None]
    both = np.stack([ring, cuts], axis=1).reshape(-1, 2)
    kept: Floats = both[np.stack([inside, crosses], axis=1).reshape(-1)]
    return kept


def smooth_paths(rings: Sequence[Floats], width: float) -> list[Path]:
    """Return closed paths for Pillow's wide lines, which leave a notch at each corner.

    At a corner both edges are extended by tan(turn / 4) of half the width and joined, which bevels the outer side.
    Rings do not repeat their first row; all of them are worked on at once.
    """
    if not rings:
        return []
    sizes = np.array([len(ring) for ring in rings])
    ends = np.cumsum(sizes)
    starts = ends - sizes
    points = np.concatenate(rings)
    after = np.arange(1, len(points) + 1)
    after[ends - 1] = starts
    before = np.arange(-1, len(points) - 1)
    before[starts] = ends - 1
    edges = points[after] - points
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    out = edges / np.maximum(lengths, 1e-9)[:, None]
    into = out[before]
    turn = np.arctan2(np.abs(into[:, 0] * out[:, 1] - into[:, 1] * out[:, 0]), (into * out).sum(axis=1))
    reach = (width / 2 * np.tan(turn / 4))[:, None]
    doubled = np.floor(np.stack([points + into * reach, points - out * reach], axis=1) + 0.5)
    # Where both fall next to each other the turn is so slight that the corner alone will do: fewer pieces to draw.
    slight = np.abs(doubled[:, 0] - doubled[:, 1]).max(axis=1) <= 1.0
    doubled[slight, 0] = np.floor(points[slight] + 0.5)
    kept = np.ones((len(points), 2), dtype=bool)
    kept[:, 1] = ~slight
    rows = doubled[kept].astype(np.float32)
    after = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])[np.concatenate([starts[:1], ends])].tolist()
    return [np.concatenate([rows[start + 1 : end], rows[start : start + 2]]) for start, end in pairwise(after)]


def dashes(ring: Floats, drawn: float, gap: float, low: float, high: float) -> list[Path]:
    """Return the dashes of a ring that may touch the square [low, high]^2. The ring does not repeat its first row.

    Dashes are counted from the first point, so that neighbouring tiles agree. The period is adapted so that a whole
    number of them goes round, and shortened for small rings, which get at least LEAST_DASHES.
    """
    closed = np.concatenate([ring, ring[:1]])
    edges = np.diff(closed, axis=0)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(edges[:, 0], edges[:, 1]))])
    length = float(along[-1])
    if length <= 0 or not math.isfinite(length):
        return []
    count = max(LEAST_DASHES, round(length / (drawn + gap)))
    period = length / count
    drawn = period * drawn / (drawn + gap)
    if count <= _FEW_DASHES or (closed.min() >= low and closed.max() <= high):
        numbers = np.arange(min(count, _MOST_DASHES), dtype=np.float64)
    else:
        numbers = _touching(closed, along, period, count, low, high)
    if not len(numbers):
        return []
    starts = numbers * period
    ends = np.minimum(starts + drawn, length)
    # All corners and all ends in one array, so that one interpolation serves them all.
    at = np.sort(np.concatenate([along, starts, ends]))
    points = np.empty((len(at), 2), dtype=np.float32)
    points[:, 0] = np.floor(np.interp(at, along, closed[:, 0]) + 0.5)
    points[:, 1] = np.floor(np.interp(at, along, closed[:, 1]) + 0.5)
    first = np.searchsorted(at, starts, side="right") - 1
    last = np.searchsorted(at, ends, side="left") + 1
    return [points[begin:end] for begin, end in zip(first.tolist(), last.tolist(), strict=True)]


def _touching(closed: Floats, along: Floats, period: float, count: int, low: float, high: float) -> Floats:
    """Return the numbers of the dashes on those parts of the edges that lie in the square.

    `along` is the distance of each point from the first one.
    """
    edges, lengths = np.diff(closed, axis=0), np.diff(along)
    near = np.minimum(closed[:-1], closed[1:]), np.maximum(closed[:-1], closed[1:])
    wanted: set[int] = set()
    for edge in np.flatnonzero(((near[1] >= low) & (near[0] <= high)).all(axis=1)).tolist():
        begin, end = _reach(closed[edge], edges[edge], low, high)
        first = math.floor((along[edge] + lengths[edge] * begin) / period) - 1
        last = math.floor((along[edge] + lengths[edge] * end) / period) + 1
        wanted.update(number % count for number in range(first, min(last, first + count - 1) + 1))
        if len(wanted) > _MOST_DASHES:
            break
    return np.array(sorted(wanted), dtype=np.float64)


def _reach(start: Floats, edge: Floats, low: float, high: float) -> tuple[float, float]:
    """Return the range of shares of an edge in which it may lie in the square (Liang and Barsky, 1984).

    It ends before it begins where the edge misses the square.
    """
    begin, end = 0.0, 1.0
    for axis in (0, 1):
        step = float(edge[axis])
        if abs(step) < 1e-9:
            continue
        one, other = (low - float(start[axis])) / step, (high - float(start[axis])) / step
        begin, end = max(begin, min(one, other)), min(end, max(one, other))
    return begin, end
