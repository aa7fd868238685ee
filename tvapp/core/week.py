"""Hours of the week in local time, as an installer writes them: "mon-fri 07:00-19:00". Pure."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

LocalTime = Callable[[float], time.struct_time]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
ALLOWED = (
    'days and hours such as "mon-fri 07:00-19:00", "sat,sun 10:00-16:00", "daily 06:30-24:00" or, past midnight, '
    '"fri 22:00-02:00"'
)
_ENTRY = re.compile(r"([a-z,-]+)\s+(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class Week:
    """Spans of minutes since Monday 00:00 on a local clock, ends exclusive; one may run past Sunday into Monday.

    Spans follow local time: the hour that is skipped in spring is skipped, and the one that comes twice in autumn
    counts twice.
    """

    spans: tuple[tuple[int, int], ...] = ()

    def covers(self, epoch_s: float, local: LocalTime = time.localtime) -> bool:
        """Tell whether a moment lies in any of the spans.

        >>> Week.parse(["fri 22:00-02:00"]).covers(0, time.gmtime)  # a Thursday, 00:00
        False
        """
        at = local(epoch_s)
        minute = at.tm_wday * DAY + at.tm_hour * 60 + at.tm_min
        return any(start <= minute < end or start <= minute + 7 * DAY < end for start, end in self.spans)

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Week:
        """Parse days ("mon", "mon-fri", "sat,sun", "daily") and hours; an end before its start is on the next day.

        Raises:
            ValueError: an entry is invalid; the message is ALLOWED.
        """
        spans: list[tuple[int, int]] = []
        for entry in entries:
            match = _ENTRY.fullmatch(entry.strip().lower())
            if match is None:
                raise ValueError(ALLOWED)
            start, end = _minute(match[2], match[3]), _minute(match[4], match[5])
            if start in (end, DAY):
                raise ValueError(ALLOWED)
            length = (end - start) % DAY or DAY
            spans += [(day * DAY + start, day * DAY + start + length) for day in _days(match[1])]
        return cls(tuple(spans))


def is_entry(text: str) -> bool:
    """Tell whether a text is a valid entry."""
    try:
        return bool(Week.parse([text]).spans)
    except ValueError:
        return False


def _minute(hours: str, minutes: str) -> int:
    minute = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or minute > DAY:
        raise ValueError(ALLOWED)
    return minute


def _days(text: str) -> list[int]:
    if text == "daily":
        return list(range(7))
    days: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(ALLOWED)
        start = DAYS.index(first)
        count = (DAYS.index(last) - start) % 7 + 1 if dash else 1
        days += [(start + step) % 7 for step in range(count)]
    return days
