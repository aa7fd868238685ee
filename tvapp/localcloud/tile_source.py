"""Renders tiles on worker threads, each tile at most once at a time."""

from __future__ import annotations

import asyncio
import hashlib
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TileKey = tuple[str, int, int, int, int, int]
Painter = Callable[[str, int, int, int, int, int], bytes]
"""tileset id, zoom, x, y, size, moment -> PNG; `moment` counts the steps of the weather, 0 for other tilesets.

The painter caches its tiles.
"""

# Painted when the process starts: it loads the data, and it is where the sample geofences are.
FIRST_TILE: TileKey = ("microsoft.base.darkgrey", 13, 4663, 2371, 512, 0)


class TileSource:
    """Renders tiles with `painter` on worker threads, so that the protocol endpoints keep answering meanwhile."""

    def __init__(self, painter: Painter, *, workers: int = 2) -> None:
        self._painter = painter
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="paint")
        self._running: dict[TileKey, asyncio.Future[bytes]] = {}

    async def tile(self, tileset: str, zoom: int, x: int, y: int, size: int, moment: int = 0) -> bytes:
        """Return a tile as PNG bytes."""
        key = (tileset, zoom, x, y, size, moment)
        running = self._running.get(key)
        if running is None:
            running = asyncio.get_running_loop().run_in_executor(self._pool, self._painter, *key)
            self._running[key] = running
            running.add_done_callback(lambda _: self._running.pop(key, None))
        # Shielded: a client that goes away must not cancel the painting for the others.
        return await asyncio.shield(running)

    async def work(self, work: Callable[[], bytes]) -> bytes:
        """Run other picture work on the same threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def warm_up(self) -> None:
        """Start to load the painter's data."""
        self._pool.submit(self._painter, *FIRST_TILE)

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def basemap_painter(folder: Path | None) -> Painter:
    """Return the painter of real geography, which loads its data at its first tile.

    `folder` keeps tiles between runs.
    """

    def paint(tileset: str, zoom: int, x: int, y: int, size: int, moment: int) -> bytes:
        from tvapp.localcloud.basemap import render_tile

        return render_tile(tileset, zoom, x, y, size, moment=moment, folder=folder)

    return paint


def paint_plain(tileset: str, zoom: int, x: int, y: int, size: int, moment: int) -> bytes:
    """Paint one flat colour that depends on the tile: quick, for tests of everything but the picture.

    Overlays are half transparent.
    """
    digest = hashlib.sha256(f"{tileset}/{zoom}/{x}/{y}/{moment}".encode()).digest()
    base = tileset in ("microsoft.base.road", "microsoft.base.darkgrey", "microsoft.imagery", "microsoft.terra.main")
    colour = bytes([*digest[:3]]) if base else bytes([*digest[:3], 96])
    row = b"\x00" + colour * size
    header = struct.pack(">IIBBBBB", size, size, 8, 2 if base else 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * size, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
