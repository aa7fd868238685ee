"""Presets for the validity of a geofence, chosen without typing, and the `validityTime` of each.

Times are written as local times with their UTC offset, so that readers that know offsets and readers that take the
figures for local time agree. The format has no time zones: hours on weekdays keep the offset they were made with, and
shift by an hour with daylight saving time, as everywhere in Azure Maps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Final, Literal, TypeAlias, get_args

from tvapp.fences.geojson.validity_time import read_validity
from tvapp.fences.model.validity import DAY_S, Period

Preset = Literal["always", "weekdays", "tonight", "sunday"]
PRESETS: Final[tuple[Preset, ...]] = get_args(Preset)
"""In the order in which the screen offers them."""

UtcOffset: TypeAlias = Callable[[float], int]
"""Seconds since 1970 UTC -> how many seconds local time is ahead of UTC then."""

OPENS_S: Final = 8 * 3600
CLOSES_S: Final = 18 * 3600
"""Hours of "weekdays", in seconds since local midnight."""

_LAST_SECOND_S = DAY_S - 1
_KNOWN = {"expiredTime", "validityPeriod"}


def validity_time(preset: Preset, now: float, utc_offset: UtcOffset) -> dict[str, object] | None:
    """Return the `validityTime` of a preset chosen at `now` (seconds since 1970 UTC); None for always.

    "weekdays": Monday to Friday from 8 to 18, this week's Monday the first. "tonight": until the last second of today.
    "sunday": until that of the coming Sunday, which may be today.
    """
    match preset:
        case "always":
            return None
        case "weekdays":
            return {"validityPeriod": [_weekdays(now, utc_offset)]}
        case "tonight":
            return {"expiredTime": _written(_tonight(now, utc_offset), utc_offset)}
        case "sunday":
            return {"expiredTime": _written(_sunday(now, utc_offset), utc_offset)}


def preset_of(value: object, now: float, utc_offset: UtcOffset) -> Preset | Literal["custom"]:
    """Return the preset of a `validityTime` at `now`; "custom" where no preset gives it.

    On a Sunday "tonight" and "sunday" are the same, and this returns "tonight". An expired one is "custom".
    """
    if value is None or value == {}:
        return "always"
    validity, notes = read_validity(value)
    if notes or not isinstance(value, dict) or not value.keys() <= _KNOWN:
        return "custom"
    if validity.expires is None:
        if not validity.periods:
            return "always"
        is_weekdays = len(validity.periods) == 1 and _is_weekdays(validity.periods[0], now, utc_offset)
        return "weekdays" if is_weekdays else "custom"
    if not validity.periods:
        if validity.expires == _tonight(now, utc_offset):
            return "tonight"
        if validity.expires == _sunday(now, utc_offset):
            return "sunday"
    return "custom"


def _weekdays(now: float, utc_offset: UtcOffset) -> dict[str, object]:
    today = _day(now, utc_offset)
    weekday = _weekday(today)
    # The offset of the hours that are now or come next: this week's Monday may lie before the clocks changed.
    following = today
    if weekday >= 5 or now >= _instant(today, CLOSES_S, utc_offset):
        following += 1 if weekday < 4 else 7 - weekday
    zone = timezone(timedelta(seconds=utc_offset(_instant(following, OPENS_S, utc_offset))))
    monday = datetime(1970, 1, 1, tzinfo=zone) + timedelta(days=today - weekday)
    return {
        "startTime": (monday + timedelta(seconds=OPENS_S)).isoformat(),
        "endTime": (monday + timedelta(seconds=CLOSES_S)).isoformat(),
        "recurrenceType": "Daily",
        "recurrenceFrequency": 1,
        "businessDayOnly": True,
    }


def _is_weekdays(period: Period, now: float, utc_offset: UtcOffset) -> bool:
    local = period.start + period.utc_offset_s
    # Hours written for another zone, or in UTC, are not 8 to 18 here. Ours have the offset of a day in the week that
    # they start with or of the Monday after, whatever it is today.
    offsets = {utc_offset(period.start + days * DAY_S) for days in range(8)}
    return (
        (period.recurrence, period.frequency, period.business_days_only) == ("Daily", 1, True)
        and local % DAY_S == OPENS_S
        and period.end - period.start == CLOSES_S - OPENS_S
        and period.start <= now + 7 * DAY_S
        and period.utc_offset_s in offsets
    )


def _tonight(now: float, utc_offset: UtcOffset) -> float:
    # A choice made in the last second of a day is meant for the next day.
    return _instant(_day(now + 1.0, utc_offset), _LAST_SECOND_S, utc_offset)


def _sunday(now: float, utc_offset: UtcOffset) -> float:
    today = _day(now + 1.0, utc_offset)
    return _instant(today + 6 - _weekday(today), _LAST_SECOND_S, utc_offset)


def _day(at: float, utc_offset: UtcOffset) -> int:
    """Return the local day, counted from 1970-01-01."""
    return math.floor((at + utc_offset(at)) / DAY_S)


def _weekday(day: int) -> int:
    """Return 0 for Monday to 6 for Sunday."""
    return (day + 3) % 7


def _instant(day: int, second_of_day: int, utc_offset: UtcOffset) -> float:
    """Return the instant at which local clocks show a time of a day; the later one where they show it twice."""
    local = float(day * DAY_S + second_of_day)
    # Offsets are between -12 and +14 hours: a day before and a day after are those that may hold.
    candidates = [local - utc_offset(local - DAY_S), local - utc_offset(local + DAY_S)]
    right = [at for at in candidates if at + utc_offset(at) == local]
    return max(right or candidates)


def _written(at: float, utc_offset: UtcOffset) -> str:
    return datetime.fromtimestamp(at, timezone(timedelta(seconds=utc_offset(at)))).isoformat()
