"""What an access token says about itself is read with care: tokens are opaque to the app, and replies untrusted."""

from __future__ import annotations

import base64
import json

import pytest

from tvapp.auth.token_facts import token_facts


def token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{body}.signature"


def test_the_claims_that_matter_are_read_and_the_account_is_shortened() -> None:
    facts = token_facts(
        token({"aud": "https://atlas.microsoft.com", "exp": 1.5e9, "upn": "aino@contoso.com", "tid": "t"})
    )
    assert facts is not None
    assert (facts.audience, facts.expires_at) == ("https://atlas.microsoft.com", 1.5e9)
    assert (facts.account, facts.tenant) == ("ai***@contoso.com", "t")


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", "a.e30.c", f"head.{'x' * 100_000}.s", token([1, 2])])
def test_what_is_no_readable_token_is_none(text: str) -> None:
    assert token_facts(text) is None


def test_claims_of_wrong_types_are_left_out() -> None:
    facts = token_facts(token({"aud": ["a"], "exp": "soon", "upn": 7, "tid": "x\u0000y" + "z" * 1000}))
    assert facts is not None
    assert (facts.audience, facts.expires_at, facts.account) == ("", None, "")
    assert facts.tenant.startswith("xyz")
    assert len(facts.tenant) < 201
