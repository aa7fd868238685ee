"""The metrics of the account: what is asked of Azure Monitor, and what is made of any answer."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.azure.fakes import FakeSender, FakeTokens, PlainAuthorizer, reply
from tvapp.azure.authorizer import ManagementAuthorizer
from tvapp.azure.metrics import MAX_BYTES, MetricFailed, MetricsClient, management_endpoint, management_scope
from tvapp.azure.metrics_parsing import MAX_POINTS, MAX_SERIES, MAX_VALUE, metric_named, parse_metrics
from tvapp.core.clock import ManualClock
from tvapp.core.errors import (
    DataError,
    Forbidden,
    NotFound,
    ServiceDown,
    ServiceError,
    Throttled,
    Unauthorized,
    UnexpectedReply,
    Unreachable,
)
from tvapp.net.request import Request, Response
from tvapp.usage.account import AVAILABILITY, USAGE, AccountUsage, Metric, Point, Series
from tvapp.usage.span import iso_time, span_of

ENDPOINT = "https://management.azure.com"
RESOURCE = "/subscriptions/8a5f0000-1111-4222-8333-44445555aaaa/resourceGroups/g/providers/Microsoft.Maps/accounts/m"
SPAN = span_of(7, 1_796_040_000.0)
HOURS = span_of(1, 1_796_040_000.0)

Answer = Callable[[Request], Response]


def metric(name: str, *timeseries: object, **fields: object) -> dict[str, Any]:
    return {
        "id": f"{RESOURCE}/providers/Microsoft.Insights/metrics/{name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": name, "localizedValue": name},
        "unit": "Count",
        "errorCode": "Success",
        "timeseries": list(timeseries),
        **fields,
    }


def timeseries(aggregation: str, *values: object, **dimensions: str) -> dict[str, Any]:
    return {
        "metadatavalues": [
            {"name": {"value": name, "localizedValue": name}, "value": value} for name, value in dimensions.items()
        ],
        "data": [
            {"timeStamp": iso_time(SPAN.start + number * SPAN.grain_s), aggregation: value}
            if value is not None
            else {"timeStamp": iso_time(SPAN.start + number * SPAN.grain_s)}
            for number, value in enumerate(values)
        ],
    }


def answer(*metrics: object) -> Response:
    body = {"cost": 0, "timespan": "", "interval": "P1D", "value": list(metrics)}
    return reply(200, json.dumps(body).encode(), "application/json; charset=utf-8")


def by_metric(usage: Response, availability: Response | None = None) -> Answer:
    """Answer the question about each metric on its own."""
    other = availability if availability is not None else answer(metric(AVAILABILITY))
    return lambda request: usage if "metricnames=Usage" in request.url else other


def read(answering: Answer) -> tuple[AccountUsage, FakeSender]:
    sender = FakeSender(answering)
    client = MetricsClient(sender, ENDPOINT + "/", PlainAuthorizer(), RESOURCE, clock=ManualClock())
    return asyncio.run(client.usage(SPAN)), sender


GOOD = answer(
    metric(
        "Usage",
        timeseries("count", 10.0, None, 5, apiname="MapTile.GetBaseTile", resulttype="Success"),
        timeseries("count", 1, apiname="MapTile.GetBaseTile", resulttype="ClientError"),
    )
)


def test_the_questions_are_those_of_the_documentation() -> None:
    _, sender = read(by_metric(GOOD))
    assert [request.url.partition("?")[0] for request in sender.requests] == [
        f"{ENDPOINT}{RESOURCE}/providers/Microsoft.Insights/metrics"
    ] * 2
    usage, availability = sorted(sender.queries, key=lambda query: query["metricnames"], reverse=True)
    assert usage == {
        "api-version": "2024-02-01",
        "metricnamespace": "microsoft.maps/accounts",
        "metricnames": "Usage",
        "timespan": f"{iso_time(SPAN.start)}/{iso_time(SPAN.end)}",
        "interval": "P1D",
        "aggregation": "count",
        "$filter": "ApiName eq '*' and ResultType eq '*'",
        "top": "500",
    }
    assert availability["metricnames"] == "Availability"
    assert availability["aggregation"] == "average"
    assert availability["$filter"] == "ApiName eq '*'"


def test_a_resource_group_may_have_letters_of_any_script() -> None:
    sender = FakeSender(by_metric(GOOD))
    client = MetricsClient(
        sender, ENDPOINT, PlainAuthorizer(), RESOURCE.replace("/g/", "/kartat-(ö)/"), clock=ManualClock()
    )
    asyncio.run(client.usage(SPAN))
    assert all("/resourceGroups/kartat-(%C3%B6)/providers/" in request.url for request in sender.requests)


def test_an_answer_becomes_sums() -> None:
    found, _ = read(
        by_metric(GOOD, answer(metric("Availability", timeseries("average", 99.5, apiname="MapTile.GetBaseTile"))))
    )
    assert found.by_part == (11, 0, 5, 0, 0, 0, 0)
    assert [(share.name, share.count) for share in found.by_result] == [("Success", 15), ("ClientError", 1)]
    assert found.availability == 99.5
    assert found.failures == ()


def test_an_empty_answer_is_no_error() -> None:
    found, _ = read(by_metric(answer(metric("Usage"))))
    assert found.is_empty
    assert found.availability is None


def test_an_error_inside_a_200_is_the_metric_s_own() -> None:
    failed = answer(metric("Usage", errorCode="InternalServerError", errorMessage="try later\x00"))
    with pytest.raises(MetricFailed) as raised:
        read(by_metric(failed))
    assert (raised.value.code, raised.value.message) == ("InternalServerError", "try later")
    assert raised.value.host == "management.azure.com"


def test_an_availability_that_cannot_be_read_costs_only_itself() -> None:
    for other in (answer(metric("Availability", errorCode="BadRequest")), reply(503), reply(200, b"{", "text/html")):
        found, _ = read(by_metric(GOOD, other))
        assert found.total == 16
        assert found.failures == (AVAILABILITY,)
        assert found.availability is None


def test_an_answer_without_the_metric_is_a_failure_of_it() -> None:
    with pytest.raises(MetricFailed):
        read(by_metric(answer(metric("Other"))))


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (reply(400, b'{"error":{"code":"BadRequest","message":"no"}}', "application/json"), ServiceError),
        (reply(401, www_authenticate='Bearer error="invalid_token"'), Unauthorized),
        (reply(403, b'{"error":{"code":"AuthorizationFailed","message":"no"}}', "application/json"), Forbidden),
        (reply(404, b'{"error":{"code":"ResourceNotFound","message":"no"}}', "application/json"), NotFound),
        (reply(429, retry_after="17"), Throttled),
        (reply(503), ServiceDown),
        (reply(302, location="https://portal.example/"), UnexpectedReply),
        (reply(200, b"<html>welcome</html>", "text/html"), UnexpectedReply),
        (reply(200, b'{"value": [', "application/json"), UnexpectedReply),
        (reply(200, b"[1, 2]", "application/json"), UnexpectedReply),
        (reply(200, b'{"value": 3}', "application/json"), UnexpectedReply),
        (reply(200, b'{"value": [3, {"name": 4}]}', "application/json"), UnexpectedReply),
        (reply(200, b"", "application/json"), UnexpectedReply),
        (reply(204), UnexpectedReply),
    ],
)
def test_everything_else_is_one_of_our_errors(response: Response, error: type[ServiceError]) -> None:
    with pytest.raises(error) as raised:
        read(by_metric(response))
    assert type(raised.value) is error


def test_a_refusal_carries_the_service_s_code_and_its_wait() -> None:
    with pytest.raises(Throttled) as raised:
        read(by_metric(reply(429, b'{"error":{"code":"SubscriptionRequestsThrottled"}}', "application/json",
                             retry_after="17")))  # fmt: skip
    assert (raised.value.code, raised.value.retry_after_s) == ("SubscriptionRequestsThrottled", 17.0)


def test_no_answer_is_told_as_it_is() -> None:
    def refuse(request: Request) -> Response:
        raise Unreachable(request.host, "refused")

    with pytest.raises(Unreachable):
        read(refuse)


def test_the_answer_may_be_so_large_and_no_larger() -> None:
    _, sender = read(by_metric(GOOD))
    assert {request.limit_bytes for request in sender.requests} == {MAX_BYTES}


# -- hosts and tokens -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cloud", "host"),
    [
        ("public", "https://management.azure.com"),
        ("us-government", "https://management.usgovcloudapi.net"),
        ("china", "https://management.chinacloudapi.cn"),
    ],
)
def test_each_cloud_has_its_own_host_and_scope(cloud: str, host: str) -> None:
    assert management_endpoint(cloud) == host
    assert management_scope(cloud) == f"{host}/user_impersonation"


@pytest.mark.parametrize("url", ["https://management.usgovcloudapi.net/x", "http://management.azure.com/x"])
def test_the_token_goes_to_that_host_alone(url: str) -> None:
    sender = FakeSender(lambda request: reply())
    authorizer = ManagementAuthorizer(FakeTokens(), endpoint=ENDPOINT, scope=management_scope("public"))
    with pytest.raises(DataError):
        asyncio.run(authorizer.send(sender, Request("GET", url)))
    assert sender.requests == []


def test_a_rejected_token_is_replaced_once() -> None:
    tokens = FakeTokens()
    sender = FakeSender(lambda request: reply(401))
    authorizer = ManagementAuthorizer(tokens, endpoint=ENDPOINT, scope=management_scope("public"))
    response = asyncio.run(authorizer.send(sender, Request("GET", ENDPOINT + RESOURCE)))
    assert response.status == 401
    assert [request.headers["authorization"] for request in sender.requests] == ["Bearer token-1", "Bearer token-2"]
    assert all("x-ms-client-id" not in request.headers for request in sender.requests)


# -- the parser -----------------------------------------------------------------------------------------------------

numbers = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True, allow_infinity=True))
anything = st.recursive(
    st.one_of(numbers, st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                ["value", "name", "timeseries", "data", "count", "timeStamp", "metadatavalues", "errorCode", "x"]
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=30,
)


@given(anything)
def test_anything_is_parsed_into_finite_values_or_refused(body: object) -> None:
    try:
        metrics = parse_metrics(body, "count")
    except DataError:
        return
    for each in metrics:
        assert each.name
        assert each.name.isprintable()
        for series in each.series:
            assert all(0 <= point.value <= MAX_VALUE for point in series.points)


@given(st.lists(st.integers(0, 10**14), max_size=30), st.text(max_size=40))
def test_what_is_well_formed_is_kept_as_it_is(values: list[int], api: str) -> None:
    shown = timeseries("count", *values, ApiName=api)
    (found,) = parse_metrics({"value": [metric("Usage", shown)]}, "count")
    (series,) = found.series
    assert [point.value for point in series.points] == values
    assert [point.at for point in series.points] == [SPAN.start + n * SPAN.grain_s for n in range(len(values))]


def test_names_of_dimensions_differ_in_case_and_times_in_precision() -> None:
    entry = {
        "metadatavalues": [{"name": {"value": "ApiName"}, "value": "a"}],
        "data": [
            {"timeStamp": "2026-11-30T00:00:00.0000000Z", "count": 1},
            {"timeStamp": "2026-11-30T02:00:00+02:00", "count": 2},
            {"timeStamp": "2026-11-30T00:00:00", "count": 3},
        ],
    }
    (found,) = parse_metrics({"value": [metric("Usage", entry)]}, "count")
    assert found.series == (
        Series((("apiname", "a"),), tuple(Point(1_795_996_800.0, value) for value in (1.0, 2.0, 3.0))),
    )


@pytest.mark.parametrize("value", [True, "5", None, -1, 1e16, float("nan"), float("inf"), 10**400, [], {}, "NaN"])
def test_a_value_that_is_no_count_is_no_point(value: object) -> None:
    (found,) = parse_metrics({"value": [metric("Usage", timeseries("count", value, 5))]}, "count")
    assert [point.value for point in found.series[0].points] == [5.0]


@pytest.mark.parametrize("stamp", ["", "yesterday", "9" * 1000, 5, None, "2026-13-01", "2026-11-30T25:00"])
def test_a_point_without_a_time_is_left_out(stamp: object) -> None:
    entry = {"data": [{"timeStamp": stamp, "count": 1}, {"timeStamp": "2026-11-30T00:00:00Z", "count": 2}]}
    (found,) = parse_metrics({"value": [metric("Usage", entry)]}, "count")
    assert [point.value for point in found.series[0].points] == [2.0]


def test_names_are_shown_on_one_line_and_not_without_end() -> None:
    entry = timeseries("count", 1, ApiName="a\u202eb\x00c\n" + "x" * 10_000)
    (found,) = parse_metrics({"value": [metric("Usage", entry)]}, "count")
    name = found.series[0].dimension("apiname")
    assert name.startswith("abc xxx")
    assert len(name) <= 80


def test_a_flood_of_series_and_points_is_cut_in_little_memory() -> None:
    flood = {
        "value": [metric("Usage", *[timeseries("count", *range(5))] * 20_000, timeseries("count", *range(100_000)))]
    }
    tracemalloc.start()
    (found,) = parse_metrics(flood, "count")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.series) == MAX_SERIES
    assert peak < 8 << 20
    (long,) = parse_metrics({"value": [metric("Usage", timeseries("count", *range(100_000)))]}, "count")
    assert len(long.series[0].points) == MAX_POINTS


def test_a_metric_is_found_by_its_name_in_any_case() -> None:
    usage = Metric(USAGE, failure="x")
    assert metric_named((Metric("Other"), usage), "usage") is usage
    assert metric_named((), USAGE) == Metric(USAGE, failure="NotInAnswer")
