"""The chain that every request goes through: policies with one concern each, each a `Sender` around a `Sender`.

From the outside in, as in azure-core's pipeline:

1. `RetryPolicy`: repeats a GET after a short trouble, within a budget.
2. `CircuitBreaker`: refuses requests that a host in trouble would not answer. Each attempt goes through it.
3. `PortalDetector`: recognises answers of proxies and portals, which are no trouble of the host.
4. `SkewObserver`: passes the Date of each answer to the monitor of the clock.
5. `HttpClient` (the transport): connections, TLS, proxies, HTTP/2, time-outs, bounded sizes, outcomes for listeners.

A policy that needs every answer belongs right around the transport.
"""

from __future__ import annotations

from collections.abc import Callable

from tvapp.core.clock import Clock
from tvapp.core.log import Log
from tvapp.core.proxies import Outbound
from tvapp.net.captive_portals import PortalDetector
from tvapp.net.circuits import CircuitBreaker
from tvapp.net.request import Request, Response, Sender
from tvapp.net.retries import RetryPolicy
from tvapp.net.skew import SkewMonitor, SkewObserver
from tvapp.net.transport import HttpClient, Listener


class Chain:
    """The `Sender` of the whole app. It lives on the io thread, but `listen` may be called from any."""

    def __init__(
        self,
        *,
        outbound: Outbound,
        clock: Clock,
        log: Log,
        random: Callable[[], float],
        skew: SkewMonitor | None = None,
    ) -> None:
        self._transport = HttpClient(outbound=outbound, clock=clock, log=log)
        innermost: Sender = self._transport if skew is None else SkewObserver(self._transport, skew)
        self._circuits = CircuitBreaker(PortalDetector(innermost), clock=clock, log=log, random=random)
        self._outermost = RetryPolicy(self._circuits, clock=clock, log=log, random=random)

    async def send(self, request: Request) -> Response:
        """See Sender."""
        return await self._outermost.send(request)

    def listen(self, listener: Listener) -> None:
        """Pass the outcome of every attempt to `listener`."""
        self._transport.listen(listener)

    def hurry(self) -> None:
        """Let the next request to each host through: the viewer asked for a retry."""
        self._circuits.hurry()

    def network_restored(self) -> None:
        """Let requests through that were held back for want of a network: it is back."""
        self._circuits.network_restored()

    def resumed(self) -> None:
        """Make new connections: the machine was suspended, and servers have closed theirs."""
        self._transport.drop_connections()

    async def aclose(self) -> None:
        """Fail what is under way and close all connections."""
        await self._transport.aclose()
