"""Azure Monitor as the local cloud plays it: access, questions, and counts of what Azure Maps was really asked."""

from __future__ import annotations

import datetime
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.cloud import LocalCloud

MANAGEMENT = "https://management.azure.com/user_impersonation"
TILE = "/map/tile?api-version=2024-04-01&tilesetId={}&zoom=3&x=4&y=2&tileSize=512"


def iso(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def timespan(hours: float = 1.0, ahead_s: float = 1.0) -> str:
    now = datetime.datetime.now(datetime.UTC)
    return f"{iso(now - datetime.timedelta(hours=hours))}/{iso(now + datetime.timedelta(seconds=ahead_s))}"


def path(cloud: LocalCloud, /, resource: str | None = None, **changes: str | None) -> str:
    values = {
        "api-version": "2024-02-01",
        "metricnames": "Usage",
        "timespan": timespan(),
        "interval": "PT1H",
        "aggregation": "count",
        "$filter": "ApiName eq '*' and ResultType eq '*'",
        "top": "100",
    } | {name.replace("filter_", "$filter").replace("_", "-"): value for name, value in changes.items()}
    query = urlencode({name: value for name, value in values.items() if value is not None})
    resource = resource or cloud.ready["maps_resource_id"]
    return f"{resource}/providers/Microsoft.Insights/metrics?{query}"


@pytest.fixture
def reader(cloud: LocalCloud) -> dict[str, str]:
    """Return the headers of a person who may read metrics."""
    return {"Authorization": f"Bearer {cloud.sign_in('aino', MANAGEMENT)['access_token']}"}


def ask(cloud: LocalCloud, headers: dict[str, str], **changes: str | None) -> tuple[int, dict[str, Any]]:
    status, _, body = cloud.send("GET", path(cloud, **changes), headers=headers)
    return status, json.loads(body)


def counts(answer: dict[str, Any], value: str = "count") -> dict[tuple[str, ...], float]:
    """Return the sum of each series of the only metric."""
    (metric,) = answer["value"]
    return {
        tuple(each["value"] for each in series["metadatavalues"]): sum(p.get(value, 0) for p in series["data"])
        for series in metric["timeseries"]
    }


def test_the_metrics_count_what_was_really_requested(cloud: LocalCloud, reader: dict[str, str]) -> None:
    bearer = cloud.bearer("aino")
    for tileset, times in (
        ("microsoft.base.road", 3),
        ("microsoft.imagery", 2),
        ("microsoft.traffic.relative.main", 1),
    ):
        for _ in range(times):
            assert cloud.send("GET", TILE.format(tileset), headers=bearer)[0] == 200
    cloud.send("GET", TILE.format("microsoft.base.road"))
    cloud.fault("tile", status=503, times=1)
    cloud.send("GET", TILE.format("microsoft.base.road"), headers=bearer)
    status, answer = ask(cloud, reader)
    assert status == 200
    assert counts(answer) == {
        ("MapTile.GetBaseTile", "Success"): 3,
        ("MapTile.GetImageryTile", "Success"): 2,
        ("MapTile.GetTrafficFlowTile", "Success"): 1,
        ("MapTile.GetBaseTile", "ClientError"): 1,
        ("MapTile.GetBaseTile", "ServerError"): 1,
    }
    (metric,) = answer["value"]
    assert (metric["name"]["value"], metric["errorCode"], metric["unit"]) == ("Usage", "Success", "Count")


def test_a_failed_request_costs_availability(cloud: LocalCloud, reader: dict[str, str]) -> None:
    bearer = cloud.bearer("aino")
    cloud.fault("tile", status=500, times=1)
    for _ in range(4):
        cloud.send("GET", TILE.format("microsoft.base.road"), headers=bearer)
    _, answer = ask(cloud, reader, metricnames="Availability", aggregation="average", filter_="ApiName eq '*'")
    (series,) = answer["value"][0]["timeseries"]
    assert [point["average"] for point in series["data"] if "average" in point] == [75.0]


def test_without_top_ten_series_are_returned(cloud: LocalCloud, reader: dict[str, str]) -> None:
    for status in range(200, 215):
        cloud.ask("POST", "/usage", {"status": status, "count": status})
    split = "ResponseCode eq '*'"
    _, answer = ask(cloud, reader, filter_=split, top=None)
    assert len(counts(answer)) == 10
    assert ("214",) in counts(answer)
    assert len(counts(ask(cloud, reader, filter_=split)[1])) == 15


def test_a_filter_with_a_value_keeps_the_others_out(cloud: LocalCloud, reader: dict[str, str]) -> None:
    cloud.ask("POST", "/usage", {"tileset": "microsoft.imagery", "count": 4})
    cloud.ask("POST", "/usage", {"count": 9})
    _, answer = ask(cloud, reader, filter_="ApiName eq 'MapTile.GetImageryTile'")
    assert counts(answer) == {(): 4.0}


def test_times_without_requests_have_points_too(cloud: LocalCloud, reader: dict[str, str]) -> None:
    cloud.ask("POST", "/usage", {"count": 5, "age_s": 7200})
    _, answer = ask(cloud, reader, timespan=timespan(hours=4), interval="PT30M")
    ((_, total),) = counts(answer).items()
    assert total == 5.0
    data = answer["value"][0]["timeseries"][0]["data"]
    assert len(data) == 9
    assert sum(point["count"] > 0 for point in data) == 1


def test_what_azure_monitor_has_can_lag_be_empty_or_fail(cloud: LocalCloud, reader: dict[str, str]) -> None:
    cloud.ask("POST", "/usage", {"count": 5})
    cloud.settings(metrics_lag_s=600.0)
    assert counts(ask(cloud, reader)[1]) == {}
    cloud.settings(metrics_lag_s=0.0, metrics_empty=True)
    assert ask(cloud, reader)[1]["value"][0]["timeseries"] == []
    cloud.settings(metrics_empty=False, metrics_failing="Usage,Availability")
    status, answer = ask(cloud, reader)
    assert (status, answer["value"][0]["errorCode"]) == (200, "InternalServerError")
    assert answer["value"][0]["timeseries"] == []


@pytest.mark.parametrize("person", ["ben", "carla"])
def test_without_the_role_the_refusal_is_that_of_resource_manager(cloud: LocalCloud, person: str) -> None:
    token = cloud.sign_in(person, MANAGEMENT)["access_token"]
    status, answer = ask(cloud, {"Authorization": f"Bearer {token}"})
    assert (status, answer["error"]["code"]) == (403, "AuthorizationFailed")
    assert "Microsoft.Insights/metrics/read" in answer["error"]["message"]


def test_a_token_for_azure_maps_is_no_token_for_resource_manager(cloud: LocalCloud) -> None:
    for headers in ({}, cloud.bearer("aino"), {"Authorization": "Basic x"}):
        status, answered, _ = cloud.send("GET", path(cloud), headers=headers)
        assert status == 401
        assert "Bearer" in answered["www-authenticate"]


def test_another_account_is_not_there(cloud: LocalCloud, reader: dict[str, str]) -> None:
    other = cloud.ready["maps_resource_id"] + "-other"
    status, _, body = cloud.send("GET", path(cloud, other), headers=reader)
    assert (status, json.loads(body)["error"]["code"]) == (404, "ResourceNotFound")
    upper = path(cloud, cloud.ready["maps_resource_id"].replace("contoso", "CONTOSO"))
    assert cloud.send("GET", upper, headers=reader)[0] == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"api_version": "2018-01-01"},
        {"interval": "PT2H"},
        {"metricnames": "Nonsense"},
        {"filter_": "ApiName = '*'"},
        {"filter_": "Colour eq '*'"},
        {"filter_": None},
        {"top": "many"},
        {"timespan": "yesterday"},
        {"timespan": timespan(hours=31 * 24)},
        {"timespan": timespan(hours=100 * 24)},
        {"metricnames": "Availability"},
    ],
)
def test_a_question_that_azure_monitor_refuses_is_refused(
    cloud: LocalCloud, reader: dict[str, str], changes: dict[str, str | None]
) -> None:
    status, answer = ask(cloud, reader, **changes)
    assert status == 400
    assert answer["error"]["code"] in ("BadRequest", "InvalidApiVersionParameter")


def test_consent_for_resource_manager_can_be_missing(cloud: LocalCloud) -> None:
    refresh = cloud.sign_in("aino")["refresh_token"]
    form = {
        "grant_type": "refresh_token",
        "client_id": cloud.client_id,
        "refresh_token": refresh,
        "scope": MANAGEMENT,
    }
    cloud.settings(management_consent=False)
    answer = cloud.post_form(f"{cloud.authority}/oauth2/v2.0/token", form)
    assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [65001])


def test_a_reset_forgets_what_was_counted(cloud: LocalCloud) -> None:
    cloud.ask("POST", "/usage", {"count": 5})
    assert cloud.ask("GET", "/usage")[0]["count"] == 5
    cloud.reset()
    assert cloud.ask("GET", "/usage") == []
