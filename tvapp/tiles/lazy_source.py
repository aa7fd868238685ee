"""The source of tiles before it is there: what the disk has need not wait for an HTTP library to be loaded."""

from __future__ import annotations

import asyncio

from tvapp.tiles.ports import Runner, TileReply, TileRequest, TileSource


class LateSource:
    """A `TileSource` that has its requests wait until it knows the real one."""

    def __init__(self, jobs: Runner) -> None:
        self._jobs = jobs
        self._source: TileSource | None = None
        self._is_there = asyncio.Event()

    def use(self, source: TileSource) -> None:
        """Ask this one from now on; from any thread."""
        self._source = source
        self._jobs.io_loop().call_soon_threadsafe(self._is_there.set)

    async def tile(self, request: TileRequest) -> TileReply:
        """See TileSource."""
        await self._is_there.wait()
        assert self._source is not None
        return await self._source.tile(request)
