"""Knows whether the network is there, without sending anything while it is.

It listens to the outcome of every request. When a watched host cannot be reached, the network counts as lost, and a
light probe (HEAD, no credentials, any answer will do) goes out with back-off until all watched hosts answer. A
time-out or a cut connection may concern one request only, so the network counts as lost only once a probe has failed
as well. Other hosts (a store of geofences) only give a hint: when one of them fails, the watched hosts are probed,
and those decide.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Protocol

from tvapp.core.backoff import Backoff
from tvapp.core.clock import Clock
from tvapp.core.errors import ConnectionBroken, NetworkError, TimedOut, TvappError
from tvapp.core.headers import Headers
from tvapp.core.jobs import Inbox
from tvapp.core.log import Log
from tvapp.core.urls import host_of, origin_of
from tvapp.net.messages import NetworkLost, NetworkRestored
from tvapp.net.request import Request, Sender

__all__ = ["NetworkLost", "NetworkMonitor", "NetworkRestored", "has_link"]

PROBE_TIMEOUT_S = 5.0
PROBE_BACKOFF = Backoff(first_s=1.0, ceiling_s=15.0, jitter=0.2)
"""Longest delay and time-out together: the network's return is noticed within 30 s."""

LINK_POLL_S = 1.0
"""How often to ask the system for a link (cable or radio) while the network is lost."""


class IoRunner(Protocol):
    """The part of core.jobs.Jobs that is needed here."""

    @property
    def inbox(self) -> Inbox: ...

    def io_loop(self) -> asyncio.AbstractEventLoop: ...


class ProbeDelay:
    """Waits between probes, and no longer once a link has come up or the viewer wants to know."""

    def __init__(
        self,
        sleep: Callable[[float], Coroutine[object, object, None]] = asyncio.sleep,
        link: Callable[[], bool] | None = None,
    ) -> None:
        """`link` tells whether there is a link (cable or radio); None: as Linux reports it."""
        self._sleep = sleep
        self._link = link or has_link
        self._is_hurried = False

    def hurry(self) -> None:
        """End the present wait; from any thread."""
        self._is_hurried = True

    async def wait(self, delay_s: float) -> None:
        """Wait for `delay_s`, or until a link comes up or `hurry` is called."""
        had_link, self._is_hurried = self._link(), False
        while delay_s > 0 and not self._is_hurried:
            step_s = min(LINK_POLL_S, delay_s)
            await self._sleep(step_s)
            delay_s -= step_s
            link = self._link()
            if link and not had_link:
                return
            had_link = link


class NetworkMonitor:
    """Watches the hosts of `urls`. Posts NetworkLost and NetworkRestored, and calls subscribers on the io thread."""

    def __init__(
        self,
        jobs: IoRunner,
        http: Sender,
        urls: Iterable[str],
        *,
        clock: Clock,
        log: Log,
        random: Callable[[], float],
        delay: ProbeDelay | None = None,
    ) -> None:
        self._jobs = jobs
        self._http = http
        self._watched = {origin for url in urls if (origin := origin_of(url))}
        self._hinting: set[str] = set()
        self._check: asyncio.Task[None] | None = None
        self._inbox = jobs.inbox
        self._clock = clock
        self._log = log
        self._random = random
        self._delay = delay or ProbeDelay()
        self._subscribers: list[Callable[[NetworkError | None], None]] = []
        self._failing: dict[str, NetworkError] = {}
        self._lost_at: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    @property
    def is_lost(self) -> bool:
        """Tell whether a watched host cannot be reached."""
        return self._lost_at is not None

    def subscribe(self, subscriber: Callable[[NetworkError | None], None]) -> None:
        """Call `subscriber` with the error when the network is lost, and with None when it is back."""
        self._subscribers.append(subscriber)

    def watch(self, url: str) -> None:
        """Watch one more host; from any thread."""
        if origin := origin_of(url):
            self._jobs.io_loop().call_soon_threadsafe(self._watched.add, origin)

    def watch_hint(self, url: str) -> None:
        """Take failures of one more host as a hint: it may be down without the network being lost. From any thread."""
        origin = origin_of(url)
        if origin:
            self._jobs.io_loop().call_soon_threadsafe(self._hinting.add, origin)

    def hurry(self) -> None:
        """Probe at once if the network is lost, without waiting for the back-off; from any thread."""
        self._delay.hurry()

    def stop(self) -> None:
        """Probe no more; from any thread."""

        def end() -> None:
            self._stopped = True
            for task in (self._task, self._check):
                if task is not None:
                    task.cancel()

        self._jobs.io_loop().call_soon_threadsafe(end)

    def observe(self, origin: str, error: NetworkError | None) -> None:
        """Note the outcome of a request; on the io thread (a transport.Listener)."""
        if self._stopped:
            return
        if origin not in self._watched:
            if error is not None and origin in self._hinting:
                self._follow_hint()
            return
        if error is None:
            if self._failing.pop(origin, None) is not None and not self._failing:
                self._restored()
            return
        is_news = origin not in self._failing
        self._failing[origin] = error
        if not is_news:
            return
        if not isinstance(error, TimedOut | ConnectionBroken):
            self._lost(origin, error)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._probe())

    def _follow_hint(self) -> None:
        """Find out whether the watched hosts fail too."""
        if not self._failing and (self._check is None or self._check.done()):
            self._check = asyncio.get_running_loop().create_task(self._try_all())

    async def _try_all(self) -> None:
        for origin in sorted(self._watched):
            error = await self._try(origin)
            self.observe(origin, error)
            if error is not None:
                return  # the probe goes on from here

    async def _probe(self) -> None:
        """Probe the failing hosts until all answer."""
        attempt = 0
        while self._failing:
            if self.is_lost:
                await self._delay.wait(PROBE_BACKOFF.delay(attempt, self._random()))
                attempt += 1
            for origin in list(self._failing):
                error = await self._try(origin)
                if error is None:
                    self.observe(origin, None)
                elif origin in self._failing:
                    self._failing[origin] = error
                    self._lost(origin, error)

    async def _try(self, origin: str) -> NetworkError | None:
        accept = Headers({"accept": "*/*"})
        request = Request("HEAD", origin + "/", accept, limit_bytes=64 << 10, timeout_s=PROBE_TIMEOUT_S, is_probe=True)
        try:
            await self._http.send(request)
        except NetworkError as error:
            return error
        except TvappError:
            pass  # an answer, if an odd one: the network is there
        return None

    def _lost(self, origin: str, error: NetworkError) -> None:
        if self._lost_at is not None:
            return
        self._lost_at = self._clock.monotonic()
        kind = type(error).__name__
        self._log.event("network.lost", level="warning", what=error.host, error=kind, reason=error.reason)
        self._inbox.post(NetworkLost(error.host or host_of(origin), kind, error.reason))
        for subscriber in self._subscribers:
            subscriber(error)

    def _restored(self) -> None:
        if self._lost_at is None:
            return
        after_s = round(self._clock.monotonic() - self._lost_at, 1)
        self._lost_at = None
        self._log.event("network.restored", after_s=after_s)
        self._inbox.post(NetworkRestored(after_s))
        for subscriber in self._subscribers:
            subscriber(None)


def has_link(root: Path = Path("/sys/class/net")) -> bool:
    """Tell whether Linux reports any interface but the loopback as up; True where it reports nothing."""
    try:
        states = [
            (interface / "operstate").read_text().strip() for interface in root.iterdir() if interface.name != "lo"
        ]
    except OSError:
        return True
    return any(state in {"up", "unknown"} for state in states)
