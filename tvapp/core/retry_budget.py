"""Limits retries to a share of the requests of the last minutes. Pure.

As in Finagle's RetryBudget and Google's SRE book (Handling Overload): when much fails at once, retrying all of it would
triple the traffic on a host that is in trouble already. Hand-written, because `tenacity`, `stamina` and `httpx-retries`
decide about each request alone and know no budget for all of them.
"""

from __future__ import annotations

RETRIES_PER_REQUEST = 0.2
"""Retries for each first try, at most..."""

MIN_RETRIES = 6
"""... plus this many, so that a screen that sends few requests may retry them."""

WINDOW_S = 120.0
BUCKETS = 12
_BUCKET_S = WINDOW_S / BUCKETS


class RetryBudget:
    """Counts the first tries and retries of one origin; times are monotonic seconds."""

    def __init__(self) -> None:
        self._tries: dict[int, int] = {}
        self._retries: dict[int, int] = {}

    def deposit(self, now: float) -> None:
        """Record a first try, which adds to the budget."""
        self._add(self._tries, now)

    def try_withdraw(self, now: float) -> bool:
        """Take one retry out of the budget; False where none is left."""
        self._forget(now)
        if sum(self._retries.values()) >= MIN_RETRIES + RETRIES_PER_REQUEST * sum(self._tries.values()):
            return False
        self._add(self._retries, now)
        return True

    def _add(self, counts: dict[int, int], now: float) -> None:
        self._forget(now)
        bucket = int(now // _BUCKET_S)
        counts[bucket] = counts.get(bucket, 0) + 1

    def _forget(self, now: float) -> None:
        oldest = int(now // _BUCKET_S) - BUCKETS
        for counts in (self._tries, self._retries):
            for bucket in [bucket for bucket in counts if bucket <= oldest]:
                del counts[bucket]
