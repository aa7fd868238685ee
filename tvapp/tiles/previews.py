"""Makes the small pictures of the layers to choose from, out of tiles at the place where the map starts.

Their tiles are fetched only when the viewer opens the choice, and stored on the disk like any tile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Protocol, TypeVar

from PIL import Image as Pillow

from tvapp.core.errors import TvappError
from tvapp.core.image import Image
from tvapp.core.jobs import Inbox
from tvapp.tiles.cache_key import CacheKey, CacheScope
from tvapp.tiles.decode import decode_tile
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.ports import TileRequest, TileSource
from tvapp.tiles.tile import TILE_SIZE, Preview, PreviewArrived, TileId

T = TypeVar("T")

WIDTH, HEIGHT = 320, 320
"""Pixels of a preview: enough for a 4K screen."""


class Workers(Protocol):
    """The part of core.jobs.Jobs that previews use."""

    async def in_worker(self, work: Callable[[], T]) -> T: ...


class PreviewLoader:
    """Runs on the io thread."""

    def __init__(self, workers: Workers, source: TileSource, cache: DiskCache, inbox: Inbox) -> None:
        self._workers = workers
        self._source = source
        self._cache = cache
        self._inbox = inbox

    async def load(self, previews: Sequence[Preview], scope: CacheScope, background: tuple[int, int, int]) -> None:
        """Post a PreviewArrived for each preview whose tiles are available; the others keep their drawing."""
        wanted = dict.fromkeys(tile for preview in previews for tile in preview.tiles)
        fetches = {tile: asyncio.create_task(self._fetch(CacheKey(scope, tile))) for tile in wanted}
        await asyncio.gather(*(self._compose(preview, fetches, background) for preview in previews))

    async def _compose(
        self, preview: Preview, fetches: Mapping[TileId, asyncio.Task[bytes | None]], background: tuple[int, int, int]
    ) -> None:
        bodies = [await fetches[tile] for tile in preview.tiles]
        parts = [body for body in bodies if body is not None]
        if len(parts) == len(bodies):
            image = await self._workers.in_worker(lambda: compose(parts, background))
            if image is not None:
                self._inbox.post(PreviewArrived(preview.name, image))

    async def _fetch(self, key: CacheKey) -> bytes | None:
        entry = await self._workers.in_worker(lambda: self._cache.get(key))
        if entry is not None and entry.is_fresh:
            return entry.body
        try:
            reply = await self._source.tile(TileRequest(key.tile, key.scope.language, key.scope.view))
            await self._workers.in_worker(lambda: self._keep(key, reply.body, reply.headers))
        except TvappError:
            return entry.body if entry is not None else None
        return reply.body

    def _keep(self, key: CacheKey, body: bytes, headers: Mapping[str, str]) -> None:
        decode_tile(body, key.tile.tileset)  # so that nothing undecodable is ever stored
        self._cache.put(key, body, headers)


def compose(bodies: Sequence[bytes], background: tuple[int, int, int]) -> Image | None:
    """Compose tiles and cut a preview out of their middle; None when one cannot be decoded."""
    canvas = Pillow.new("RGBA", (TILE_SIZE, TILE_SIZE), (*background, 255))
    for body in bodies:
        try:
            decode_tile(body, "preview")
        except TvappError:
            return None
        with Pillow.open(BytesIO(body)) as picture:
            tile = picture.convert("RGBA").resize((TILE_SIZE, TILE_SIZE))
        canvas.alpha_composite(tile)
    left, top = (TILE_SIZE - WIDTH) // 2, (TILE_SIZE - HEIGHT) // 2
    cut = canvas.crop((left, top, left + WIDTH, top + HEIGHT))
    return Image(WIDTH, HEIGHT, cut.tobytes("raw", "BGRA"), opaque=True)
