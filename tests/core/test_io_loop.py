"""The loop's time-outs: they end what the network keeps waiting, and nothing that the machine alone makes late."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator

import pytest

from tvapp.core.clock import ManualClock
from tvapp.core.io_loop import COUNTED, PUNCTUAL_S, IoLoop, WaitingTime

LONG_S = 30.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1000.0)


@pytest.fixture
def run(clock: ManualClock) -> Iterator[Callable[[Coroutine[object, object, bytes]], bytes]]:
    loop = IoLoop(clock.monotonic)
    yield loop.run_until_complete
    loop.close()


def test_time_passes_as_it_does_while_the_loop_waits_and_is_punctual(clock: ManualClock) -> None:
    waiting = WaitingTime(clock.monotonic)
    for _ in range(100):
        waiting.wait_begins()
        clock.advance(0.5)
        waiting.wait_ends(None)
        clock.advance(PUNCTUAL_S)
    assert waiting.time() == pytest.approx(clock.now)


def test_a_wait_that_ends_later_than_planned_counts_as_planned_and_a_part_of_the_rest(clock: ManualClock) -> None:
    waiting = WaitingTime(clock.monotonic)
    waiting.wait_begins()
    clock.advance(2.0 + PUNCTUAL_S + 8.0)
    waiting.wait_ends(2.0)
    assert waiting.time() == pytest.approx(1000.0 + 2.0 + PUNCTUAL_S + 8.0 * COUNTED)


def test_time_never_goes_back(clock: ManualClock) -> None:
    waiting = WaitingTime(clock.monotonic)
    times = []
    for _ in range(3):
        for step in (0.001, 3.0, 0.5):
            clock.advance(step)
            times.append(waiting.time())
        waiting.wait_begins()
        times.append(waiting.time())
        clock.advance(2.0)
        waiting.wait_ends(1.0)
        times.append(waiting.time())
    assert times == sorted(times)


def test_what_has_arrived_while_the_loop_was_late_is_no_timeout(
    clock: ManualClock, run: Callable[[Coroutine[object, object, bytes]], bytes]
) -> None:
    ours, theirs = socket.socketpair()

    def compute() -> None:
        theirs.send(b"in time")
        clock.advance(LONG_S)

    async def receive() -> bytes:
        loop = asyncio.get_running_loop()
        loop.call_later(0, compute)
        async with asyncio.timeout(LONG_S / 2):
            return await loop.sock_recv(ours, 100)

    with ours, theirs:
        ours.setblocking(False)
        assert run(receive()) == b"in time"


def test_a_host_that_does_not_answer_is_noticed_however_late_the_loop_is(
    clock: ManualClock, run: Callable[[Coroutine[object, object, bytes]], bytes]
) -> None:
    ours, theirs = socket.socketpair()

    async def receive() -> bytes:
        loop = asyncio.get_running_loop()

        def compute() -> None:
            clock.advance(1.0)
            loop.call_soon(compute)

        loop.call_soon(compute)
        async with asyncio.timeout(LONG_S):
            return await loop.sock_recv(ours, 100)

    with ours, theirs:
        ours.setblocking(False)
        with pytest.raises(TimeoutError):
            run(receive())
    assert LONG_S < clock.now - 1000.0 <= LONG_S / COUNTED + 5.0
