"""What the operating system knows about our process and asks of it: its start, and its signals."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

STOP_SIGNALS = {signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP", signal.SIGINT: "SIGINT"}
LONGEST_STOP_S = 4.5
"""After this long a stop is no longer polite: an init system that waits 5 s must not have to kill us."""
LAST_WORK_S = 1.0
"""So long may workers bring what they are at to an end: a write does, somebody else's network does not."""

COLLECT_AFTER = (10_000, 3, 600)
"""New objects until garbage is looked for. The default of 700 looks for it a hundred times while starting, and walks
through every geofence again and again while they are loaded, with all threads standing still: thirty thousand objects
at a time take 3 ms, the four hundred thousand of the default's proportions 70."""

M_ARENA_MAX = -8
"""The name of mallopt's option in malloc.h."""


@dataclass(frozen=True, slots=True)
class StopRequested:
    """The system wants the program to end; `reason` is the signal's name."""

    reason: str


@dataclass(frozen=True, slots=True)
class ScreenshotRequested:
    """Somebody sent SIGUSR1: save what is on the screen."""


def seconds_since_start() -> float:
    """Return the seconds since the process was started (exec), to 10 ms, from proc(5) field 22."""
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123 - pathlib is not needed yet
            ticks = int(file.read().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return time.process_time()


def tune_interpreter() -> None:
    """Make the interpreter's own pauses rare enough for a thread that draws.

    The switch interval stays at its 5 ms: a frame's work is shorter, so it is not interrupted for a worker's sake. With
    1 ms it is, several times, and each time it waits for the end of that worker's call into C.
    """
    gc.set_threshold(*COLLECT_AFTER)


@functools.cache
def keep_what_is_there() -> None:
    """Leave everything that exists out of later searches for garbage: modules and ten thousand geofences take 60 ms.

    Only the first call does so. What is garbage at that moment stays for ever, so a second one, after months, must not
    come: geofences that change every few minutes would leave behind 60,000 objects a day.
    """
    gc.freeze()


def limit_arenas() -> None:
    """Have glibc's allocator share two heaps among the threads: one for each of eight costs 10 MB. Takes some ms."""
    if (mallopt := _c_function("mallopt")) is not None:
        mallopt(M_ARENA_MAX, 2)


def return_freed_memory() -> None:
    """Give what the allocator keeps for later back to the system; takes some ms, so call it on a worker.

    The alternative, a low M_MMAP_THRESHOLD, makes SDL's software renderer three times slower at scaling: it wants a
    megabyte for each tile that it scales.
    """
    if (trim := _c_function("malloc_trim")) is not None:
        trim(0)


def _c_function(name: str) -> Callable[..., int] | None:
    """Return a function of the C library; None where it is not glibc."""
    import ctypes

    return getattr(ctypes.CDLL(None), name, None)


class Signals:
    """Signals as messages: blocked in every thread, and waited for in one.

    Python runs its handlers on the main thread between two instructions, which a thread that sleeps inside SDL never
    reaches; so nobody handles them, and a thread of their own fetches them.
    """

    def __init__(self) -> None:
        self._wanted = {*STOP_SIGNALS, signal.SIGUSR1}
        signal.pthread_sigmask(signal.SIG_BLOCK, self._wanted)

    def deliver(self, post: Callable[[object], None]) -> None:
        """Post a message for each signal; runs for ever, on a thread of its own."""
        while True:
            number = signal.sigwait(self._wanted)
            if number == signal.SIGUSR1:
                post(ScreenshotRequested())
                continue
            post(StopRequested(STOP_SIGNALS[signal.Signals(number)]))
            timer = threading.Timer(LONGEST_STOP_S, _end_at_once)
            timer.daemon = True
            timer.start()


def end(status: int) -> NoReturn:
    """End the process with a status, even though a worker still waits for somebody else's network."""
    until = time.monotonic() + LAST_WORK_S
    workers = [
        thread for thread in threading.enumerate() if not thread.daemon and thread is not threading.main_thread()
    ]
    for worker in workers:
        worker.join(max(0.0, until - time.monotonic()))
    if any(worker.is_alive() for worker in workers):
        # The interpreter would wait for them without end.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)
    sys.exit(status)


def _end_at_once() -> None:
    sys.stderr.write("tvapp: did not end in time, ending at once\n")
    os._exit(1)
