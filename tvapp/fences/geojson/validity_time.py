"""Reads Azure Maps' `validityTime` property, also in harmless other forms: midnight as 24:00, JSON as text, numbers
and booleans as text. What cannot be read makes the validity unknown, never "always".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import get_args

import msgspec

from tvapp.fences.model.validity import ALWAYS, DAY_S, Period, Recurrence, Validity

MAX_PERIODS = 200
MAX_FREQUENCY = 10_000
MAX_TEXT = 200_000
"""The longest `validityTime` that is read as JSON in a text."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RECURRENCES: dict[str, Recurrence] = {name.lower(): name for name in get_args(Recurrence)}
_MEMBERS = {
    name.lower(): name
    for name in (
        "expiredTime",
        "validityPeriod",
        "startTime",
        "endTime",
        "recurrenceType",
        "recurrenceFrequency",
        "businessDayOnly",
    )
}
_BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False, "": False}
_WHOLE = re.compile(r"[0-9]{1,6}(?:\.0{1,6})?")
# ISO 8601, with hours and seconds as people and programs write them: one digit for the hour, 24:00 for the end of a
# day, a second 60, and as many digits after the second as a program has.
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ]\s?(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)


def stated_validity(properties: Mapping[str, object]) -> object:
    """Return the `validityTime` of a Feature's properties, whatever the case of its name; None where there is none."""
    value = properties.get("validityTime")
    if value is not None or "validityTime" in properties:
        return value
    return next((properties[name] for name in properties if len(name) == 12 and name.lower() == "validitytime"), None)


def read_validity(value: object) -> tuple[Validity, tuple[str, ...]]:
    """Return the validity, and notes on what could not be read.

    Where a period cannot be read, the geofence counts for sure within the others only; where the expiry cannot be read,
    it never counts for sure (`Validity`).
    """
    if isinstance(value, str):
        if not value.strip():
            return ALWAYS, ()
        value = _from_json(value)
    if value is None:
        return ALWAYS, ()
    if not isinstance(value, Mapping):
        return UNKNOWN, ("validityTime cannot be read; its times are unknown",)
    stated = _members(value)
    if value and not stated.keys() & {"expiredTime", "validityPeriod"}:
        return UNKNOWN, ("validityTime has neither expiredTime nor validityPeriod; its times are unknown",)
    notes: list[str] = []
    expires, is_expiry_known = _expiry(stated.get("expiredTime"), notes)
    periods, are_periods_known = _periods(stated.get("validityPeriod"), notes)
    validity = Validity(expires, periods, is_expiry_known=is_expiry_known, are_periods_known=are_periods_known)
    return (ALWAYS if validity == ALWAYS else validity), tuple(notes)


def _expiry(stated: object, notes: list[str]) -> tuple[float | None, bool]:
    if stated is None or stated == "":
        return None, True
    moment = _moment(stated)
    if moment is None:
        notes.append("expiredTime is not a date and time; when it expires is unknown")
        return None, False
    return moment[0], True


def _periods(stated: object, notes: list[str]) -> tuple[tuple[Period, ...], bool]:
    if isinstance(stated, str):
        stated = _from_json(stated) if stated.strip() else None
        if stated is None:
            return (), True
    if stated is None:
        return (), True
    if isinstance(stated, Mapping):
        stated = [stated]
    if not isinstance(stated, list | tuple):
        notes.append("validityPeriod is not a list; its times are unknown")
        return (), False
    periods: list[Period] = []
    for number, item in enumerate(stated[:MAX_PERIODS], 1):
        period = _period(item)
        if isinstance(period, str):
            notes.append(f"validity period {number}: {period}; its times are unknown")
        else:
            periods.append(period)
    if len(stated) > MAX_PERIODS:
        notes.append(f"more than {MAX_PERIODS} validity periods; those of the rest are unknown")
    return tuple(periods), len(periods) == len(stated)


def _period(item: object) -> Period | str:
    if isinstance(item, str):
        item = _from_json(item)
    if not isinstance(item, Mapping):
        return "it is not an object"
    item = _members(item)
    start, end = _moment(item.get("startTime")), _moment(item.get("endTime"))
    if start is None or end is None:
        return f"{'startTime' if start is None else 'endTime'} is not a date and time"
    if end[0] <= start[0]:
        return "it ends before it starts"
    named = item.get("recurrenceType")
    word = named.strip().lower() if isinstance(named, str) else "daily" if named is None else ""
    recurrence = _RECURRENCES.get(word or "daily") if named is None or isinstance(named, str) else None
    if recurrence is None:
        return "recurrenceType is none of Daily, Weekly, Monthly, Yearly"
    frequency = _frequency(item.get("recurrenceFrequency"))
    if frequency is None:
        return f"recurrenceFrequency is not a whole number from 1 to {MAX_FREQUENCY}"
    business = _boolean(item.get("businessDayOnly"))
    if business is None:
        return "businessDayOnly is neither true nor false"
    return Period(start[0], end[0], recurrence, frequency, business, start[1])


def _members(item: Mapping[str, object]) -> dict[str, object]:
    """Return the known members under their right names; a name in its right case wins over others."""
    found = {_MEMBERS[name.lower()]: value for name, value in item.items() if name.lower() in _MEMBERS}
    return found | {name: value for name, value in item.items() if name in found}


def _from_json(text: str) -> object:
    """Return what a text says as JSON; the text itself where it is none."""
    if len(text) > MAX_TEXT:
        return text
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text


def _frequency(value: object) -> int | None:
    if value is None:
        return 1
    if isinstance(value, str):
        text = value.strip()
        if not _WHOLE.fullmatch(text):
            return 1 if not text else None
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MAX_FREQUENCY:
        return None
    return int(value) if value == int(value) else None


def _boolean(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str):
        return _BOOLEANS.get(value.strip().lower())
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else None


def _moment(value: object) -> tuple[float, int] | None:
    """Return (seconds since 1970 UTC, offset in seconds); a time without an offset is UTC."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    text = value.strip()
    later_s = 0.0
    if found := _TIME.fullmatch(text):
        day, hour, minute, second, fraction, offset = found.groups()
        is_end_of_day = hour == "24" and minute == "00" and int(second or 0) == 0 and int(fraction or 0) == 0
        if is_end_of_day:
            hour, later_s = "00", float(DAY_S)
        if second == "60":
            second, later_s = "59", later_s + 1.0
        text = f"{day}T{hour:0>2}:{minute}:{second or '00'}.{(fraction or '0')[:6]:0<6}{offset or ''}".upper()
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        offset_s = moment.utcoffset()
        seconds = (moment - _EPOCH).total_seconds() + later_s
        return seconds, int(offset_s.total_seconds()) if offset_s is not None else 0
    except (ValueError, OverflowError):
        return None


UNKNOWN = Validity(is_expiry_known=False, are_periods_known=False)
