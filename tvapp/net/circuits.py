"""Refuses requests to a host that is in trouble: a circuit breaker for each origin (`core.circuit`)."""

from __future__ import annotations

from collections.abc import Callable

from tvapp.core.circuit import Circuit, Refusal, Trouble
from tvapp.core.clock import Clock
from tvapp.core.errors import NetworkError, ServiceError, TvappError, UnexpectedReply, service_error
from tvapp.core.headers import retry_after_s
from tvapp.core.log import Log
from tvapp.core.urls import host_of, origin_of
from tvapp.net.request import Request, Response, Sender


class CircuitBreaker:
    """A `Sender` that refuses at once a request that would most likely fail. It runs on the io thread.

    A host is in trouble when no proper answer comes, or a 5xx or 429; any other 4xx is the fault of the request. Probes
    pass and are not counted: a host that answers a HEAD may still not do its work.
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
            NetworkError, Throttled, ServiceDown: the host is in trouble. With `was_sent` False nothing was sent, and
                `retry_after_s` says when a request will be.
        """
        if request.is_probe:
            return await self._inner.send(request)
        origin = origin_of(request.url)
        circuit = self._circuits.get(origin)
        if circuit is None:
            circuit = self._circuits[origin] = Circuit(self._random)
        permit = circuit.acquire(self._clock.monotonic())
        if isinstance(permit, Refusal):
            raise _refused(permit)
        try:
            response = await self._inner.send(request)
        except NetworkError as error:
            self._note(origin, circuit.failed(permit, error, self._clock.monotonic()), error)
            raise
        except UnexpectedReply:
            # The host answers in time.
            self._note(origin, circuit.succeeded(permit))
            raise
        except BaseException:
            circuit.release(permit)  # cancelled, or never sent
            raise
        trouble = self._trouble(response)
        if trouble is None:
            self._note(origin, circuit.succeeded(permit))
        else:
            self._note(origin, circuit.failed(permit, trouble, self._clock.monotonic()), trouble)
        return response

    def hurry(self) -> None:
        """Let the next request to each host through: the viewer asked for a retry."""
        for circuit in self._circuits.values():
            circuit.hurry(self._clock.monotonic())

    def network_restored(self) -> None:
        """Close the circuits that network errors have opened."""
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
        held = self._circuits[origin].open_for(self._clock.monotonic())
        fields = {"status": trouble.status} if isinstance(trouble, ServiceError) else {"reason": trouble.reason}
        kind = type(trouble).__name__
        self._log.event(
            "circuit.opened", level="warning", host=host_of(origin), error=kind, retry_in=round(held, 1), **fields
        )


def _refused(refusal: Refusal) -> TvappError:
    """Return the host's trouble as the error of a request that was not sent."""
    trouble, wait_s = refusal.trouble, refusal.wait_s
    if isinstance(trouble, ServiceError):
        return type(trouble)(
            trouble.host, trouble.status, message="not asked again yet", retry_after_s=wait_s, was_sent=False
        )
    return type(trouble)(trouble.host, trouble.reason, retry_after_s=wait_s, was_sent=False)
