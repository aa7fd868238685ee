"""Formats of numbers: durations, ages, lengths, areas, places, times of day."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from tvapp.geo.position import Position

Units = Literal["metric", "imperial"]
LocalTime = Callable[[float], time.struct_time]
"""Seconds since 1970 -> local time; `time.localtime` except in tests."""

MILE_M = 1609.344
FOOT_M = 0.3048
ACRE_M2 = 4046.8564224
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def countdown(seconds: float) -> str:
    """Return a time that runs down, rounded up.

    >>> countdown(754.2), countdown(9)
    ('12:35', '0:09')
    """
    whole = max(0, int(-(-seconds // 1)))
    return f"{whole // 60}:{whole % 60:02}"


def duration(seconds: float) -> str:
    """Return a length of time in at most two words.

    >>> duration(1), duration(90), duration(7200)
    ('1 second', '1 minute', '2 hours')
    """
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        count = int(seconds // size)
        if count >= 1:
            return f"{count} {name}" + ("" if count == 1 else "s")
    count = max(0, int(seconds))
    return f"{count} second" + ("" if count == 1 else "s")


def rounded_duration(seconds: float) -> str:
    """Return about how long something is, to the nearest of a unit that suits it.

    >>> [rounded_duration(seconds) for seconds in (140, 3590, 5400, 10_797, 200_000, 1.77e9)]
    ['2 minutes', '1 hour', '90 minutes', '3 hours', '2 days', '56 years']
    """
    for size, name in ((365.25 * 86400, "year"), (86400.0, "day"), (3600.0, "hour"), (60.0, "minute")):
        count = round(seconds / size)
        # One of a unit is too coarse, unless it is just that.
        if seconds >= 1.95 * size or abs(seconds - size) <= 0.05 * size:
            return f"{count} {name}" + ("" if count == 1 else "s")
    return "1 minute"


def age(seconds: float) -> str:
    """Return how long ago something was.

    >>> age(20), age(3700)
    ('just now', '1 hour ago')
    """
    return "just now" if seconds < 60 else f"{duration(seconds)} ago"


def _number(value: float) -> str:
    """Return three significant digits, with thin spaces between thousands."""
    if value >= 100:
        return f"{round(value):,}".replace(",", "\u202f")
    text = f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return text.rstrip("0").rstrip(".")


def count(number: int) -> str:
    """Return a number with narrow spaces between thousands.

    >>> count(36)
    '36'
    """
    return f"{number:,}".replace(",", "\u202f")


def distance(metres: float, units: Units = "metric") -> str:
    """Return a length with its unit.

    >>> distance(500), distance(12_340), distance(500, "imperial")
    ('500 m', '12.3 km', '1\u202f640 ft')
    """
    if units == "imperial":
        if metres < MILE_M / 2:
            feet = metres / FOOT_M
            return f"{_number(round(feet, -1) if feet >= 100 else round(feet))} ft"
        return f"{_number(metres / MILE_M)} mi"
    if metres < 1000:
        return f"{_number(round(metres) if metres >= 1 else metres)} m"
    return f"{_number(metres / 1000)} km"


def exact_distance(metres: float, units: Units = "metric") -> str:
    """Return a length to the metre (or foot), for what is being set.

    >>> exact_distance(1234), exact_distance(500, "imperial")
    ('1\u202f234 m', '1\u202f640 ft')
    """
    return f"{count(round(metres / FOOT_M))} ft" if units == "imperial" else f"{count(round(metres))} m"


def area(square_metres: float, units: Units = "metric") -> str:
    """Return an area with its unit.

    >>> area(785_398), area(4046.86 * 10, "imperial")
    ('78.5 ha', '10 acres')
    """
    if units == "imperial":
        if square_metres >= MILE_M * MILE_M:
            return f"{_number(square_metres / MILE_M**2)} sq mi"
        if square_metres >= ACRE_M2:
            return f"{_number(square_metres / ACRE_M2)} acres"
        return f"{_number(square_metres / FOOT_M**2)} sq ft"
    if square_metres >= 1_000_000:
        return f"{_number(square_metres / 1e6)} km²"
    if square_metres >= 10_000:
        return f"{_number(square_metres / 1e4)} ha"
    return f"{_number(round(square_metres))} m²"


def place(position: Position) -> str:
    """Return a place in degrees as people read it: north or south first.

    >>> place(Position(-122.127, 47.63976))
    '47.6398° N 122.1270° W'
    """
    position = position.normalised()
    vertical = "N" if position.lat >= 0 else "S"
    horizontal = "E" if position.lon >= 0 else "W"
    return f"{abs(position.lat):.4f}° {vertical} {abs(position.lon):.4f}° {horizontal}"


def clock_time(epoch_s: float, local: LocalTime = time.localtime) -> str:
    """Return the time of day.

    >>> clock_time(0, time.gmtime)
    '00:00'
    """
    moment = local(epoch_s)
    return f"{moment.tm_hour:02}:{moment.tm_min:02}"


def date(epoch_s: float, local: LocalTime = time.localtime) -> str:
    """Return a day in words.

    >>> date(0, time.gmtime)
    '1 January 1970'
    """
    moment = local(epoch_s)
    return f"{moment.tm_mday} {MONTHS[moment.tm_mon - 1]} {moment.tm_year}"


def short_date(epoch_s: float, local: LocalTime = time.localtime) -> str:
    """Return the day for a chip.

    >>> short_date(0, time.gmtime)
    'Thu 1 Jan'
    """
    moment = local(epoch_s)
    return f"{WEEKDAYS[moment.tm_wday][:3]} {moment.tm_mday} {MONTHS[moment.tm_mon - 1][:3]}"


def moment(epoch_s: float, now_s: float, local: LocalTime = time.localtime) -> str:
    """Return a moment near or far from now: the time today, the weekday within six days, else the date.

    >>> moment(3600, 0, time.gmtime)
    '01:00'
    """
    then, now = local(epoch_s), local(now_s)
    if (then.tm_year, then.tm_yday) == (now.tm_year, now.tm_yday):
        return clock_time(epoch_s, local)
    if 0 < epoch_s - now_s < 6 * 86400:
        return f"{WEEKDAYS[then.tm_wday]} {clock_time(epoch_s, local)}"
    return date(epoch_s, local)
