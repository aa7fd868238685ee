"""When to open a lost display again. Pure; times are monotonic seconds."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.core.backoff import Backoff

RETRY = Backoff(first_s=0.5, ceiling_s=15.0, jitter=0.0)
"""One screen asks one machine: there is no crowd to be spread by chance."""
STEADY_S = 30.0
"""A display that is lost again sooner than this was not really back: the waits go on where they were."""


@dataclass(slots=True)
class Outage:
    """A time without a display: why, since when, and when to try next (at once at first).

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
        """Note that opening did not work at `now`; the next try comes later than this one did."""
        self.retry_at = now + RETRY.delay(self.attempts, 0.0)
        self.attempts += 1


def begin(reason: str, now: float, former: Outage | None, restored_at: float) -> Outage:
    """Return a new outage; one that follows the `former` closely waits as long as that did."""
    outage = Outage(reason, since=now, retry_at=now)
    if former is not None and now - restored_at < STEADY_S:
        outage.attempts = former.attempts
        outage.failed(now)
    return outage
