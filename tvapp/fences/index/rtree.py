"""A packed R-tree (numpy): finds the boxes that touch a box.

Boxes next to each other share a node, and so do the boxes of nodes, level by level (Roussopoulos and Leifker, 1985;
here in the order of a Z-curve). Hand-written because shapely's STRtree wants a geometry object for each box: 100,000
boxes take 46 MB instead of 5 and six times as long to build. Its queries release the GIL (see `polygon_distance`).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.intp]

_NODE = 16
_CHILDREN = np.arange(_NODE)
_SIGNS = np.array([1.0, 1.0, -1.0, -1.0])


class PackedRTree:
    """A search tree over boxes: rows of west, north, east, south in any unit, south and east growing."""

    __slots__ = ("_levels", "_order")

    def __init__(self, boxes: Floats) -> None:
        self._order: Ints = np.argsort(_along_curve(boxes), kind="stable")
        # East and south are negated: then one comparison tests all four sides, and the minimum is the outermost.
        level = boxes[self._order] * _SIGNS
        self._levels: list[Floats] = []
        while True:
            self._levels.append(np.concatenate([level, np.full((-len(level) % _NODE, 4), np.inf)]))
            if len(level) <= _NODE:
                return
            level = self._levels[-1].reshape(-1, _NODE, 4).min(axis=1)

    def near(self, west: float, north: float, east: float, south: float) -> list[int]:
        """Return what `touching` returns, without releasing the GIL: for small boxes, which touch few."""
        west, north = -west, -north
        nodes = [0]
        for level in reversed(self._levels):
            found: list[int] = []
            for node in nodes:
                first = node * _NODE
                boxes = level[first : first + _NODE].tolist()
                found += [
                    number
                    for number, (left, top, right, bottom) in enumerate(boxes, first)
                    if left <= east and top <= south and right <= west and bottom <= north
                ]
            nodes = found
        return [self._order.item(number) for number in nodes]

    def touching(self, west: float, north: float, east: float, south: float) -> Ints:
        """Return the numbers of the boxes that share a place with a box, edges included; in no order.

        Tests whole levels at once: a few calls for ten boxes or a million.
        """
        most = np.array([east, south, -west, -north])
        nodes: Ints = np.arange(len(self._levels[-1]))
        for number in range(len(self._levels) - 1, -1, -1):
            nodes = nodes[(self._levels[number].take(nodes, axis=0) <= most).all(axis=1)]
            if number:
                nodes = (nodes[:, None] * _NODE + _CHILDREN).reshape(-1)
        return self._order[nodes]


def _along_curve(boxes: Floats) -> npt.NDArray[np.uint64]:
    """Return the position of each box's middle on a Z-curve (Morton, 1966) over all boxes."""
    middles = boxes[:, :2] + boxes[:, 2:]
    low, high = middles.min(axis=0, initial=np.inf), middles.max(axis=0, initial=-np.inf)
    # Not 0, where all middles are the same.
    cells = ((middles - low) / np.maximum(high - low, 1e-300) * 0xFFFF).astype(np.uint64)
    spread = cells
    for shift, kept in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        spread = (spread | (spread << np.uint64(shift))) & np.uint64(kept)
    result: npt.NDArray[np.uint64] = spread[:, 0] | (spread[:, 1] << np.uint64(1))
    return result
