"""Continuous access evaluation: the claims challenges of Entra and its services to clients that declare CP1.

After an event (a revoked session, say) a service answers earlier tokens with 401, `insufficient_claims` and the claims
to request the next token with. Clients that did not declare CP1 keep their tokens until these expire.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass

CAPABILITY = "CP1"


@dataclass(frozen=True, slots=True)
class AskedClaims:
    """The relevant parts of the `claims` field of a token or device code request."""

    is_capable: bool = False
    """The client declares CP1."""
    not_before: str = ""
    """The challenge that it answers."""


@dataclass(slots=True)
class Challenges:
    """The challenge in force, if any. `not_before` is its value: the time of the event, as text."""

    not_before: str = ""
    needs_person: bool = False
    """A refresh token does not meet it: the user has to sign in with a code that was requested with the claims."""
    goes_on: bool = False
    """No token meets it."""

    @property
    def claims(self) -> str:
        """The demanded claims as JSON; empty when no challenge is in force."""
        if not self.not_before:
            return ""
        return json.dumps({"access_token": {"nbf": {"essential": True, "value": self.not_before}}})

    @property
    def header(self) -> str:
        """The WWW-Authenticate field that goes with a 401."""
        encoded = base64.b64encode(self.claims.encode()).decode()
        return (
            'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
            'error="insufficient_claims", error_description="Continuous access evaluation resulted in challenge, '
            f'interaction is needed", claims="{encoded}"'
        )

    def refuses(self, token: Mapping[str, object]) -> bool:
        """Tell whether a service challenges an access token with these claims."""
        if not self.not_before or CAPABILITY not in _list(token.get("xms_cc")):
            return False
        return self.goes_on or token.get("met") != self.not_before

    def refuses_refresh(self, asked: AskedClaims, met: str) -> bool:
        """Tell whether a refresh token that has `met` an earlier challenge cannot meet this one."""
        return self.needs_person and asked.not_before == self.not_before != met


def asked_claims(text: str) -> AskedClaims:
    """Parse a `claims` form field (OpenID Connect Core 5.5); an invalid one counts as empty."""
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return AskedClaims()
    token = _object(_object(value).get("access_token"))
    wanted = _object(token.get("nbf")).get("value")
    return AskedClaims(
        CAPABILITY in _list(_object(token.get("xms_cc")).get("values")), wanted if isinstance(wanted, str) else ""
    )


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
