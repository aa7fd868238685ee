"""Flushing to the disk once no more comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tvapp.core.jobs import Inbox
from tvapp.tiles.ports import T
from tvapp.tiles.write_behind import QUIET_S, WriteBehind


class SlowJobs:
    """Workers that wait for the test."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.gate = asyncio.Event()

    def io_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    async def in_worker(self, work: Callable[[], T]) -> T:
        await self.gate.wait()
        return work()


def test_a_flush_is_due_two_seconds_after_the_last_call() -> None:
    async def work() -> None:
        loop, behind = asyncio.get_running_loop(), WriteBehind(SlowJobs(), lambda: None)
        behind.postpone()
        first = behind._timer
        assert first is not None
        assert first.when() - loop.time() == pytest.approx(QUIET_S, abs=0.5)
        assert QUIET_S == 2.0
        behind.postpone()
        second = behind._timer
        assert second is not None
        assert (first.cancelled(), second.cancelled()) == (True, False)
        behind.stop()
        assert second.cancelled()

    asyncio.run(work())


def test_while_a_flush_is_under_way_no_other_begins() -> None:
    async def work() -> None:
        flushed: list[int] = []
        jobs = SlowJobs()
        behind = WriteBehind(jobs, lambda: flushed.append(1))
        behind._start()
        behind._start()
        jobs.gate.set()
        for _ in range(5):
            await asyncio.sleep(0)
        assert flushed == [1]
        behind._start()
        for _ in range(5):
            await asyncio.sleep(0)
        assert flushed == [1, 1]

    asyncio.run(work())
