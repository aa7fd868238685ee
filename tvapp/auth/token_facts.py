"""Reads what an access token says about itself, for a diagnosis: never for a decision, and never the token."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.auth.msal_cache import decoded
from tvapp.auth.view import shorten


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """The claims that matter. `expires_at` is wall time, or None; `account` is shortened; texts may be empty."""

    audience: str
    expires_at: float | None
    account: str
    tenant: str


def token_facts(secret: str) -> TokenFacts | None:
    """Return the claims of an access token; None if it cannot be read, which is any issuer's right.

    >>> token_facts("opaque") is None
    True
    """
    parts = secret.split(".")
    claims = decoded(parts[1] if len(parts) == 3 else "")
    if not claims:
        return None
    expires = claims.get("exp")
    names = map(_text, (claims.get(name) for name in ("upn", "unique_name", "preferred_username", "email")))
    account = next(filter(None, names), "")
    return TokenFacts(
        audience=_text(claims.get("aud")),
        expires_at=float(expires) if isinstance(expires, int | float) else None,
        account=shorten(account),
        tenant=_text(claims.get("tid")),
    )


def _text(value: object) -> str:
    return "".join(letter for letter in value[:200] if letter.isprintable()) if isinstance(value, str) else ""
