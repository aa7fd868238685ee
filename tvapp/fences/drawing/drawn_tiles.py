"""Tiles of geofences that were drawn before, compressed: to unpack one takes a tenth of drawing it.

The map keeps the tiles of a few screens; who comes back to ground that was left a while ago finds them here. They are
mostly transparent and of few colours, a tenth of their size when compressed. Workers read and write it at once.
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
"""Of ten thousand fences in a city, two hundred tiles: four screens wide and high at 1920 x 1080."""
_LEVEL = 1
"""The quickest: others take twice as long and more to save a fifth."""
_ENTRY_BYTES = 400
"""What an entry takes beside its pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class _Packed:
    """A tile without its pixels, which are packed; `width` 0: it is empty."""

    pixels: bytes
    width: int
    height: int
    left: int
    top: int
    size: int


class DrawnTiles:
    """The tiles of one state of the geofences, least recently used gone first."""

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._held: MemoryCache[TileId, _Packed] = MemoryCache(budget_bytes)
        self._revision = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    @property
    def size_bytes(self) -> int:
        """What they take in memory."""
        return self._held.size_bytes

    def get(self, tile: TileId, revision: int) -> TileImage | None:
        """Return a tile as it was drawn; None where it is not known, or not in this revision of the geofences."""
        with self._lock:
            packed = self._held.get(tile) if revision == self._revision else None
        if packed is None:
            return None
        image = None
        if packed.width:
            pixels = zlib.decompress(packed.pixels, bufsize=packed.width * packed.height * 4)
            image = Image(packed.width, packed.height, pixels)
        return TileImage(image, packed.left, packed.top, packed.size)

    def put(self, tile: TileId, revision: int, content: TileImage) -> None:
        """Keep a tile, unless the geofences have changed since it was begun."""
        if revision != self._revision:
            return
        pixels, width, height = b"", 0, 0
        if content.image is not None:
            width, height = content.image.width, content.image.height
            pixels = zlib.compress(content.image.pixels, _LEVEL)
        packed = _Packed(pixels, width, height, content.left, content.top, content.size)
        with self._lock:
            if revision == self._revision:
                self._held.put(tile, packed, len(pixels) + _ENTRY_BYTES)
                self._held.evict()

    def outdate(self, bounds: Sequence[Bounds] | None, revision: int) -> None:
        """Drop the tiles that touch any of the boxes, or all (None): from now on it is this revision that counts."""
        with self._lock:
            self._revision = revision
            if bounds is None:
                self._held.clear()
                return
            test = touches(bounds)
            for tile in self._held:
                if test(tile.z, tile.x, tile.y):
                    self._held.remove(tile)
