"""Remembers which tiles were posted to the map, and decides when one that is still requested has got lost. Pure.

The map requests a tile until it has taken it in. On a slow machine that takes many frames; a tile that was loaded again
meanwhile would make the map later still. So the time allowed grows with the time that the map has needed lately, and
doubles with each loss of a tile.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from tvapp.tiles.tile import TileId

SETTLE_S = 5.0
"""A tile that is still requested so long after it was posted got lost on its way, and is loaded again."""
REVALIDATED_S = 1.0
"""The same after TileRevalidated: a map that has lost the pixels meanwhile still requests the tile."""
TOLERANCE = 3.0
"""A tile may take so many times as long as the slowest of the latest ones."""
LONGEST_S = 120.0
FORGET = 0.7
"""What is left of the slowest time with each new list of requests."""


@dataclass(frozen=True, slots=True)
class _Posted:
    revision: int
    at: float
    lost_at: float


class Deliveries:
    """The posted tiles that are still requested. Times are monotonic seconds.

    >>> posted, tile = Deliveries(), TileId("base", 1, 0, 0)
    >>> posted.add(tile, 0, now=10.0)
    >>> posted.is_on_its_way(tile, 0, now=14.0), posted.is_on_its_way(tile, 0, now=15.0)
    (True, False)
    """

    def __init__(self) -> None:
        self._posted: dict[TileId, _Posted] = {}
        self._losses: dict[TileId, int] = {}
        self._slowest_s = 0.0

    def __contains__(self, tile: TileId) -> bool:
        return tile in self._posted

    def add(self, tile: TileId, revision: int, now: float) -> None:
        """Note that a tile was posted."""
        allowed_s = max(SETTLE_S, TOLERANCE * self._slowest_s) * 2 ** self._losses.get(tile, 0)
        self._posted[tile] = _Posted(revision, now, now + min(allowed_s, LONGEST_S))

    def add_revalidated(self, tile: TileId, now: float) -> None:
        """Note that a tile was posted as revalidated, without its pixels."""
        self._posted[tile] = _Posted(0, now, now + REVALIDATED_S)

    def is_on_its_way(self, tile: TileId, revision: int, now: float) -> bool:
        """Tell whether a tile was posted and may still be taken in; false also for one older than `revision`."""
        posted = self._posted.get(tile)
        if posted is None:
            return False
        if posted.revision >= revision and now < posted.lost_at:
            return True
        del self._posted[tile]
        if posted.revision >= revision:
            self._losses[tile] = self._losses.get(tile, 0) + 1
        return False

    def lost_at(self, tile: TileId) -> float:
        """Return when a tile that is on its way counts as lost."""
        return self._posted[tile].lost_at

    def keep(self, requested: Container[TileId], now: float) -> None:
        """Forget the tiles that are not requested any more: the map has taken them in, or needs them no longer."""
        taken = [tile for tile in self._posted if tile not in requested]
        slowest_s = max((now - self._posted.pop(tile).at for tile in taken), default=0.0)
        self._slowest_s = max(slowest_s, FORGET * self._slowest_s)
        for tile in [tile for tile in self._losses if tile not in requested]:
            del self._losses[tile]

    def clear(self) -> None:
        """Forget everything: all tiles are delivered again."""
        self._posted.clear()
        self._losses.clear()
