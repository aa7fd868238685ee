"""Waiting before the next attempt."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.backoff import Backoff

ATTEMPTS = st.integers(0, 1000)
RANDOM = st.floats(0, 1, exclude_max=True)


@given(ATTEMPTS, RANDOM)
def test_a_delay_stays_within_the_ceiling_and_its_jitter(attempt: int, random: float) -> None:
    delay = Backoff(1.0, 60.0, 0.3).delay(attempt, random)
    assert 0.7 <= delay <= 60.0 * 1.3


@given(ATTEMPTS, RANDOM, st.floats(-10, 10_000))
def test_retry_after_is_a_floor_up_to_an_hour_and_jitter_comes_on_top(
    attempt: int, random: float, retry_after_s: float
) -> None:
    floor = min(max(retry_after_s, 0.0), 3600.0)
    assert floor <= Backoff(2.0, 60.0, 0.5).delay(attempt, random, retry_after_s) <= floor + 1.0


def test_jitter_spreads_a_delay_to_both_sides() -> None:
    backoff = Backoff(10.0, 60.0, 0.25)
    assert [backoff.delay(0, random) for random in (0.0, 0.5, 1.0)] == [7.5, 10.0, 12.5]


def test_by_default_it_begins_with_a_second_and_ends_with_a_minute() -> None:
    assert [Backoff().delay(attempt, 0.5) for attempt in (0, 1, 5, 6, 1000)] == [1.0, 2.0, 32.0, 60.0, 60.0]


def test_without_jitter_each_delay_doubles() -> None:
    backoff = Backoff(2.0, 100.0, 0.0)
    assert [backoff.delay(attempt, 0.5) for attempt in range(6)] == [2, 4, 8, 16, 32, 64]
