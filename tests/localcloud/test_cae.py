"""Claims challenges as the local cloud poses them."""

from __future__ import annotations

import json

import pytest

from tests.cloud import LocalCloud
from tvapp.localcloud.cae import AskedClaims, Challenges, asked_claims

TILE = "/map/tile?api-version=2024-04-01&tilesetId=microsoft.base.road&zoom=1&x=0&y=0"


def test_only_a_client_that_declares_it_is_challenged(cloud: LocalCloud) -> None:
    headers = cloud.bearer()
    cloud.challenge()
    assert cloud.send("GET", TILE, headers=headers)[0] == 200


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", AskedClaims()),
        ('{"access_token":{"xms_cc":{"values":["CP1"]}}}', AskedClaims(is_capable=True)),
        ('{"access_token":{"nbf":{"value":"17"}}}', AskedClaims(not_before="17")),
        *((text, AskedClaims()) for text in ("[]", "{", '{"access_token":3}', '{"access_token":{"nbf":{"value":3}}}')),
    ],
)
def test_what_a_request_asks_for(text: str, asked: AskedClaims) -> None:
    assert asked_claims(text) == asked


def test_a_token_for_the_former_challenge_does_not_meet_the_next_one(cloud: LocalCloud) -> None:
    first, second = cloud.challenge(), cloud.challenge()
    values = [json.loads(each["claims"])["access_token"]["nbf"]["value"] for each in (first, second)]
    assert len(set(values)) == 2
    challenges = Challenges(values[1])
    assert challenges.refuses({"xms_cc": ["CP1"], "met": values[0]})
    assert not challenges.refuses({"xms_cc": ["CP1"], "met": values[1]})
    assert not challenges.refuses({"met": ""})
