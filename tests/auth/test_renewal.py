"""Staying signed in: silent renewals, and telling *later* from *again*."""

from __future__ import annotations

import json

import pytest

from tests.auth.machine import SCOPE, Boot, signed_in
from tests.cloud import LocalCloud
from tvapp.auth.token_store import FORMAT
from tvapp.core.errors import NetworkError, SignInError


def test_a_token_is_renewed_ahead_of_its_end_and_the_new_refresh_token_is_kept(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    first = machine.token()
    kept = machine.token_file.read_text()
    machine.leap(3301)
    assert cloud.count("refresh") == 1
    second = machine.token()
    assert second != first
    assert machine.log.named("token.renewed") == [{"resource": "https://atlas.microsoft.com", "expires_in": 3600}]
    assert machine.token_file.read_text() != kept
    machine.leap(3301)
    assert machine.token() not in (first, second)


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
    content = json.loads(bytes(FORMAT.unpack(machine.token_file.read_bytes())))["cache"]
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
