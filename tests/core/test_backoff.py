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


@given(ATTEMPTS, RANDOM, st.floats(0, 10_000))
def test_a_server_s_wish_is_a_floor_up_to_an_hour(attempt: int, random: float, wish: float) -> None:
    assert Backoff().delay(attempt, random, wish) >= min(wish, 3600.0)


def test_without_jitter_each_delay_doubles() -> None:
    backoff = Backoff(2.0, 100.0, 0.0)
    assert [backoff.delay(attempt, 0.5) for attempt in range(6)] == [2, 4, 8, 16, 32, 64]
