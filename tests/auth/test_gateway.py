"""MSAL behind the gateway: one attempt a call, nothing replayed, nothing kept that should not be."""

from __future__ import annotations

import dataclasses
import json
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.auth.machine import SCOPE, gateway, http_client
from tests.cloud import LocalCloud
from tests.e2e.rig import until
from tvapp.auth.gateway import Grant
from tvapp.auth.http_client import TIMEOUT_S, Failed, HttpClient, Reply
from tvapp.auth.messages import CodeReceived, CodeRefused, PollPending, PollRefused, PollSlowDown, PollSucceeded
from tvapp.auth.msal_gateway import MsalGateway, grant_of
from tvapp.auth.problems import Problem, Refused
from tvapp.auth.token_store import token_file
from tvapp.core.errors import ConfigError, NetworkError, SignInError


def asked(which: MsalGateway, flow: int = 1) -> CodeReceived:
    answer = which.request_code(flow)
    assert isinstance(answer, CodeReceived), answer
    return answer


def approved(which: MsalGateway, cloud: LocalCloud, flow: int = 1, person: str = "aino") -> str:
    cloud.approve(asked(which, flow).user_code, person)
    answer = which.poll(flow)
    assert isinstance(answer, PollSucceeded), answer
    return answer.account.home_id


def test_one_call_is_one_request(cloud: LocalCloud, tmp_path: Path) -> None:
    which = gateway(cloud, tmp_path)
    asked(which)
    cloud.forget_requests()
    assert which.poll(1) == PollPending(1)
    assert which.poll(1) == PollPending(1)
    assert cloud.count("token") == 2
    assert cloud.count("discovery") == cloud.count("instance") == 0


