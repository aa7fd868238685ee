"""Counts the requests that this TV sends to Azure Maps, from any thread.

`snapshot` is for monitoring: what was sent since the program started, by meter, which only ever grows.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tvapp.core.clock import RELEASED_AT, Clock
from tvapp.usage.billing import NO_COUNTS, Counts, Meter, Tally, is_billed, tiles_sent, total, transactions
from tvapp.usage.days import UsageDays
from tvapp.usage.span import day_of


@dataclass(frozen=True, slots=True)
class UsageSnapshot:
    """Requests since the program started, by meter: sent and billed."""

    counts: Counts = field(default_factory=dict)

    @property
    def tiles(self) -> int:
        """Tiles that were requested from Azure Maps, not those that came from the disk."""
        return tiles_sent(self.counts)

    @property
    def transactions(self) -> float:
        """Billable transactions, of which a tile is a fifteenth."""
        return transactions(self.counts)


class UsageCounter:
    """Counts by day of UTC."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._days = UsageDays()
        self._undated: Counts = NO_COUNTS
        self._since_start: Counts = NO_COUNTS
        self._changes = 0

    def count(self, meter: Meter, status: int) -> None:
        """Count one request that was answered with `status`; 0: it was sent, and no answer came."""
        one: Counts = {meter: Tally(1, int(meter != "free" and status > 0 and is_billed(status)))}
        wall = self._clock.wall()
        with self._lock:
            self._changes += 1
            self._since_start = total((self._since_start, one))
            self._undated = total((self._undated, one))
            # A machine without a battery for its clock starts in 1970: the right day is known once it has asked for it.
            if wall >= RELEASED_AT or self._clock.is_synchronised():
                self._days = self._days.plus(UsageDays({day_of(wall): self._undated}))
                self._undated = NO_COUNTS

    def restore(self, days: UsageDays) -> None:
        """Add what was counted before the program started."""
        with self._lock:
            self._days = self._days.plus(days)

    def days(self) -> UsageDays:
        """Return the counts by day."""
        with self._lock:
            return self._days

    @property
    def changes(self) -> int:
        """How often anything was counted, which tells whether there is something new."""
        return self._changes

    def snapshot(self) -> UsageSnapshot:
        """Return what was sent since the program started."""
        with self._lock:
            return UsageSnapshot(self._since_start)
