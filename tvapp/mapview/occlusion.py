"""Which cells of the map are filled by opaque pictures, so that what they hide is not drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from tvapp.mapview.layer_picture import Texture
from tvapp.tiles.pyramid import DESCENDANTS, Part, TileRange


class Occlusion:
    """The cells that opaque parts fill wholly."""

    def __init__(self, cells: TileRange, parts: Iterable[Part[Texture]]) -> None:
        self._cells = cells
        levels: list[set[tuple[int, int]]] = [set() for _ in range(DESCENDANTS + 1)]
        for part in parts:
            levels[part.level].update((x, y) for y in range(part.y0, part.y1) for x in range(part.x0, part.x1))
        # Four quarters fill a cell.
        for finer, coarser in pairwise(reversed(levels)):
            quarters = Counter((x >> 1, y >> 1) for x, y in finer)
            coarser.update(cell for cell, count in quarters.items() if count == 4)
        self._levels = levels
        self.is_full = len(levels[0]) >= cells.area

    def hides(self, z: int, x0: int, y0: int, x1: int, y1: int) -> bool:
        """Tell whether a box of cells at another zoom is hidden, as far as it is in view."""
        if self.is_full:
            return True
        cells = self._cells
        finer = max(cells.z - z, 0)
        level = z + finer - cells.z
        box = TileRange(z + finer, x0 << finer, y0 << finer, x1 << finer, y1 << finer)
        return all(
            self._is_filled(level, x, y)
            for y in range(max(box.y0, cells.y0 << level), min(box.y1, cells.y1 << level))
            for x in range(max(box.x0, cells.x0 << level), min(box.x1, cells.x1 << level))
        )

    def _is_filled(self, level: int, x: int, y: int) -> bool:
        finest = min(level, DESCENDANTS)
        return any((x >> level - at, y >> level - at) in self._levels[at] for at in range(finest + 1))
