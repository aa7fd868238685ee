"""The circuit breaker of one origin, as a state machine. Pure.

A closed circuit permits every request. A few failures in a row open it: nothing is sent for a while. Then it is half
open: it permits a single request, the trial, whose outcome closes the circuit or opens it for longer.

Hand-written, because `pybreaker`, `aiobreaker` and `purgatory` read the clock themselves, know one fixed pause without
jitter or Retry-After, and raise errors of their own that tell neither the cause nor the time left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tvapp.core.backoff import Backoff
from tvapp.core.errors import NetworkError, ServiceError

FAILURES_TO_OPEN = 5
"""So many failures in a row are the host's fault, not that of the requests."""

OPEN_TIME = Backoff(first_s=2.0, ceiling_s=60.0)
MIN_TRIAL_WAIT_S = 1.0
"""What a refusal says while the trial is under way, whose end is not known."""

MAX_RETRY_AFTER_S = 3600.0
"""A longer Retry-After is cut to this."""

Trouble = NetworkError | ServiceError


@dataclass(frozen=True, slots=True)
class Permit:
    """Permission to send one request; its outcome is reported with it."""

    round: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing may be sent, because of `trouble`, for `wait_s`."""

    trouble: Trouble
    wait_s: float


class Circuit:
    """Times are monotonic seconds; `random` gives numbers in [0, 1)."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._round = 0
        """Counts openings and closings: the outcome of a request from an earlier round is ignored."""
        self._in_a_row = 0
        self._openings = 0
        self._trouble: Trouble | None = None
        self._open_until = 0.0
        self._not_before = 0.0
        """The end of the longest Retry-After."""
        self._trial: Permit | None = None

    def open_for(self, now: float) -> float:
        """Return the seconds until the next request is permitted; 0 while the circuit is closed."""
        return 0.0 if self._trouble is None else max(0.0, self._open_until - now)

    def acquire(self, now: float) -> Permit | Refusal:
        """Ask for permission to send a request."""
        if self._trouble is None:
            return Permit(self._round)
        if self._trial is not None:
            return Refusal(self._trouble, MIN_TRIAL_WAIT_S)
        if now < self._open_until:
            return Refusal(self._trouble, self._open_until - now)
        self._trial = Permit(self._round)
        return self._trial

    def succeeded(self, permit: Permit) -> bool:
        """Report an answer that does not blame the host; returns whether this closed the circuit."""
        if permit.round != self._round:
            return False
        self._in_a_row = 0
        if self._trouble is None:
            return False
        self._close()
        return True

    def failed(self, permit: Permit, trouble: Trouble, now: float) -> bool:
        """Report a failure of the host; returns whether this opened the circuit, or a failed trial opened it again.

        A Retry-After (`trouble.retry_after_s`) keeps an open circuit open for at least as long.
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
        """Report a request that was cancelled: if it was the trial, the next request is."""
        if self._trial is permit:
            self._trial = None

    def hurry(self, now: float) -> None:
        """Permit the next request at once, because the viewer asked for another try."""
        self._open_until = min(self._open_until, now)

    def network_restored(self) -> bool:
        """Close the circuit if the network had opened it, not the host; returns whether it was so."""
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
