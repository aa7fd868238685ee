"""The whole sign-in against the local cloud: codes, approvals, faults, restarts."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.auth.machine import SCOPE, Machine, identity
from tests.cloud import LocalCloud
from tvapp.auth.service import build_sign_in, sign_out_all
from tvapp.auth.token_store import token_file
from tvapp.config import Config
from tvapp.core.errors import NetworkError, SignInError
from tvapp.core.jobs import JobFailed

Boot = Callable[..., Machine]


@pytest.fixture
def boot(cloud: LocalCloud, tmp_path: Path) -> Iterator[Boot]:
    machines: list[Machine] = []

    def start(**changes: str) -> Machine:
        machines.append(Machine(identity(cloud, **changes), tmp_path / "data"))
        return machines[-1]

    yield start
    for machine in machines:
        machine.stop()


def signed_in(boot: Boot, cloud: LocalCloud, person: str = "aino", **changes: str) -> Machine:
    machine = boot(**changes)
    machine.until_phase("prompting")
    cloud.approve(machine.user_code, person)
    machine.until_phase("signed-in")
    return machine


def test_from_power_on_to_signed_in(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot()
    view = machine.until_phase("prompting")
    assert view.prompt is not None
    assert view.prompt.verification_uri.startswith("https://")
    assert machine.log.named("signin.prompted")[0]["renewal"] == 0
    cloud.approve(machine.user_code)
    view = machine.until_phase("succeeded")
    assert view.account is not None
    assert view.account.name == "Aino Virtanen"
    machine.until_phase("signed-in")
    (report,) = machine.log.named("signin.succeeded")
    assert str(report["account"]).startswith("ai***@")
    assert report["tenant"] == cloud.tenant or report["tenant"]
    assert machine.token()


def test_the_next_start_needs_no_code_and_no_network(boot: Boot, cloud: LocalCloud) -> None:
    first = signed_in(boot, cloud)
    secret = first.token()
    cloud.forget_requests()
    second = boot()
    second.until_phase("signed-in")
    assert second.token() == secret
    assert second.view.account is not None
    assert second.view.account.name == "Aino Virtanen"
    assert all(cloud.count(name) == 0 for name in ("discovery", "devicecode", "token", "refresh"))
    assert not second.log.named("signin.prompted")


def test_a_decline_waits_for_ok(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot()
    machine.until_phase("prompting")
    former = machine.user_code
    cloud.decline(former)
    view = machine.until_phase("failed")
    assert view.problem is not None
    assert view.problem.kind == "declined"
    assert machine.sign_in.next_wakeup() is None
    machine.sign_in.press_ok(machine.clock.now)
    machine.until_phase("prompting")
    assert machine.user_code != former


def test_a_renewed_code_still_takes_an_approval_of_the_former_one(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot()
    machine.until_phase("prompting")
    former = machine.user_code
    machine.until(lambda view: view.prompt is not None and view.prompt.renewal == 1)
    assert machine.user_code != former
    cloud.approve(former)
    machine.until_phase("signed-in")
    assert [report["renewal"] for report in machine.log.named("signin.prompted")] == [0, 1]


def test_nobody_there_pauses(boot: Boot, cloud: LocalCloud) -> None:
    cloud.settings(code_lifetime_s=30, interval_s=10)
    machine = boot()
    machine.until_phase("paused", within_s=600)
    assert cloud.count("devicecode") == 9


def test_a_code_that_the_server_lets_expire_is_replaced(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot()
    machine.until_phase("prompting")
    cloud.fault("token", error="expired_token", aadsts=70019, times=1)
    machine.until(lambda view: view.prompt is not None and view.prompt.renewal == 1)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"aadsts": 53003}, "blocked-by-policy"),
        ({"aadsts": 7000218, "status": 401}, "public-client-off"),
        ({"aadsts": 50105}, "not-assigned"),
        ({"aadsts": 65001}, "consent-needed"),
        ({"aadsts": 50020}, "wrong-account"),
    ],
)
def test_a_final_answer_to_a_poll_is_explained(
    boot: Boot, cloud: LocalCloud, fault: dict[str, object], kind: str
) -> None:
    machine = boot()
    machine.until_phase("prompting")
    cloud.fault("token", **fault)
    view = machine.until_phase("failed")
    assert view.problem is not None
    assert view.problem.kind == kind
    assert view.problem.aadsts == fault["aadsts"]
    assert view.problem.correlation_id
    assert view.problem.trace_id
    assert view.problem.timestamp
    (report,) = machine.log.named("signin.failed")
    assert report["next"] == "waits-for-ok"
    assert report["aadsts"] == fault["aadsts"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 429, "retry_after": 20}, "busy"),
        ({"status": 429, "retry_after": "date:20"}, "busy"),
        ({"status": 429}, "busy"),
        ({"status": 503}, "service-down"),
        ({"error": "temporarily_unavailable"}, "service-down"),
        ({"html": True}, "captive-portal"),
        ({"reset": "before"}, "interrupted"),
        ({"reset": "headers"}, "interrupted"),
        ({"truncate": 0.5}, "interrupted"),
        ({"bad_bytes": True}, "bad-reply"),
        ({"oversized_bytes": 3_000_000}, "bad-reply"),
        ({"status": 302, "headers": {"Location": "https://portal.example/"}}, "captive-portal"),
    ],
)
def test_trouble_while_polling_keeps_the_code(
    boot: Boot, cloud: LocalCloud, fault: dict[str, object], kind: str
) -> None:
    machine = boot()
    machine.until_phase("prompting")
    code = machine.user_code
    cloud.fault("token", times=3, **fault)
    began = machine.clock.now
    view = machine.until(lambda view: view.problem is not None)
    assert view.problem is not None
    assert view.problem.kind == kind
    assert view.phase == "prompting"
    if "reset" in fault or "truncate" in fault or "bad_bytes" in fault or "oversized_bytes" in fault:
        cloud.clear()  # or the answer with the tokens would be lost on the way, and the code with it
    cloud.approve(code)
    machine.until_phase("signed-in", within_s=300)
    assert len(machine.log.named("signin.prompted")) == 1
    if "retry_after" in fault:
        assert machine.clock.now - began >= 55


@pytest.mark.parametrize("endpoint", ["discovery", "devicecode"])
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "retry_after": 2},
        {"status": 503},
        {"html": True},
        {"reset": "before"},
        {"truncate": 0.3},
        {"bad_bytes": True},
        {"status": 400, "body": "nonsense"},
    ],
)
def test_trouble_before_the_first_code_passes_by_itself(
    boot: Boot, cloud: LocalCloud, endpoint: str, fault: dict[str, object]
) -> None:
    cloud.fault(endpoint, times=2, **fault)
    machine = boot()
    machine.until_phase("prompting", within_s=60)
    assert len(machine.log.named("signin.failed")) == 1
    assert machine.log.named("signin.failed")[0]["next"] == "retries"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 404, "body": "<html>not here", "content_type": "text/html"}, "authority-wrong"),
        ({"aadsts": 90002}, "tenant-unknown"),
    ],
)
def test_a_wrong_authority_is_explained(boot: Boot, cloud: LocalCloud, fault: dict[str, object], kind: str) -> None:
    cloud.fault("discovery", **fault)
    machine = boot()
    view = machine.until_phase("failed")
    assert view.problem is not None
    assert view.problem.kind == kind


def test_an_unknown_app_is_explained(boot: Boot) -> None:
    machine = boot(client_id="99999999-0000-4000-8000-000000000000")
    view = machine.until_phase("failed")
    assert view.problem is not None
    assert (view.problem.kind, view.problem.aadsts) == ("app-unknown", 700016)


def test_a_press_of_ok_after_a_refusal_really_asks_again(boot: Boot, cloud: LocalCloud) -> None:
    cloud.fault("devicecode", aadsts=700016, times=1)
    machine = boot()
    machine.until_phase("failed")
    machine.sign_in.press_ok(machine.clock.now)
    machine.until_phase("prompting", within_s=5)


def test_nothing_listening_is_offline_and_passes(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot(authority="https://localhost:1/tenant")
    view = machine.until_phase("offline")
    assert view.problem is not None
    assert view.problem.kind == "offline"
    assert view.retry_in_s is not None


def test_a_token_is_renewed_ahead_of_its_end_and_the_new_refresh_token_is_kept(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    first = machine.token()
    kept = token_file_of(machine, boot).read_text()
    machine.leap(3301)
    assert cloud.count("refresh") == 1
    second = machine.token()
    assert second != first
    assert machine.log.named("token.renewed") == [{"resource": "https://atlas.microsoft.com", "expires_in": 3600}]
    assert token_file_of(machine, boot).read_text() != kept
    machine.leap(3301)
    assert machine.token() not in (first, second)


def token_file_of(machine: Machine, boot: Boot) -> Path:
    store = machine.sign_in._gateway._store  # type: ignore[attr-defined]
    path: Path = store.path
    return path


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 429, "retry_after": 30}, {"reset": "before"}, {"html": True}]
)
def test_a_renewal_that_fails_for_now_never_asks_for_a_code(
    boot: Boot, cloud: LocalCloud, fault: dict[str, object]
) -> None:
    machine = signed_in(boot, cloud)
    first = machine.token()
    cloud.fault("refresh", **fault)
    machine.leap(3301)
    assert machine.token() == first
    (report,) = machine.log.named("token.renewal_failed")
    assert "retry_in" in report
    machine.leap(400)
    with pytest.raises((NetworkError, SignInError)) as caught:
        machine.token()
    assert not getattr(caught.value, "needs_person", False)
    assert machine.view.phase == "signed-in"
    cloud.clear()
    machine.leap(100)
    assert machine.token() != first


@pytest.mark.parametrize(("aadsts", "kind"), [(53003, "blocked-by-policy"), (50173, "session-ended"), (0, "")])
def test_a_renewal_that_needs_a_person_brings_the_code_back(
    boot: Boot, cloud: LocalCloud, aadsts: int, kind: str
) -> None:
    machine = signed_in(boot, cloud)
    first = machine.token()
    if aadsts:
        cloud.fault("refresh", aadsts=aadsts)
    else:
        cloud.revoke()
    machine.leap(3301)
    view = machine.until_phase("prompting")
    assert view.again
    assert view.account is not None
    assert view.problem is not None
    assert not kind or view.problem.kind == kind
    (report,) = machine.log.named("token.renewal_failed")
    assert report["needs_person"] is True
    assert machine.token() == first  # what is left of it
    cloud.clear()
    cloud.approve(machine.user_code)
    machine.until_phase("signed-in")
    assert machine.token() != first


def test_another_person_replaces_the_first_one(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    machine.token()
    cloud.revoke()
    machine.leap(3301)
    machine.until_phase("prompting")
    cloud.approve(machine.user_code, "ben")
    machine.until_phase("signed-in")
    assert machine.view.account is not None
    assert machine.view.account.name.startswith("Ben")
    content = json.loads(token_file_of(machine, boot).read_text())["cache"]
    assert len(content["Account"]) == len(content["RefreshToken"]) == len(content["AccessToken"]) == 1
    again = boot()
    again.until_phase("signed-in")
    assert again.view.account == machine.view.account


def test_a_rejected_token_is_replaced_once_and_not_again_at_once(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    first = machine.token()
    second = machine.token(rejected=first)
    assert second != first
    assert machine.token(rejected=first) == second
    assert machine.token(rejected=second) == second
    assert cloud.count("refresh") == 1
    machine.clock.now += 31
    assert machine.token(rejected=second) != second


def test_signing_out_forgets_everything(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    machine.token()
    path = token_file_of(machine, boot)
    assert path.exists()
    machine.sign_in.sign_out(machine.clock.now)
    machine.settle()
    assert machine.view.phase == "signed-out"
    assert list(path.parent.iterdir()) == []
    with pytest.raises(SignInError):
        machine.token()
    again = boot()
    again.until_phase("prompting")


def test_signing_out_from_the_command_line_needs_no_network(boot: Boot, cloud: LocalCloud, tmp_path: Path) -> None:
    signed_in(boot, cloud)
    assert sign_out_all(Config(), tmp_path / "data")
    assert not sign_out_all(Config(), tmp_path / "data")
    assert not token_file(tmp_path / "data").exists()


def test_a_full_or_read_only_disk_is_no_reason_not_to_sign_in(boot: Boot, cloud: LocalCloud, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "auth").write_text("in the way")
    machine = signed_in(boot, cloud)
    assert machine.token()
    assert len(machine.log.named("token_cache.not_saved")) == 1


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_configured_ca_wins_over_the_environment(
    boot: Boot, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no certificate")
    monkeypatch.setenv(variable, str(nonsense))
    boot().until_phase("prompting")


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_without_a_configured_ca_the_environments_counts(
    boot: Boot, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, cloud.ca_bundle)
    boot(ca_bundle="").until_phase("prompting")


def test_a_wrong_ca_is_a_tls_failure_even_when_the_environments_would_do(
    boot: Boot, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    import certifi

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", cloud.ca_bundle)
    view = boot(ca_bundle=certifi.where()).until(lambda view: view.problem is not None)
    assert view.problem is not None
    assert view.problem.kind == "tls-failed"


def test_a_ca_file_that_is_not_there_is_named_as_such(boot: Boot) -> None:
    view = boot(ca_bundle="/nowhere/ca.pem").until_phase("failed")
    assert view.problem is not None
    assert view.problem.kind == "ca-bundle"


def test_a_proxy_is_never_used_for_this_very_machine(
    boot: Boot, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    boot().until_phase("prompting")


def test_a_proxy_that_is_not_there_is_named(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    view = boot(authority="https://login.example.invalid/tenant").until(lambda view: view.problem is not None)
    assert view.problem is not None
    assert view.problem.kind == "proxy"


def test_any_openid_provider_with_a_device_flow_will_do(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot(authority="", oidc_authority=cloud.oidc_authority)
    view = machine.until_phase("prompting")
    assert view.prompt is not None
    assert view.prompt.qr_uri == view.prompt.verification_uri_complete != ""
    cloud.approve(machine.user_code)
    machine.until_phase("signed-in")
    assert machine.view.account is not None
    assert machine.view.account.name == "Aino Virtanen"
    first = machine.token()
    machine.leap(3301)
    second = machine.token()
    machine.leap(3301)
    assert len({first, second, machine.token()}) == 3
    assert cloud.count("refresh") + cloud.count("token") > 2
    again = boot(authority="", oidc_authority=cloud.oidc_authority)
    again.until_phase("signed-in")
    again.sign_in.sign_out(again.clock.now)
    again.settle()
    assert not token_file_of(again, boot).exists()


def test_an_openid_provider_that_forgot_the_code_leads_to_a_new_one(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot(authority="", oidc_authority=cloud.oidc_authority)
    machine.until_phase("prompting")
    cloud.reset()
    machine.until(lambda view: view.prompt is not None and view.prompt.renewal == 1)


def test_a_clock_that_is_behind_is_noticed(boot: Boot, cloud: LocalCloud) -> None:
    cloud.settings(clock_skew_s=3 * 3600)
    machine = boot()
    view = machine.until_phase("prompting")
    assert view.clock_skew_s == pytest.approx(3 * 3600, abs=5)


def test_a_job_that_breaks_never_leaves_the_screen_hanging(boot: Boot) -> None:
    machine = boot()
    machine.until_phase("prompting")
    machine.clock.now += 100
    assert machine.sign_in.receive(JobFailed("signin.poll.1", RuntimeError("bug")), machine.clock.now)
    assert machine.view.phase == "prompting"
    assert machine.sign_in.next_wakeup() is not None
    assert not machine.sign_in.receive(JobFailed("tiles", RuntimeError("bug")), machine.clock.now)
    assert not machine.sign_in.receive("something else", machine.clock.now)


def test_no_secret_is_in_the_log(boot: Boot, cloud: LocalCloud, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        machine = boot()
        machine.until_phase("prompting")
        code = machine.user_code
        cloud.fault("token", html=True, times=1)
        machine.leap(2)
        cloud.approve(code)
        machine.until_phase("signed-in")
        secrets = [code, machine.token(), "aino@"]
        cloud.fault("refresh", status=503, times=1)
        machine.leap(3301)
        machine.leap(100)
        secrets.append(machine.token())
    cache = json.loads(token_file_of(machine, boot).read_text())["cache"]
    for kind in ("AccessToken", "RefreshToken", "IdToken"):
        secrets += [entry["secret"] for entry in cache[kind].values()]
    written = repr(machine.log.events) + caplog.text
    assert len(secrets) >= 7
    for secret in secrets:
        assert secret not in written


def test_building_the_sign_in_touches_neither_disk_nor_network(cloud: LocalCloud, tmp_path: Path) -> None:
    machine = Machine(identity(cloud), tmp_path / "data")
    config = Config(identity=identity(cloud))
    built = build_sign_in(config, tmp_path / "other", machine.jobs, machine.clock, machine.log, lambda: 0.5)
    assert not os.path.lexists(tmp_path / "other")
    assert built.view(0.0).organisation == "Contoso"
    assert built.view(0.0).phase == "starting"
    machine.settle()
    machine.stop()


def test_many_who_ask_at_once_make_one_request(boot: Boot, cloud: LocalCloud) -> None:
    import asyncio

    machine = signed_in(boot, cloud)
    first = machine.token()
    machine.clock.now += 3600

    async def crowd() -> set[str]:
        return {token.secret for token in await asyncio.gather(*(machine.sign_in.tokens.get(SCOPE) for _ in range(30)))}

    secrets = machine.wait_for(crowd)
    assert len(secrets) == 1
    assert first not in secrets
    assert cloud.count("refresh") == 1
