"""Brings what was gathered for the disk there once it is quiet; on the io thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tvapp.tiles.ports import Runner

FLUSH_S = 2.0


class Flushing:
    """Has `flush` run on a worker when nothing has happened for FLUSH_S."""

    def __init__(self, jobs: Runner, flush: Callable[[], None]) -> None:
        self._jobs = jobs
        self._flush = flush
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Task[None] | None = None

    def put_off(self) -> None:
        """Something happened."""
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self._start)

    def stop(self) -> None:
        """Begin no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _start(self) -> None:
        async def flush() -> None:
            await self._jobs.in_worker(self._flush)

        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(flush())
