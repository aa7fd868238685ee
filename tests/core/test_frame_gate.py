"""Workers wait while a frame is due or being drawn, but not for ever."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from tvapp.core.frame_gate import LEAD_S, MAX_WAIT_S, FrameGate


@dataclass
class PassingClock:
    """A clock that advances by a millisecond with each reading."""

    now: float = 100.0
    looks: int = 0

    def monotonic(self) -> float:
        self.looks += 1
        self.now += 0.001
        return self.now


@pytest.fixture
def clock() -> PassingClock:
    return PassingClock()


def test_nobody_waits_while_no_frame_is_expected(clock: PassingClock) -> None:
    gate = FrameGate(clock.monotonic)
    gate.yield_to_frame()
    gate.expect(clock.now + 10)
    gate.yield_to_frame()
    assert clock.looks == 2


def test_a_worker_waits_from_shortly_before_a_frame_until_it_is_out(clock: PassingClock) -> None:
    gate = FrameGate(clock.monotonic)
    gate.expect(clock.now + LEAD_S)
    began = clock.looks
    gate.yield_to_frame()
    waited = clock.looks - began
    gate.expect(None)
    gate.yield_to_frame()
    assert waited > 1
    assert clock.looks == began + waited + 1


def test_frames_without_end_do_not_stop_the_work(clock: PassingClock) -> None:
    gate = FrameGate(clock.monotonic)
    gate.expect(0.0)
    before = clock.now
    gate.yield_to_frame()
    assert clock.now - before <= MAX_WAIT_S + 0.003


def test_with_frames_back_to_back_a_worker_has_half_of_the_time(clock: PassingClock) -> None:
    gate = FrameGate(clock.monotonic)
    gate.expect(0.0)
    waited = 0.0
    began = clock.now
    for _ in range(1000):
        before = clock.now
        gate.yield_to_frame()
        waited += clock.now - before if clock.now - before > MAX_WAIT_S / 2 else 0.0
    assert waited < 0.6 * (clock.now - began)


def test_whoever_waits_goes_on_as_soon_as_the_frame_is_out() -> None:
    gate = FrameGate(lambda: 100.0)  # the time stands still: no wait ends by its limit
    gate.expect(100.0)
    passed = threading.Event()

    def work() -> None:
        gate.yield_to_frame()
        passed.set()

    workers = [threading.Thread(target=work, daemon=True) for _ in range(3)]
    for worker in workers:
        worker.start()
    gate.expect(99.0)
    assert not passed.wait(0.05)
    gate.expect(None)
    for worker in workers:
        worker.join(10)
    assert not any(worker.is_alive() for worker in workers)
