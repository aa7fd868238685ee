"""Reads tiles from the disk cache and stores replies in it, decoded; called on workers."""

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
    """What a tile's request is conditional on: the validators of its stored copy, if there is one."""

    etag: str | None = None
    last_modified: str | None = None
    is_shown: bool = False
    """The stale copy is on the screen: the request can wait."""


class TileCodec:
    """Turns tiles of the disk cache, and replies, into pictures; may be used by several workers at once."""

    def __init__(self, cache: DiskCache) -> None:
        self._cache = cache
        self._pool = PixelPool()

    def read(self, key: CacheKey, max_px: int) -> tuple[TileImage, Entry, Validators] | None:
        """Return a tile from the disk, decoded to at most `max_px` pixels square, or None."""
        entry = self._cache.get(key)
        if entry is None:
            return None
        try:
            content = decode_tile(entry.body, key.tile.tileset, self._pool.take, max_px)
        except DataError:
            self._cache.drop(key)
            return None
        return content, entry, Validators(entry.etag, entry.last_modified, entry.may_use_stale)

    def refresh(self, key: CacheKey, reply: TileReply, delay_s: float) -> None:
        """Renew the stored copy after a 304, without decoding it."""
        self._cache.refresh(key, reply.headers, delay_s=delay_s)

    def store(
        self, key: CacheKey, reply: TileReply, delay_s: float, may_store: Callable[[], bool], max_px: int
    ) -> TileImage | None:
        """Decode a reply and then store it, so that nothing undecodable is ever stored.

        `delay_s` is how long the reply took; `max_px` as in `read`. None: the copy that a 304 revalidated is gone.

        Raises:
            DataError: it is no tile.
        """
        if reply.status == 304:
            # Read first: the reply may forbid to store the copy any longer.
            found = self.read(key, max_px)
            self._cache.refresh(key, reply.headers, delay_s=delay_s)
            return found[0] if found is not None else None
        content = decode_tile(reply.body, key.tile.tileset, self._pool.take, max_px)
        if may_store():
            self._cache.put(key, reply.body, reply.headers, delay_s=delay_s)
        return content

    def flush(self) -> None:
        """Write what was gathered and free the pixel pool: no more tiles are expected for a while."""
        self._pool.clear()
        self._cache.flush()
