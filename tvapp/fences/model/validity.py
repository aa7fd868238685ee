"""When a geofence counts: an expiry and recurring periods, with the meaning of Azure Maps' `validityTime`.

Times are seconds since 1970 UTC. A period repeats from its first start for ever, or until the expiry.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

State = Literal["active", "unknown", "out-of-hours", "upcoming", "expired"]
Recurrence = Literal["Daily", "Weekly", "Monthly", "Yearly"]

DAY_S = 86_400
MOST_JOINS = 100
"""Adjoining periods that are followed: beyond it `next_change` returns an instant that is too early."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_LAST_MONTH = 9999 * 12


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time from `start` up to, not including, `end`, repeated every `frequency` recurrences.

    `utc_offset_s` is the UTC offset of the written start: days of the month and business days (Monday to Friday) are
    counted there. A day that a month lacks becomes its last day.
    """

    start: float
    end: float
    recurrence: Recurrence = "Daily"
    frequency: int = 1
    business_days_only: bool = False
    utc_offset_s: int = 0

    def is_active(self, now: float) -> bool:
        """Tell whether the period, in one of its repetitions, covers `now`."""
        return self._stretch_at(now) is not None

    def end_of_stretch(self, now: float) -> float | None:
        """Return the end of the stretch that covers `now` (infinity: never); None where none covers it."""
        stretch = self._stretch_at(now)
        return None if stretch is None else stretch[1]

    def next_start(self, now: float) -> float | None:
        """Return the next instant that the period covers, given that it does not cover `now`; None: never."""
        attempt = self._first_number_after(now)
        # Weekdays of daily and weekly repetitions come round after seven of them.
        tries = 8 if self.recurrence in ("Daily", "Weekly") else _LAST_MONTH
        current = self._number_at(now)
        if current is not None:
            piece = self._piece(self._occurrence(current), now)
            if piece is not None:
                return piece[0]
        for number in range(attempt, attempt + tries):
            start = self._occurrence(number)
            if start is None:
                return None
            piece = self._piece(start, start)
            if piece is not None:
                return piece[0]
        return None

    def _stretch_at(self, now: float) -> tuple[float, float] | None:
        number = self._number_at(now)
        if number is None:
            return None
        if not self.business_days_only and self._never_pauses():
            return self.start, math.inf
        start = self._occurrence(number)
        if start is None or now >= start + (self.end - self.start):
            return None
        piece = self._piece(start, now)
        return piece if piece is not None and piece[0] <= now else None

    def _never_pauses(self) -> bool:
        shortest = {"Daily": 1, "Weekly": 7, "Monthly": 31, "Yearly": 366}[self.recurrence]
        return self.end - self.start >= shortest * self.frequency * DAY_S

    def _piece(self, start: float | None, after: float) -> tuple[float, float] | None:
        """Return the first part, without weekends, of the repetition from `start` that ends after `after`."""
        if start is None:
            return None
        end = start + (self.end - self.start)
        if end <= after:
            return None
        if not self.business_days_only:
            return start, end
        begin = max(start, after)
        local_day = math.floor((begin + self.utc_offset_s) / DAY_S)
        weekday = (local_day + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
        if weekday >= 5:
            begin = float((local_day + 7 - weekday) * DAY_S - self.utc_offset_s)
            weekday, local_day = 0, local_day + 7 - weekday
        saturday = float((local_day + 5 - weekday) * DAY_S - self.utc_offset_s)
        return (begin, min(end, saturday)) if begin < end else None

    def _number_at(self, now: float) -> int | None:
        """Return the number of the last repetition that has started at `now`; None before the first."""
        if now < self.start:
            return None
        return max(0, self._first_number_after(now) - 1)

    def _first_number_after(self, now: float) -> int:
        if now < self.start:
            return 0
        if self.recurrence in ("Daily", "Weekly"):
            step = self.frequency * DAY_S * (7 if self.recurrence == "Weekly" else 1)
            number = math.floor((now - self.start) / step) + 1
        else:
            months = _month_number(now + self.utc_offset_s) - _month_number(self.start + self.utc_offset_s)
            step = self.frequency * (12 if self.recurrence == "Yearly" else 1)
            number = max(0, months // step)
        # A step or two: the estimate is off by one where the day of the month has not come yet.
        while (start := self._occurrence(number)) is not None and start <= now:
            number += 1
        while number > 0 and ((start := self._occurrence(number - 1)) is None or start > now):
            number -= 1
        return number

    def _occurrence(self, number: int) -> float | None:
        """Return when repetition `number` starts; None after the year 9999."""
        if self.recurrence in ("Daily", "Weekly"):
            return self.start + number * self.frequency * DAY_S * (7 if self.recurrence == "Weekly" else 1)
        local = self.start + self.utc_offset_s
        day_number = math.floor(local / DAY_S)
        first = date.fromordinal(day_number + _EPOCH_DAY)
        step = self.frequency * (12 if self.recurrence == "Yearly" else 1)
        month = first.year * 12 + first.month - 1 + number * step
        if month >= _LAST_MONTH:
            return None
        year, month_index = divmod(month, 12)
        day = min(first.day, monthrange(year, month_index + 1)[1])
        ordinal = date(year, month_index + 1, day).toordinal() - _EPOCH_DAY
        return self.start + (ordinal - day_number) * DAY_S


@dataclass(frozen=True, slots=True)
class Validity:
    """When a geofence counts. Without `periods` always; up to and including `expires`.

    Where a part could not be read (`is_expiry_known`, `are_periods_known`) the state is `unknown`, unless the rest
    settles it: an expiry that has passed, or a period that covers the time.
    """

    expires: float | None = None
    periods: tuple[Period, ...] = ()
    is_expiry_known: bool = True
    are_periods_known: bool = True

    @property
    def is_known(self) -> bool:
        """Tell whether all of it could be read."""
        return self.is_expiry_known and self.are_periods_known

    def state(self, now: float) -> State:
        """Return the state at `now`: `upcoming` before the first period starts, `out-of-hours` between periods."""
        if self.expires is not None and now > self.expires:
            return "expired"
        if not self.is_expiry_known:
            return "unknown"
        if any(period.is_active(now) for period in self.periods):
            return "active"
        if not self.are_periods_known:
            return "unknown"
        if not self.periods:
            return "active"
        return "upcoming" if now < min(period.start for period in self.periods) else "out-of-hours"

    def next_change(self, now: float) -> float | None:
        """Return the next instant at which the state changes; None: never.

        Where more than MOST_JOINS periods adjoin without a gap the result may be an earlier instant: ask again then.
        """
        state = self.state(now)
        if state == "expired":
            return None
        # Azure: expired when the time is greater than expiredTime.
        limit = None if self.expires is None else math.nextafter(self.expires, math.inf)
        found: float | None
        if state == "active":
            found = self._end_of_cover(now)
        elif state == "upcoming":
            found = min(period.start for period in self.periods)
        elif not self.is_expiry_known:
            found = None
        else:
            found = min(self._starts(now), default=None)
        if found is None:
            return limit
        return found if limit is None else min(found, limit)

    def _starts(self, now: float) -> Iterator[float]:
        for period in self.periods:
            start = period.next_start(now)
            if start is not None:
                yield start

    def _end_of_cover(self, now: float) -> float | None:
        if not self.periods:
            return None
        at = now
        for _ in range(MOST_JOINS):
            ends = [end for period in self.periods if (end := period.end_of_stretch(at)) is not None]
            if not ends:
                return at
            at = max(ends)
            if at == math.inf:
                return None
        return at


ALWAYS = Validity()
"""Counts for ever."""


def _month_number(seconds: float) -> int:
    day = date.fromordinal(min(max(math.floor(seconds / DAY_S) + _EPOCH_DAY, 1), date.max.toordinal()))
    return day.year * 12 + day.month - 1
