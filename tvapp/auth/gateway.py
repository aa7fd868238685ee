"""What the sign-in needs from an identity provider (MSAL behind it, or a fake in tests), as a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tvapp.auth.messages import CodeReceived, CodeRefused, PollPending, PollRefused, PollSlowDown, PollSucceeded
from tvapp.auth.view import Account


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token as the gateway hands it out; times in seconds from the moment of asking.

    `renew_in` is when to renew it ahead of expiry; `is_new` tells that the network was used.
    """

    secret: str = field(repr=False)
    expires_in: float
    renew_in: float
    is_new: bool


class Gateway(Protocol):
    """One identity provider and one app registration. Each call blocks; each makes at most one attempt."""

    def load_account(self) -> Account | None:
        """Return the account of last time, without the network."""
        ...

    def request_code(self, flow: int, scopes: Sequence[str] = (), claims: str = "") -> CodeReceived | CodeRefused:
        """Ask for a code for `scopes` of one resource (none: those that signing in is for).

        `claims` are those of a challenge (JSON), which the tokens shall meet; empty for none.
        """
        ...

    def poll(self, flow: int) -> PollPending | PollSlowDown | PollSucceeded | PollRefused: ...

    def drop(self, flow: int) -> None:
        """Forget a device code; never blocks."""
        ...

    def acquire(self, scopes: Sequence[str], home_id: str, *, fresh: bool, claims: str = "") -> Grant:
        """Return an access token without a person; `fresh` asks for a new one even if the cached one looks good.

        `claims` are those of a challenge (JSON), which only a new token can meet; empty for none.

        Raises:
            NetworkError: nobody answered properly.
            Refused: somebody said no; `needs_person` tells for how long.
        """
        ...

    def remove_account(self, home_id: str) -> None:
        """Remove everything of one account."""
        ...

    def save(self) -> None:
        """Bring what is in memory to the disk once more, after it took nothing."""
        ...

    def sign_out(self) -> None:
        """Remove everything of every account, and the file.

        Raises:
            StorageError: the file is still there; the memory is clean all the same.
        """
        ...
