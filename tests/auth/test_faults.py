"""What goes wrong between the TV and the identity provider, and what the viewer is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.auth.machine import Boot
from tests.cloud import LocalCloud
from tvapp.core.jobs import JobFailed


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
    told = machine.log.named("signin.failed")
    # A short trouble of the network is nobody's business; what asks for a code is never sent twice unasked, though.
    is_short = fault.get("status") == 503 or "reset" in fault or "truncate" in fault
    assert len(told) == (0 if endpoint == "discovery" and is_short else 1)
    assert all(report["next"] == "retries" for report in told)


@pytest.mark.parametrize(
    ("fault", "kind", "phase"),
    [
        ({"status": 404, "body": "<html>not here", "content_type": "text/html"}, "authority-wrong", "requesting"),
        ({"status": 200, "body": '{"issuer": "x"}'}, "authority-wrong", "failed"),
        ({"aadsts": 90002}, "tenant-unknown", "failed"),
    ],
)
def test_a_wrong_authority_is_explained(
    boot: Boot, cloud: LocalCloud, fault: dict[str, object], kind: str, phase: str
) -> None:
    cloud.fault("discovery", **fault)
    machine = boot()
    view = machine.until(lambda view: view.problem is not None)
    assert view.phase == phase
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
    assert machine.until_phase("prompting", within_s=5).prompt is not None
    assert cloud.count("devicecode") == 2


def test_nothing_listening_is_offline_and_passes(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot(authority="https://localhost:1/tenant")
    view = machine.until_phase("offline")
    assert view.problem is not None
    assert view.problem.kind == "offline"
    assert view.retry_in_s is not None


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_configured_ca_wins_over_the_environment(
    boot: Boot, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no certificate")
    monkeypatch.setenv(variable, str(nonsense))
    assert boot().until_phase("prompting").problem is None


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_without_a_configured_ca_the_environments_counts(
    boot: Boot, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, cloud.ca_bundle)
    assert boot(ca_bundle="").until_phase("prompting").problem is None


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
    assert boot().until_phase("prompting").problem is None


def test_a_proxy_that_is_not_there_is_named(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    view = boot(authority="https://login.example.invalid/tenant").until(lambda view: view.problem is not None)
    assert view.problem is not None
    assert view.problem.kind == "proxy"


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


def test_a_failed_request_for_a_code_is_repeated_and_its_error_named(boot: Boot) -> None:
    machine = boot()
    while machine.view.phase == "starting":
        machine.arrived.wait(5)
        for message in machine.jobs.inbox.drain():
            machine.sign_in.receive(message, machine.clock.now)
    assert machine.sign_in.receive(JobFailed("signin.code.1", RuntimeError("bug")), machine.clock.now)
    problem = machine.view.problem
    assert problem is not None
    assert (problem.kind, problem.next, problem.error) == ("bad-reply", "retries", "RuntimeError")
    machine.until_phase("prompting")


def test_an_account_that_cannot_be_loaded_means_signing_in_and_other_jobs_change_nothing(boot: Boot) -> None:
    machine = boot()
    assert machine.sign_in.receive(JobFailed("signin.load", RuntimeError("bug")), machine.clock.now)
    assert machine.view.phase == "requesting"
    assert machine.sign_in.receive(JobFailed("signin.forget", RuntimeError("bug")), machine.clock.now)
    assert machine.view.problem is None


def test_a_sign_out_that_breaks_is_known_by_the_name_of_its_job(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = boot()
    machine.settle()

    def fail() -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr(machine.sign_in.gateway, "sign_out", fail)
    machine.sign_in.sign_out(machine.clock.now)
    while not (messages := list(machine.jobs.inbox.drain())):
        assert machine.arrived.wait(10)
        machine.arrived.clear()
    assert [message.name for message in messages if isinstance(message, JobFailed)] == ["signin.sign_out"]
    assert machine.sign_in.receive(messages[0], machine.clock.now)
