"""Frames come first: workers that compute in Python wait while a frame is due or being drawn.

Python hands its interpreter lock on after 5 ms at the earliest, and a frame has 16: a worker in the middle of a tile of
geofences, in nobody's way by itself, makes frames late. So long computations call `yield_to_frame` between small steps.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

LEAD_S = 0.001
"""The gate closes so long before a frame: what a worker does between two looks at it should be done by then."""
MAX_WAIT_S = 0.02
"""A worker is let through after so long: with frames that fill all the time there is, tiles would never come."""


class FrameGate:
    """One for the program; `expect` belongs to the thread that draws, `yield_to_frame` to everybody else."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """`monotonic` tells the time in seconds, as `core.clock` does."""
        self._monotonic = monotonic
        self._closes_at = math.inf
        self._opened = threading.Condition(threading.Lock())
        self._waiting = 0

    def expect(self, frame_at: float | None) -> None:
        """Close the gate shortly before `frame_at` (monotonic seconds), until the next call; None: leave it open."""
        self._closes_at = math.inf if frame_at is None else frame_at - LEAD_S
        # Whoever begins to wait counts itself first and looks at the gate then, so that nobody is overlooked here.
        if self._waiting and self._monotonic() < self._closes_at:
            with self._opened:
                self._opened.notify_all()

    def yield_to_frame(self) -> None:
        """Return at once while no frame is near, else when it is out, or after MAX_WAIT_S."""
        now = self._monotonic()
        if now < self._closes_at:
            return
        until = now + MAX_WAIT_S
        with self._opened:
            self._waiting += 1
            try:
                while self._closes_at <= now < until:
                    self._opened.wait(until - now)
                    now = self._monotonic()
            finally:
                self._waiting -= 1
