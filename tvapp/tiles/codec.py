"""What workers do for the loader: tiles from disk, and answers to disk, decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tvapp.core.errors import DataError
from tvapp.tiles.cache_key import CacheKey
from tvapp.tiles.decode import decode_tile
from tvapp.tiles.disk_cache import DiskCache, Entry
from tvapp.tiles.pixel_pool import PixelPool
from tvapp.tiles.ports import TileReply
from tvapp.tiles.tile import TileImage


@dataclass(frozen=True, slots=True)
class Validators:
    """What the disk lookup of a tile found: nothing, or the means to ask whether it is still right."""

    etag: str | None = None
    last_modified: str | None = None
    is_shown: bool = False
    """The stale tile is on the screen: asking can wait."""


class TileStock:
    """Decoded tiles out of and into the disk cache; any worker may use it."""

    def __init__(self, cache: DiskCache) -> None:
        self._cache = cache
        self._pixels = PixelPool()

    def read(self, key: CacheKey, most_px: int) -> tuple[TileImage, Entry, Validators] | None:
        """Return what the disk has of a tile, decoded to at most so many pixels square, or None."""
        entry = self._cache.get(key)
        if entry is None:
            return None
        try:
            content = decode_tile(entry.body, key.tile.tileset, self._pixels.take, most_px)
        except DataError:
            self._cache.drop(key)
            return None
        return content, entry, Validators(entry.etag, entry.last_modified, entry.may_use_stale)

    def confirm(self, key: CacheKey, reply: TileReply, delay_s: float) -> None:
        """Take note of a 304 for a tile whose pixels nobody needs."""
        self._cache.refresh(key, reply.headers, delay_s=delay_s)

    def keep(
        self, key: CacheKey, reply: TileReply, delay_s: float, may_store: Callable[[], bool], most_px: int
    ) -> TileImage | None:
        """Decode an answer and store it, in this order, so that nothing bad is ever stored.

        `delay_s` is how long the answer took; `most_px` as in `read`. None: what a 304 confirmed is gone from the disk.

        Raises:
            DataError: it is no tile.
        """
        if reply.status == 304:
            # Read first: the answer may forbid to keep it any longer.
            found = self.read(key, most_px)
            self._cache.refresh(key, reply.headers, delay_s=delay_s)
            return found[0] if found is not None else None
        content = decode_tile(reply.body, key.tile.tileset, self._pixels.take, most_px)
        if may_store():
            self._cache.put(key, reply.body, reply.headers, delay_s=delay_s)
        return content

    def flush(self) -> None:
        """Nothing more is expected for a while: write what was gathered, and keep no room for pixels."""
        self._pixels.clear()
        self._cache.flush()
