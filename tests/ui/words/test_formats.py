"""Formats of numbers, distances, areas, places and times."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.geo.position import Position
from tvapp.ui.words import formats


@given(st.floats(0, 1e5))
def test_a_countdown_never_shows_less_than_what_is_left(seconds: float) -> None:
    minutes, rest = formats.countdown(seconds).split(":")
    assert 0 <= int(minutes) * 60 + int(rest) - seconds <= 1


def test_a_countdown_that_is_over_stays_at_zero() -> None:
    assert formats.countdown(-5) == "0:00"


@pytest.mark.parametrize(
    ("metres", "units", "expected"),
    [
        (0.4, "metric", "0.4 m"),
        (999.4, "metric", "999 m"),
        (999.9, "metric", "1\u202f000 m"),
        (1000, "metric", "1 km"),
        (1_234_567, "metric", "1\u202f235 km"),
        (1.0, "metric", "1 m"),
        (1.4, "metric", "1 m"),
        (0.55, "metric", "0.55 m"),
        (9_960, "metric", "9.96 km"),
        (10_040, "metric", "10 km"),
        (99_940, "metric", "99.9 km"),
        (100_400, "metric", "100 km"),
        (30, "imperial", "98 ft"),
        (30.4, "imperial", "100 ft"),
        (31.5, "imperial", "100 ft"),
        (32.1, "imperial", "110 ft"),
        (804.6, "imperial", "2\u202f640 ft"),
        (804.672, "imperial", "0.5 mi"),
        (1609.344, "imperial", "1 mi"),
    ],
)
def test_distances(metres: float, units: formats.Units, expected: str) -> None:
    assert formats.distance(metres, units) == expected


@pytest.mark.parametrize(
    ("square_metres", "units", "expected"),
    [
        (450, "metric", "450 m²"),
        (9_999, "metric", "9\u202f999 m²"),
        (10_000, "metric", "1 ha"),
        (999_000, "metric", "99.9 ha"),
        (1_000_000, "metric", "1 km²"),
        (4_040, "imperial", "43\u202f486 sq ft"),
        (4_046.8564224, "imperial", "1 acres"),
        (2_580_000, "imperial", "638 acres"),
        (1609.344 * 1609.344, "imperial", "1 sq mi"),
        (12_345_678, "metric", "12.3 km²"),
        (100, "imperial", "1\u202f076 sq ft"),
        (2_589_989, "imperial", "1 sq mi"),
    ],
)
def test_areas(square_metres: float, units: formats.Units, expected: str) -> None:
    assert formats.area(square_metres, units) == expected


def test_a_place_south_and_west_says_so() -> None:
    assert formats.place(Position(-70.5, -33.25)) == "33.2500° S 70.5000° W"


def test_a_moment_today_is_a_time_one_this_week_a_weekday_and_one_far_off_a_date() -> None:
    monday_noon = 1_790_078_400.0 - 12 * 3600 + 12 * 3600
    today = formats.moment(monday_noon + 600, monday_noon, time.gmtime)
    assert ":" in today
    assert " " not in today
    assert formats.moment(monday_noon + 2 * 86400, monday_noon, time.gmtime).split()[0] in formats.WEEKDAYS
    assert "2026" in formats.moment(monday_noon + 30 * 86400, monday_noon, time.gmtime)


def test_ages_are_round() -> None:
    assert formats.age(59) == "just now"
    assert formats.age(60) == "1 minute ago"
    assert formats.age(3 * 86400 + 5) == "3 days ago"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1.9, "1 second"),
        (59.9, "59 seconds"),
        (60, "1 minute"),
        (3599, "59 minutes"),
        (3600, "1 hour"),
        (86_399, "23 hours"),
        (86_400, "1 day"),
        (-5, "0 seconds"),
    ],
)
def test_durations_are_whole_units(seconds: float, words: str) -> None:
    assert formats.duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (10, "1 minute"),
        (116, "1 minute"),
        (117, "2 minutes"),
        (3419, "57 minutes"),
        (3420, "1 hour"),
        (3780, "1 hour"),
        (3781, "63 minutes"),
        (7019, "117 minutes"),
        (7020, "2 hours"),
        (82_080, "1 day"),
        (90_721, "25 hours"),
        (1.95 * 86_400, "2 days"),
        (365.25 * 86_400, "1 year"),
    ],
)
def test_rounded_durations_are_whole_units_unless_one_is_too_coarse(seconds: float, words: str) -> None:
    assert formats.rounded_duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (0.1, "0:01"), (60, "1:00"), (60.5, "1:01"), (600, "10:00")]
)
def test_a_countdown_is_rounded_up(seconds: float, shown: str) -> None:
    assert formats.countdown(seconds) == shown


def test_exact_distances_are_rounded_to_the_unit() -> None:
    assert formats.exact_distance(1234.6) == "1\u202f235 m"
    assert formats.exact_distance(0.3048 * 1234, "imperial") == "1\u202f234 ft"


def test_the_equator_is_north_and_the_prime_meridian_east() -> None:
    assert formats.place(Position(0.0, 0.0)) == "0.0000° N 0.0000° E"
    assert formats.place(Position(190.0, 10.0)) == "10.0000° N 170.0000° W"


SUNDAY_NOON = 1_795_953_600.0
"""Sunday, 29 November 2026, 12:00 UTC."""
DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("from_now_s", "words"),
    [
        (0.0, "12:00"),
        (-12 * 3600.0, "00:00"),
        (12 * 3600.0 - 60, "23:59"),
        (12 * 3600.0, "Monday 00:00"),
        (6 * DAY_S - 60, "Saturday 11:59"),
        (6 * DAY_S, "5 December 2026"),
        (-13 * 3600.0, "28 November 2026"),
        (365 * DAY_S, "29 November 2027"),
    ],
)
def test_a_moment_is_a_time_a_weekday_or_a_date(from_now_s: float, words: str) -> None:
    assert formats.moment(SUNDAY_NOON + from_now_s, SUNDAY_NOON, time.gmtime) == words


def test_days_and_times_of_day() -> None:
    assert formats.date(SUNDAY_NOON, time.gmtime) == "29 November 2026"
    assert formats.short_date(SUNDAY_NOON, time.gmtime) == "Sun 29 Nov"
    assert formats.clock_time(SUNDAY_NOON + 3660, time.gmtime) == "13:01"
