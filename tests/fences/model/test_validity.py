"""When geofences count."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tvapp.fences.model.validity import ALWAYS, DAY_S, MOST_JOINS, Period, Recurrence, Validity

HOUR = 3600


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_without_times_a_fence_is_always_active() -> None:
    assert ALWAYS.state(0) == "active"
    assert ALWAYS.next_change(0) is None


def test_the_expiry_itself_still_counts() -> None:
    validity = Validity(expires=at("2024-01-15T00:00:00"))
    assert validity.state(at("2024-01-15T00:00:00")) == "active"
    assert validity.state(at("2024-01-15T00:00:01")) == "expired"
    change = validity.next_change(0)
    assert change is not None
    assert validity.state(change) == "expired"
    assert validity.state(math.nextafter(change, 0)) == "active"


def test_the_sample_of_azure_counts_on_business_days_from_one_to_five() -> None:
    period = Period(at("2019-01-08T01:00:00"), at("2019-01-08T17:00:00"), "Daily", 1, business_days_only=True)
    validity = Validity(at("2019-01-15T00:00:00"), (period,))
    assert validity.state(at("2019-01-08T00:59:59")) == "upcoming"
    assert validity.next_change(at("2019-01-01T00:00:00")) == at("2019-01-08T01:00:00")
    assert validity.state(at("2019-01-08T01:00:00")) == "active"
    assert validity.next_change(at("2019-01-08T01:00:00")) == at("2019-01-08T17:00:00")
    assert validity.state(at("2019-01-11T17:00:00")) == "out-of-hours"
    assert validity.next_change(at("2019-01-11T17:00:00")) == at("2019-01-14T01:00:00")  # over the weekend
    assert validity.state(at("2019-01-12T12:00:00")) == "out-of-hours"
    assert validity.state(at("2019-01-16T12:00:00")) == "expired"


def test_business_days_are_those_where_the_times_were_written() -> None:
    # Friday 20:00 to 23:00 in a zone eight hours behind is Saturday in UTC.
    period = Period(at("2024-01-06T04:00:00"), at("2024-01-06T07:00:00"), "Weekly", 1, True, -8 * HOUR)
    assert Validity(periods=(period,)).state(at("2024-01-06T05:00:00")) == "active"


def test_a_weekly_period_comes_every_second_week_when_it_says_so() -> None:
    validity = Validity(periods=(Period(at("2024-01-01T08:00:00"), at("2024-01-01T10:00:00"), "Weekly", 2),))
    assert validity.state(at("2024-01-08T09:00:00")) == "out-of-hours"
    assert validity.state(at("2024-01-15T09:00:00")) == "active"
    assert validity.next_change(at("2024-01-02T00:00:00")) == at("2024-01-15T08:00:00")


def test_a_monthly_period_of_the_31st_falls_on_the_last_day_of_shorter_months() -> None:
    validity = Validity(periods=(Period(at("2024-01-31T08:00:00"), at("2024-01-31T10:00:00"), "Monthly"),))
    assert validity.state(at("2024-02-29T09:00:00")) == "active"
    assert validity.state(at("2024-04-30T09:00:00")) == "active"
    assert validity.state(at("2024-05-30T09:00:00")) == "out-of-hours"
    assert validity.state(at("2024-05-31T09:00:00")) == "active"


def test_a_yearly_period_of_a_leap_day_falls_on_the_28th() -> None:
    validity = Validity(periods=(Period(at("2024-02-29T00:00:00"), at("2024-03-01T00:00:00"), "Yearly"),))
    assert validity.state(at("2025-02-28T12:00:00")) == "active"
    assert validity.state(at("2025-03-01T12:00:00")) == "out-of-hours"


def test_a_period_over_midnight_goes_on_the_next_day() -> None:
    validity = Validity(periods=(Period(at("2024-01-01T22:00:00"), at("2024-01-02T06:00:00")),))
    assert validity.state(at("2024-03-05T03:00:00")) == "active"
    assert validity.next_change(at("2024-03-05T03:00:00")) == at("2024-03-05T06:00:00")


def test_a_period_as_long_as_its_recurrence_never_pauses() -> None:
    validity = Validity(periods=(Period(0, DAY_S),))
    assert validity.state(DAY_S * 100_000.5) == "active"
    assert validity.next_change(5) is None


def test_a_saturday_that_counts_on_business_days_only_never_counts() -> None:
    period = Period(at("2024-01-06T08:00:00"), at("2024-01-06T10:00:00"), "Weekly", 1, True)
    validity = Validity(periods=(period,))
    assert validity.state(at("2024-06-01T09:00:00")) == "out-of-hours"
    assert validity.next_change(at("2024-06-01T09:00:00")) is None


def test_two_halves_of_a_day_are_answered_without_following_them_for_ever() -> None:
    validity = Validity(periods=(Period(0, DAY_S / 2), Period(DAY_S / 2, DAY_S)))
    change = validity.next_change(0)
    assert change == MOST_JOINS * DAY_S / 2


def test_it_ends_with_the_calendar() -> None:
    validity = Validity(periods=(Period(at("2024-02-29T00:00:00"), at("2024-03-01T00:00:00"), "Yearly", 10_000),))
    assert validity.next_change(at("2025-01-01T00:00:00")) is None
    assert validity.state(1e15) == "out-of-hours"
    assert validity.state(-1e15) == "upcoming"


RECURRENCES: st.SearchStrategy[Recurrence] = st.sampled_from(["Daily", "Weekly", "Monthly", "Yearly"])


@st.composite
def periods(draw: st.DrawFn) -> Period:
    start = draw(st.integers(0, 60 * 365 * 24)) * HOUR
    hours = draw(st.one_of(st.integers(1, 30), st.integers(1, 2000)))
    return Period(
        start,
        start + hours * HOUR,
        draw(RECURRENCES),
        draw(st.integers(1, 4)),
        draw(st.booleans()),
        draw(st.sampled_from([0, 3600, -8 * 3600, 13 * 3600])),
    )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(periods(), max_size=3),
    st.one_of(st.none(), st.integers(0, 80 * 365 * 24).map(lambda hours: hours * HOUR)),
    st.integers(-1000, 80 * 365 * 24 * 2).map(lambda halves: halves * HOUR / 2),
)
@example([Period(0, 30 * HOUR, "Daily", 1, True)], None, 4 * DAY_S + 100.0)
def test_nothing_changes_before_the_next_change_and_something_does_then(
    found: list[Period], expires: float | None, now: float
) -> None:
    validity = Validity(expires, tuple(found))
    state = validity.state(now)
    change = validity.next_change(now)
    # Every start and end here falls on a full hour: half hours see all of them.
    horizon = 60 * DAY_S if change is None else min(change - now, 60 * DAY_S)
    step = now
    while step < now + horizon:
        assert validity.state(step) == state
        step += HOUR / 2
    if change is not None:
        assert change > now
        if len(found) < 2:
            assert validity.state(change) != state


@settings(max_examples=150, deadline=None)
@given(st.lists(periods(), max_size=3), st.floats(-1e18, 1e18))
def test_any_time_has_a_state(found: list[Period], now: float) -> None:
    validity = Validity(None, tuple(found))
    assert validity.state(now) in {"active", "out-of-hours", "upcoming"}
    change = validity.next_change(now)
    assert change is None or change > now


def test_a_monthly_period_of_the_31st_comes_on_the_31st_of_december_and_of_january() -> None:
    period = Period(at("2024-10-31T08:00:00"), at("2024-10-31T10:00:00"), "Monthly")
    validity = Validity(periods=(period,))
    for day in ("2024-10-31", "2024-11-30", "2024-12-31", "2025-01-31", "2025-02-28", "2025-03-31"):
        assert validity.state(at(f"{day}T07:59:59")) != "active"
        assert validity.state(at(f"{day}T08:00:00")) == "active"
        assert validity.state(at(f"{day}T10:00:00")) == "out-of-hours"


def test_a_yearly_period_comes_every_third_year_when_it_says_so() -> None:
    validity = Validity(periods=(Period(at("2024-12-31T08:00:00"), at("2024-12-31T10:00:00"), "Yearly", 3),))
    assert validity.next_change(at("2025-01-01T00:00:00")) == at("2027-12-31T08:00:00")
    assert validity.state(at("2026-12-31T09:00:00")) == "out-of-hours"


def test_a_period_that_never_pauses_and_one_that_just_does() -> None:
    for recurrence, days in (("Daily", 1), ("Weekly", 7), ("Monthly", 31), ("Yearly", 366)):
        kind: Recurrence = recurrence  # type: ignore[assignment]
        start = at("2023-01-01T00:00:00")
        whole = Validity(periods=(Period(start, start + 2 * days * DAY_S, kind, 2),))
        assert whole.next_change(start) is None
        less = Validity(periods=(Period(start, start + 2 * days * DAY_S - 3 * 3600 - 3 * DAY_S * (days > 7), kind, 2),))
        assert less.next_change(start) is not None


def test_a_period_that_could_not_be_read_makes_the_state_unknown_outside_of_the_others() -> None:
    validity = Validity(900.0, (Period(100.0, 200.0, "Yearly"),), are_periods_known=False)
    assert [validity.state(at) for at in (50.0, 100.0, 199.0, 200.0, 900.0, 901.0)] == [
        "unknown", "active", "active", "unknown", "unknown", "expired",
    ]  # fmt: skip
    assert [validity.next_change(at) for at in (50.0, 100.0)] == [100.0, 200.0]
    assert validity.next_change(200.0) == pytest.approx(900.0)
    assert validity.next_change(901.0) is None


def test_an_expiry_that_could_not_be_read_makes_the_state_unknown_at_all_times() -> None:
    for periods in ((), (Period(100.0, 200.0),)):
        validity = Validity(None, periods, is_expiry_known=False)
        assert {validity.state(at) for at in (50.0, 150.0, 300.0)} == {"unknown"}
        assert validity.next_change(150.0) is None
        assert not validity.is_known
