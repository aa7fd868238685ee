"""Repeats requests that may be repeated and probably succeed a moment later, within a budget for each origin.

It hides short troubles. Longer ones are left to the caller, who can wait and knows what to show the viewer meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace

from tvapp.core.backoff import Backoff
from tvapp.core.clock import Clock
from tvapp.core.errors import NetworkError, TlsFailed
from tvapp.core.headers import retry_after_s
from tvapp.core.log import Log
from tvapp.core.retry_budget import RetryBudget
from tvapp.core.urls import origin_of
from tvapp.net.request import Request, Response, Sender

ATTEMPTS = 3
LONGEST_WAIT_S = 1.5
"""The caller handles longer waits."""

IDEMPOTENT = frozenset({"GET", "HEAD"})
"""No other method is sent twice: the request may have arrived and its answer been lost (RFC 9110, 9.2.2)."""

REPEATED = frozenset({500, 502, 503, 504})
BACKOFF = Backoff(first_s=0.25, ceiling_s=1.0, jitter=0.5)


class RetryPolicy:
    """A `Sender` that retries; all attempts together take no longer than the time-out of the request."""

    def __init__(
        self,
        inner: Sender,
        *,
        clock: Clock,
        log: Log,
        random: Callable[[], float],
        sleep: Callable[[float], Coroutine[object, object, None]] = asyncio.sleep,
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._log = log
        self._random = random
        self._sleep = sleep
        self._budgets: dict[str, RetryBudget] = {}

    async def send(self, request: Request) -> Response:
        """See Sender."""
        if request.is_probe or request.method not in IDEMPOTENT:
            return await self._inner.send(request)
        origin = origin_of(request.url)
        budget = self._budgets.get(origin)
        if budget is None:
            budget = self._budgets[origin] = RetryBudget()
        began = self._clock.monotonic()
        budget.deposit(began)
        attempt = 0
        while True:
            left_s = request.timeout_s - (self._clock.monotonic() - began)
            try:
                response = await self._inner.send(replace(request, timeout_s=left_s) if attempt else request)
            except NetworkError as error:
                wait_s = self._after_failure(attempt, error)
                if wait_s is None or not self._may_repeat(request, began, wait_s, budget):
                    raise
            else:
                wait_s = self._after_answer(attempt, response)
                if wait_s is None or not self._may_repeat(request, began, wait_s, budget):
                    return response
            self._log.event("http.repeated", level="debug", host=request.host, attempt=attempt + 1)
            await self._sleep(wait_s)
            attempt += 1

    def _after_failure(self, attempt: int, error: NetworkError) -> float | None:
        """Return how long to wait before the next attempt; None where there is none."""
        if not error.was_sent or isinstance(error, TlsFailed):
            return None
        return self._wait_s(attempt, None)

    def _after_answer(self, attempt: int, response: Response) -> float | None:
        asked_s = retry_after_s(response.headers, self._clock.wall())
        # Without Retry-After, do not retry a 429 at once.
        if response.status not in REPEATED and not (response.status == 429 and asked_s is not None):
            return None
        return self._wait_s(attempt, asked_s)

    def _wait_s(self, attempt: int, asked_s: float | None) -> float | None:
        if attempt + 1 >= ATTEMPTS:
            return None
        wait_s = max(BACKOFF.delay(attempt, self._random()), asked_s or 0.0)
        return wait_s if wait_s <= LONGEST_WAIT_S else None

    def _may_repeat(self, request: Request, began: float, wait_s: float, budget: RetryBudget) -> bool:
        now = self._clock.monotonic()
        # An attempt with less than half of the time would most likely fail like the former one.
        return now + wait_s - began <= request.timeout_s / 2 and budget.try_withdraw(now)