def test_slow_down_is_passed_on(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.settings(enforce_interval=True, interval_s=60)
    which = gateway(cloud, tmp_path)
    assert asked(which).interval == 60
    which.poll(1)
    assert which.poll(1) == PollSlowDown(1)


def test_no_failure_is_replayed(cloud: LocalCloud, tmp_path: Path) -> None:
    which = gateway(cloud, tmp_path)
    cloud.fault("devicecode", status=429, retry_after=60, times=1)
    assert isinstance(which.request_code(1), CodeRefused)
    asked(which, 2)
    cloud.fault("token", status=429, times=1)
    assert isinstance(which.poll(2), PollRefused)
    assert which.poll(2) == PollPending(2)


@pytest.mark.parametrize("fault", [{"status": 503}, {"reset": "before"}, {"status": 429, "retry_after": 1}])
def test_what_asks_for_a_code_or_a_token_is_sent_once(
    cloud: LocalCloud, tmp_path: Path, fault: dict[str, object]
) -> None:
    which = gateway(cloud, tmp_path)
    home_id = approved(which, cloud)
    cloud.forget_requests()
    cloud.fault("devicecode", **fault)
    cloud.fault("refresh", **fault)
    assert isinstance(which.request_code(2), CodeRefused)
    with pytest.raises((NetworkError, SignInError)):
        which.acquire([SCOPE], home_id, fresh=True)
    # A connection that is cut at once is cut before the server has counted it.
    until(lambda: (cloud.count("devicecode"), cloud.count("refresh")) == (1, 1), 5.0)


def test_a_failed_refresh_is_really_tried_again(cloud: LocalCloud, tmp_path: Path) -> None:
    which = gateway(cloud, tmp_path)
    home_id = approved(which, cloud)
    cloud.fault("refresh", error="invalid_request", status=400, times=1)
    with pytest.raises(SignInError):
        which.acquire([SCOPE], home_id, fresh=True)
    assert which.acquire([SCOPE], home_id, fresh=True).is_new


def test_another_resource_needs_no_second_code(cloud: LocalCloud, tmp_path: Path) -> None:
    which = gateway(cloud, tmp_path)
    home_id = approved(which, cloud)
    first = which.acquire([SCOPE], home_id, fresh=False)
    again = which.acquire([SCOPE], home_id, fresh=False)
    assert first.secret == again.secret
    assert not again.is_new


def test_without_a_refresh_token_a_person_is_needed_in_the_end(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.settings(issue_refresh_tokens=False)
    which = gateway(cloud, tmp_path)
    home_id = approved(which, cloud)
    with pytest.raises(SignInError) as caught:
        which.acquire([SCOPE], home_id, fresh=True)
    assert caught.value.needs_person
    assert isinstance(caught.value, Refused)
    assert caught.value.problem == Problem("session-ended", "new-code", "no_refresh_token")


def test_a_person_is_never_needed_because_of_what_a_portal_says(cloud: LocalCloud, tmp_path: Path) -> None:
    home_id = approved(gateway(cloud, tmp_path), cloud)
    for fault in (
        {"status": 404, "body": "<html>", "content_type": "text/html"},
        {"status": 200, "body": "{}"},
        {"status": 403, "body": "<html>", "content_type": "text/html"},
        {"status": 400, "body": "{}"},
        {"html": True},
    ):
        for endpoint in ("discovery", "refresh"):
            fresh = gateway(cloud, tmp_path)
            cloud.fault(endpoint, times=1, **fault)
            with pytest.raises((NetworkError, SignInError)) as caught:
                fresh.acquire([SCOPE], home_id, fresh=True)
            assert not getattr(caught.value, "needs_person", False), (endpoint, fault)
            cloud.clear()


def test_a_refusal_carries_what_an_administrator_needs(cloud: LocalCloud, tmp_path: Path) -> None:
    which = gateway(cloud, tmp_path)
    home_id = approved(which, cloud)
    cloud.fault("refresh", aadsts=50173)
    with pytest.raises(Refused) as caught:
        which.acquire([SCOPE], home_id, fresh=True)
    problem = caught.value.problem
    assert (problem.kind, problem.aadsts) == ("session-ended", 50173)
    assert problem.correlation_id
    assert problem.trace_id


class Crossing(HttpClient):
    """Does something while an answer is on its way; `forms` are those that were posted."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._real = http_client(cloud.ca_bundle)
        self.meanwhile: Callable[[], object] = lambda: None
        self.forms: list[object] = []

    def get(self, url: str, params: object = None, headers: Mapping[str, str] | None = None, **more: object) -> Reply:
        return self._real.get(url, params, headers, **more)

    def post(
        self,
        url: str,
        params: object = None,
        data: object = None,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> Reply:
        self.forms.append(data)
        reply = self._real.post(url, params, data, headers, **more)
        self.meanwhile()
        return reply


def test_signing_out_while_a_code_is_requested_leaves_no_code_behind(cloud: LocalCloud, tmp_path: Path) -> None:
    http = Crossing(cloud)
    which = gateway(cloud, tmp_path, http=http)
    http.meanwhile = which.sign_out
    answer = which.request_code(1)
    assert isinstance(answer, CodeRefused)
    assert (answer.problem.kind, answer.problem.next) == ("interrupted", "retries")
    http.meanwhile = lambda: None
    unknown = which.poll(1)
    assert isinstance(unknown, PollRefused), "the code of before is still polled"
    assert unknown.problem.kind == "code-unknown"
    # A new code is for the new, empty cache.
    assert approved(which, cloud, 2)


def test_an_approval_that_crosses_signing_out_leaves_nothing_behind(cloud: LocalCloud, tmp_path: Path) -> None:
    http = Crossing(cloud)
    which = gateway(cloud, tmp_path, http=http)
    cloud.approve(asked(which).user_code)
    http.meanwhile = which.sign_out
    assert isinstance(which.poll(1), PollSucceeded)
    assert which.load_account() is None
    assert not token_file(tmp_path).exists()


def test_a_renewal_that_crosses_signing_out_leaves_nothing_behind(cloud: LocalCloud, tmp_path: Path) -> None:
    http = Crossing(cloud)
    which = gateway(cloud, tmp_path, http=http)
    home_id = approved(which, cloud)
    http.meanwhile = which.sign_out
    which.acquire([SCOPE], home_id, fresh=True)
    assert which.load_account() is None
    which.save()
    assert not token_file(tmp_path).exists()


def test_a_forgotten_account_is_gone_and_the_other_one_stays(cloud: LocalCloud, tmp_path: Path) -> None:
    which = gateway(cloud, tmp_path)
    aino = approved(which, cloud, 1, "aino")
    ben = approved(which, cloud, 2, "ben")
    which.remove_account(aino)
    with pytest.raises(SignInError):
        which.acquire([SCOPE], aino, fresh=False)
    assert which.acquire([SCOPE], ben, fresh=True).is_new
    account = gateway(cloud, tmp_path).load_account()
    assert account is not None
    assert account.home_id == ben


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"device_code": "d", "user_code": 5, "verification_uri": "https://x", "expires_in": 9, "interval": 1}',
        '{"device_code": "d", "user_code": "", "verification_uri": "https://x", "expires_in": 9, "interval": 1}',
        '{"device_code": "d", "user_code": "A\\u0007", "verification_uri": "https://x", "expires_in": 9}',
        '{"device_code": "d", "user_code": "AB", "expires_in": 9, "interval": 1}',
        '{"device_code": "d", "user_code": "AB", "verification_uri": "https://x", "expires_in": "soon"}',
        '{"device_code": "d", "user_code": "AB", "verification_uri": "https://x", "interval": null}',
    ],
)
def test_a_code_that_makes_no_sense_is_not_shown(cloud: LocalCloud, tmp_path: Path, body: str) -> None:
    cloud.fault("devicecode", status=200, body=body, content_type="application/json")
    answer = gateway(cloud, tmp_path).request_code(1)
    assert isinstance(answer, CodeRefused)


@pytest.mark.parametrize("uri", ["http://x.example/device", "javascript:alert(1)", "x.example/device", "https://"])
def test_nobody_is_sent_to_an_address_without_tls(cloud: LocalCloud, tmp_path: Path, uri: str) -> None:
    which = gateway(cloud, tmp_path)
    device_reply(cloud, verification_uri=uri)
    answer = which.request_code(1)
    assert isinstance(answer, CodeRefused)
    assert answer.problem.kind == "bad-reply"
    device_reply(cloud, verification_uri_complete=uri)
    complete = which.request_code(1)
    assert isinstance(complete, CodeReceived)
    assert complete.verification_uri_complete == ""


def discovery_with(cloud: LocalCloud, name: str, url: str, **fault: object) -> None:
    """Let discovery name another endpoint."""
    with urllib.request.urlopen(
        f"{cloud.oidc_authority}/.well-known/openid-configuration",
        context=ssl.create_default_context(cafile=cloud.ca_bundle),
    ) as answer:
        body = json.loads(answer.read()) | {name: url}
    cloud.fault("discovery", status=200, body=json.dumps(body), content_type="application/json", **fault)


@pytest.mark.parametrize("name", ["device_authorization_endpoint", "token_endpoint"])
def test_codes_and_tokens_go_to_no_other_origin_than_the_authoritys(
    cloud: LocalCloud, tmp_path: Path, name: str
) -> None:
    discovery_with(cloud, name, "https://elsewhere.example:8443/oauth2", times=1)
    which = gateway(cloud, tmp_path)
    answer = which.request_code(1)
    assert isinstance(answer, CodeRefused)
    assert (answer.problem.kind, answer.problem.next) == ("endpoint-elsewhere", "retries")
    assert answer.problem.error == "foreign_endpoint elsewhere.example"
    assert isinstance(which.request_code(2), CodeReceived)


def test_an_openid_provider_may_have_its_endpoints_where_the_configuration_says(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    settings = {"authority": "", "oidc_authority": cloud.oidc_authority}
    for endpoints, kind in (((), "endpoint-elsewhere"), (("https://localhost:1",), "offline")):
        discovery_with(cloud, "device_authorization_endpoint", "https://localhost:1/code", times=1)
        which = gateway(cloud, tmp_path, **settings, oidc_endpoints=endpoints)  # type: ignore[arg-type]
        answer = which.request_code(1)
        assert isinstance(answer, CodeRefused)
        assert answer.problem.kind == kind
        assert isinstance(which.request_code(2), CodeReceived), "where the endpoint was is not remembered"


@pytest.mark.parametrize("path", ["no-such-page", ""])
def test_a_dead_endpoint_that_discovery_named_is_forgotten_at_once(
    cloud: LocalCloud, tmp_path: Path, path: str
) -> None:
    discovery_with(cloud, "device_authorization_endpoint", f"{cloud.endpoint}/{path}", times=1)
    which = gateway(cloud, tmp_path)
    assert isinstance(which.request_code(1), CodeRefused)
    assert isinstance(which.request_code(2), CodeReceived)


def test_a_dead_token_endpoint_costs_one_code_and_not_the_day(cloud: LocalCloud, tmp_path: Path) -> None:
    discovery_with(cloud, "token_endpoint", f"{cloud.endpoint}/no-such-page", times=1)
    which = gateway(cloud, tmp_path)
    asked(which)
    refused = which.poll(1)
    assert isinstance(refused, PollRefused)
    assert refused.problem.next == "retries"
    home_id = approved(which, cloud)
    assert which.acquire([SCOPE], home_id, fresh=True).secret


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"access_token": "x"}',
        '{"access_token": "x", "expires_in": "soon"}',
        '{"access_token": "x", "id_token": "not.a.token"}',
        '{"access_token": "x", "client_info": "!!!"}',
        '{"access_token": ["x"], "expires_in": 5}',
        '{"error": {"code": 5}}',
    ],
)
def test_tokens_that_make_no_sense_end_in_a_problem(cloud: LocalCloud, tmp_path: Path, body: str) -> None:
    which = gateway(cloud, tmp_path)
    asked(which)
    cloud.fault("token", status=200, body=body, content_type="application/json")
    assert isinstance(which.poll(1), PollRefused)


def test_tokens_without_an_account_are_no_sign_in(cloud: LocalCloud, tmp_path: Path) -> None:
    which = gateway(cloud, tmp_path)
    asked(which)
    body = '{"access_token": "x", "expires_in": 3600, "token_type": "Bearer"}'
    cloud.fault("token", status=200, body=body, content_type="application/json")
    assert which.poll(1) == PollRefused(1, Problem("bad-reply", "waits-for-ok", "no_account"))


def test_what_it_says_hides_the_secrets(cloud: LocalCloud, tmp_path: Path) -> None:
    which = gateway(cloud, tmp_path)
    answer = asked(which)
    cloud.approve(answer.user_code)
    success = which.poll(1)
    assert isinstance(success, PollSucceeded)
    grant = which.acquire([SCOPE], success.account.home_id, fresh=False)
    shown = repr((answer, success, grant, which))
    for secret in (answer.user_code, grant.secret, "aino@", "Aino"):
        assert secret not in shown
    assert dataclasses.is_dataclass(grant)


def test_an_authority_without_tls_is_refused(cloud: LocalCloud, tmp_path: Path) -> None:
    answer = gateway(cloud, tmp_path, authority="http://localhost/tenant").request_code(1)
    assert isinstance(answer, CodeRefused)
    assert answer.problem.kind == "authority-wrong"


def test_a_slow_answer_is_given_up(cloud: LocalCloud, tmp_path: Path) -> None:
    timeouts_s = [TIMEOUT_S]
    which = gateway(cloud, tmp_path, http=http_client(cloud.ca_bundle, lambda: timeouts_s[-1]))
    asked(which)
    timeouts_s.append(0.3)
    cloud.fault("token", delay_s=1.0, times=1)
    answer = which.poll(1)
    assert isinstance(answer, PollRefused)
    assert answer.problem.kind == "slow"
    cloud.fault("token", drip_s=3.0, times=1)
    answer = which.poll(1)
    assert isinstance(answer, PollRefused)
    assert answer.problem.kind in ("slow", "interrupted")


def test_an_openid_provider_may_have_no_scopes_of_its_own(cloud: LocalCloud, tmp_path: Path) -> None:
    which = gateway(cloud, tmp_path, scopes=(), authority="", oidc_authority=cloud.oidc_authority)
    home_id = approved(which, cloud)
    first = which.acquire([], home_id, fresh=False)
    assert which.acquire([], home_id, fresh=True).secret != first.secret


def device_reply(cloud: LocalCloud, **changes: object) -> None:
    """Let the next request for a code be answered with these fields; None leaves one out."""
    fields = {
        "device_code": "d", "user_code": "AB", "verification_uri": "https://x", "expires_in": 900, "interval": 5
    } | changes  # fmt: skip
    body = json.dumps({name: value for name, value in fields.items() if value is not None})
    cloud.fault("devicecode", status=200, body=body, content_type="application/json", times=1)


@pytest.mark.parametrize(
    ("expires_in", "interval", "expected"),
    [
        (900, 5, (900.0, 5.0)),
        ("900", "5", (900.0, 5.0)),
        (0, 0, (1.0, 1.0)),
        (1, 1, (1.0, 1.0)),
        (86_400, 3600, (86_400.0, 3600.0)),
        (10**9, 10**6, (86_400.0, 3600.0)),
    ],
)
def test_the_times_of_a_code_are_bounded(
    cloud: LocalCloud, tmp_path: Path, expires_in: object, interval: object, expected: tuple[float, float]
) -> None:
    device_reply(cloud, expires_in=expires_in, interval=interval)
    answer = gateway(cloud, tmp_path).request_code(1)
    assert isinstance(answer, CodeReceived)
    assert (answer.expires_in, answer.interval) == expected


def test_an_interval_that_is_sent_as_a_text_does_not_keep_a_code_from_being_polled(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    which = gateway(cloud, tmp_path)
    device_reply(cloud, interval="5")
    asked(which)
    answer = which.poll(1)
    assert isinstance(answer, PollRefused)
    assert answer.problem.error == "bad_verification_code", "the provider's own answer, who knows no such code"


def test_a_code_is_shown_as_the_provider_sends_it_by_either_name_of_the_address(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    which = gateway(cloud, tmp_path)
    device_reply(cloud, verification_uri=None, verification_url="https://g.co/device")
    assert which.request_code(7) == CodeReceived(7, "https://g.co/device", "", "AB", 900, 5)
    device_reply(cloud, verification_uri_complete="https://x?AB", user_code="A" * 64)
    assert which.request_code(8) == CodeReceived(8, "https://x", "https://x?AB", "A" * 64, 900, 5)


@pytest.mark.parametrize(
    "hidden",
    ["\u0007", "\x1b[31m", "\x9b", "\x7f", "\u202e", "\u2028", "\u200b", "\u00ad", "\ufeff", "\u05d0", "\u0301"],
)
@pytest.mark.parametrize("field", ["user_code", "verification_uri", "verification_uri_complete"])
def test_a_code_or_an_address_that_cannot_be_read_off_a_screen_is_refused_as_such(
    cloud: LocalCloud, tmp_path: Path, field: str, hidden: str
) -> None:
    device_reply(cloud, **{field: f"https://x/{hidden}AB"})
    answer = gateway(cloud, tmp_path).request_code(3)
    assert isinstance(answer, CodeRefused)
    assert (answer.problem.kind, answer.problem.next) == ("code-unshowable", "retries")


@pytest.mark.parametrize(
    "changes",
    [
        {"user_code": "A" * 65},
        {"verification_uri": "https://" + "x" * 2041},
        {"verification_uri_complete": "https://" + "x" * 2041},
        {"verification_uri": ""},
        {"device_code": None},
        {"user_code": None},
        {"verification_uri_complete": "https://x\n"},
    ],
)
def test_a_code_that_does_not_fit_on_a_screen_is_refused(
    cloud: LocalCloud, tmp_path: Path, changes: dict[str, object]
) -> None:
    device_reply(cloud, **changes)
    answer = gateway(cloud, tmp_path).request_code(3)
    assert isinstance(answer, CodeRefused)
    assert answer.flow == 3


def test_a_flow_that_is_not_known_or_was_dropped_cannot_be_polled(cloud: LocalCloud, tmp_path: Path) -> None:
    which = gateway(cloud, tmp_path)
    unknown = Problem("code-unknown", "new-code", "bad_verification_code")
    assert which.poll(5) == PollRefused(5, unknown)
    asked(which, 6)
    which.drop(6)
    which.drop(6)
    assert which.poll(6) == PollRefused(6, unknown)


def test_only_the_provider_itself_can_end_a_code(cloud: LocalCloud, tmp_path: Path) -> None:
    which = gateway(cloud, tmp_path)
    asked(which)
    for fault in ({"status": 404, "body": "<html>"}, {"status": 503}, {"html": True}, {"reset": "before"}):
        cloud.fault("token", times=1, **fault)
        answer = which.poll(1)
        assert isinstance(answer, PollRefused)
        assert (answer.flow, answer.problem.next) == (1, "retries")
        cloud.clear()
    assert which.poll(1) == PollPending(1)


def test_a_certificate_bundle_that_breaks_meanwhile_does_not_end_a_code(cloud: LocalCloud, tmp_path: Path) -> None:
    http = Crossing(cloud)
    which = gateway(cloud, tmp_path, http=http)
    asked(which)

    def fail() -> None:
        raise Failed(ConfigError("config", "network.ca_bundle", "cannot read it", "a file"))

    http.meanwhile = fail
    assert which.poll(1) == PollRefused(1, Problem("ca-bundle", "retries", "bad_setting"))
    http.meanwhile = lambda: None
    assert which.poll(1) == PollPending(1)


def test_the_claims_of_a_challenge_are_sent_for_the_code_and_with_each_poll(cloud: LocalCloud, tmp_path: Path) -> None:
    http = Crossing(cloud)
    which = gateway(cloud, tmp_path, http=http)
    received = which.request_code(1, claims='{"access_token": {"nbf": {"value": "7"}}}')
    assert isinstance(received, CodeReceived)
    assert which.poll(1) == PollPending(1)
    assert len(http.forms) == 2
    for form in http.forms:
        assert isinstance(form, Mapping)
        assert json.loads(form["claims"])["access_token"]["nbf"] == {"value": "7"}


def test_a_token_of_the_cache_is_taken_until_it_has_to_be_renewed_and_serves_in_an_outage(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    which = gateway(cloud, tmp_path)
    home_id = approved(which, cloud)
    first = which.acquire([SCOPE], home_id, fresh=False)
    assert (first.is_new, which.acquire([SCOPE, "openid"], home_id, fresh=False).secret) == (False, first.secret)
    renewed = which.acquire([SCOPE], home_id, fresh=True)
    assert renewed.is_new
    assert renewed.secret != first.secret
    assert renewed.renew_in == pytest.approx(renewed.expires_in - 300.0, abs=5)
    assert which.acquire([SCOPE], home_id, fresh=False, claims='{"access_token": {}}').is_new


def test_a_grant_is_renewed_when_the_server_says_so_or_ahead_of_its_expiry() -> None:
    assert grant_of({"access_token": "t", "expires_in": 3600}, 0.0) == Grant("t", 3600.0, 3300.0, is_new=True)
    assert grant_of({"access_token": "t"}, 0.0) == Grant("t", 600.0, 480.0, is_new=True)
    soon = {"access_token": "t", "expires_in": 3600, "refresh_on": 1100}
    assert grant_of(soon, 1000.0).renew_in == 100.0
    assert grant_of(soon, 1200.0).renew_in == 0.0
    assert grant_of(soon | {"refresh_on": 9000}, 1000.0).renew_in == 3300.0
    assert grant_of(soon | {"refresh_on": "1100"}, 1000.0).renew_in == 3300.0
