"""Which cells of other zooms are shown in place of a cell without a picture; `tiles.pyramid.cover` draws them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from tvapp.mapview.layer_picture import Texture
from tvapp.tiles.pyramid import ANCESTORS, DESCENDANTS


def fallback_cells(
    z: int, x: int, y: int, find: Callable[[int, int, int], Texture | None], loaded_zooms: Container[int]
) -> Iterator[tuple[int, int, int]]:
    """Yield zoom, column and row of a wrapped cell's nearest ancestor, and of the descendants that are there.

    The ancestor is yielded even where the descendants hide all of it.
    """
    for depth in range(1, min(ANCESTORS, z) + 1):
        above = (z - depth, x >> depth, y >> depth)
        if find(*above) is not None:
            yield above
            break
    gaps = [(x, y)]
    for below in range(z + 1, z + DESCENDANTS + 1):
        cells = [(below, 2 * cx + i, 2 * cy + j) for cx, cy in gaps for j in (0, 1) for i in (0, 1)]
        there = {cell for cell in cells if find(*cell) is not None} if below in loaded_zooms else set()
        yield from (cell for cell in cells if cell in there)
        gaps = [cell[1:] for cell in cells if cell not in there]
