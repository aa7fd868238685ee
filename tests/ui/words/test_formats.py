"""Numbers as people say them."""

from __future__ import annotations

import doctest
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.geo.position import Position
from tvapp.ui.screens.signin import prompt
from tvapp.ui.widgets import list_view
from tvapp.ui.words import fence_descriptions, formats, lookup


@pytest.mark.parametrize("module", [formats, lookup, fence_descriptions, list_view, prompt])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    failures, _ = doctest.testmod(module)  # type: ignore[arg-type]
    assert failures == 0


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
        (30, "imperial", "98 ft"),
        (1609.344, "imperial", "1 mi"),
    ],
)
def test_distances(metres: float, units: formats.Units, expected: str) -> None:
    assert formats.distance(metres, units) == expected


@pytest.mark.parametrize(
    ("square_metres", "units", "expected"),
    [
        (450, "metric", "450 m²"),
        (10_000, "metric", "1 ha"),
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
