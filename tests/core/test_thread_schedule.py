"""How a thread spent its time: blocked, or held up by a slow machine."""

from __future__ import annotations

import gc
import sys
import threading
import time
from pathlib import Path

import pytest

from tvapp.core.clock import ManualClock, SystemClock
from tvapp.core.thread_schedule import Schedule, Spent, ThreadMeter, read_schedule


class Kernel:
    """Counts for a thread what a test says."""

    def __init__(self) -> None:
        self.counts: Schedule | None = Schedule(1.0, 2.0, 100)

    def read(self, _native_id: int) -> Schedule | None:
        return self.counts


def test_time_on_a_cpu_in_its_queue_and_for_the_gil_is_not_blocked() -> None:
    clock, kernel = ManualClock(50.0), Kernel()
    meter = ThreadMeter(clock, kernel.read)
    clock.advance(10.0)
    kernel.counts = Schedule(1.0 + 3.0, 2.0 + 2.5, 100 + 200)
    blocked_s, cpu_s = meter.spent()
    assert cpu_s == 3.0
    assert blocked_s == pytest.approx(10.0 - 3.0 - 2.5 - 200 * sys.getswitchinterval())


def test_a_thread_that_does_nothing_is_blocked() -> None:
    clock = ManualClock()
    meter = ThreadMeter(clock, Kernel().read)
    clock.advance(2.0)
    assert meter.spent() == Spent(2.0, 0.0)


def test_a_thread_that_is_given_a_cpu_very_often_is_not_blocked_for_less_than_no_time() -> None:
    clock, kernel = ManualClock(), Kernel()
    meter = ThreadMeter(clock, kernel.read)
    clock.advance(0.01)
    kernel.counts = Schedule(1.0, 2.0, 1000)
    assert meter.spent().blocked_s == 0.0


@pytest.mark.parametrize("is_known_at_first", [True, False])
def test_all_time_counts_as_blocked_where_the_kernel_does_not_tell(is_known_at_first: bool) -> None:
    clock, kernel = ManualClock(), Kernel()
    if not is_known_at_first:
        kernel.counts = None
    meter = ThreadMeter(clock, kernel.read)
    clock.advance(3.0)
    kernel.counts = None if is_known_at_first else Schedule(1.0, 2.0, 100)
    assert meter.spent() == Spent(3.0, 0.0)


def test_a_thread_that_is_not_there_has_no_counters() -> None:
    beyond_the_kernels_limit = 1 << 30
    assert read_schedule(beyond_the_kernels_limit) is None


def test_the_counters_of_a_thread_are_closed_with_it() -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = open_files()
    for _ in range(5):
        thread = threading.Thread(target=lambda: read_schedule(threading.get_native_id()))
        thread.start()
        thread.join()
    gc.collect()
    assert open_files() <= before


def test_the_kernel_tells_computing_and_waiting_apart() -> None:
    if read_schedule(threading.get_native_id()) is None:
        pytest.skip("this kernel counts nothing for a thread")
    meters: list[ThreadMeter] = []
    begun, may_end = threading.Event(), threading.Event()

    def wait() -> None:
        meters.append(ThreadMeter(SystemClock()))
        begun.set()
        may_end.wait()

    waiting = threading.Thread(target=wait)
    waiting.start()
    begun.wait()
    own = ThreadMeter(SystemClock())
    until = time.thread_time() + 0.3
    while time.thread_time() < until:
        pass
    computed, waited = own.spent(), meters[0].spent()
    may_end.set()
    waiting.join()
    assert computed.cpu_s >= 0.3
    assert computed.blocked_s < 0.15
    assert waited.cpu_s < 0.15
    assert waited.blocked_s > 0.15
