"""Tokens that the local cloud mints and accepts."""

from __future__ import annotations

import pytest

from tvapp.localcloud.people import CLIENT_ID, PEOPLE
from tvapp.localcloud.tokens import MAPS, STORAGE, Mint, Rejected

NOW = 1_790_000_000.0


@pytest.fixture(scope="module")
def mint() -> Mint:
    return Mint()


def token(mint: Mint, audience: str = MAPS, wall: float = NOW) -> str:
    return mint.access_token(PEOPLE[0], CLIENT_ID, audience, "user_impersonation", wall, 3600)


@pytest.mark.parametrize("audience", [MAPS, MAPS + "/"])
def test_a_token_opens_its_resource_while_it_lives(mint: Mint, audience: str) -> None:
    assert mint.check(token(mint, audience), MAPS, NOW + 3599)["oid"] == PEOPLE[0].object_id


@pytest.mark.parametrize("wall", [NOW - 301, NOW + 3600])
def test_a_token_opens_nothing_before_or_after(mint: Mint, wall: float) -> None:
    with pytest.raises(Rejected):
        mint.check(token(mint), MAPS, wall)


def test_a_token_opens_no_other_resource(mint: Mint) -> None:
    with pytest.raises(Rejected, match="audience"):
        mint.check(token(mint, STORAGE), MAPS, NOW)


def test_a_token_of_another_cloud_opens_nothing(mint: Mint) -> None:
    with pytest.raises(Rejected, match="signature"):
        mint.check(token(Mint()), MAPS, NOW)
