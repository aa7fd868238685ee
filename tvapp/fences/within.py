"""How far polygons are from a place: exact, and for all of them in a few calls (numpy)."""

from __future__ import annotations

import numpy as np

from tvapp.fences.parts import Floats, Ints, Parts, ends


def distances(parts: Parts, chosen: Ints, x: Floats, y: float) -> Floats:
    """Return how far parts that are polygons are from places in world units; 0 inside and on the border.

    `x` has the place for each of them: it may lie in another world. A ring that crosses itself encloses what lies
    within an odd number of its turns.
    """
    rings, counts = parts.rings_of(chosen)
    points, sizes = parts.points_of(rings)
    own = points - np.array([0.0, y])
    own[:, 0] -= np.repeat(np.repeat(x, counts), sizes)
    # Edges from each point to the next; the last point of a ring is its first once more, and begins none.
    ahead = np.empty_like(own)
    ahead[:-1] = own[1:]
    last = ends(sizes)[1:] - 1
    ahead[last] = own[last]
    edge = ahead - own
    turn = own[:, 0] * ahead[:, 1] - ahead[:, 0] * own[:, 1]
    crosses = (own[:, 1] > 0.0) != (ahead[:, 1] > 0.0)
    # A half line to the east meets the edge where the place is on the side that the edge turns round.
    meets = crosses & ((turn > 0.0) == (edge[:, 1] > 0.0))
    first = ends(sizes)[:-1]
    encloses = np.add.reduceat(meets.astype(np.intp), first) % 2 == 1
    square = (edge**2).sum(axis=1)
    along = -(own * edge).sum(axis=1) / np.where(square > 0.0, square, 1.0)
    nearest = own + edge * np.clip(along, 0.0, 1.0)[:, None]
    apart = np.sqrt(np.minimum.reduceat((nearest**2).sum(axis=1), first))
    apart[np.logical_or.reduceat(_is_on(own, ahead, turn), first)] = 0.0
    outer = ends(counts)[:-1]
    is_hole = np.ones(len(rings), dtype=bool)
    is_hole[outer] = False
    in_hole = np.logical_or.reduceat(encloses & is_hole & (apart > 0.0), outer)
    inside = encloses[outer] & ~in_hole
    return np.where(inside, 0.0, np.minimum.reduceat(apart, outer))


def _is_on(own: Floats, ahead: Floats, turn: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which edges hold the place itself, exactly."""
    box = (np.minimum(own, ahead) <= 0.0) & (np.maximum(own, ahead) >= 0.0)
    result: np.ndarray[tuple[int], np.dtype[np.bool_]] = (turn == 0.0) & box.all(axis=1)
    return result
