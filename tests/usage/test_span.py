"""Spans of the usage: whole hours or days of UTC, at most thirty days."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.usage.span import DAY_S, DAYS, HOUR_S, MOST_DAYS, PERIODS, Span, day_of, iso_time, span_of

NOON = 1_796_040_000.0 - 1_796_040_000.0 % DAY_S + 43_200


def test_one_day_is_24_hours_of_which_the_last_has_only_begun() -> None:
    span = span_of(1, NOON + 1800)
    assert (span.interval, span.grain_s, span.parts) == ("PT1H", HOUR_S, 24)
    assert span.start == NOON - 23 * HOUR_S
    assert span.end == NOON + 1801


def test_a_week_is_seven_days_from_midnight_in_utc() -> None:
    span = span_of(7, NOON)
    assert (span.interval, span.grain_s, span.parts) == ("P1D", DAY_S, 7)
    assert iso_time(span.start).endswith("T00:00:00Z")
    assert span.days == (day_of(NOON - 6 * DAY_S), day_of(NOON))


def test_hours_stand_for_the_last_day_alone_where_days_are_counted() -> None:
    assert span_of(1, NOON).days == (day_of(NOON), day_of(NOON))


def test_the_last_second_of_a_day_belongs_to_it() -> None:
    last = NOON - 43_200 + DAY_S - 1
    assert span_of(7, last).days[1] == day_of(NOON)
    assert span_of(7, last + 1).days[1] == day_of(NOON + DAY_S)


@given(st.integers(1, MOST_DAYS), st.floats(1.7e9, 2.5e9))
def test_no_span_is_longer_than_azure_monitor_answers_for_and_every_one_holds_the_present(
    days: int, wall: float
) -> None:
    span = span_of(days, wall)
    assert span.end - span.start <= MOST_DAYS * DAY_S
    assert span.start % span.grain_s == 0
    assert span.part_of(wall) == span.parts - 1
    assert span.part_of(span.start) == 0
    assert span.part_of(span.start - 1) is None
    assert span.part_of(span.start + span.parts * span.grain_s) is None


@pytest.mark.parametrize("days", [0, -1, 31])
def test_other_numbers_of_days_are_refused(days: int) -> None:
    with pytest.raises(ValueError, match="1 to 30"):
        span_of(days, NOON)


def test_every_period_can_be_asked_for() -> None:
    assert [span_of(DAYS[period], NOON).parts for period in PERIODS] == [24, 7, 30]


def test_times_are_written_in_utc() -> None:
    assert iso_time(Span(1_790_000_000.0, 0, 1).start) == "2026-09-21T14:13:20Z"
