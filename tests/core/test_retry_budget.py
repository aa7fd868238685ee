"""How many retries a budget allows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.retry_budget import MIN_RETRIES, RETRIES_PER_REQUEST, WINDOW_S, RetryBudget


def test_forty_tiles_that_all_fail_are_no_storm() -> None:
    budget = RetryBudget()
    for _ in range(40):
        budget.deposit(0.0)
    assert sum(budget.try_withdraw(0.1) for _ in range(80)) == MIN_RETRIES + RETRIES_PER_REQUEST * 40


def test_a_host_that_is_hardly_asked_may_be_asked_again() -> None:
    budget = RetryBudget()
    budget.deposit(0.0)
    assert budget.try_withdraw(0.1)
    assert budget.try_withdraw(0.2)


def test_the_budget_is_a_floor_and_a_share_to_the_last_retry() -> None:
    budget = RetryBudget()
    assert sum(budget.try_withdraw(0.0) for _ in range(20)) == MIN_RETRIES
    for _ in range(5):
        budget.deposit(1.0)
    assert budget.try_withdraw(1.0)
    assert not budget.try_withdraw(1.0)


def test_first_tries_are_forgotten_after_the_window() -> None:
    budget = RetryBudget()
    for _ in range(100):
        budget.deposit(55.0)
    assert sum(budget.try_withdraw(55.0 + WINDOW_S + 10.0) for _ in range(40)) == MIN_RETRIES


def test_what_was_spent_comes_back_after_the_window() -> None:
    budget = RetryBudget()
    while budget.try_withdraw(0.0):
        pass
    assert not budget.try_withdraw(WINDOW_S / 2)
    assert budget.try_withdraw(WINDOW_S + 1)


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=200))
def test_within_any_window_repetitions_are_a_share_of_first_tries_and_a_floor(steps: list[tuple[float, bool]]) -> None:
    budget = RetryBudget()
    now = 0.0
    tries: list[float] = []
    spent: list[float] = []
    for pause_s, is_try in steps:
        now += pause_s
        if is_try:
            budget.deposit(now)
            tries.append(now)
        elif budget.try_withdraw(now):
            spent.append(now)
            # Buckets expire as a whole, so the oldest retries of the window may be forgotten already.
            bucket_s = WINDOW_S / 12
            recent = sum(at > now - WINDOW_S + bucket_s for at in spent)
            assert recent <= MIN_RETRIES + RETRIES_PER_REQUEST * sum(at > now - WINDOW_S for at in tries) + 1
