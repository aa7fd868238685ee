"""One device flow: a code that is valid, and the pace at which it is polled (RFC 8628 3.5)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tvapp.auth.problems import Problem
from tvapp.auth.view import Prompt
from tvapp.core.backoff import Backoff

SLOW_DOWN_S = 5.0
"""RFC 8628 3.5: `slow_down` adds five seconds to the interval, for good."""

LOOP_PAUSE_S = 180.0
"""Pause after loop detection (AADSTS50196): Microsoft asks for minutes."""

TRANSIENT = Backoff(first_s=1.0, ceiling_s=30.0)
"""Between requests for a code that fail: the app is back within 30 s of the network's return."""

RESTART = Backoff(first_s=2.0, ceiling_s=60.0)
"""Between codes that the server forgets before they expire."""


@dataclass(slots=True)
class DeviceFlow:
    """A code that a person may still approve; outside of the gateway its device code is known by `number` only."""

    number: int
    prompt: Prompt
    interval: float
    next_poll_at: float
    renew_at: float
    answered_at: float = -math.inf
    failures: int = 0
    in_flight: bool = False

    def begin_poll(self, now: float) -> bool:
        """Mark the flow as being polled if a poll is due; return whether it is."""
        if self.in_flight or not self.next_poll_at <= now < self.prompt.expires_at:
            return False
        self.in_flight = True
        return True

    def note_pending(self, now: float, slow_down: bool) -> None:
        """Note that nobody has approved yet, and schedule the next poll."""
        self.in_flight = False
        self.answered_at = now
        self.failures = 0
        if slow_down:
            self.interval += SLOW_DOWN_S
        self.next_poll_at = now + self.interval

    def note_failure(self, problem: Problem, now: float, random: float) -> None:
        """Note a failed poll, and back off (RFC 8628 3.5); the code stays valid until it expires."""
        backoff = Backoff(first_s=max(1.0, self.interval), ceiling_s=max(30.0, self.interval), jitter=0.1)
        self.in_flight = False
        self.answered_at = now
        self.next_poll_at = now + max(self.interval, pause_s(problem, backoff, self.failures, random))
        self.failures += 1

    def hurry(self, now: float) -> None:
        """Poll as soon as the interval allows, if the last poll failed."""
        if self.failures:
            self.next_poll_at = max(now, self.answered_at + self.interval)


def pause_s(problem: Problem, backoff: Backoff, failures: int, random: float) -> float:
    """Return how long to wait after the `failures`-th failure in a row (0 is the first)."""
    return max(backoff.delay(failures, random, problem.retry_after_s), quiet_s(problem))


def quiet_s(problem: Problem) -> float:
    """Return how long the server asks for no requests at all: its Retry-After, at most an hour."""
    if problem.kind == "too-eager":
        return max(LOOP_PAUSE_S, problem.retry_after_s or 0.0)
    return min(max(problem.retry_after_s or 0.0, 0.0), 3600.0)
