"""Makes workers that compute in Python wait while a frame is due or being drawn.

A thread keeps the GIL for 5 ms at a time, and a frame has 16: a worker that rasterises a tile of geofences makes frames
late. So long computations call `yield_to_frame` between small steps.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

LEAD_S = 0.001
"""The gate closes so long before a frame: a step of a worker that began before it should be done by then."""
MAX_WAIT_S = 0.02
"""A worker waits no longer than this, and then works as long as it has waited: with frames back to back, as a slow
machine draws them, tiles would hardly ever come."""


class FrameGate:
    """The one gate of the program; the thread that draws calls `expect`, workers call `yield_to_frame`."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """`monotonic` tells the time in seconds, as `core.clock` does."""
        self._monotonic = monotonic
        self._closes_at = math.inf
        self._opened = threading.Condition(threading.Lock())
        self._waiting = 0
        self._exempt_until: dict[int, float] = {}
        """Until when a thread that has waited in vain does not wait again."""

    def expect(self, frame_at: float | None) -> None:
        """Close the gate shortly before `frame_at` (monotonic seconds), until the next call; None: leave it open."""
        self._closes_at = math.inf if frame_at is None else frame_at - LEAD_S
        # A worker counts itself before it looks at the gate, so no waiting worker is missed here.
        if self._waiting and self._monotonic() < self._closes_at:
            with self._opened:
                self._opened.notify_all()

    def yield_to_frame(self) -> None:
        """Return at once while no frame is near or after a wait in vain, else once it is out, or after MAX_WAIT_S."""
        now = self._monotonic()
        if now < self._closes_at:
            return
        thread = threading.get_ident()
        if now < self._exempt_until.get(thread, -math.inf):
            return
        began, until = now, now + MAX_WAIT_S
        with self._opened:
            self._waiting += 1
            try:
                while self._closes_at <= now < until:
                    self._opened.wait(until - now)
                    now = self._monotonic()
            finally:
                self._waiting -= 1
        if now >= until:
            self._exempt_until[thread] = now + (now - began)
