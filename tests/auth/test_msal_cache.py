"""MSAL's token cache, read without MSAL."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tvapp.auth.msal_cache import CachedToken, access_token, accounts, home_id, parse
from tvapp.auth.view import Account

NOW = 1_800_000_000.0
CLIENT, HOME = "client-1", "uid-1.tid-1"
SCOPE = "https://atlas.microsoft.com/user_impersonation"


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def token(**changes: object) -> dict[str, object]:
    entry = {
        "secret": "s3cret",
        "target": f"{SCOPE} https://atlas.microsoft.com/other",
        "home_account_id": HOME,
        "client_id": CLIENT,
        "cached_at": str(int(NOW) - 600),
        "expires_on": str(int(NOW) + 3000),
    }
    return {**entry, **changes}


def found(*entries: dict[str, Any], scopes: tuple[str, ...] = (SCOPE,), now: float = NOW) -> CachedToken | None:
    cache = {"AccessToken": {str(number): entry for number, entry in enumerate(entries)}}
    return access_token(cache, scopes, HOME, CLIENT, now)


def test_a_token_is_found_with_the_time_it_has_left() -> None:
    assert found(token()) == CachedToken("s3cret", 3000.0, 3600.0, None)
    assert found(token(refresh_on=str(int(NOW) + 60))) == CachedToken("s3cret", 3000.0, 3600.0, 60.0)
    assert found(token(), scopes=()) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": ""},
        {"secret": 5},
        {"home_account_id": "uid-2.tid-1"},
        {"client_id": "client-2"},
        {"target": "https://atlas.microsoft.com/other"},
        {"cached_at": None},
        {"cached_at": "soon"},
        {"cached_at": NOW + 2},
        {"expires_on": None},
        {"expires_on": NOW},
    ],
)
def test_what_does_not_fit_or_has_expired_is_left_out(changes: dict[str, object]) -> None:
    assert found(token(**changes)) is None


def test_whole_seconds_of_the_cache_are_no_future() -> None:
    assert found(token(cached_at=NOW + 1)) is not None
    assert found(token(expires_on=NOW + 0.5)) is not None


def test_of_several_the_longest_lived_is_taken() -> None:
    short, long = token(secret="short"), token(secret="long", expires_on=NOW + 9000)
    for entries in ((short, long), (long, short)):
        best = found(*entries)
        assert best is not None
        assert best.secret == "long"
    first = found(token(secret="first"), token(secret="second"))
    assert first is not None
    assert first.secret == "first"


@pytest.mark.parametrize(
    ("lifetime", "refresh_in", "renew_in"),
    [(3600.0, None, 2700.0), (1000.0, None, 2800.0), (3600.0, 100.0, 100.0), (3600.0, 2900.0, 2700.0)],
)
def test_it_is_renewed_ahead_of_its_expiry(lifetime: float, refresh_in: float | None, renew_in: float) -> None:
    assert CachedToken("s", 3000.0, lifetime, refresh_in).renew_in == renew_in


def cache_of(**more: object) -> dict[str, Any]:
    claims = {"name": "Aino Koskinen", "preferred_username": "aino@claims.example", "tid": "tid-9"}
    return {
        "Account": {"a": {"home_account_id": HOME, "username": "aino@contoso.com", "realm": "realm-1"}},
        "RefreshToken": {"r": {"home_account_id": HOME}},
        "IdToken": {"i": {"home_account_id": HOME, "secret": f"h.{encoded(claims)}.s"}},
        **more,
    }


def test_an_account_has_its_names_from_the_entry_and_from_the_identity_token() -> None:
    assert accounts(cache_of()) == (Account("Aino Koskinen", "aino@contoso.com", HOME, "tid-9"),)
    bare = cache_of(IdToken={"i": {"home_account_id": "somebody-else", "secret": f"h.{encoded({'name': 'No'})}.s"}})
    assert accounts(bare) == (Account("", "aino@contoso.com", HOME, "realm-1"),)
    broken = cache_of(IdToken={"i": {"home_account_id": HOME, "secret": "two.parts"}})
    assert accounts(broken)[0].name == ""


@pytest.mark.parametrize(
    ("claims", "username"),
    [({"preferred_username": "p@x", "email": "e@x"}, "p@x"), ({"email": "e@x"}, "e@x"), ({}, "")],
)
def test_a_user_name_may_come_from_the_claims(claims: dict[str, str], username: str) -> None:
    cache = cache_of(
        Account={"a": {"home_account_id": HOME}},
        IdToken={"i": {"home_account_id": HOME, "secret": f"h.{encoded(claims)}.s"}},
    )
    assert [account.username for account in accounts(cache)] == [username]


def test_an_account_without_tokens_is_none() -> None:
    other = {"home_account_id": "uid-2.tid-1"}
    assert accounts(cache_of(RefreshToken={"r": other})) == ()
    assert accounts(cache_of(RefreshToken={}, AccessToken={"t": token()})) != ()
    assert accounts(cache_of(Account={"a": {"username": "x"}})) == ()


def test_the_key_of_an_account_comes_from_client_info_or_the_subject() -> None:
    assert home_id({"client_info": encoded({"uid": "u", "utid": "t"})}) == "u.t"
    assert home_id({"client_info": encoded({"uid": "u"}), "id_token_claims": {"sub": "s"}}) == "s"
    assert home_id({"client_info": encoded({"utid": "t"})}) == ""
    assert home_id({"client_info": "!!!", "id_token_claims": {"sub": "s"}}) == "s"
    assert home_id({"client_info": encoded(["uid"]), "id_token_claims": "none"}) == ""


@pytest.mark.parametrize(
    ("text", "is_cache"),
    [
        ("", True),
        ("{}", True),
        ('{"Account": {}}', True),
        ('{"Account": {"a": {"authority_type": "MSSTS"}}}', True),
        ('{"Account": {"a": {}}}', False),
        ('{"AccessToken": {"a": {"expires_on": "5"}}}', True),
        ('{"AccessToken": {"a": {"expires_on": "soon"}}}', False),
        ('{"AccessToken": {"a": {}}}', False),
        ('{"Other": {"a": {"x": null}}}', True),
        ('{"Other": {"a": {"x": []}}}', False),
        ('{"Other": {"a": 5}}', False),
        ('{"Other": 5}', False),
        ("[]", False),
        ("{", False),
        ("[" * 100_000, False),
    ],
)
def test_only_what_msal_could_have_written_is_a_cache(text: str, is_cache: bool) -> None:
    assert (parse(text) is not None) is is_cache


@pytest.mark.parametrize("text", ["", "{}", '{"AppMetadata": {}}'])
def test_a_cache_with_nothing_in_it_has_no_account_and_no_token(text: str) -> None:
    cache = parse(text)
    assert cache is not None
    assert accounts(cache) == ()
    assert access_token(cache, ["scope"], "home", "app", 0.0) is None


def test_an_account_may_have_an_access_token_alone_or_a_refresh_token_alone() -> None:
    entry = {"home_account_id": "home", "username": "aino@contoso.com", "realm": "tid-1"}
    for kind in ("AccessToken", "RefreshToken"):
        (account,) = accounts({"Account": {"a": entry}, kind: {"t": {"home_account_id": "home"}}})
        assert (account.home_id, account.name, account.username, account.tenant) == (
            "home", "", "aino@contoso.com", "tid-1",
        )  # fmt: skip
