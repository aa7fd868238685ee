"""Holds requests back from a host that is in trouble: a circuit breaker for each origin (`core.circuit`)."""

from __future__ import annotations

from collections.abc import Callable

from tvapp.core.circuit import Circuit, Refusal, Trouble
from tvapp.core.clock import Clock
from tvapp.core.errors import NetworkError, ServiceError, TvappError, UnexpectedReply, service_error
from tvapp.core.headers import retry_after_s
from tvapp.core.log import Log
from tvapp.net.request import Request, Response, Sender
from tvapp.net.urls import host_of, origin_of


class CircuitBreaker:
    """A `Sender` that refuses at once what would most likely fail; everything here runs on the io thread.

    Trouble is what says something of the host: no proper answer, 5xx, 429. A 4xx is the request's own fault. Probes
    pass, and tell nothing: that a host answers a HEAD does not mean that it does its work again.
    """

    def __init__(self, inner: Sender, *, clock: Clock, log: Log, random: Callable[[], float]) -> None:
        self._inner = inner
        self._clock = clock
        self._log = log
        self._random = random
        self._circuits: dict[str, Circuit] = {}

    async def send(self, request: Request) -> Response:
        """See Sender.

        Raises:
            NetworkError, Throttled, ServiceDown: the host is in trouble; with `was_sent` False nothing was sent, and
                `retry_after_s` tells when it will be.
        """
        if request.is_probe:
            return await self._inner.send(request)
        origin = origin_of(request.url)
        circuit = self._circuits.get(origin)
        if circuit is None:
            circuit = self._circuits[origin] = Circuit(self._random)
        permit = circuit.ask(self._clock.monotonic())
        if isinstance(permit, Refusal):
            raise _refused(permit)
        try:
            response = await self._inner.send(request)
        except NetworkError as error:
            self._note(origin, circuit.troubled(permit, error, self._clock.monotonic()), error)
            raise
        except UnexpectedReply:
            # Somebody is there, and answers in time.
            self._note(origin, circuit.answered(permit))
            raise
        except BaseException:
            circuit.let_go(permit)  # cancelled, or never sent
            raise
        trouble = self._trouble(response)
        if trouble is None:
            self._note(origin, circuit.answered(permit))
        else:
            self._note(origin, circuit.troubled(permit, trouble, self._clock.monotonic()), trouble)
        return response

    def hurry(self) -> None:
        """Somebody asked for another try: the next request of each host passes."""
        for circuit in self._circuits.values():
            circuit.hurry(self._clock.monotonic())

    def network_restored(self) -> None:
        """Hold nothing back any more that only the network was in the way of."""
        for origin, circuit in self._circuits.items():
            self._note(origin, circuit.network_restored())

    def _trouble(self, response: Response) -> ServiceError | None:
        if response.status != 429 and response.status < 500:
            return None
        pause_s = retry_after_s(response.headers, self._clock.wall())
        return service_error(response.host, response.status, retry_after_s=pause_s)

    def _note(self, origin: str, is_news: bool, trouble: Trouble | None = None) -> None:
        if not is_news:
            return
        if trouble is None:
            self._log.event("circuit.closed", host=host_of(origin))
            return
        held = self._circuits[origin].held_for(self._clock.monotonic())
        fields = {"status": trouble.status} if isinstance(trouble, ServiceError) else {"reason": trouble.reason}
        kind = type(trouble).__name__
        self._log.event(
            "circuit.opened", level="warning", host=host_of(origin), error=kind, retry_in=round(held, 1), **fields
        )


def _refused(refusal: Refusal) -> TvappError:
    """Return the trouble once more, as the error of a request that was not sent."""
    trouble, wait_s = refusal.trouble, refusal.wait_s
    if isinstance(trouble, ServiceError):
        return type(trouble)(
            trouble.host, trouble.status, message="not asked again yet", retry_after_s=wait_s, was_sent=False
        )
    return type(trouble)(trouble.host, trouble.reason, retry_after_s=wait_s, was_sent=False)
