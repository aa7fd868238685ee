"""Claims challenges, read from whatever a WWW-Authenticate field looks like."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.azure.claims import MAX_CLAIMS, claims_challenge

CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"},"acrs":{"value":"c1?>~"}}}'
PLAIN = base64.b64encode(CLAIMS.encode()).decode()
URL_SAFE = base64.urlsafe_b64encode(CLAIMS.encode()).decode()
FIELD = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '


def test_the_example_says_something_in_both_alphabets() -> None:
    assert PLAIN != URL_SAFE
    assert PLAIN.endswith("=")


@pytest.mark.parametrize("claims", [PLAIN, URL_SAFE, PLAIN.rstrip("="), URL_SAFE.rstrip("=")])
@pytest.mark.parametrize(
    "field",
    [
        FIELD + 'error="insufficient_claims", claims="{}"',
        FIELD + 'claims="{}", error="insufficient_claims"',
        "bearer error=insufficient_claims,claims={}",
        FIELD + 'error="insufficient_claims", claims="{}',
        FIELD + 'error="insufficient_claims, claims="{}"',
        FIELD + 'error_description="It was revoked, sign in again, error="insufficient_claims", claims="{}"',
        'Basic realm="x", ' + FIELD + 'error="insufficient_claims", claims="{}"',
        FIELD + 'error="insufficient_claims", claims="{}", Basic realm="x"',
        'PoP nonce="eyJ4Ijp7fX0", error="insufficient_claims", claims="eyJ4Ijp7fX0", '
        + FIELD
        + 'error="insufficient_claims", claims="{}"',
        'Negotiate, Bearer error="insufficient_claims", claims="{}"',
        'Bearer error="insufficient_claims", error_description="No, bearer of bad news", claims="{}"',
    ],
)
def test_a_challenge_is_found_whatever_stands_around_it(field: str, claims: str) -> None:
    assert json.loads(claims_challenge(field.format(claims))) == json.loads(CLAIMS)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "field",
    [
        "",
        "Bearer",
        f'Bearer claims="{PLAIN}"',
        f'Bearer error="invalid_token", claims="{PLAIN}"',
        f'Bearer error_description="insufficient_claims", claims="{PLAIN}"',
        f'PoP error="insufficient_claims", claims="{PLAIN}"',
        f'Bearer error="invalid_token", PoP error="insufficient_claims", claims="{PLAIN}"',
        'Bearer error="insufficient_claims"',
        'Bearer error="insufficient_claims", claims=""',
        'Bearer error="insufficient_claims", claims="no base64!"',
        *(
            f'Bearer error="insufficient_claims", claims="{encoded(text)}"'
            for text in (
                "no JSON", "[]", "{}", '"text"', '{"access_token":null}', '{"access_token":[]}',
                '{"access_token":{"a":NaN}}',
                "[" * 5000, '{"access_token":{"a":"' + "x" * MAX_CLAIMS + '"}}',
            )
        ),
    ],
)  # fmt: skip
def test_anything_else_is_no_challenge(field: str) -> None:
    assert claims_challenge(field) == ""


@given(st.text(max_size=300))
def test_whatever_a_field_holds_its_claims_are_an_object_or_nothing(noise: str) -> None:
    for field in (
        noise,
        f'Bearer error="insufficient_claims", claims="{noise}"',
        f'Bearer error="insufficient_claims", claims="{encoded(noise)}"',
    ):
        claims = claims_challenge(field)
        assert claims == "" or isinstance(json.loads(claims), dict)


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
    st.booleans(),
)
def test_every_object_of_objects_comes_through(claims: dict[str, dict[str, str]], url_safe: bool, padded: bool) -> None:
    raw = json.dumps(claims).encode()
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(raw).decode()
    field = f'Bearer error="insufficient_claims", claims="{text if padded else text.rstrip("=")}"'
    assert json.loads(claims_challenge(field)) == claims
