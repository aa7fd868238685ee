"""A clock that runs with the machine's clock and can be moved forward."""

from __future__ import annotations

import time


class SimulatedClock:
    """Implements `core.clock.Clock`: the machine's clocks and what was skipped. May be read from any thread."""

    def __init__(self) -> None:
        self.passed_s = 0.0
        """How much time was skipped, on both clocks."""
        self.wall_error_s = 0.0
        """How far the wall clock is wrong."""

    def monotonic(self) -> float:
        return time.monotonic() + self.passed_s

    def wall(self) -> float:
        return time.time() + self.passed_s + self.wall_error_s

    def is_synchronised(self) -> bool:
        return True

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks at once."""
        self.passed_s += max(0.0, seconds)

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward or (negative) back, as a person or NTP does; the monotonic clock stays."""
        self.wall_error_s += seconds
