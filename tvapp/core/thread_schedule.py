"""Tells for how long a thread was blocked, which is not the time that it took: a slow CPU blocks nothing.

A limit on the wall clock also counts the time in which the thread computed, waited for a CPU or waited for the GIL. On
a slow or busy machine that is most of it, and a disk or a server would be blamed for it. Linux counts the first two for
each thread (`/proc/<pid>/task/<tid>/schedstat`), and how often the thread was given a CPU. A thread that waits for the
GIL is given one after each switch interval; a thread that waits for a disk or a socket is not.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from tvapp.core.clock import Clock


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the kernel counts for a thread: seconds on a CPU, seconds queued for one, and how often it got one."""

    cpu_s: float
    queued_s: float
    turns: int


class Spent(NamedTuple):
    """How a thread spent its time: seconds blocked, and seconds on a CPU."""

    blocked_s: float
    cpu_s: float


class _Counters:
    """The open file of the kernel's counters of a thread, which is closed with this object."""

    def __init__(self, native_id: int) -> None:
        self._fd = os.open(f"/proc/self/task/{native_id}/schedstat", os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        if (fd := self.__dict__.pop("_fd", None)) is not None:
            close(fd)

    def read(self) -> bytes:
        return os.pread(self._fd, 100, 0)


class _Own(threading.local):
    """The counters of each thread, kept open: to read them takes 4 microseconds, to open them 20."""

    counters: _Counters | None = None


_own = _Own()


def read_schedule(native_id: int) -> Schedule | None:
    """Read the kernel's counters of a thread of this process; None where the thread has ended or nothing is counted."""
    try:
        is_own = native_id == threading.get_native_id()
        counters = (_own.counters if is_own else None) or _Counters(native_id)
        if is_own:
            _own.counters = counters
        cpu, queued, turns = counters.read().split()
    except (OSError, ValueError):
        return None
    # A kernel without these statistics reports zeros.
    return Schedule(int(cpu) / 1e9, int(queued) / 1e9, int(turns)) if int(turns) else None


class ThreadMeter:
    """Measures from its making on how a thread spends its time; `spent` may be called from any thread.

    Where the kernel counts nothing, all of the time counts as blocked.
    """

    def __init__(
        self, clock: Clock, read: Callable[[int], Schedule | None] = read_schedule, *, thread: int | None = None
    ) -> None:
        """`thread` is the native id of the thread; None: the one that calls."""
        self._clock = clock
        self._read = read
        self._thread = threading.get_native_id() if thread is None else thread
        self._first = read(self._thread)
        self._began = clock.monotonic()

    def spent(self) -> Spent:
        """Return how the thread has spent its time so far."""
        took_s = self._clock.monotonic() - self._began
        latest = self._read(self._thread)
        if self._first is None or latest is None:
            return Spent(took_s, 0.0)
        cpu_s = latest.cpu_s - self._first.cpu_s
        queued_s = latest.queued_s - self._first.queued_s
        for_gil_s = (latest.turns - self._first.turns) * sys.getswitchinterval()
        return Spent(max(0.0, took_s - cpu_s - queued_s - for_gil_s), cpu_s)
