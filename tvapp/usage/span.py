"""The span of time that a view of the usage covers, in whole hours or days of UTC."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

UsagePeriod = Literal["day", "week", "month"]
PERIODS: tuple[UsagePeriod, ...] = ("day", "week", "month")
DAYS: dict[UsagePeriod, int] = {"day": 1, "week": 7, "month": 30}

HOUR_S, DAY_S = 3600, 86_400
MOST_DAYS = 30
"""Azure Monitor answers for no longer span (azure-facts 7)."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end` (seconds since 1970), in parts of `grain_s`; the last part ends early."""

    start: float
    end: float
    grain_s: int

    @property
    def interval(self) -> str:
        """The length of a part as an ISO 8601 duration."""
        return "PT1H" if self.grain_s == HOUR_S else "P1D"

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return int(-(-(self.end - self.start) // self.grain_s))

    @property
    def days(self) -> tuple[str, str]:
        """The first and the last whole day of UTC, ``2026-11-30``; of a span in hours, the last day alone."""
        last = day_of(self.end - 1)
        return (day_of(self.start) if self.grain_s == DAY_S else last), last

    def part_of(self, at: float) -> int | None:
        """Return the index of the part that a moment lies in; None outside."""
        index = int((at - self.start) // self.grain_s)
        return index if self.start <= at and index < self.parts else None


def span_of(days: int, wall: float) -> Span:
    """Return the span of so many days (1 to 30) that ends at `wall`: by hours for one day, else by days of UTC.

    >>> span_of(7, 1_790_000_000.0).parts
    7
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"1 to {MOST_DAYS} days, not {days}")
    grain_s = HOUR_S if days == 1 else DAY_S
    parts = 24 if days == 1 else days
    end = float(int(wall) + 1)
    begun = int(wall) // grain_s * grain_s
    return Span(float(begun - (parts - 1) * grain_s), end, grain_s)


def day_of(at: float) -> str:
    """Return the day of UTC of a moment.

    >>> day_of(0)
    '1970-01-01'
    """
    moment = time.gmtime(at)
    return f"{moment.tm_year:04}-{moment.tm_mon:02}-{moment.tm_mday:02}"


def iso_time(at: float) -> str:
    """Return a moment in ISO 8601.

    >>> iso_time(0)
    '1970-01-01T00:00:00Z'
    """
    moment = time.gmtime(at)
    return f"{day_of(at)}T{moment.tm_hour:02}:{moment.tm_min:02}:{moment.tm_sec:02}Z"
