"""Reads MSAL's serialised token cache (the schema all MSAL libraries share) without MSAL and without the network.

Hand-written, because MSAL is slow to import and needs the network to build its application. The account that was signed
in last time, and whether its access token is still valid, must be known before either.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tvapp.auth.view import Account

LEAD_S = 300.0
LEAD_PART = 0.2
"""A token is renewed five minutes before it expires, or at four fifths of its lifetime if that is later."""

Entry: TypeAlias = Mapping[str, object]
Cache: TypeAlias = Mapping[str, Mapping[str, Entry]]


@dataclass(frozen=True, slots=True)
class CachedToken:
    """An access token found in the cache; times in seconds from now."""

    secret: str = field(repr=False)
    expires_in: float
    lifetime: float
    refresh_in: float | None

    @property
    def renew_in(self) -> float:
        """When to renew it: ahead of its expiry, or when the server says so (`refresh_in`) if that is sooner."""
        ahead = self.expires_in - min(LEAD_S, self.lifetime * LEAD_PART)
        return ahead if self.refresh_in is None else min(ahead, self.refresh_in)


def parse(text: str) -> Cache | None:
    """Return the cache as nested mappings ("" is an empty one), or None where it is not a token cache."""
    if not text:
        return {}
    try:
        cache = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(cache, dict):
        return None
    for entries in cache.values():
        if not isinstance(entries, dict) or not all(_is_entry(entry) for entry in entries.values()):
            return None
    for entry in cache.get("AccessToken", {}).values():
        if _number(entry.get("expires_on")) is None:  # MSAL itself relies on it
            return None
    if not all("authority_type" in entry for entry in cache.get("Account", {}).values()):
        return None
    return cache


def accounts(cache: Cache) -> tuple[Account, ...]:
    """Return the accounts in the cache that have a token."""
    found: dict[str, Account] = {}
    for entry in cache.get("Account", {}).values():
        home_id = _text(entry, "home_account_id")
        if home_id and _has_tokens(cache, home_id):
            claims = _claims(cache, home_id)
            found[home_id] = Account(
                name=_text(claims, "name"),
                username=_text(entry, "username") or _text(claims, "preferred_username") or _text(claims, "email"),
                home_id=home_id,
                tenant=_text(claims, "tid") or _text(entry, "realm"),
            )
    return tuple(found.values())


def access_token(cache: Cache, scopes: Sequence[str], home_id: str, client_id: str, now: float) -> CachedToken | None:
    """Return the longest-lived access token of an account for `scopes` that has not expired; `now` is wall time.

    A token that was cached in the future is left out: the clock has been set back since, so its remaining time is
    unknown.
    """
    best: CachedToken | None = None
    for entry in cache.get("AccessToken", {}).values():
        secret, granted = _text(entry, "secret"), _text(entry, "target").split()
        if not secret or entry.get("home_account_id") != home_id or entry.get("client_id") != client_id:
            continue
        if not set(scopes) <= set(granted):
            continue
        cached_at, expires_on = _number(entry.get("cached_at")), _number(entry.get("expires_on"))
        if cached_at is None or expires_on is None or not cached_at - 1 <= now < expires_on:
            continue
        refresh_on = _number(entry.get("refresh_on"))
        token = CachedToken(
            secret, expires_on - now, expires_on - cached_at, None if refresh_on is None else refresh_on - now
        )
        if best is None or token.expires_in > best.expires_in:
            best = token
    return best


def home_id(result: Mapping[str, object]) -> str:
    """Return MSAL's key for the account of a token reply ("" where the reply names none)."""
    info = decoded(_text(result, "client_info"))
    uid, utid = _text(info, "uid"), _text(info, "utid")
    if uid and utid:
        return f"{uid}.{utid}"
    claims = result.get("id_token_claims")
    return _text(claims, "sub") if isinstance(claims, dict) else ""


def _has_tokens(cache: Cache, home_id: str) -> bool:
    entries = [*cache.get("RefreshToken", {}).values(), *cache.get("AccessToken", {}).values()]
    return any(entry.get("home_account_id") == home_id for entry in entries)


def _claims(cache: Cache, home_id: str) -> Mapping[str, object]:
    for entry in cache.get("IdToken", {}).values():
        if entry.get("home_account_id") == home_id:
            parts = _text(entry, "secret").split(".")
            return decoded(parts[1]) if len(parts) == 3 else {}
    return {}


def decoded(part: str) -> Mapping[str, object]:
    """Decode a base64url JSON object; {} where it is none. Not verified: use it for display and keys only."""
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and all(
        value is None or isinstance(value, str | int | float) for value in entry.values()
    )


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None
