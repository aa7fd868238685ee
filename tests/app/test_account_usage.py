"""Reading the account's usage with the sign-in that is there: silently, with every refusal as a value."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tests.auth.machine import gateway
from tests.cloud import LocalCloud
from tests.surroundings import surroundings
from tvapp.app.account_usage import AccountUsageReader
from tvapp.auth.gateway import Gateway
from tvapp.auth.messages import CodeReceived, PollSucceeded
from tvapp.config.model import Config, Identity, Maps, Usage
from tvapp.core.clock import SystemClock
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.net.lazy_chain import LazyChain
from tvapp.usage.account import AccountUsage
from tvapp.usage.problems import UsageProblem
from tvapp.usage.span import span_of


class Desk:
    """A reader with real threads against the local cloud."""

    def __init__(self, cloud: LocalCloud, folder: Path, *, endpoint: str = "", resource_id: str | None = None) -> None:
        self.cloud = cloud
        self.log = RecordingLog()
        self.clock = SystemClock()
        self.jobs = Jobs(Inbox(), self.log)
        self.network = LazyChain(
            self.jobs, self.clock, self.log, outbound=Outbound.trusting(cloud.ca_bundle), random=lambda: 0.5
        )
        self.config = Config(
            identity=Identity(client_id=cloud.client_id, authority=cloud.authority),
            maps=Maps(resource_id=cloud.ready["maps_resource_id"] if resource_id is None else resource_id),
            usage=Usage(endpoint=endpoint or cloud.endpoint),
        )
        self.gateway = gateway(cloud, folder)
        around = surroundings(folder, self.jobs, clock=self.clock, log=self.log)
        self.reader = AccountUsageReader(self.config, around, self.gateway, self.network.get)

    def sign_in(self, person: str = "aino") -> None:
        received = self.gateway.request_code(1)
        assert isinstance(received, CodeReceived)
        self.cloud.approve(received.user_code, person)
        polled = self.gateway.poll(1)
        assert isinstance(polled, PollSucceeded)
        self.reader.use_account(polled.account.home_id)

    def read(self, days: int = 1) -> AccountUsage | UsageProblem:
        span = span_of(days, self.clock.wall())
        work = self.reader.read(span)
        return asyncio.run_coroutine_threadsafe(work, self.jobs.io_loop()).result(40)

    def problem(self) -> UsageProblem:
        found = self.read()
        assert isinstance(found, UsageProblem)
        return found

    def stop(self) -> None:
        self.network.close()
        self.jobs.stop()


@pytest.fixture
def desk(cloud: LocalCloud, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(cloud, tmp_path)
    made.sign_in()
    yield made
    made.stop()


def test_the_usage_comes_with_the_token_of_the_same_sign_in(desk: Desk) -> None:
    desk.cloud.ask("POST", "/usage", {"count": 12})
    desk.cloud.ask("POST", "/usage", {"tileset": "microsoft.imagery", "count": 3, "age_s": 3600})
    found = desk.read()
    assert isinstance(found, AccountUsage)
    assert found.total == 15
    assert [share.name for share in found.by_api] == ["MapTile.GetBaseTile", "MapTile.GetImageryTile"]
    assert found.availability == 100.0
    assert desk.cloud.count("devicecode") == 1
    (logged,) = desk.log.named("usage.loaded")
    assert (logged["requests"], logged["apis"], logged["days"]) == (15, 2, 1)


def test_a_month_is_one_question(desk: Desk) -> None:
    desk.cloud.ask("POST", "/usage", {"count": 7, "age_s": 20 * 86_400})
    found = desk.read(30)
    assert isinstance(found, AccountUsage)
    assert (len(found.by_part), sum(found.by_part)) == (30, 7)
    assert desk.cloud.count("metrics") == 2


def test_missing_consent_asks_nobody_and_counts_at_once_when_it_is_given(desk: Desk) -> None:
    desk.cloud.settings(management_consent=False)
    problem = desk.problem()
    assert (problem.kind, problem.aadsts) == ("consent", 65001)
    assert desk.cloud.count("metrics") == 0
    assert desk.cloud.count("devicecode") == 1
    desk.cloud.settings(management_consent=True)
    desk.reader.forget_refusals()
    assert isinstance(desk.read(), AccountUsage)


def test_without_the_role_the_problem_names_it(cloud: LocalCloud, tmp_path: Path) -> None:
    desk = Desk(cloud, tmp_path)
    try:
        desk.sign_in("ben")
        problem = desk.problem()
        assert (problem.kind, problem.status, problem.code) == ("role", 403, "AuthorizationFailed")
        (logged,) = desk.log.named("usage.failed")
        assert (logged["kind"], logged["status"]) == ("role", 403)
        assert "ben@" not in str(desk.log.events)
    finally:
        desk.stop()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 401}, "token-refused"),
        ({"status": 403, "error": "AuthorizationFailed"}, "role"),
        ({"status": 404, "error": "ResourceNotFound"}, "not-found"),
        ({"status": 400, "error": "BadRequest"}, "bad-request"),
        ({"status": 429, "retry_after": 30}, "throttled"),
        ({"status": 503}, "service-down"),
        ({"html": True}, "portal"),
        ({"bad_bytes": True}, "bad-reply"),
        ({"oversized_bytes": 8 << 20}, "bad-reply"),
        ({"truncate": 0.5}, "offline"),
        ({"reset": "before"}, "offline"),
        ({"reset": "headers"}, "offline"),
    ],
    ids=str,
)
def test_every_fault_is_a_problem_with_a_remedy(desk: Desk, fault: dict[str, object], kind: str) -> None:
    desk.cloud.fault("metrics", **fault)
    assert desk.problem().kind == kind
    desk.cloud.clear()


def test_a_metric_that_fails_inside_a_200_is_told_and_one_that_is_empty_is_none(desk: Desk) -> None:
    desk.cloud.ask("POST", "/usage", {"count": 12})
    desk.cloud.settings(metrics_failing="Usage")
    assert desk.problem().kind == "metric"
    desk.cloud.settings(metrics_failing="Availability")
    found = desk.read()
    assert isinstance(found, AccountUsage)
    assert (found.total, found.availability, found.failures) == (12, None, ("Availability",))
    desk.cloud.settings(metrics_failing="", metrics_empty=True)
    found = desk.read()
    assert isinstance(found, AccountUsage)
    assert found.is_empty


def test_a_sign_in_that_has_ended_is_told(desk: Desk) -> None:
    desk.cloud.revoke()
    assert desk.problem().kind == "session-ended"


def test_nobody_there_is_told_and_nothing_is_sent(cloud: LocalCloud, tmp_path: Path) -> None:
    desk = Desk(cloud, tmp_path)
    try:
        assert desk.problem().kind == "signed-out"
        assert cloud.count("refresh") == cloud.count("metrics") == 0
    finally:
        desk.stop()


def test_without_a_resource_id_nothing_is_sent(cloud: LocalCloud, tmp_path: Path) -> None:
    desk = Desk(cloud, tmp_path, resource_id="")
    try:
        desk.sign_in()
        assert desk.problem().kind == "no-resource"
        assert cloud.count("refresh") == cloud.count("metrics") == 0
        assert desk.log.named("usage.failed") == []
    finally:
        desk.stop()


def test_a_host_that_cannot_be_reached_is_offline(cloud: LocalCloud, tmp_path: Path) -> None:
    desk = Desk(cloud, tmp_path, endpoint="https://localhost:1")
    try:
        desk.sign_in()
        problem = desk.problem()
        assert (problem.kind, problem.host) == ("offline", "localhost")
    finally:
        desk.stop()


def test_without_an_account_or_with_another_provider_it_says_so(tmp_path: Path) -> None:
    jobs = Jobs(Inbox(), RecordingLog())
    around = surroundings(tmp_path, jobs)
    resource = Maps(resource_id="/subscriptions/s")
    keyed = AccountUsageReader(Config(maps=resource), around, None, lambda: pytest.fail("nothing may be sent"))
    assert keyed.obstacle() == UsageProblem("no-account")
    other = Config(maps=resource, identity=Identity(oidc_authority="https://idp.example.com/realm"))
    for config, problem in (
        (other, UsageProblem("not-azure")),
        (replace(other, usage=Usage("https://arm.example")), None),
    ):
        reader = AccountUsageReader(config, around, cast(Gateway, object()), lambda: pytest.fail("nothing may be sent"))
        assert reader.obstacle() == problem
    jobs.stop()
