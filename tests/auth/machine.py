"""A sign-in on real threads against the local cloud, with a clock that leaps from wake-up to wake-up."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from tests.cloud import LocalCloud
from tvapp.auth.http_client import TIMEOUT_S, HttpClient
from tvapp.auth.lazy_gateway import LazyGateway
from tvapp.auth.msal_gateway import MsalGateway
from tvapp.auth.provider import provider_of
from tvapp.auth.service import SignIn, machines
from tvapp.auth.session import SessionSettings
from tvapp.auth.token_store import Owner, TokenStore, token_file
from tvapp.auth.tokens import TokenProvider
from tvapp.auth.view import SessionView
from tvapp.config.model import Identity
from tvapp.core.clock import ManualClock, SystemClock
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.net.chain import Chain
from tvapp.net.lazy_chain import LazyChain
from tvapp.net.request import Request, Response
from tvapp.net.skew import SkewMonitor

SCOPE = "https://atlas.microsoft.com/user_impersonation"
T = TypeVar("T")
Boot: TypeAlias = Callable[..., "Machine"]


def identity(cloud: LocalCloud, *, scopes: tuple[str, ...] = (SCOPE,), **changes: str) -> Identity:
    values = {"client_id": cloud.client_id, "authority": cloud.authority, "ca_bundle": cloud.ca_bundle} | changes
    return Identity(tenant="contoso.com", organisation="Contoso", scopes=scopes, **values)  # type: ignore[arg-type]


def http_client(ca_bundle: str, timeout_s: Callable[[], float] = lambda: TIMEOUT_S) -> HttpClient:
    """What MSAL speaks through, with a chain of its own for each request: for tests without jobs.

    Each request is given the time that `timeout_s` returns then.
    """
    clock = SystemClock()

    def send_and_wait(given: Request) -> Response:
        request = replace(given, timeout_s=timeout_s())

        async def send() -> Response:
            chain = Chain(outbound=Outbound.trusting(ca_bundle), clock=clock, log=RecordingLog(), random=lambda: 0.5)
            try:
                return await chain.send(request)
            finally:
                await chain.aclose()

        return asyncio.run(send())

    return HttpClient(send_and_wait, clock)


def gateway(
    cloud: LocalCloud,
    folder: Path,
    *,
    http: HttpClient | None = None,
    scopes: tuple[str, ...] = (SCOPE,),
    **changes: str,
) -> MsalGateway:
    who = identity(cloud, scopes=scopes, **changes)
    clock = SystemClock()
    return MsalGateway(
        client_id=who.client_id,
        provider=provider_of(who),
        scopes=who.scopes,
        http=http or http_client(who.ca_bundle),
        store=TokenStore(token_file(folder), RecordingLog(), Owner.of(who)),
        clock=clock,
    )


class WatchedJobs(Jobs):
    """Jobs that can tell whether something is still to come."""

    def __init__(self, inbox: Inbox, log: RecordingLog) -> None:
        super().__init__(inbox, log)
        self.futures: list[Future[None]] = []

    def run(self, name: str, work: Callable[[], object]) -> Future[None]:
        self.futures.append(super().run(name, work))
        return self.futures[-1]

    def spawn(self, name: str, work: Callable[[], Coroutine[Any, Any, object]]) -> Future[None]:
        self.futures.append(super().spawn(name, work))
        return self.futures[-1]

    def busy(self) -> bool:
        self.futures = [future for future in self.futures if not future.done()]
        return bool(self.futures)


class Machine:
    """The main loop of a TV that does nothing but sign in."""

    def __init__(self, who: Identity, folder: Path, clock: ManualClock | None = None) -> None:
        self.token_file = token_file(folder)
        self.clock = clock or ManualClock(1000.0)
        self.log = RecordingLog()
        self.arrived = threading.Event()
        self.jobs = WatchedJobs(Inbox(self.arrived.set), self.log)
        self.skew = SkewMonitor(SystemClock(), self.log, self.jobs.inbox.post)
        # The chain leaps along, or a host that is left alone for a while would be left alone for ever.
        self.network = LazyChain(
            self.jobs,
            self.clock,
            self.log,
            outbound=Outbound.trusting(who.ca_bundle),
            random=lambda: 0.5,
            skew=self.skew,
        )
        gateway = LazyGateway(who, folder, SystemClock(), self.log, self.network)
        tokens = TokenProvider(
            gateway, self.jobs, self.clock, self.log, primary=SCOPE, post=self.jobs.inbox.post, random=lambda: 0.5
        )
        both = machines(SessionSettings("Contoso", tenant="contoso.com"))
        self.sign_in = SignIn(both, gateway, tokens, self.jobs, self.clock, self.log, skew=self.skew)
        self.sign_in.start(self.clock.now)

    @property
    def view(self) -> SessionView:
        return self.sign_in.view(self.clock.now)

    @property
    def user_code(self) -> str:
        assert self.view.prompt is not None
        return self.view.prompt.user_code

    def settle(self, timeout_s: float = 20) -> None:
        """Take messages until nothing is under way."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.arrived.clear()
            busy = self.jobs.busy()
            for message in self.jobs.inbox.drain():
                self.sign_in.receive(message, self.clock.now)
            if not busy and not self.jobs.busy() and not len(self.jobs.inbox):
                return
            assert time.monotonic() < deadline, "a job hangs"
            self.arrived.wait(0.02)

    def until(self, condition: Callable[[SessionView], bool], *, within_s: float = 4000) -> SessionView:
        """Leap from wake-up to wake-up until the view is as wanted."""
        end = self.clock.now + within_s
        self.settle()
        while not condition(self.view):
            wakeup = self.sign_in.next_wakeup()
            assert wakeup is not None, f"nothing more would happen: {self.view}"
            assert wakeup <= end, f"not within {within_s} s: {self.view}"
            self.clock.now = max(self.clock.now, wakeup)
            self.sign_in.tick(self.clock.now)
            self.settle()
        return self.view

    def until_phase(self, phase: str, *, within_s: float = 4000) -> SessionView:
        return self.until(lambda view: view.phase == phase, within_s=within_s)

    def leap(self, seconds: float) -> None:
        """Let time pass in one go, as a machine does that was suspended."""
        self.clock.now += seconds
        self.sign_in.tick(self.clock.now)
        self.settle()

    def wait_for(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine on the io thread and wait for it."""
        return asyncio.run_coroutine_threadsafe(work(), self.jobs.io_loop()).result(20)

    def token(self, rejected: str | None = None) -> str:
        return self.wait_for(lambda: self.sign_in.tokens.get(SCOPE, rejected=rejected)).secret

    def stop(self) -> None:
        self.network.close()
        self.jobs.stop()


def signed_in(boot: Boot, cloud: LocalCloud, person: str = "aino", **changes: str) -> Machine:
    """Start a machine and let a person approve its first code."""
    machine = boot(**changes)
    machine.until_phase("prompting")
    cloud.approve(machine.user_code, person)
    machine.until_phase("signed-in")
    return machine
