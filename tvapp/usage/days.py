"""This TV's own requests to Azure Maps, day by day of UTC, and the form in which they are kept on the disk."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tvapp.core.errors import DataError
from tvapp.core.record import MAX_HEADER_BYTES, RecordFormat
from tvapp.usage.billing import METERS, NO_COUNTS, Counts, Meter, Tally, total
from tvapp.usage.span import Span

FORMAT = RecordFormat("usage", 1)
MOST_DAYS = 93
"""As long as Azure Monitor keeps its metrics."""
MOST_REQUESTS = 10**12
"""In one day; a larger number is no count."""
MAX_BYTES = MAX_HEADER_BYTES + MOST_DAYS * 400

_DAY = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]")


@dataclass(frozen=True, slots=True)
class UsageDays:
    """Counts by day, ``2026-11-30``; days without requests are left out."""

    days: Mapping[str, Counts] = field(default_factory=dict)

    @property
    def since(self) -> str:
        """The first day of which anything is known; empty: none."""
        return min(self.days, default="")

    def within(self, span: Span) -> Counts:
        """Return the sum of the days of a span."""
        first, last = span.days
        return total(counts for day, counts in self.days.items() if first <= day <= last)

    def of(self, day: str) -> Counts:
        return self.days.get(day, NO_COUNTS)

    def plus(self, other: UsageDays) -> UsageDays:
        """Return the sum, day by day; the days that lie longest ago are dropped beyond `MOST_DAYS`."""
        names = sorted({*self.days, *other.days})[-MOST_DAYS:]
        changed = other.days
        return UsageDays({n: total((self.of(n), other.of(n))) if n in changed else self.of(n) for n in names})


def pack(days: UsageDays) -> bytes:
    """Return the file with these days."""
    content = {
        day: {meter: [tally.sent, tally.billed] for meter, tally in counts.items()} for day, counts in days.days.items()
    }
    return FORMAT.pack(json.dumps(content, separators=(",", ":")).encode())


def unpack(data: bytes) -> UsageDays:
    """Return the days that `pack` wrote.

    Raises:
        DataError: anything else.
    """
    try:
        content = json.loads(bytes(FORMAT.unpack(data)))
    except (ValueError, RecursionError) as error:
        raise DataError(FORMAT.kind, "not JSON") from error
    if not isinstance(content, dict) or len(content) > MOST_DAYS:
        raise DataError(FORMAT.kind, "not a table of days")
    return UsageDays({_day(name): _counts(counts) for name, counts in sorted(content.items())})


def _day(name: str) -> str:
    if not _DAY.fullmatch(name):
        raise DataError(FORMAT.kind, "not a day")
    return name


def _counts(content: object) -> Counts:
    if not isinstance(content, dict) or not set(content) <= set(METERS):
        raise DataError(FORMAT.kind, "not counts by meter")
    found: dict[Meter, Tally] = {meter: _tally(content[meter]) for meter in METERS if meter in content}
    return found


def _tally(content: object) -> Tally:
    match content:
        case [int(sent), int(billed)] if 0 <= billed <= sent <= MOST_REQUESTS:
            return Tally(int(sent), int(billed))
        case _:
            raise DataError(FORMAT.kind, "not a count")
