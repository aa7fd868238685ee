"""Retry later or sign in again, for the map's own resource and for one beside it (the storage of the geofences)."""

from __future__ import annotations

import time

import pytest

from tests.auth.machine import SCOPE, Boot, Machine, signed_in
from tests.cloud import LocalCloud
from tvapp.azure.authorizer import STORAGE_SCOPE
from tvapp.core.errors import NetworkError, SignInError

LATER: list[dict[str, object]] = [
    {"reset": "before"},
    {"reset": "headers"},
    {"truncate": 0.5},
    {"status": 500},
    {"status": 502, "html": True},
    {"status": 503, "retry_after": 40},
    {"status": 429},
    {"status": 429, "retry_after": 40},
    {"status": 429, "retry_after": "date:40"},
    {"status": 429, "html": True},
    {"html": True},
    {"status": 403, "html": True},
    {"status": 302, "headers": {"Location": "https://portal.example/"}},
    {"error": "temporarily_unavailable"},
    {"aadsts": 90033},
    {"bad_bytes": True},
    {"status": 400, "body": "nonsense"},
]
AGAIN = {
    50173: "session-ended",  # revoked
    700082: "session-ended",  # idle for 90 days
    70008: "session-ended",
    70043: "session-ended",  # sign-in frequency
    50133: "session-ended",  # password changed
    50132: "session-ended",
    50057: "account-blocked",
}


def get(machine: Machine, scope: str, rejected: str | None = None) -> str:
    return machine.wait_for(lambda: machine.sign_in.tokens.get(scope, rejected=rejected)).secret


def refreshes(cloud: LocalCloud, at_least: int) -> int:
    """Return how many refreshes arrived; one whose connection was cut is counted a moment after that."""
    deadline = time.monotonic() + 10
    while (count := cloud.count("refresh")) < at_least and time.monotonic() < deadline:
        time.sleep(0.005)
    return count


@pytest.mark.parametrize("scope", [SCOPE, STORAGE_SCOPE])
@pytest.mark.parametrize("fault", LATER, ids=str)
def test_trouble_never_throws_the_viewer_back_to_a_code(
    boot: Boot, cloud: LocalCloud, fault: dict[str, object], scope: str
) -> None:
    machine = signed_in(boot, cloud)
    first = get(machine, scope)
    codes = cloud.count("devicecode")
    cloud.forget_requests()
    cloud.fault("refresh", **fault)
    machine.leap(3301)
    assert get(machine, scope) == first
    machine.leap(1)
    tries = refreshes(cloud, 1)
    assert tries == 1  # not at once
    for _ in range(8):
        machine.leap(75)
        tries, before = refreshes(cloud, tries + 1), tries
        assert tries > before  # really sent: MSAL's own memory of failures is not asked (azure-facts 2.4)
    with pytest.raises((NetworkError, SignInError)) as caught:
        get(machine, scope)
    assert not getattr(caught.value, "needs_person", False)
    assert machine.view.phase == "signed-in"
    assert machine.sign_in.offered == ""
    cloud.clear()
    machine.leap(75)
    assert get(machine, scope) != first
    assert machine.view.phase == "signed-in"
    assert cloud.count("devicecode") == 0 < codes


@pytest.mark.parametrize("scope", [SCOPE, STORAGE_SCOPE])
def test_nothing_listening_is_no_reason_for_a_code_either(boot: Boot, cloud: LocalCloud, scope: str) -> None:
    """The discovery of a restarted app fails as well."""
    first = signed_in(boot, cloud)
    get(first, scope)
    machine = boot()
    machine.until_phase("signed-in")
    for endpoint in ("discovery", "refresh"):
        cloud.fault(endpoint, reset="before")
    for _ in range(5):
        machine.leap(3700)
        with pytest.raises((NetworkError, SignInError)) as caught:
            get(machine, scope, rejected=get(first, scope))
        assert not getattr(caught.value, "needs_person", False)
    assert machine.view.phase == "signed-in"
    cloud.clear()
    machine.leap(75)
    assert get(machine, scope)


@pytest.mark.parametrize("scope", [SCOPE, STORAGE_SCOPE])
@pytest.mark.parametrize(("aadsts", "kind"), AGAIN.items())
def test_an_ended_session_keeps_the_account_and_asks_over_the_map(
    boot: Boot, cloud: LocalCloud, aadsts: int, kind: str, scope: str
) -> None:
    machine = signed_in(boot, cloud)
    first = get(machine, scope)
    cloud.fault("refresh", aadsts=aadsts)
    machine.leap(3301)
    view = machine.until_phase("prompting")
    assert view.again
    assert view.account is not None
    assert view.problem is not None
    assert (view.problem.kind, view.problem.aadsts) == (kind, aadsts)
    assert get(machine, scope) == first  # what is left of it
    cloud.clear()
    cloud.approve(machine.user_code)
    machine.until_phase("signed-in")
    assert get(machine, scope)


def test_a_policy_that_blocks_a_renewal_asks_over_the_map(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    machine.token()
    cloud.fault("refresh", aadsts=53003)
    machine.leap(3301)
    view = machine.until_phase("prompting")
    assert view.again
    assert view.account is not None
    assert view.problem is not None
    assert view.problem.kind == "blocked-by-policy"


@pytest.mark.parametrize(
    ("aadsts", "kind"), [(530084, "token-protection"), (500021, "tenant-restricted"), (500212, "cross-tenant")]
)
def test_where_no_sign_in_helps_none_is_asked_for_until_somebody_presses_ok(
    boot: Boot, cloud: LocalCloud, aadsts: int, kind: str
) -> None:
    machine = signed_in(boot, cloud)
    first = machine.token()
    cloud.fault("refresh", aadsts=aadsts)
    machine.leap(3301)
    view = machine.until_phase("failed")
    assert view.again
    assert view.problem is not None
    assert (view.problem.kind, view.problem.aadsts, view.problem.next) == (kind, aadsts, "waits-for-ok")
    assert machine.token() == first, "what is left of it"
    cloud.forget_requests()
    machine.leap(100)
    assert cloud.count("devicecode") == 0
    cloud.clear()
    machine.sign_in.press_ok(machine.clock.monotonic())
    machine.until_phase("prompting")
    cloud.approve(machine.user_code)
    machine.until_phase("signed-in")
    assert machine.token() != first


def test_an_unknown_number_is_told_as_a_refusal_with_that_number(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    machine.token()
    cloud.fault("refresh", aadsts=599_999)
    machine.leap(3301)
    view = machine.until_phase("prompting")
    assert view.problem is not None
    assert (view.problem.kind, view.problem.aadsts) == ("refused", 599_999)


def test_every_resource_in_use_is_renewed_ahead_of_its_end_and_no_other(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    former = {scope: get(machine, scope) for scope in (SCOPE, STORAGE_SCOPE)}
    cloud.forget_requests()
    for _ in range(5):
        machine.leap(3301)
        machine.leap(0)
        assert machine.sign_in.next_wakeup() is not None
        present = {scope: get(machine, scope) for scope in former}
        assert not set(former.values()) & set(present.values())
        former = present
    assert cloud.count("refresh") == 10
    assert {event["resource"] for event in machine.log.named("token.renewed")} == {
        "https://atlas.microsoft.com",
        "https://storage.azure.com",
    }
