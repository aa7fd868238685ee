"""Caches drawn tiles of geofences, compressed: decompressing one takes a tenth of the time of drawing it.

The map itself keeps the tiles of a few screens; this cache serves a view that comes back later. The tiles are mostly
transparent and of few colours, and compress to a tenth. Workers read and write it at the same time.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from tvapp.core.image import Image
from tvapp.geo.position import Bounds
from tvapp.tiles.memory_cache import MemoryCache
from tvapp.tiles.overlap import touches
from tvapp.tiles.tile import TileId, TileImage

BUDGET_BYTES = 10 << 20
"""Two hundred tiles of ten thousand fences in a city: four screens wide and high at 1920 x 1080."""
_LEVEL = 1
"""zlib's fastest: the others take at least twice as long to save a fifth."""
_ENTRY_BYTES = 400
"""Memory that an entry takes beside its pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class _CompressedTile:
    """A tile with its pixels compressed; `width` is 0 for an empty one."""

    pixels: bytes
    width: int
    height: int
    left: int
    top: int
    size: int


class RasterCache:
    """The tiles of one revision of the geofences; the least recently used are evicted first."""

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._tiles: MemoryCache[TileId, _CompressedTile] = MemoryCache(budget_bytes)
        self._revision = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._tiles)

    @property
    def size_bytes(self) -> int:
        """The memory that all entries take."""
        return self._tiles.size_bytes

    def get(self, tile: TileId, revision: int) -> TileImage | None:
        """Return a tile as it was drawn; None where it is not cached, or `revision` is not the cache's."""
        with self._lock:
            compressed = self._tiles.get(tile) if revision == self._revision else None
        if compressed is None:
            return None
        image = None
        if compressed.width:
            size_bytes = compressed.width * compressed.height * 4
            pixels = zlib.decompress(compressed.pixels, bufsize=size_bytes)
            image = Image(compressed.width, compressed.height, pixels)
        return TileImage(image, compressed.left, compressed.top, compressed.size)

    def put(self, tile: TileId, revision: int, content: TileImage) -> None:
        """Cache a tile, unless the geofences have changed since it was begun."""
        if revision != self._revision:
            return
        pixels, width, height = b"", 0, 0
        if content.image is not None:
            width, height = content.image.width, content.image.height
            pixels = zlib.compress(content.image.pixels, _LEVEL)
        compressed = _CompressedTile(pixels, width, height, content.left, content.top, content.size)
        with self._lock:
            if revision == self._revision:
                self._tiles.put(tile, compressed, len(pixels) + _ENTRY_BYTES)
                self._tiles.evict()

    def invalidate(self, bounds: Sequence[Bounds] | None, revision: int) -> None:
        """Serve `revision` from now on; drop the tiles that touch any of the boxes, or all tiles (None)."""
        with self._lock:
            self._revision = revision
            if bounds is None:
                self._tiles.clear()
                return
            test = touches(bounds)
            for tile in self._tiles:
                if test(tile.z, tile.x, tile.y):
                    self._tiles.remove(tile)
