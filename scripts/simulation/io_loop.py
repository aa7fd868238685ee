"""An asyncio loop for the app that runs in simulated time and tells when it is idle."""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Callable
from contextvars import Context
from typing import TypeVarTuple, Unpack

from tvapp.core.clock import Clock

Arguments = TypeVarTuple("Arguments")

ANSWER_WITHIN_S = 0.05
"""Real time. A loop that does not become idle within this is at work."""


class WatchedSelector(selectors.DefaultSelector):
    """Calls `resting` (with the seconds that the loop is going to sleep) and `waking` around every sleep."""

    def __init__(self, resting: Callable[[float | None], None], waking: Callable[[], None]) -> None:
        super().__init__()
        self._resting = resting
        self._waking = waking

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """See selectors.BaseSelector."""
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        self._resting(timeout)
        try:
            return super().select(timeout)
        finally:
            self._waking()


class SimulatedLoop(asyncio.SelectorEventLoop):
    """A loop whose `time()` is the clock's. `quiet_until` may be called from other threads."""

    def __init__(self, clock: Clock, rested: Callable[[], None]) -> None:
        """`rested` is called when a loop that was found at work has become idle."""
        self._simulated = clock
        self._rested = rested
        self._was_at_work = False
        self._state = threading.Condition()
        self._asked = self._answered = 0
        self._rests = False
        self._rests_until = float("inf")
        self._guards: list[asyncio.TimerHandle] = []
        super().__init__(WatchedSelector(self._resting, self._waking))

    def time(self) -> float:
        """Return the simulated time, which all timers of this loop use."""
        return self._simulated.monotonic()

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Arguments]], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """See asyncio.loop; notes the timers that are time-outs."""
        handle = super().call_at(when, callback, *args, context=context)
        if is_guard(callback):
            self._guards.append(handle)
        return handle

    def quiet_until(self) -> float | None:
        """Return when the next timer is due (inf: never), or None while work is under way.

        By then the loop has taken everything that other threads gave it before this call.
        """
        with self._state:
            self._asked += 1
            number = self._asked
        self.call_soon_threadsafe(self._answer, number)
        with self._state:
            rests = self._state.wait_for(lambda: self._rests and self._answered >= number, ANSWER_WITHIN_S)
            self._was_at_work = not rests or bool(self._guards)
            return None if self._was_at_work else self._rests_until

    def look_at_timers(self) -> None:
        """Make the loop check its timers after the clock has jumped; from any thread."""
        self.call_soon_threadsafe(lambda: None)

    def _answer(self, number: int) -> None:
        with self._state:
            self._answered = number

    def _resting(self, timeout: float | None) -> None:
        now = self.time()
        with self._state:
            self._guards = [guard for guard in self._guards if not guard.cancelled() and guard.when() > now]
            self._rests_until = float("inf") if timeout is None else now + timeout
            self._rests = True
            self._state.notify_all()
            is_news = self._was_at_work and not self._guards
        if is_news:
            self._rested()

    def _waking(self) -> None:
        with self._state:
            self._rests = False


def is_guard(callback: Callable[..., object]) -> bool:
    """Tell whether a timer is a time-out of work that is under way, and not a pause until the next task.

    Time-outs are methods of the objects that asyncio and anyio keep for them (Timeout, CancelScope, SSLProtocol);
    sleeping is a plain function, and the app's own timers are its own methods.
    """
    owner = getattr(callback, "__self__", None)
    return owner is not None and type(owner).__module__.split(".")[0] in ("asyncio", "anyio")
