"""How many requests may be under way: more where answers take long to come, fewer where they queue. Pure.

What is in flight beyond what the way holds only waits in a queue, in front of what the viewer will look at next. By
Little's law, of `n` requests under way that take `t` each, and would take `t0` alone, about `n (1 - t0 / t)` queue. As
in TCP Vegas (Brakmo and Peterson, 1995) the number grows while hardly any do, and shrinks while many do; as in TCP it
is halved when the service complains. `t0` is the shortest time to the first byte of an answer lately.
"""

from __future__ import annotations

from dataclasses import dataclass

MIN_LIMIT = 2
INITIAL_LIMIT = 8
MAX_LIMIT = 24
"""On one connection (HTTP/2)."""
MAX_CONNECTIONS = 8
"""With HTTP/1.1 each of them needs a connection of its own."""

GROW_BELOW, SHRINK_ABOVE = 2.0, 4.0
TOLERANCE_S = 0.05
"""Nobody sees so short a wait: where answers come at once, our own work is what they wait for."""
BASELINE_S = 60.0
"""How long the shortest time counts: the way may change."""
_SHRINK_STEP = 0.5


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that was sent at `at` (monotonic seconds), as number `count` of those under way."""

    at: float
    count: int


@dataclass(frozen=True, slots=True)
class Timing:
    """How a request went: seconds until the head of the answer was there, and whether its connection is shared."""

    head_s: float
    is_multiplexed: bool


UNTIMED = Timing(0.0, is_multiplexed=True)


class CongestionWindow:
    """Adapts `limit`; all times are passed in, in monotonic seconds.

    >>> window = Window()
    >>> answers = [window.answered(Departure(0.0, n + 1), 0, Timing(0.4, True), now=0.4) for n in range(8)]
    >>> window.limit
    15
    """

    def __init__(self) -> None:
        self._limit = float(INITIAL_LIMIT)
        self._is_starting = True
        self._ceiling = MAX_CONNECTIONS
        self._shortest: tuple[float, float] | None = None  # now, and in the former period
        self._since = 0.0
        self._halved_at = -1.0

    @property
    def limit(self) -> int:
        """How many may be under way."""
        return int(self._limit)

    def succeeded(self, sent: SentRequest, others: int, timing: Timing, now: float) -> None:
        """Take an answer that arrived whole at `now`, while `others` are still under way."""
        self._ceiling = MAX_LIMIT if timing.is_multiplexed else MAX_CONNECTIONS
        unqueued_s = self._baseline_s(timing.head_s, now) + TOLERANCE_S
        count = max(sent.count, others + 1)
        took_s = max(now - sent.at, timing.head_s)
        queued = count * (1.0 - unqueued_s / took_s) if took_s > unqueued_s else 0.0
        if queued > SHRINK_ABOVE:
            self._is_starting = False
            self._limit = max(self._limit - _SHRINK_STEP, MIN_LIMIT)
        elif queued < GROW_BELOW and count >= self.limit - 1:
            # Only where the limit was in the way there is reason to raise it: to the double in a round at first.
            self._limit += 1.0 if self._is_starting else 1.0 / self._limit
        self._limit = min(self._limit, self._ceiling)

    def congested(self, sent: SentRequest, now: float) -> None:
        """Take that the service said it is too much, or that no answer came: once for all that was under way."""
        self._is_starting = False
        if sent.at >= self._halved_at:
            self._halved_at = now
            self._limit = max(self._limit / 2.0, MIN_LIMIT)

    def _baseline_s(self, head_s: float, now: float) -> float:
        """Return the shortest time to an answer's head of the last one to two periods."""
        if self._shortest is None:
            self._shortest, self._since = (head_s, head_s), now
        elif now - self._since >= BASELINE_S:
            self._shortest, self._since = (head_s, self._shortest[0]), now
        else:
            self._shortest = (min(head_s, self._shortest[0]), self._shortest[1])
        return min(self._shortest)
