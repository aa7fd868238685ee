"""Knows how old the tiles in view are that come from the disk and could not be revalidated."""

from __future__ import annotations

from tvapp.mapview.layer_picture import cells_in_view, tile_zoom
from tvapp.mapview.layers import Layer
from tvapp.mapview.viewport import Viewport
from tvapp.tiles.tile import TileArrived, TileId, TileRevalidated

CAPACITY = 4000
"""Tiles remembered at once: several screens of all layers."""


class StaleTiles:
    """The time (wall time) at which each stale tile was last known to be right."""

    def __init__(self) -> None:
        self._as_of: dict[TileId, float] = {}

    def __len__(self) -> int:
        return len(self._as_of)

    def take(self, message: TileArrived | TileRevalidated, wall_s: float) -> None:
        """Note a tile that arrived, or was revalidated, at `wall_s`; above the capacity the oldest note goes."""
        self._as_of.pop(message.tile, None)
        if isinstance(message, TileArrived) and message.origin == "stale":
            self._as_of[message.tile] = wall_s - message.age_s
            if len(self._as_of) > CAPACITY:
                del self._as_of[next(iter(self._as_of))]

    def oldest(self, layers: tuple[Layer, ...], viewport: Viewport) -> float | None:
        """Return when the oldest stale tile in view was last right (wall time); None where no tile is stale."""
        if not self._as_of:
            return None
        found: list[float] = []
        for layer in layers:
            z = tile_zoom(layer, viewport)
            cells = cells_in_view(layer, viewport)
            for y in range(cells.y0, cells.y1):
                for x in range(cells.x0, cells.x1):
                    as_of = self._as_of.get(TileId(layer.tileset, z, x, y).wrapped())
                    if as_of is not None:
                        found.append(as_of)
        return min(found, default=None)
