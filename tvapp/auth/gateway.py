"""The protocol of an identity provider: MSAL implements it in the app, a fake in tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tvapp.auth.messages import CodeReceived, CodeRefused, PollPending, PollRefused, PollSlowDown, PollSucceeded
from tvapp.auth.view import Account


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token from the gateway; times in seconds from the moment of the call.

    `renew_in` is when to renew it ahead of expiry; `is_new` tells that it came over the network.
    """

    secret: str = field(repr=False)
    expires_in: float
    renew_in: float
    is_new: bool


class Gateway(Protocol):
    """One identity provider and one app registration. Each call blocks; each makes at most one attempt."""

    def load_account(self) -> Account | None:
        """Return the account in the token cache, without the network."""
        ...

    def request_code(self, flow: int, scopes: Sequence[str] = (), claims: str = "") -> CodeReceived | CodeRefused:
        """Request a code for `scopes` of one resource (none: those for signing in).

        `claims` are those of a challenge (JSON), which the tokens have to meet; empty for none.
        """
        ...

    def poll(self, flow: int) -> PollPending | PollSlowDown | PollSucceeded | PollRefused: ...

    def drop(self, flow: int) -> None:
        """Forget a device code; never blocks."""
        ...

    def acquire(self, scopes: Sequence[str], home_id: str, *, fresh: bool, claims: str = "") -> Grant:
        """Return an access token silently; `fresh` demands a new one even if the cached one is valid.

        `claims` are those of a challenge (JSON), which only a new token can meet; empty for none.

        Raises:
            NetworkError: no proper answer came.
            Refused: the provider refused; `needs_person` tells whether only a person can change that.
        """
        ...

    def remove_account(self, home_id: str) -> None:
        """Remove one account and its tokens."""
        ...

    def save(self) -> None:
        """Save the token cache once more, after saving has failed."""
        ...

    def sign_out(self) -> None:
        """Remove all accounts and tokens, and the file.

        Raises:
            StorageError: the file is still there; nothing is left in memory all the same.
        """
        ...
