"""Which tiles the service sent or revalidated lately. Pure."""

from __future__ import annotations

from tvapp.tiles.disk_cache import OVERLAY_PREFIXES
from tvapp.tiles.tile import TileId

RECENT_S = 300.0
"""A base tile is not revalidated more often, however short its lifetime is."""
MAX_TILES = 500


class Revalidations:
    """Remembers when tiles came from the service or were revalidated by it; times are monotonic seconds."""

    def __init__(self) -> None:
        self._at: dict[TileId, float] = {}

    def add(self, tile: TileId, now: float) -> None:
        """Take in that the service sent or revalidated a tile."""
        self._at.pop(tile, None)
        self._at[tile] = now
        if len(self._at) > MAX_TILES:
            del self._at[next(iter(self._at))]

    def is_recent(self, tile: TileId, now: float) -> bool:
        """Tell whether a stale copy on the disk is good enough; never for overlays, which change all the time."""
        at = self._at.get(tile)
        return at is not None and now - at < RECENT_S and not tile.tileset.startswith(OVERLAY_PREFIXES)

    def clear(self) -> None:
        """Forget all tiles."""
        self._at.clear()
