"""From the metrics of the account to sums by time, API and result, and the availability."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tvapp.usage.account import (
    AVAILABILITY,
    USAGE,
    Metric,
    Percentage,
    Point,
    Series,
    Share,
    account_usage,
    regrouped,
)
from tvapp.usage.span import HOUR_S, span_of

SPAN = span_of(1, 1_796_040_000.0)
NOTHING = Metric(AVAILABILITY)


def series(api: str, *values: float, result: str = "", first: int = 0) -> Series:
    dimensions = (("apiname", api),) + ((("resulttype", result),) if result else ())
    return Series(
        dimensions,
        tuple(Point(SPAN.start + (first + number) * HOUR_S, value) for number, value in enumerate(values)),
    )


def test_requests_are_added_by_time_by_api_and_by_result() -> None:
    usage = Metric(
        USAGE,
        (
            series("MapTile.GetBaseTile", 10, 20, result="Success"),
            series("MapTile.GetBaseTile", 0, 5, result="ClientError"),
            series("MapTile.GetImageryTile", 40, result="Success"),
        ),
    )
    found = account_usage(SPAN, usage, NOTHING)
    assert found.by_part == (50, 25, *(0,) * 22)
    assert found.by_api == (Share("MapTile.GetImageryTile", 40), Share("MapTile.GetBaseTile", 35))
    assert found.by_result == (Share("Success", 70), Share("ClientError", 5))
    assert found.total == 75
    assert not found.is_empty


def test_no_series_at_all_is_empty_and_no_failure() -> None:
    found = account_usage(SPAN, Metric(USAGE), NOTHING)
    assert (found.total, found.by_api, found.availability, found.failures) == (0, (), None, ())
    assert found.is_empty


def test_series_of_zeros_are_empty_too() -> None:
    found = account_usage(SPAN, Metric(USAGE, (series("MapTile.GetBaseTile", 0, 0),)), NOTHING)
    assert found.is_empty
    assert found.by_api == ()


def test_points_outside_of_the_span_do_not_count() -> None:
    usage = Metric(USAGE, (series("a", 7, 1, first=-1), series("a", 1, 9, first=23)))
    assert account_usage(SPAN, usage, NOTHING).by_part == (1, *(0,) * 22, 1)


def test_the_availability_is_weighted_by_the_requests() -> None:
    usage = Metric(USAGE, (series("busy", 90, 0), series("quiet", 10, 0)))
    availability = Metric(AVAILABILITY, (series("busy", 100, 50), series("quiet", 90)))
    found = account_usage(SPAN, usage, availability)
    assert found.availability == 99.0
    assert found.availability_by_api == (Percentage("quiet", 90.0), Percentage("busy", 100.0))


def test_without_requests_the_availability_is_the_plain_mean() -> None:
    found = account_usage(SPAN, Metric(USAGE), Metric(AVAILABILITY, (series("a", 100, 50),)))
    assert found.availability == 75.0


def test_more_than_everything_is_no_availability() -> None:
    assert account_usage(SPAN, Metric(USAGE), Metric(AVAILABILITY, (series("a", 101),))).availability is None


def test_a_metric_that_failed_is_named() -> None:
    found = account_usage(SPAN, Metric(USAGE, (series("a", 1),)), Metric(AVAILABILITY, failure="InternalServerError"))
    assert found.failures == (AVAILABILITY,)
    assert found.availability is None


@given(st.lists(st.integers(0, 10**9), max_size=40), st.integers(1, 10))
def test_neighbours_are_joined_from_the_end_and_nothing_is_lost(parts: list[int], size: int) -> None:
    joined = regrouped(parts, size)
    assert sum(joined) == sum(parts)
    assert len(joined) == -(-len(parts) // size)
    if parts:
        assert joined[-1] == sum(parts[-size:])
