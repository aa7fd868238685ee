"""One more code for the storage of the geofences, against the local cloud: nothing of the sign-in is disturbed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.auth.machine import Boot, Machine, signed_in
from tests.auth.test_storage_journey import Guarded
from tests.cloud import LocalCloud
from tests.fences.stores.server import authority_in, client, collection, serve
from tvapp.auth.problems import Refused
from tvapp.auth.token_store import FORMAT
from tvapp.auth.view import SessionView
from tvapp.azure.authorizer import STORAGE_SCOPE, StorageAuthorizer
from tvapp.core.errors import NetworkError
from tvapp.core.log import RecordingLog
from tvapp.fences.stores.blob import BlobStore

STORAGE = "https://storage.azure.com"


def storage_token(machine: Machine, rejected: str | None = None) -> str:
    return machine.wait_for(lambda: machine.sign_in.tokens.get(STORAGE_SCOPE, rejected=rejected)).secret


def refused(boot: Boot, cloud: LocalCloud) -> Machine:
    """Return a machine whose person is signed in for the map, and has not consented to the storage."""
    cloud.settings(storage_consent=False)
    machine = signed_in(boot, cloud)
    machine.token()
    with pytest.raises(Refused):
        storage_token(machine)
    machine.settle()
    return machine


def panel(machine: Machine) -> SessionView:
    return machine.sign_in.permission_view(machine.clock.now)


def asked(machine: Machine) -> str:
    """Press the button of the account panel; returns the code that appears."""
    machine.sign_in.ask_permission(machine.clock.now)
    machine.settle()
    prompt = panel(machine).prompt
    assert prompt is not None
    return prompt.user_code


def until_phase(machine: Machine, phase: str) -> None:
    machine.until(lambda _: panel(machine).phase == phase, within_s=60)


def test_one_more_code_opens_the_geofences_and_the_map_goes_on_meanwhile(
    boot: Boot, cloud: LocalCloud, tmp_path: Path
) -> None:
    machine = refused(boot, cloud)
    maps = machine.token()
    assert machine.sign_in.offered == STORAGE
    assert not cloud.pending(), "a code that nobody asked for"
    code = asked(machine)
    assert (machine.view.phase, machine.token()) == ("signed-in", maps)
    cloud.approve(code)
    until_phase(machine, "succeeded")
    assert not machine.sign_in.offered
    refreshes = cloud.count("refresh")

    async def read() -> list[str]:
        authority = authority_in(tmp_path / "tls")
        async with serve(authority, Guarded(blobs={"a.json": collection("one")})) as server, client(authority) as http:
            url = f"{server.url}/account1/fences"
            authorizer = StorageAuthorizer(machine.sign_in.tokens, endpoint=url)
            store = BlobStore(http, url, authorizer, RecordingLog(), workers=machine.jobs)
            return [fence.id for fence in (await store.load()).fences]

    assert machine.wait_for(read) == ["one"]
    assert cloud.count("refresh") == refreshes, "the token of the code itself is used"
    assert (machine.view.phase, machine.token()) == ("signed-in", maps)
    (first, extra) = machine.log.named("signin.prompted")
    assert "resource" not in first
    assert extra["resource"] == STORAGE


def test_a_refusal_a_moment_ago_does_not_stand_in_the_way_of_the_next_silent_renewal(
    boot: Boot, cloud: LocalCloud
) -> None:
    machine = refused(boot, cloud)
    cloud.approve(asked(machine))
    until_phase(machine, "succeeded")
    first = storage_token(machine)
    cloud.forget_requests()
    assert storage_token(machine, rejected=first) != first
    assert cloud.count("refresh") >= 1


def test_both_resources_are_renewed_silently_from_then_on_and_after_a_restart(boot: Boot, cloud: LocalCloud) -> None:
    machine = refused(boot, cloud)
    cloud.approve(asked(machine))
    until_phase(machine, "succeeded")
    before = {machine.token(), storage_token(machine)}
    machine.leap(3301)
    assert len(before | {machine.token(), storage_token(machine)}) == 4
    again = boot()
    again.until_phase("signed-in")
    assert again.token()
    assert storage_token(again)
    assert again.view.account == machine.view.account
    assert not again.sign_in.offered


def test_a_decline_leaves_the_map_and_waits_for_ok(boot: Boot, cloud: LocalCloud) -> None:
    machine = refused(boot, cloud)
    code = asked(machine)
    cloud.decline(code)
    until_phase(machine, "failed")
    problem = panel(machine).problem
    assert problem is not None
    assert problem.kind == "declined"
    assert machine.view.phase == "signed-in"
    assert machine.token()
    assert asked(machine) != code


def test_another_account_is_forgotten_and_never_mixed_in(boot: Boot, cloud: LocalCloud) -> None:
    machine = refused(boot, cloud)
    cloud.approve(asked(machine), "ben")
    until_phase(machine, "failed")
    problem = panel(machine).problem
    assert problem is not None
    assert problem.kind == "another-account"
    machine.settle()
    cache = json.loads(bytes(FORMAT.unpack(machine.token_file.read_bytes())))["cache"]
    account = machine.view.account
    assert account is not None
    owners = {entry["home_account_id"] for kind in ("AccessToken", "RefreshToken") for entry in cache[kind].values()}
    assert owners == {account.home_id}
    machine.leap(120)
    with pytest.raises(Refused):
        storage_token(machine)
    assert machine.token()


def test_back_drops_the_code_and_it_can_be_asked_for_again(boot: Boot, cloud: LocalCloud) -> None:
    machine = refused(boot, cloud)
    code = asked(machine)
    machine.sign_in.leave()
    polls = cloud.count("token")
    machine.leap(100)
    assert cloud.count("token") == polls
    assert not machine.sign_in.asks_permission
    assert machine.sign_in.offered == STORAGE
    assert asked(machine) != code


def test_consent_given_elsewhere_makes_the_code_superfluous(boot: Boot, cloud: LocalCloud) -> None:
    machine = refused(boot, cloud)
    asked(machine)
    cloud.settings(storage_consent=True)
    machine.leap(90)
    assert storage_token(machine)
    machine.settle()
    assert not machine.sign_in.asks_permission
    assert not machine.sign_in.offered


def test_an_offer_outlasts_an_interruption_of_the_network(boot: Boot, cloud: LocalCloud) -> None:
    machine = refused(boot, cloud)
    machine.leap(90)
    cloud.fault("refresh", reset="before")
    with pytest.raises(NetworkError):
        storage_token(machine)
    machine.settle()
    assert machine.sign_in.offered == STORAGE


def test_a_sign_in_that_ends_meanwhile_comes_first(boot: Boot, cloud: LocalCloud) -> None:
    machine = refused(boot, cloud)
    code = asked(machine)
    cloud.revoke(access=True)
    machine.leap(3301)
    machine.until_phase("prompting")
    assert not machine.sign_in.asks_permission
    assert machine.user_code != code
    cloud.approve(machine.user_code)
    machine.until_phase("signed-in")
    assert machine.token()


@pytest.mark.parametrize(
    ("aadsts", "is_offered"),
    [(65001, True), (65004, True), (50076, True), (50079, True), (90094, False), (53003, False), (500011, False)],
)
def test_only_what_a_person_with_a_phone_can_put_right_is_offered(
    boot: Boot, cloud: LocalCloud, aadsts: int, is_offered: bool
) -> None:
    machine = signed_in(boot, cloud)
    machine.token()
    cloud.fault("refresh", aadsts=aadsts)
    with pytest.raises(Refused):
        storage_token(machine)
    machine.settle()
    assert bool(machine.sign_in.offered) == is_offered
    assert machine.view.phase == "signed-in"


def test_signing_in_again_can_be_postponed_and_taken_up(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    machine.token()
    cloud.revoke()
    machine.leap(3301)
    machine.until_phase("prompting")
    code = machine.user_code
    machine.sign_in.leave()
    assert (machine.view.phase, machine.view.again) == ("paused", True)
    assert machine.sign_in.next_wakeup() is None
    machine.sign_in.press_ok(machine.clock.now)
    machine.until_phase("prompting")
    assert machine.user_code != code
    assert machine.view.again
    cloud.approve(machine.user_code)
    machine.until_phase("signed-in")


def test_signing_out_takes_the_offer_and_the_code_along(boot: Boot, cloud: LocalCloud) -> None:
    machine = refused(boot, cloud)
    asked(machine)
    machine.sign_in.sign_out(machine.clock.now)
    machine.settle()
    assert not machine.sign_in.asks_permission
    assert not machine.sign_in.offered
    assert machine.view.phase == "signed-out"
