"""Flushes what was gathered for the disk once no more comes; belongs to the io thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tvapp.tiles.ports import Runner

QUIET_S = 2.0


class WriteBehind:
    """Runs `flush` on a worker when nothing has happened for QUIET_S."""

    def __init__(self, jobs: Runner, flush: Callable[[], None]) -> None:
        self._jobs = jobs
        self._flush = flush
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Task[None] | None = None

    def postpone(self) -> None:
        """Wait QUIET_S from now on."""
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(QUIET_S, self._start)

    def stop(self) -> None:
        """Start no flush; one that is under way goes on."""
        if self._timer is not None:
            self._timer.cancel()

    def _start(self) -> None:
        async def flush() -> None:
            await self._jobs.in_worker(self._flush)

        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(flush())
