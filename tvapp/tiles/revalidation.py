"""Which tiles the service has been asked about lately. Pure."""

from __future__ import annotations

from tvapp.tiles.disk_cache import OVERLAYS
from tvapp.tiles.tile import TileId

LATELY_S = 300.0
"""A base is not asked about more often, whatever its lifetime is."""
MOST = 500


class Confirmed:
    """Remembers when tiles came from the service or were confirmed by it; times are monotonic seconds."""

    def __init__(self) -> None:
        self._at: dict[TileId, float] = {}

    def add(self, tile: TileId, now: float) -> None:
        """Take note of an answer."""
        self._at.pop(tile, None)
        self._at[tile] = now
        if len(self._at) > MOST:
            del self._at[next(iter(self._at))]

    def is_recent(self, tile: TileId, now: float) -> bool:
        """Tell whether a copy on the disk is good enough; never for what changes all the time."""
        at = self._at.get(tile)
        return at is not None and now - at < LATELY_S and not tile.tileset.startswith(OVERLAYS)

    def clear(self) -> None:
        """Forget them all."""
        self._at.clear()
