"""The one source of time: monotonic for deadlines, wall for what people read, and how the two are compared."""

from __future__ import annotations

import calendar
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from tvapp import RELEASED

SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd touches it once it has set the clock since the machine started."""

RELEASED_AT = float(calendar.timegm((*map(int, RELEASED.split("-")), 0, 0, 0)))
"""`RELEASED` in seconds since 1970."""

MIN_CHANGE_S = 1.0
"""A smaller difference between two clocks is not reported."""


AT_ONCE_S = 0.05
"""Readings of several clocks within this count as made at one moment."""
READ_AGAIN = 20
"""So often a machine is tried that gives the process no CPU in between."""


class Clock(Protocol):
    """Tells the time in seconds."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment, those asleep included; never jumps otherwise."""
        ...

    def wall(self) -> float:
        """Seconds since 1970-01-01 UTC; may jump when the clock is set."""
        ...

    def is_synchronised(self) -> bool:
        """Tell whether the system has set the wall clock from a time server; False where that is not known."""
        ...


class SystemClock:
    """The machine's clocks.

    Deadlines (a token's, a code's) pass while the machine is suspended, so `monotonic` is CLOCK_BOOTTIME where there
    is one. Timers of Python and SDL stand still meanwhile, so `ClockChangeDetector` reports a sleep.
    """

    def monotonic(self) -> float:
        return _boot_time()

    def wall(self) -> float:
        return time.time()

    def is_synchronised(self) -> bool:
        return SYNCHRONISED.exists()


if hasattr(time, "CLOCK_BOOTTIME"):

    def _boot_time() -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

else:  # not Linux

    def _boot_time() -> float:
        return time.monotonic()


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until a test moves it."""

    now: float = 0.0
    epoch: float = 1_790_000_000.0
    synchronised: bool = True

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.epoch + self.now

    def is_synchronised(self) -> bool:
        return self.synchronised

    def advance(self, seconds: float) -> float:
        """Move both clocks forward; returns the new monotonic time."""
        self.now += seconds
        return self.now

    def set_wall(self, by_s: float) -> None:
        """Set the wall clock forward or, negative, back, as people and time servers do."""
        self.epoch += by_s


# -- messages -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Resumed:
    """The machine slept for `asleep_s`: timers may be overdue, and connections are probably dead."""

    asleep_s: float


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The wall clock was set by so many seconds: times on the screen are stale. No deadline has moved."""

    by_s: float


@dataclass(frozen=True, slots=True)
class ClockSkewed:
    """The wall clock is wrong, or right again: true time is `skew_s` ahead of it (0: it is right).

    Positive: this machine's clock is behind. Infinity: behind by an unknown time.
    """

    skew_s: float


# -- comparing clocks ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """Three clocks, read at one moment: with the time asleep, without it, and the wall clock."""

    boot: float
    awake: float
    wall: float


def read_clocks(clock: Clock | None = None, awake: Callable[[], float] = time.monotonic) -> Reading:
    """Read the machine's clocks: `clock` (default: SystemClock) counts the time asleep, `awake` does not.

    The process may lose the CPU between two of them, for seconds on a busy machine; then they are read again, because
    the difference would look like a clock that was set or a machine that has slept.
    """
    machine = clock or SystemClock()
    for _ in range(READ_AGAIN):
        began = machine.monotonic()
        reading = Reading(began, awake(), machine.wall())
        if machine.monotonic() - began <= AT_ONCE_S:
            break
    return reading


class ClockChangeDetector:
    """Detects between two readings that the machine slept, or that the wall clock was set.

    >>> gauge = ClockChangeDetector(Reading(boot=5.0, awake=5.0, wall=100.0))
    >>> gauge.look(Reading(boot=66.0, awake=6.0, wall=161.0))
    (Resumed(asleep_s=60.0),)
    """

    def __init__(self, first: Reading) -> None:
        self._last = first

    def look(self, reading: Reading) -> tuple[Resumed | ClockSet, ...]:
        """Return what happened since the previous reading."""
        last, self._last = self._last, reading
        passed = reading.boot - last.boot
        asleep, by = passed - (reading.awake - last.awake), reading.wall - last.wall - passed
        found: list[Resumed | ClockSet] = []
        if asleep >= MIN_CHANGE_S:
            found.append(Resumed(round(asleep, 1)))
        if abs(by) >= MIN_CHANGE_S:
            found.append(ClockSet(round(by, 1)))
        return tuple(found)


Verdict = Literal["plausible", "waiting", "implausible"]


class PlausibleTime:
    """Waits for a plausible wall clock, for at most `max_wait_s`.

    A machine without a battery for its clock starts in 1970, or at the time it was switched off. Until the system has
    asked a time server, some seconds later, certificates are not valid yet and expired tokens look valid. A right clock
    never shows a time before `earliest`, the day this version was released.
    """

    def __init__(self, *, earliest: float = RELEASED_AT, max_wait_s: float = 30.0) -> None:
        self._earliest = earliest
        self._max_wait_s = max_wait_s
        self._until = math.inf

    def judge(self, now: float, wall: float, *, is_synchronised: bool) -> Verdict:
        """Judge the wall clock at `now` (monotonic); the first call starts the wait."""
        if wall >= self._earliest or is_synchronised:
            return "plausible"
        self._until = min(self._until, now + self._max_wait_s)
        return "waiting" if now < self._until else "implausible"
