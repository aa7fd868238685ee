"""The one source of time: monotonic for deadlines, wall for what people read."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Tells the time in seconds."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never jumps."""
        ...

    def wall(self) -> float:
        """Seconds since 1970-01-01 UTC; may jump when the clock is set."""
        ...


class SystemClock:
    """The machine's clocks."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until a test moves it."""

    now: float = 0.0
    epoch: float = 1_790_000_000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.epoch + self.now

    def advance(self, seconds: float) -> float:
        """Move both clocks forward; returns the new monotonic time."""
        self.now += seconds
        return self.now
