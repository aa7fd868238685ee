"""The view of the sign-in for screens: plain values, with the user code as the only secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tvapp.auth.problems import Problem

Phase = Literal[
    "starting",  # loading the account of last time
    "offline",  # no code yet and nothing answers; retries by itself
    "requesting",  # requesting a code (or waiting for the next request: `retry_in_s`)
    "prompting",  # a code is on the screen and being polled
    "succeeded",  # just signed in; shown for a moment
    "signed-in",
    "failed",  # declined or refused for good: waits for OK
    "paused",  # nobody came for a long time: waits for OK
    "signed-out",  # the viewer signed out: waits for OK
]

Status = Literal[
    "starting",
    "awaiting-time",  # the clock of this machine cannot be right yet
    "requesting",
    "waiting",  # for the person at the phone
    "offline",  # nothing answers; the code on the screen, if any, stays valid
    "busy",  # the service is throttling; the code on the screen, if any, stays valid
    "succeeded",
    "signed-in",
    "failed",
    "paused",
    "signed-out",
]

STATUSES: tuple[Status, ...] = (
    "starting",
    "awaiting-time",
    "requesting",
    "waiting",
    "offline",
    "busy",
    "succeeded",
    "signed-in",
    "failed",
    "paused",
    "signed-out",
)


@dataclass(frozen=True, slots=True)
class Account:
    """The person who is signed in; `home_id` is the stable key, `name` and `username` are for display only."""

    name: str = field(repr=False)
    username: str = field(repr=False)
    home_id: str
    tenant: str = ""

    @property
    def shortened(self) -> str:
        """Return the user name in the short form for logs: ``ai***@contoso.com``."""
        return shorten(self.username or self.name)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A code that is on the screen.

    `verification_uri_complete` is empty where the server gives none (Entra never does). `expires_at` is monotonic;
    `expires_in` is the whole lifetime in seconds; `renewal` counts the codes shown before this one.
    """

    verification_uri: str
    verification_uri_complete: str = field(repr=False)
    user_code: str = field(repr=False)
    expires_at: float
    expires_in: float
    renewal: int = 0

    @property
    def qr_uri(self) -> str:
        """Return the content of the QR code."""
        return self.verification_uri_complete or self.verification_uri


@dataclass(frozen=True, slots=True)
class SessionView:
    """The state of signing in at one moment.

    `account` stays set while it has to sign in again (`again`), so that the map can stay behind the panel. `problem` is
    the last one that has not been resolved. `retry_in_s` is the time to the next automatic attempt. `permission` is the
    resource that the code gives access to; "" where the code is for signing in. `clock_skew_s` is how far the clock is
    behind (negative: ahead; infinity: by an unknown time), None while it is right.
    """

    phase: Phase
    status: Status
    prompt: Prompt | None = None
    remaining_s: float | None = None
    problem: Problem | None = None
    account: Account | None = None
    retry_in_s: float | None = None
    again: bool = False
    permission: str = ""
    organisation: str = ""
    app_name: str = ""
    clock_skew_s: float | None = None

    @property
    def waits_for_ok(self) -> bool:
        """Tell whether nothing happens until the viewer presses OK."""
        return self.phase in ("failed", "paused", "signed-out")


def shorten(username: str) -> str:
    """Keep two letters and the domain of a user name.

    >>> shorten("aino@contoso.com")
    'ai***@contoso.com'
    """
    local, at, domain = username.rpartition("@")
    if not at:
        return f"{username[:2]}***" if username else ""
    return f"{local[:2] if len(local) > 2 else local[:1]}***@{domain}"
