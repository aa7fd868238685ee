"""Whether a host may be asked just now: the circuit breaker of one origin, as a state machine. Pure.

Closed, everything may be sent. After a few troubles in a row it opens: nothing is sent for a while. Then it is half
open: a single request, the trial, is let through, and its outcome closes the circuit or opens it for longer.

None of the libraries fits. `pybreaker`, `aiobreaker` and `purgatory` read the clock themselves, have one fixed pause
without jitter or Retry-After, and raise an error of their own in which the trouble and the time are lost; the first
is made for threads, the second has been asleep since 2021. What is left to write is this one class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tvapp.core.backoff import Backoff
from tvapp.core.errors import NetworkError, ServiceError

FAILURES_TO_OPEN = 5
"""So many in a row are not the requests' own fault."""

OPEN_TIME = Backoff(first_s=2.0, ceiling_s=60.0)
MIN_TRIAL_WAIT_S = 1.0
"""How long others are told to wait at least while the trial is under way."""

MAX_RETRY_AFTER_S = 3600.0
"""A server that asks for more patience than this is asked all the same."""

Trouble = NetworkError | ServiceError


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send one request. What became of it is told to the circuit, with this."""

    round: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing may be sent: `trouble` is why, `wait_s` how long it takes until the next one may."""

    trouble: Trouble
    wait_s: float


class Circuit:
    """Times are monotonic seconds; `random` gives numbers in [0, 1)."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._round = 0
        """Outcomes of requests that were sent before it last opened or closed tell nothing new."""
        self._in_a_row = 0
        self._openings = 0
        self._trouble: Trouble | None = None
        self._open_until = 0.0
        self._not_before = 0.0
        """As the server asked for (Retry-After)."""
        self._trial: Permit | None = None

    def open_for(self, now: float) -> float:
        """Return the seconds until a request passes; 0 while it is closed."""
        return 0.0 if self._trouble is None else max(0.0, self._open_until - now)

    def acquire(self, now: float) -> Permit | Refusal:
        """Ask for leave to send a request."""
        if self._trouble is None:
            return Permit(self._round)
        if self._trial is not None:
            return Refusal(self._trouble, MIN_TRIAL_WAIT_S)
        if now < self._open_until:
            return Refusal(self._trouble, self._open_until - now)
        self._trial = Permit(self._round)
        return self._trial

    def succeeded(self, permit: Permit) -> bool:
        """Take note of an answer that says nothing bad of the host; True when this has closed the circuit."""
        if permit.round != self._round:
            return False
        self._in_a_row = 0
        if self._trouble is None:
            return False
        self._close()
        return True

    def failed(self, permit: Permit, trouble: Trouble, now: float) -> bool:
        """Take note of a failure that says that the host is in trouble; True when this has opened the circuit.

        A Retry-After (`trouble.retry_after_s`) keeps an open circuit open for so long.
        """
        if trouble.retry_after_s is not None:
            asked_s = min(max(trouble.retry_after_s, 0.0), MAX_RETRY_AFTER_S)
            self._not_before = max(self._not_before, now + asked_s)
            self._open_until = max(self._open_until, self._not_before)
        if permit.round != self._round:
            return False
        self._in_a_row += 1
        if self._trouble is None and self._in_a_row < FAILURES_TO_OPEN:
            return False
        self._trouble, self._trial = trouble, None
        self._round += 1
        self._open_until = max(now + OPEN_TIME.delay(self._openings, self._random()), self._not_before)
        self._openings += 1
        return True

    def release(self, permit: Permit) -> None:
        """Take note of a request that was given up and told nothing: the trial is somebody else's now."""
        if self._trial is permit:
            self._trial = None

    def hurry(self, now: float) -> None:
        """Let the next request through, whatever the time: somebody wants to see."""
        self._open_until = min(self._open_until, now)

    def network_restored(self) -> bool:
        """Forget a trouble that was the network's; True when there was one."""
        self._in_a_row = 0
        if not isinstance(self._trouble, NetworkError):
            return False
        self._close()
        return True

    def _close(self) -> None:
        self._trouble = self._trial = None
        self._in_a_row = self._openings = 0
        self._open_until = self._not_before = 0.0
        self._round += 1
