"""Computes the delay before the next attempt. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off with jitter: `first_s`, then doubled up to `ceiling_s`.

    `jitter` is the random part of the delay, so that fifty screens do not retry in the same second.
    """

    first_s: float = 1.0
    ceiling_s: float = 60.0
    jitter: float = 0.3

    def delay(self, attempt: int, random: float, retry_after_s: float | None = None) -> float:
        """Return the seconds to wait after failed `attempt` (0 is the first).

        `random` is a number in [0, 1). A server's Retry-After is a floor: never sooner, up to one hour.

        >>> Backoff(1, 60, 0.0).delay(3, 0.5)
        8.0
        """
        base = min(self.ceiling_s, self.first_s * 2.0 ** min(attempt, 30))
        spread = base * (1 - self.jitter + 2 * self.jitter * random)
        if retry_after_s is not None:
            return min(max(retry_after_s, 0.0), 3600.0) + self.first_s * self.jitter * random
        return spread
