"""Builds the chain when it is first needed, because importing its HTTP library takes longer than the first frame may.

The sign-in and the map build it on workers, whichever is first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from tvapp.core.clock import Clock
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log
from tvapp.core.proxies import Outbound

if TYPE_CHECKING:
    from tvapp.net.chain import Chain
    from tvapp.net.request import Request, Response
    from tvapp.net.skew import SkewMonitor
    from tvapp.net.transport import Listener


class LazyChain:
    """Builds one chain for the whole app. Any thread may use it, but the main thread never waits for it."""

    def __init__(
        self,
        jobs: Jobs,
        clock: Clock,
        log: Log,
        *,
        outbound: Outbound,
        random: Callable[[], float],
        skew: SkewMonitor | None = None,
    ) -> None:
        """`skew` receives the Date of every answer."""
        self._jobs = jobs
        self._clock = clock
        self._log = log
        self._outbound = outbound
        self._random = random
        self._skew = skew
        self._lock = threading.Lock()
        self._chain: Chain | None = None
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Pass the outcome of every attempt of every request to `listener`, on the io thread."""
        with self._lock:
            self._listeners.append(listener)
            if self._chain is not None:
                self._chain.listen(listener)

    def get(self) -> Chain:
        """Return the chain; call it on a worker, because the first call imports the HTTP library."""
        with self._lock:
            if self._chain is None:
                from tvapp.net.chain import Chain

                self._chain = Chain(
                    outbound=self._outbound,
                    clock=self._clock,
                    log=self._log,
                    random=self._random,
                    skew=self._skew,
                )
                for listener in self._listeners:
                    self._chain.listen(listener)
            return self._chain

    def send_and_wait(self, request: Request) -> Response:
        """Send a request from a worker, and wait for its response; see Sender.

        Raises:
            JobsStopped: the app is ending.
        """
        chain = self.get()
        return self._jobs.wait_on_io(lambda: chain.send(request))

    def close(self) -> None:
        """Close all connections, before the jobs are stopped; from any thread but the io thread."""
        with self._lock:
            chain, self._chain = self._chain, None
        if chain is not None:
            self._jobs.wait_on_io(chain.aclose)

    def hurry(self) -> None:
        """Let the next request to each host through; from any thread."""
        # Without the lock: a chain that is being built holds nothing back.
        if (chain := self._chain) is not None:
            self._jobs.io_loop().call_soon_threadsafe(chain.hurry)

    def resumed(self) -> None:
        """Make new connections after the machine was suspended; from any thread."""
        if (chain := self._chain) is not None:
            self._jobs.io_loop().call_soon_threadsafe(chain.resumed)
