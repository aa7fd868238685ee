"""What the session tells its edge to do (commands) and what the edge tells the session (events).

A device code never leaves the gateway: a flow is known here by the small number of the request that began it.
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
    """Look for the account of last time, without the network."""


@dataclass(frozen=True, slots=True)
class RequestCode:
    """Ask for a code; its flow will be known as `flow`. `scopes` are what it is for; none: signing in.

    `claims` are those of a challenge (JSON) that the tokens shall meet; empty for none.
    """

    flow: int
    scopes: tuple[str, ...] = ()
    claims: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Poll:
    """Ask once whether `flow` was approved."""

    flow: int


@dataclass(frozen=True, slots=True)
class DropFlow:
    """Forget the device code of `flow`."""

    flow: int


@dataclass(frozen=True, slots=True)
class ForgetAccount:
    """Remove the tokens of an account that is not ours (any more)."""

    home_id: str


@dataclass(frozen=True, slots=True)
class UseAccount:
    """Tokens are for this account from now on; None is for nobody."""

    home_id: str | None


@dataclass(frozen=True, slots=True)
class UsePermission:
    """The account may use `scope` now: whoever needs a token for it may ask at once."""

    scope: str


@dataclass(frozen=True, slots=True)
class SignOut:
    """Remove every account, and the file."""


@dataclass(frozen=True, slots=True)
class Report:
    """Write one log event."""

    name: str
    fields: Mapping[str, object]
    level: Level = "info"


def failure_report(problem: Problem, more: Mapping[str, object]) -> Report:
    """Return the log event that tells of `problem`, with `more` fields."""
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
    """The account of last time, or None."""

    account: Account | None


@dataclass(frozen=True, slots=True)
class CodeReceived:
    """A code to show; times in seconds, counted from the request."""

    flow: int
    verification_uri: str
    verification_uri_complete: str = field(repr=False)
    user_code: str = field(repr=False)
    expires_in: float
    interval: float


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """No code this time."""

    flow: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class PollPending:
    """Nobody has approved yet."""

    flow: int


@dataclass(frozen=True, slots=True)
class PollSlowDown:
    """Nobody has approved yet, and we ask too often."""

    flow: int


@dataclass(frozen=True, slots=True)
class PollSucceeded:
    """Approved; the tokens are in the cache."""

    flow: int
    account: Account


@dataclass(frozen=True, slots=True)
class PollRefused:
    """The poll failed: for now, for this code, or for good (see `problem.next`)."""

    flow: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class PersonNeeded:
    """The tokens cannot be renewed silently any more; `claims` are those of the challenge that ended them, if any."""

    problem: Problem
    claims: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TokensChanged:
    """An access token was renewed, or could not be: the time of the next renewal has changed."""

    resource: str


@dataclass(frozen=True, slots=True)
class PermissionGiven:
    """A person has allowed a resource that was closed before: what needs it can be asked for at once."""


Event: TypeAlias = (
    AccountLoaded | CodeReceived | CodeRefused | PollPending | PollSlowDown | PollSucceeded | PollRefused | PersonNeeded
)
