"""The chain that every request goes through: one policy, one concern, each a `Sender` around a `Sender`.

From the outside in, as in azure-core's pipeline:

1. `RetryPolicy`: repeats a GET that met with a short trouble, within a budget.
2. `CircuitBreaker`: holds back what a host in trouble would not answer. Each attempt asks it anew.
3. `PortalDetector`: names answers of proxies and portals, which are no trouble of the host.
4. `SkewObserver`: hears from the Date of each answer whether our clock is right.
5. `HttpClient` (the transport): connections, TLS, proxies, HTTP/2, time-outs, bounded sizes; tells the network monitor.

A policy that looks at every answer, whoever it is for, belongs right around the transport.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from tvapp.core.clock import Clock
from tvapp.core.log import Log
from tvapp.net.captive_portals import PortalDetector
from tvapp.net.circuits import CircuitBreaker
from tvapp.net.request import Request, Response, Sender
from tvapp.net.retries import RetryPolicy
from tvapp.net.skew import SkewMonitor, SkewObserver
from tvapp.net.transport import HttpClient, Listener


class Chain:
    """A `Sender` for everybody; lives on the io thread, but `listen` may be called from any."""

    def __init__(
        self,
        *,
        ca_bundle: str,
        clock: Clock,
        log: Log,
        random: Callable[[], float],
        sleep: Callable[[float], Coroutine[object, object, None]] = asyncio.sleep,
        skew: SkewMonitor | None = None,
    ) -> None:
        self._transport = HttpClient(ca_bundle=ca_bundle, clock=clock, log=log)
        innermost: Sender = self._transport if skew is None else SkewObserver(self._transport, skew)
        self._circuits = CircuitBreaker(PortalDetector(innermost), clock=clock, log=log, random=random)
        self._outermost = RetryPolicy(self._circuits, clock=clock, log=log, random=random, sleep=sleep)

    async def send(self, request: Request) -> Response:
        """See Sender."""
        return await self._outermost.send(request)

    def listen(self, listener: Listener) -> None:
        """Have the outcome of every attempt told to `listener`."""
        self._transport.listen(listener)

    def hurry(self) -> None:
        """Somebody asked for another try."""
        self._circuits.hurry()

    def network_restored(self) -> None:
        """Everything that is needed answers again."""
        self._circuits.network_restored()

    def resumed(self) -> None:
        """The machine has slept, and every server has long hung up."""
        self._transport.drop_connections()

    async def aclose(self) -> None:
        """Close all connections; what is under way fails."""
        await self._transport.aclose()
