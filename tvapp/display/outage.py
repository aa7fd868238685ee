"""Decides when to open a lost display again. Pure; times are monotonic seconds."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.core.backoff import Backoff

RETRY = Backoff(first_s=0.5, ceiling_s=15.0, jitter=0.0)
"""Without jitter: no other machine opens this display."""
STEADY_S = 30.0
"""A display that is lost again sooner than this was not really back: the back-off continues."""


@dataclass(slots=True)
class Outage:
    """A time without a display: why, since when, and when to try next (the first time at once).

    >>> outage = Outage("unplugged", since=10.0, retry_at=10.0)
    >>> outage.failed(10.0)
    >>> outage.failed(10.5)
    >>> outage.retry_at
    11.5
    """

    reason: str
    since: float
    retry_at: float
    attempts: int = 0

    def failed(self, now: float) -> None:
        """Record that opening failed at `now`; sets `retry_at` by the back-off."""
        self.retry_at = now + RETRY.delay(self.attempts, 0.0)
        self.attempts += 1


def begin_outage(reason: str, now: float, previous: Outage | None, restored_at: float) -> Outage:
    """Return a new outage; one that follows the `previous` within STEADY_S continues its back-off."""
    outage = Outage(reason, since=now, retry_at=now)
    if previous is not None and now - restored_at < STEADY_S:
        outage.attempts = previous.attempts
        outage.failed(now)
    return outage
