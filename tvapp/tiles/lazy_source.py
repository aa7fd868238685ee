"""A tile source that can be used before the real one exists: tiles from the disk need not wait for the HTTP library."""

from __future__ import annotations

import asyncio

from tvapp.tiles.ports import Runner, TileReply, TileRequest, TileSource


class LazyTileSource:
    """A `TileSource` whose requests wait until it is given the real one."""

    def __init__(self, jobs: Runner) -> None:
        self._jobs = jobs
        self._source: TileSource | None = None
        self._is_set = asyncio.Event()

    def set_source(self, source: TileSource) -> None:
        """Send all requests to `source`, waiting ones too; may be called from any thread."""
        self._source = source
        self._jobs.io_loop().call_soon_threadsafe(self._is_set.set)

    async def tile(self, request: TileRequest) -> TileReply:
        """See TileSource."""
        await self._is_set.wait()
        assert self._source is not None
        return await self._source.tile(request)
