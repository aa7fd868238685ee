"""Counts the app's jobs, so that the simulation knows when all workers are idle."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from scripts.simulation.clock import SimulatedClock
from scripts.simulation.io_loop import SimulatedLoop
from tvapp.app.backend import Backend
from tvapp.app.backend_loading import BackendReady
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import Log

T = TypeVar("T")


class WatchedInbox(Inbox):
    """An inbox that keeps the backend, which the app does not hand out."""

    backend: Backend | None = None

    def post(self, message: object) -> None:
        if isinstance(message, BackendReady):
            self.backend = message.backend
        super().post(message)


class WatchedJobs(Jobs):
    """Jobs whose io loop runs in simulated time, and which know whether a worker is busy."""

    def __init__(self, inbox: Inbox, log: Log, clock: SimulatedClock) -> None:
        super().__init__(inbox, log, clock=clock, new_loop=self._make_loop)
        self._time = clock
        self._count_lock = threading.Lock()
        self._busy = 0
        self._endless: list[Callable[[], None]] = []
        self.loop: SimulatedLoop | None = None
        """None until the app has something to do on the io thread."""

    def quiet_until(self) -> float | None:
        """Return when the io loop's next timer is due (inf: never), or None while a worker or the loop is at work."""
        if self.has_busy_workers():
            return None
        until = self.loop.quiet_until() if self.loop is not None else float("inf")
        # The loop may just have given a worker a job.
        return None if self.has_busy_workers() else until

    def has_busy_workers(self) -> bool:
        """Tell whether anything given to a worker has not ended."""
        return self._busy > 0

    def run(self, name: str, work: Callable[[], object]) -> Future[None]:
        return self._watch(super().run(name, work))

    def thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        self._endless.append(work)
        return super().thread(name, work)

    def call(self, work: Callable[[], T]) -> Future[T]:
        return self._watch(super().call(work))

    async def in_worker(self, work: Callable[[], T]) -> T:
        future = super().call(work)
        waiting = asyncio.wrap_future(future)
        # After `wrap_future`: the loop learns of the end before the count does.
        self._watch(future)
        return await waiting

    def end_threads(self) -> None:
        """Stop the threads that run without end; the app itself leaves that to the end of its process."""
        for work in self._endless:
            stop = getattr(getattr(work, "__self__", None), "stop", None)
            if stop is not None:
                stop()

    def _make_loop(self) -> asyncio.AbstractEventLoop:
        self.loop = SimulatedLoop(self._time, self.inbox.wake)
        return self.loop

    def _watch(self, future: Future[T]) -> Future[T]:
        with self._count_lock:
            self._busy += 1
        future.add_done_callback(self._ended)
        return future

    def _ended(self, _future: Future[Any]) -> None:
        with self._count_lock:
            self._busy -= 1
        self.inbox.wake()
