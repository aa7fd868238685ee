"""The one source of time: monotonic for deadlines, wall for what people read, and what can be told of the two."""

from __future__ import annotations

import calendar
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from tvapp import RELEASED

SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd touches it once it has set the clock since the machine started."""

RELEASED_AT = float(calendar.timegm((*map(int, RELEASED.split("-")), 0, 0, 0)))
"""The same in seconds since 1970."""

MIN_CHANGE_S = 1.0
"""Clocks that part by less did nothing that anybody would notice."""


class Clock(Protocol):
    """Tells the time in seconds."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment, those asleep included; never jumps otherwise."""
        ...

    def wall(self) -> float:
        """Seconds since 1970-01-01 UTC; may jump when the clock is set."""
        ...

    def is_synchronised(self) -> bool:
        """Tell whether the system knows that the wall clock is right; False where nobody knows."""
        ...


class SystemClock:
    """The machine's clocks.

    Deadlines (a token's, a code's) pass while the machine is suspended, so `monotonic` is CLOCK_BOOTTIME where there
    is one. Python's own waits (asyncio, events, SDL) stand still meanwhile: see `ClockChangeDetector` for what follows.
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
    """The machine slept for `asleep_s`: whatever waits on a timer may be due, and no connection is what it was."""

    asleep_s: float


@dataclass(frozen=True, slots=True)
class ClockSet:
    """Somebody set the wall clock, by so many seconds: what is drawn of it is old. No deadline has moved."""

    by_s: float


@dataclass(frozen=True, slots=True)
class ClockSkewed:
    """The wall clock is wrong, or right again: the world is `skew_s` ahead of it (0: it is right).

    Positive: this machine's clock is behind. Infinity: behind, nobody knows how far.
    """

    skew_s: float


# -- what can be told of clocks -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """Three clocks, read at one moment: with the time asleep, without it, and the wall clock."""

    boot: float
    awake: float
    wall: float


def read_clocks() -> Reading:
    """Read the machine's clocks."""
    return Reading(_boot_time(), time.monotonic(), time.time())


class ClockChangeDetector:
    """Tells from one reading to the next whether the machine slept, and whether somebody set the wall clock.

    >>> gauge = ClockChangeDetector(Reading(boot=5.0, awake=5.0, wall=100.0))
    >>> gauge.look(Reading(boot=66.0, awake=6.0, wall=161.0))
    (Resumed(asleep_s=60.0),)
    """

    def __init__(self, first: Reading) -> None:
        self._last = first

    def look(self, reading: Reading) -> tuple[Resumed | ClockSet, ...]:
        """Return what happened since the reading before."""
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
    """Waits, within reason, for a wall clock that can be right.

    A box without a battery for its clock starts in 1970, or where it was switched off. Then certificates are not valid
    yet and kept tokens look good that are not, until the system has asked a time server, some seconds later. No right
    clock shows a moment before this release was made. `max_wait_s` later it goes on as it is.
    """

    def __init__(self, *, earliest: float = RELEASED_AT, max_wait_s: float = 30.0) -> None:
        self._earliest = earliest
        self._max_wait_s = max_wait_s
        self._until = math.inf

    def judge(self, now: float, wall: float, *, is_synchronised: bool) -> Verdict:
        """Return how the wall clock is at `now` (monotonic); the first call begins the wait."""
        if wall >= self._earliest or is_synchronised:
            return "plausible"
        self._until = min(self._until, now + self._max_wait_s)
        return "waiting" if now < self._until else "implausible"
