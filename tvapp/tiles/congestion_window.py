"""How many requests may be under way: more where the round trip is long, fewer where requests queue. Pure.

Requests beyond what the path holds only wait in a queue, ahead of the tiles that the viewer looks at next. By Little's
law, of `n` requests under way that take `t` each, and would take `t0` alone, about `n (1 - t0 / t)` queue. As in TCP
Vegas (Brakmo and Peterson, 1995) the limit grows while hardly any do, and shrinks while many do; as in TCP it is halved
on congestion. `t0` is the shortest recent time to the first byte of a reply. Hand-written, because HTTP libraries only
have fixed limits on connections.
"""

from __future__ import annotations

from dataclasses import dataclass

MIN_LIMIT = 2
INITIAL_LIMIT = 8
MAX_LIMIT = 24
"""On one connection (HTTP/2)."""
MAX_CONNECTIONS = 8
"""With HTTP/1.1, where each request needs a connection of its own."""

GROW_BELOW, SHRINK_ABOVE = 2.0, 4.0
TOLERANCE_S = 0.05
"""A wait too short to be seen: when replies come at once, it is our own work that delays them."""
BASELINE_S = 60.0
"""How long the shortest time counts, because the path may change."""
_SHRINK_STEP = 0.5


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that was sent at `at` (monotonic seconds), as number `count` of those under way."""

    at: float
    count: int


@dataclass(frozen=True, slots=True)
class Timing:
    """How a request went: seconds until the head of its reply, and whether its connection is multiplexed."""

    head_s: float
    is_multiplexed: bool


UNTIMED = Timing(0.0, is_multiplexed=True)


class CongestionWindow:
    """Adapts `limit`; all times are passed in, in monotonic seconds.

    >>> window = CongestionWindow()
    >>> for n in range(8):
    ...     window.succeeded(SentRequest(0.0, n + 1), 0, Timing(0.4, True), now=0.4)
    >>> window.limit
    10
    """

    def __init__(self) -> None:
        self._limit = float(INITIAL_LIMIT)
        self._is_starting = True
        self._ceiling = MAX_CONNECTIONS
        self._shortest: tuple[float, float] | None = None  # now, and in the former period
        self._since = 0.0
        self._halved_at = 0.0

    @property
    def limit(self) -> int:
        """The number of requests that may be under way."""
        return int(self._limit)

    def succeeded(self, sent: SentRequest, others: int, timing: Timing, now: float) -> None:
        """Take in a reply that was complete at `now`, while `others` are still under way."""
        self._ceiling = MAX_LIMIT if timing.is_multiplexed else MAX_CONNECTIONS
        unqueued_s = self._baseline_s(timing.head_s, now) + TOLERANCE_S
        count = max(sent.count, others + 1)
        took_s = max(now - sent.at, timing.head_s)
        queued = count * (1.0 - unqueued_s / took_s) if took_s > unqueued_s else 0.0
        if queued > SHRINK_ABOVE:
            self._is_starting = False
            self._limit = max(self._limit - _SHRINK_STEP, MIN_LIMIT)
        elif queued < GROW_BELOW and count >= self.limit - 1:
            # Raise the limit only where it was reached: at first to twice its size in a round trip.
            self._limit += 1.0 if self._is_starting else 1.0 / self._limit
        self._limit = min(self._limit, self._ceiling)

    def congested(self, sent: SentRequest, now: float) -> None:
        """Take in that the service throttled or no reply came; counts once for all requests under way at the time."""
        self._is_starting = False
        if sent.at >= self._halved_at:
            self._halved_at = now
            self._limit = max(self._limit / 2.0, MIN_LIMIT)

    def _baseline_s(self, head_s: float, now: float) -> float:
        """Return the shortest time to the head of a reply in the last one to two periods."""
        if self._shortest is None:
            self._shortest, self._since = (head_s, head_s), now
        elif now - self._since >= BASELINE_S:
            self._shortest, self._since = (head_s, self._shortest[0]), now
        else:
            self._shortest = (min(head_s, self._shortest[0]), self._shortest[1])
        return min(self._shortest)
