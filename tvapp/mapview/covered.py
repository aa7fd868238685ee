"""Which cells of the map opaque pictures fill, so that nothing is drawn that cannot be seen."""

from __future__ import annotations

from collections.abc import Iterable

from tvapp.mapview.picture import Texture
from tvapp.tiles.pyramid import DESCENDANTS, Part, TileRange


class Covered:
    """Which cells opaque parts fill wholly; what lies below them need not be drawn."""

    def __init__(self, cells: TileRange, parts: Iterable[Part[Texture]]) -> None:
        self._cells = cells
        filled: dict[tuple[int, int], int] = {}
        whole = 1 << 2 * DESCENDANTS
        for part in parts:
            level = part.level
            for y in range(part.y0, part.y1):
                for x in range(part.x0, part.x1):
                    cell = (x >> level, y >> level)
                    filled[cell] = filled.get(cell, 0) + (whole >> 2 * level)
        self._filled = {cell for cell, count in filled.items() if count >= whole}
        self.is_all = len(self._filled) >= cells.area

    def hides(self, z: int, x0: int, y0: int, x1: int, y1: int) -> bool:
        """Tell whether a box of cells at another zoom is hidden, as far as it is in view."""
        if self.is_all:
            return True
        cells, shift = self._cells, self._cells.z - z
        if shift >= 0:
            x0, y0, x1, y1 = x0 << shift, y0 << shift, x1 << shift, y1 << shift
        else:
            x0, y0, x1, y1 = x0 >> -shift, y0 >> -shift, ((x1 - 1) >> -shift) + 1, ((y1 - 1) >> -shift) + 1
        return all(
            (x, y) in self._filled
            for y in range(max(y0, cells.y0), min(y1, cells.y1))
            for x in range(max(x0, cells.x0), min(x1, cells.x1))
        )
