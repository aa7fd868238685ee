"""Where tile pictures come from: painted on worker threads, each at most once at a time, kept in memory."""

from __future__ import annotations

import asyncio
import hashlib
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

TileKey = tuple[str, int, int, int, int]
Painter = Callable[[str, int, int, int, int], bytes]
"""tileset id, zoom, x, y, size -> PNG."""

KEPT_BYTES = 96 << 20


class TileSource:
    """Renders tiles with `painter` and remembers them, least recently used out first."""

    def __init__(self, painter: Painter, *, workers: int = 2) -> None:
        self._painter = painter
        # Painting holds no lock for long, so the protocol endpoints keep answering meanwhile.
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="paint")
        self._kept: OrderedDict[TileKey, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._running: dict[TileKey, asyncio.Future[bytes]] = {}

    async def tile(self, tileset: str, zoom: int, x: int, y: int, size: int) -> bytes:
        """Return a tile as PNG bytes."""
        key = (tileset, zoom, x, y, size)
        if (found := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return found
        if (running := self._running.get(key)) is None:
            running = asyncio.get_running_loop().run_in_executor(self._pool, self._painter, *key)
            self._running[key] = running
            running.add_done_callback(lambda future: self._finished(key, future))
        # Shielded: a client that goes away must not cancel the painting for the others.
        return await asyncio.shield(running)

    async def work(self, work: Callable[[], bytes]) -> bytes:
        """Run other picture work on the same threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _finished(self, key: TileKey, future: asyncio.Future[bytes]) -> None:
        self._running.pop(key, None)
        if future.cancelled() or future.exception() is not None:
            return
        data = future.result()
        self._kept[key] = data
        self._kept_bytes += len(data)
        while self._kept_bytes > KEPT_BYTES and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._kept_bytes -= len(old)


def paint_basemap(tileset: str, zoom: int, x: int, y: int, size: int) -> bytes:
    """Paint real geography; the first call loads it."""
    from tvapp.localcloud.basemap import render_tile

    return render_tile(tileset, zoom, x, y, size)


def paint_plain(tileset: str, zoom: int, x: int, y: int, size: int) -> bytes:
    """Paint one flat colour that depends on the tile: quick, for tests of everything but the picture.

    Overlays are half transparent.
    """
    digest = hashlib.sha256(f"{tileset}/{zoom}/{x}/{y}".encode()).digest()
    base = tileset in ("microsoft.base.road", "microsoft.base.darkgrey", "microsoft.imagery", "microsoft.terra.main")
    colour = bytes([*digest[:3]]) if base else bytes([*digest[:3], 96])
    row = b"\x00" + colour * size
    header = struct.pack(">IIBBBBB", size, size, 8, 2 if base else 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * size, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
