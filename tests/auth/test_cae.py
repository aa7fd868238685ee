"""Continuous access evaluation: a service ends a token early, and says what to ask the next one with."""

from __future__ import annotations

import json
from pathlib import Path

import jwt
import pytest

from tests.auth.machine import SCOPE, Boot, Machine, signed_in
from tests.cloud import LocalCloud
from tests.fences.stores.server import Answer, Asked, authority_in, client, serve
from tvapp.auth.problems import Refused
from tvapp.azure.authorizer import EntraAuthorizer, StorageAuthorizer
from tvapp.core.errors import NetworkError, SignInError
from tvapp.core.proxies import Outbound
from tvapp.net.request import Request
from tvapp.net.transport import HttpClient

TILE = "/map/tile?api-version=2024-04-01&tilesetId=microsoft.base.road&zoom=1&x=0&y=0&tileSize=512"


def map_status(machine: Machine, cloud: LocalCloud) -> int:
    """Ask Azure Maps for a tile as the app does; returns the status."""

    async def ask() -> int:
        http = HttpClient(outbound=Outbound.trusting(cloud.ca_bundle), clock=machine.clock, log=machine.log)
        authorizer = EntraAuthorizer(machine.sign_in.tokens, SCOPE, cloud.maps_client_id, endpoint=cloud.endpoint)
        try:
            return (await authorizer.send(http, Request("GET", cloud.endpoint + TILE))).status
        finally:
            await http.aclose()

    return machine.wait_for(ask)


def claims_of(token: str) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_an_entra_client_declares_that_it_understands_challenges(boot: Boot, cloud: LocalCloud) -> None:
    cloud.settings(cae_token_lifetime_s=28 * 3600)
    machine = signed_in(boot, cloud)
    assert claims_of(machine.token())["xms_cc"] == ["CP1"]
    machine.leap(27 * 3600)
    assert cloud.count("refresh") == 0
    machine.leap(3600)
    assert cloud.count("refresh") == 1
    assert claims_of(machine.token())["xms_cc"] == ["CP1"]


def test_another_openid_provider_is_not_bothered_with_it(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud, authority="", oidc_authority=cloud.oidc_authority)
    assert "xms_cc" not in claims_of(machine.token())


def test_a_challenge_is_answered_at_once_and_nobody_notices(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    assert map_status(machine, cloud) == 200
    cloud.challenge()
    assert [map_status(machine, cloud) for _ in range(3)] == [200, 200, 200]
    assert cloud.count("refresh") == 1
    assert machine.log.named("token.challenged") == [{"resource": "https://atlas.microsoft.com"}]
    machine.settle()
    assert machine.view.phase == "signed-in"
    cloud.challenge()  # and so is the next one
    assert map_status(machine, cloud) == 200
    assert cloud.count("refresh") == 2


def test_a_challenge_that_comes_again_for_the_answer_is_no_loop(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    cloud.challenge(goes_on=True)
    assert {map_status(machine, cloud) for _ in range(10)} == {401}
    assert cloud.count("refresh") == 1
    for _ in range(60):
        machine.clock.now += 60
        map_status(machine, cloud)
    assert cloud.count("refresh") <= 12  # one in ten minutes in the end
    cloud.challenge(off=True)
    assert map_status(machine, cloud) == 200
    assert machine.view.phase == "signed-in"


@pytest.mark.parametrize("fault", [{"reset": "before"}, {"status": 503}, {"html": True}])
def test_a_challenge_outlives_trouble_on_the_way_to_its_answer(
    boot: Boot, cloud: LocalCloud, fault: dict[str, object]
) -> None:
    machine = signed_in(boot, cloud)
    map_status(machine, cloud)
    cloud.challenge()
    cloud.fault("refresh", **fault)
    with pytest.raises((NetworkError, SignInError)) as caught:
        map_status(machine, cloud)
    assert not getattr(caught.value, "needs_person", False)
    cloud.clear()
    machine.settle()
    assert machine.view.phase == "signed-in"
    machine.leap(10)
    assert map_status(machine, cloud) == 200


def test_a_challenge_that_a_person_has_to_answer_lays_the_code_over_the_map(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    map_status(machine, cloud)
    cloud.challenge(needs_person=True)
    with pytest.raises(Refused) as caught:
        map_status(machine, cloud)
    assert caught.value.needs_person
    view = machine.until_phase("prompting")
    assert view.again
    assert view.account is not None
    cloud.approve(machine.user_code)
    machine.until_phase("signed-in")
    assert map_status(machine, cloud) == 200  # so the code was asked for with the claims
    machine.leap(3301)
    assert map_status(machine, cloud) == 200


def test_a_code_renewed_or_asked_for_again_still_carries_the_claims(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    map_status(machine, cloud)
    cloud.challenge(needs_person=True)
    with pytest.raises(Refused):
        map_status(machine, cloud)
    machine.until_phase("prompting")
    machine.sign_in.leave()
    assert machine.view.phase == "paused"
    machine.sign_in.press_ok(machine.clock.now)
    machine.until(lambda view: view.prompt is not None and view.prompt.renewal == 1)
    cloud.approve(machine.user_code)
    machine.until_phase("signed-in")
    assert map_status(machine, cloud) == 200


class Store:
    """Blob Storage that takes only tokens which meet the cloud's challenge."""

    def __init__(self, challenge: dict[str, str]) -> None:
        self.wanted = json.loads(challenge["claims"])["access_token"]["nbf"]["value"]
        self.header = challenge["header"]

    def __call__(self, asked: Asked) -> Answer:
        claims = claims_of(asked.headers["authorization"].removeprefix("Bearer "))
        if claims.get("met") != self.wanted:
            return Answer(401, headers={"www-authenticate": self.header})
        return Answer(200 if claims["aud"] == "https://storage.azure.com" else 403)


def store_status(machine: Machine, store: Store, folder: Path) -> int:
    async def ask() -> int:
        authority = authority_in(folder / "tls")
        async with serve(authority, store) as server, client(authority) as http:
            authorizer = StorageAuthorizer(machine.sign_in.tokens, endpoint=server.url)
            return (await authorizer.send(http, Request("GET", f"{server.url}/fences"))).status

    return machine.wait_for(ask)


def test_the_storage_may_challenge_as_well(boot: Boot, cloud: LocalCloud, tmp_path: Path) -> None:
    machine = signed_in(boot, cloud)
    assert store_status(machine, Store(cloud.challenge()), tmp_path) == 200
    assert machine.log.named("token.challenged") == [{"resource": "https://storage.azure.com"}]
    assert machine.view.phase == "signed-in"


def test_a_person_answers_for_the_storage_with_a_sign_in(boot: Boot, cloud: LocalCloud, tmp_path: Path) -> None:
    machine = signed_in(boot, cloud)
    store = Store(cloud.challenge(needs_person=True))
    with pytest.raises(Refused):
        store_status(machine, store, tmp_path)
    view = machine.until_phase("prompting")
    assert view.again
    assert machine.sign_in.offered == ""
    cloud.approve(machine.user_code)
    machine.until_phase("signed-in")
    assert store_status(machine, store, tmp_path) == 200
