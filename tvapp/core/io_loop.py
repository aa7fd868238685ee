"""The event loop of the io thread, whose time-outs count waiting for the network, not the loop's own lateness.

On a slow or busy machine a loop comes late to what its sockets have received: another thread holds the GIL, a TLS
handshake or a message takes a second of CPU, or the process gets no CPU. asyncio's time goes on meanwhile, and a
response that has arrived is given up, because its time-out is due in the same turn. Requests are then repeated that
were answered in time, and the next ones come even later.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable

PUNCTUAL_S = 0.005
"""A turn that takes no longer than this is not late: on most machines the loop's time is the machine's time."""
COUNTED = 0.25
"""The part of a delay that counts all the same: a host that does not answer is noticed on any machine, in at most four
times its time-out."""


class WaitingTime:
    """The loop's time: it runs with the machine's while the loop waits, and more slowly while the loop is late. Pure.

    >>> now = [100.0]
    >>> waiting = WaitingTime(lambda: now[0])
    >>> now[0] += 4.005  # a callback that takes four seconds
    >>> round(waiting.time(), 3)
    101.005
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with the time that `monotonic` tells, in seconds."""
        self._monotonic = monotonic
        self._since = self._passed = monotonic()

    def time(self) -> float:
        """Return the loop's time; to be called between two waits."""
        return self._passed + _counted(self._monotonic() - self._since)

    def wait_begins(self) -> None:
        """Note that the loop has done its work, and waits."""
        now = self._monotonic()
        self._passed += _counted(now - self._since)
        self._since = now

    def wait_ends(self, timeout_s: float | None) -> None:
        """Note that the loop goes on after a wait that was to take `timeout_s` at most (None: without limit)."""
        now = self._monotonic()
        took_s = now - self._since
        planned_s = took_s if timeout_s is None else min(took_s, max(0.0, timeout_s))
        self._passed += planned_s + _counted(took_s - planned_s)
        self._since = now


class IoLoop(asyncio.SelectorEventLoop):
    """An asyncio loop in the time of `WaitingTime`."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._waiting = WaitingTime(monotonic)
        super().__init__(_Selector(self._waiting))

    def time(self) -> float:
        """Return the time that all timers of this loop use, in seconds."""
        return self._waiting.time()


class _Selector(selectors.DefaultSelector):
    def __init__(self, waiting: WaitingTime) -> None:
        super().__init__()
        self._waiting = waiting

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """See selectors.BaseSelector."""
        self._waiting.wait_begins()
        try:
            return super().select(timeout)
        finally:
            self._waiting.wait_ends(timeout)


def _counted(late_s: float) -> float:
    return late_s if late_s <= PUNCTUAL_S else PUNCTUAL_S + COUNTED * (late_s - PUNCTUAL_S)
