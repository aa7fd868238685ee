"""Talks to the operating system about our process: its start, its memory, its signals and its end."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

STOP_SIGNALS = {signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP", signal.SIGINT: "SIGINT"}
LONGEST_STOP_S = 4.5
"""After so long a stop is forced: an init system that waits 5 s must not have to kill the process."""
LAST_WORK_S = 1.0
"""So long may workers take to finish: enough for a write, not for a network that hangs."""

COLLECT_AFTER = (10_000, 3, 600)
"""Thresholds of the garbage collector. The default of 700 new objects collects a hundred times during the start, and
visits every geofence again and again while they are loaded, with all threads stopped: thirty thousand objects at a time
take 3 ms, the four hundred thousand of the default's proportions 70."""

M_ARENA_MAX = -8
"""The option of mallopt, from malloc.h."""


@dataclass(frozen=True, slots=True)
class StopRequested:
    """The system wants the program to end; `reason` is the signal's name."""

    reason: str


@dataclass(frozen=True, slots=True)
class ScreenshotRequested:
    """SIGUSR1 came: save what is on the screen."""


def seconds_since_start() -> float:
    """Return the seconds since the process was started (exec), to 10 ms, from proc(5) field 22."""
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123 - pathlib is not needed yet
            ticks = int(file.read().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return time.process_time()


STARTED_AT = "_TVAPP_STARTED_AT"
"""When a program replaced itself in its process: seconds since boot, handed on in the environment. Not a setting."""


DISPLAY_LOST_AT = "_TVAPP_DISPLAY_LOST_AT"
"""When such a program had lost its display, in the same form."""


def handed_on(environ: Mapping[str, str], name: str) -> float | None:
    """Return the time, in seconds since boot, that the former program of this process left under `name`."""
    try:
        return float(environ.get(name, ""))
    except ValueError:
        return None


def seconds_since(environ: Mapping[str, str]) -> Callable[[], float]:
    """Return a function for the seconds since this program started, which may be later than its process did."""
    started = handed_on(environ, STARTED_AT)
    if started is None:
        return seconds_since_start
    return lambda: max(0.0, min(seconds_since_start(), time.clock_gettime(time.CLOCK_BOOTTIME) - started))


def tune_interpreter() -> None:
    """Make garbage collections rare enough for a thread that draws.

    The GIL's switch interval stays at 5 ms: a frame's work is shorter, so no worker interrupts it. With 1 ms, workers
    do so several times, and each time the frame waits for the end of that worker's call into C.
    """
    gc.set_threshold(*COLLECT_AFTER)


@functools.cache
def freeze_garbage_collection() -> None:
    """Exclude everything that exists from later garbage collections: modules and ten thousand geofences take 60 ms.

    Only the first call does so. Garbage of that moment is never freed, so there must be no further calls: geofences
    that change every few minutes would leave behind 60,000 objects a day.
    """
    gc.freeze()


def limit_arenas() -> None:
    """Have glibc's allocator serve all threads from one heap. Takes 3 ms; call it before there is a second thread.

    Workers make pictures and geofences, and the main thread frees them: with a heap for each thread, the others cannot
    use what one has freed. One heap instead of two saves 7 to 10 MB.
    """
    if (mallopt := _c_function("mallopt")) is not None:
        mallopt(M_ARENA_MAX, 1)


def return_freed_memory() -> None:
    """Give free memory of the allocator back to the system; takes some ms, so call it on a worker.

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
    """Turns signals into messages: blocks them in every thread, and waits for them in one.

    Python runs signal handlers on the main thread between two instructions, which a thread that sleeps inside SDL never
    reaches. So there are no handlers, and a thread of its own fetches the signals.
    """

    def __init__(self) -> None:
        self._wanted = {*STOP_SIGNALS, signal.SIGUSR1}
        self._former = signal.pthread_sigmask(signal.SIG_BLOCK, self._wanted)

    def stop_within(self, timeout_s: float) -> str | None:
        """Sleep; returns the name of a stop signal, if one came. Only before `deliver`."""
        until = time.monotonic() + timeout_s
        while (left := until - time.monotonic()) > 0:
            found = signal.sigtimedwait(self._wanted, left)
            if found is not None and found.si_signo in STOP_SIGNALS:
                return STOP_SIGNALS[signal.Signals(found.si_signo)]
        return None

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

    def restore(self) -> None:
        """Restore the former signal mask, for the program that replaces this one in its process."""
        signal.pthread_sigmask(signal.SIG_SETMASK, self._former)


def start_over(environment: Mapping[str, str]) -> None:
    """Replace this process by a new start with the same arguments; returns only if that fails.

    The process id stays, so that an init system or a shell notices nothing. The system closes every file but the
    standard ones at that moment, also those that C libraries opened without asking for it.
    """
    if not sys.executable or len(sys.orig_argv) < 1:
        return
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names are all that is needed
            if int(name) > 2:
                with contextlib.suppress(OSError):
                    os.set_inheritable(int(name), False)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    handed_on = {**environment, STARTED_AT: str(time.clock_gettime(time.CLOCK_BOOTTIME))}
    with contextlib.suppress(OSError):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], handed_on)  # noqa: S606 - no shell is meant


def end(status: int) -> NoReturn:
    """End the process with a status, even if a worker still waits for a network."""
    from tvapp.core.jobs import WORKER

    until = time.monotonic() + LAST_WORK_S
    # A worker whose first job came from the io thread is a daemon like that; the interpreter waits for it too.
    workers = [
        thread
        for thread in threading.enumerate()
        if thread is not threading.main_thread() and (not thread.daemon or thread.name.startswith(WORKER))
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
    from tvapp.core.jobs import stack_of

    at = stack_of(threading.main_thread().ident or 0)
    sys.stderr.write(f"tvapp: did not end in time ({at}), ending at once\n")
    os._exit(1)
