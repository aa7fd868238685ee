"""The commands that the sign-in gives to its service, and the events that it receives.

A device code never leaves the gateway: a flow is identified here by the number of the request that began it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tvapp.auth.problems import Problem
from tvapp.auth.view import Account
from tvapp.core.log import Level

# -- commands -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoadAccount:
    """Load the account that was signed in last time, without the network."""


@dataclass(frozen=True, slots=True)
class RequestCode:
    """Request a code for `scopes` (none: for signing in), whose flow gets the number `flow`.

    `claims` are those of a challenge (JSON) that the tokens have to meet; empty for none.
    """

    flow: int
    scopes: tuple[str, ...] = ()
    claims: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Poll:
    """Poll once whether `flow` was approved."""

    flow: int


@dataclass(frozen=True, slots=True)
class DropFlow:
    """Drop the device code of `flow`."""

    flow: int


@dataclass(frozen=True, slots=True)
class ForgetAccount:
    """Remove an account that is not used (any more), and its tokens."""

    home_id: str


@dataclass(frozen=True, slots=True)
class UseAccount:
    """Provide tokens of this account from now on; None: of no account."""

    home_id: str | None


@dataclass(frozen=True, slots=True)
class UsePermission:
    """The account may use `scope` now: requests for its token may be sent at once."""

    scope: str


@dataclass(frozen=True, slots=True)
class SignOut:
    """Remove all accounts and the file."""


@dataclass(frozen=True, slots=True)
class Report:
    """Write one log event."""

    name: str
    fields: Mapping[str, object]
    level: Level = "info"


def failure_report(problem: Problem, more: Mapping[str, object]) -> Report:
    """Return the log event for `problem`, with `more` fields."""
    fields = {
        "error": problem.error,
        "kind": problem.kind,
        "aadsts": problem.aadsts,
        "correlation_id": problem.correlation_id,
        "next": problem.next,
        **more,
    }
    return Report("signin.failed", fields, "warning" if problem.next == "waits-for-ok" else "info")


Command: TypeAlias = (
    LoadAccount | RequestCode | Poll | DropFlow | ForgetAccount | UseAccount | UsePermission | SignOut | Report
)

# -- events ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountLoaded:
    """The account that was signed in last time, or None."""

    account: Account | None


@dataclass(frozen=True, slots=True)
class CodeReceived:
    """A code to show; times in seconds from the request."""

    flow: int
    verification_uri: str
    verification_uri_complete: str = field(repr=False)
    user_code: str = field(repr=False)
    expires_in: float
    interval: float


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """The request for a code failed."""

    flow: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class PollPending:
    """Nobody has approved yet."""

    flow: int


@dataclass(frozen=True, slots=True)
class PollSlowDown:
    """Nobody has approved yet, and the app polls too often."""

    flow: int


@dataclass(frozen=True, slots=True)
class PollSucceeded:
    """Approved; the tokens are in the cache."""

    flow: int
    account: Account


@dataclass(frozen=True, slots=True)
class PollRefused:
    """A poll failed: for now, for this code, or for good (see `problem.next`)."""

    flow: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class PersonNeeded:
    """The tokens cannot be renewed silently any more; `claims` are those of the challenge that revoked them, if any."""

    problem: Problem
    claims: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TokensChanged:
    """A renewal of an access token has ended: the time of the next one has changed."""

    resource: str


@dataclass(frozen=True, slots=True)
class PermissionGiven:
    """A person has granted access to a resource: what depends on it can be requested at once."""


Event: TypeAlias = (
    AccountLoaded | CodeReceived | CodeRefused | PollPending | PollSlowDown | PollSucceeded | PollRefused | PersonNeeded
)
