"""Reads Azure Maps' `validityTime` property."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import get_args

from tvapp.fences.model.validity import ALWAYS, Period, Recurrence, Validity

MAX_PERIODS = 200
MAX_FREQUENCY = 10_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RECURRENCES: dict[str, Recurrence] = {name.lower(): name for name in get_args(Recurrence)}


def read_validity(value: object) -> tuple[Validity, tuple[str, ...]]:
    """Return the validity, and notes on the parts of `validityTime` that are invalid and were ignored."""
    if value is None:
        return ALWAYS, ()
    if not isinstance(value, Mapping):
        return ALWAYS, ("validityTime is not an object; shown as always valid",)
    notes: list[str] = []
    expires = None
    if value.get("expiredTime") is not None:
        moment = _moment(value["expiredTime"])
        if moment is None:
            notes.append("expiredTime is not a date and time; shown as never expiring")
        else:
            expires = moment[0]
    stated = value.get("validityPeriod")
    if isinstance(stated, Mapping):
        stated = [stated]
    periods: list[Period] = []
    if stated is not None and not isinstance(stated, list):
        notes.append("validityPeriod is not a list; left out")
    elif stated is not None:
        for number, item in enumerate(stated[:MAX_PERIODS], 1):
            period = _period(item)
            if isinstance(period, str):
                notes.append(f"validity period {number}: {period}; left out")
            else:
                periods.append(period)
        if len(stated) > MAX_PERIODS:
            notes.append(f"more than {MAX_PERIODS} validity periods; the rest is left out")
    return (Validity(expires, tuple(periods)) if periods or expires is not None else ALWAYS), tuple(notes)


def _period(item: object) -> Period | str:
    if not isinstance(item, Mapping):
        return "it is not an object"
    start, end = _moment(item.get("startTime")), _moment(item.get("endTime"))
    if start is None or end is None:
        return f"{'startTime' if start is None else 'endTime'} is not a date and time"
    if end[0] <= start[0]:
        return "it ends before it starts"
    named = item.get("recurrenceType")
    recurrence = _RECURRENCES.get(named.lower()) if isinstance(named, str) else "Daily" if named is None else None
    if recurrence is None:
        return "recurrenceType is none of Daily, Weekly, Monthly, Yearly"
    frequency = item.get("recurrenceFrequency")
    if frequency is None:
        frequency = 1
    if isinstance(frequency, float) and frequency.is_integer():
        frequency = int(frequency)
    if isinstance(frequency, bool) or not isinstance(frequency, int) or not 1 <= frequency <= MAX_FREQUENCY:
        return f"recurrenceFrequency is not a whole number from 1 to {MAX_FREQUENCY}"
    business = item.get("businessDayOnly")
    if business is not None and not isinstance(business, bool):
        return "businessDayOnly is neither true nor false"
    return Period(start[0], end[0], recurrence, frequency, bool(business), start[1])


def _moment(value: object) -> tuple[float, int] | None:
    """Return (seconds since 1970 UTC, offset in seconds); a time without an offset is UTC."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        offset = moment.utcoffset()
        return (moment - _EPOCH).total_seconds(), int(offset.total_seconds()) if offset is not None else 0
    except (ValueError, OverflowError):
        return None
