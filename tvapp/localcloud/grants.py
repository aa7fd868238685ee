"""Device authorization grants (RFC 8628) and refresh tokens as state; the time is passed in."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from tvapp.localcloud.people import Person

# Without 0/O, 1/I/L, 8/B, 5/S, 2/Z: a code is read from a screen across the room.
USER_CODE_LETTERS = "ACDEFGHJKMNPQRTUVWXY34679"
KEPT_AFTER_EXPIRY_S = 3600.0
EARLY_POLL_TOLERANCE = 0.8
SLOW_DOWN_S = 5.0
MOST_REMEMBERED = 1_000

State = Literal["pending", "approved", "declined", "used"]
Poll = Literal["pending", "slow_down", "approved", "declined", "expired", "unknown"]


@dataclass(frozen=True, slots=True)
class CodeTerms:
    """How long a device code lives, how often it may be polled, and the length of its user code."""

    lifetime_s: float
    interval_s: float
    code_length: int = 9


@dataclass(slots=True)
class Grant:
    """One device authorization grant, from its code to its tokens. `flavour` is the service that issued it."""

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)
    flavour: Literal["entra", "oidc"]
    tenant: str
    client_id: str
    scope: str
    expires_at: float
    interval_s: float
    state: State = "pending"
    person: Person | None = None
    earliest_poll: float = 0.0
    polls: int = 0
    met: str = ""
    """The claims challenge in the request for the code."""

    def is_expired(self, now: float) -> bool:
        return now >= self.expires_at


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token is bound to a person and a client, not to a resource."""

    person: Person
    client_id: str
    flavour: Literal["entra", "oidc"]
    scope: str
    generation: int = 0
    met: str = ""
    """The claims challenge that it has met."""


def normalised_code(typed: str) -> str:
    """Return a user code as it was issued, however a person typed it.

    >>> normalised_code(" acd-efg hjk ")
    'ACDEFGHJK'
    """
    return "".join(letter for letter in typed.upper() if letter.isalnum())


class Grants:
    """Every grant of this cloud, found by either of its codes."""

    def __init__(self) -> None:
        self._by_device_code: dict[str, Grant] = {}
        self._by_user_code: dict[str, Grant] = {}
        self._refresh_tokens: dict[str, RefreshToken] = {}
        self._allowed: set[tuple[Person, str, str]] = set()
        self.issued: deque[tuple[str, str]] = deque(maxlen=MOST_REMEMBERED)
        """Every code and refresh token with its kind, including invalid ones."""

    def create(
        self,
        flavour: Literal["entra", "oidc"],
        tenant: str,
        client_id: str,
        scope: str,
        now: float,
        terms: CodeTerms,
    ) -> Grant:
        """Start a grant with unique codes."""
        self._forget_old(now)
        user_code = _random_code(terms.code_length)
        while user_code in self._by_user_code:
            user_code = _random_code(terms.code_length)
        device_code, expires_at = secrets.token_urlsafe(48), now + terms.lifetime_s
        grant = Grant(device_code, user_code, flavour, tenant, client_id, scope, expires_at, terms.interval_s)
        grant.earliest_poll = now
        self._by_device_code[grant.device_code] = grant
        self._by_user_code[user_code] = grant
        self.issued += [("device_code", grant.device_code), ("user_code", user_code)]
        return grant

    def find(self, typed: str) -> Grant | None:
        """Find a grant by the user code that a person typed."""
        return self._by_user_code.get(normalised_code(typed))

    def pending(self, now: float) -> Iterator[Grant]:
        """Yield the grants that can still be approved, oldest first."""
        return (g for g in self._by_device_code.values() if g.state == "pending" and not g.is_expired(now))

    def approve(self, grant: Grant, person: Person) -> None:
        """Approve a grant in a person's name. The consent is remembered, whatever becomes of the grant."""
        grant.state, grant.person = "approved", person
        self._allowed.add((person, grant.client_id, grant.scope))

    def allowed_scopes(self, person: Person, client_id: str) -> frozenset[str]:
        """Return every `scope` that a person has allowed a client to use."""
        return frozenset(scope for who, client, scope in self._allowed if (who, client) == (person, client_id))

    def poll(
        self, device_code: str, client_id: str, now: float, *, enforce_interval: bool
    ) -> tuple[Poll, Grant | None]:
        """Answer one poll; polling an approved grant uses it up."""
        grant = self._by_device_code.get(device_code)
        if grant is None or grant.client_id != client_id or grant.state == "used":
            return "unknown", None
        grant.polls += 1
        if grant.state == "declined":
            return "declined", grant
        if grant.is_expired(now):
            return "expired", grant
        too_soon = now < grant.earliest_poll
        if enforce_interval and too_soon:
            # RFC 8628 3.5: the interval MUST be 5 seconds longer from now on.
            grant.interval_s += SLOW_DOWN_S
        grant.earliest_poll = now + grant.interval_s * EARLY_POLL_TOLERANCE
        if enforce_interval and too_soon:
            return "slow_down", grant
        if grant.state == "approved":
            grant.state = "used"
            return "approved", grant
        return "pending", grant

    def issue_refresh_token(self, token: RefreshToken) -> str:
        """Store a refresh token and return its secret."""
        secret = "1." + secrets.token_urlsafe(64)
        self._refresh_tokens[secret] = token
        self.issued.append(("refresh_token", secret))
        return secret

    def refresh_token(self, secret: str) -> RefreshToken | None:
        """Return a refresh token by its secret; None if it is unknown or revoked."""
        return self._refresh_tokens.get(secret)

    def rotate(self, secret: str, scope: str, met: str = "") -> str:
        """Issue the successor of a refresh token, which may have `met` a challenge.

        The old token stays valid, as Entra's do.
        """
        old = self._refresh_tokens[secret]
        return self.issue_refresh_token(
            RefreshToken(
                old.person, old.client_id, old.flavour, scope, generation=old.generation + 1, met=met or old.met
            )
        )

    def revoke(self, secret: str) -> None:
        """Revoke one refresh token."""
        self._refresh_tokens.pop(secret, None)

    def revoke_all(self) -> int:
        """Revoke every refresh token; returns how many there were."""
        count = len(self._refresh_tokens)
        self._refresh_tokens.clear()
        return count

    def clear(self) -> None:
        """Forget everything."""
        self._by_device_code.clear()
        self._by_user_code.clear()
        self._refresh_tokens.clear()
        self._allowed.clear()
        self.issued.clear()

    def _forget_old(self, now: float) -> None:
        for grant in [g for g in self._by_device_code.values() if now > g.expires_at + KEPT_AFTER_EXPIRY_S]:
            del self._by_device_code[grant.device_code]
            del self._by_user_code[grant.user_code]


def _random_code(length: int) -> str:
    return "".join(secrets.choice(USER_CODE_LETTERS) for _ in range(max(4, length)))
