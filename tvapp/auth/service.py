"""The sign-in service of the main thread: runs the session's commands as jobs, and passes their results back to it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from tvapp.auth import provider
from tvapp.auth.gateway import Gateway
from tvapp.auth.lazy_gateway import LazyGateway
from tvapp.auth.messages import (
    AccountLoaded,
    CodeRefused,
    Command,
    DropFlow,
    Event,
    ForgetAccount,
    LoadAccount,
    PermissionGiven,
    Poll,
    PollRefused,
    Report,
    RequestCode,
    SignOut,
    TokensChanged,
    UseAccount,
    UsePermission,
)
from tvapp.auth.permission import Permission
from tvapp.auth.problems import KINDS, Problem, with_skew
from tvapp.auth.session import Session, SessionSettings
from tvapp.auth.token_store import erase, token_file
from tvapp.auth.tokens import TokenProvider
from tvapp.auth.view import SessionView
from tvapp.config.model import Config
from tvapp.core.clock import Clock, PlausibleTime
from tvapp.core.errors import StorageError
from tvapp.core.jobs import JobFailed, Jobs
from tvapp.core.log import Log
from tvapp.core.surroundings import Surroundings
from tvapp.net.lazy_chain import LazyChain
from tvapp.net.skew import SkewMonitor

LOOK_S = 0.5
"""How often to check a clock that cannot be right, while the sign-in waits for the time."""

LOAD, CODE, POLL = "signin.load", "signin.code.", "signin.poll."


@dataclass(frozen=True, slots=True)
class Machines:
    """The two state machines of signing in, whose flows have numbers from one sequence."""

    session: Session
    permission: Permission


class SignIn:
    """Keeps one person signed in; call every method on the main thread, where each returns at once.

    `tokens` provides the access tokens. Pass every message of the inbox to `receive`, call `tick` when `next_wakeup`
    comes, and draw `view`.
    """

    def __init__(
        self,
        machines: Machines,
        gateway: Gateway,
        tokens: TokenProvider,
        jobs: Jobs,
        clock: Clock,
        log: Log,
        *,
        skew: SkewMonitor | None = None,
    ) -> None:
        """`skew` knows the error of the clock."""
        self._session = machines.session
        self._permission = machines.permission
        self.gateway = gateway
        self.tokens = tokens
        self._jobs = jobs
        self._clock = clock
        self._log = log
        self._skew = skew
        self._plausible = PlausibleTime()
        self._waits_since: float | None = None  # for a plausible clock
        self._look_at = math.inf

    def start(self, now: float) -> None:
        """Begin with the account of last time, or a code; first wait for a clock by which tokens can be judged."""
        verdict = self._plausible.judge(now, self._clock.wall(), is_synchronised=self._clock.is_synchronised())
        if verdict == "waiting":
            if self._waits_since is None:
                self._waits_since = now
                self._log.event("clock.waiting", level="warning", year=time.gmtime(self._clock.wall()).tm_year)
            self._look_at = now + LOOK_S
            return
        waited_s = round(now - self._waits_since, 1) if self._waits_since is not None else 0.0
        self._log.event(f"clock.{verdict}", level="info" if verdict == "plausible" else "warning", waited_s=waited_s)
        self._waits_since, self._look_at = None, math.inf
        self._do(self._session.start(now))

    def receive(self, message: object, now: float) -> bool:
        """Handle a message from the inbox; return whether it was about signing in."""
        if isinstance(message, JobFailed):
            event = _after_failure(message)
            if event is None:
                return message.name.startswith("signin.")
            message = event
        if not isinstance(message, Event | TokensChanged):
            return False
        if isinstance(message, Event):
            machine: Session | Permission = self._permission if self._permission.owns(message) else self._session
            self._do(machine.handle(message, now))
        self._follow()
        return True

    def tick(self, now: float) -> None:
        """Do what is due."""
        if now >= self._look_at:
            self.start(now)
        self._do(self._session.tick(now) + self._permission.tick(now))
        for scope in self.tokens.renew_due(now):
            self._jobs.spawn("signin.renew", lambda scope=scope: self.tokens.renew(scope))  # type: ignore[misc]

    def next_wakeup(self) -> float | None:
        """Return when `tick` has something to do next."""
        look_at = self._look_at if self._look_at < math.inf else None
        times = (look_at, self._session.next_wakeup(), self._permission.next_wakeup(), self.tokens.next_renewal())
        return min((at for at in times if at is not None), default=None)

    def view(self, now: float) -> SessionView:
        """Return the view for the sign-in screen."""
        view = self._with_clock(self._session.view(now))
        return view if self._waits_since is None else replace(view, status="awaiting-time")

    @property
    def offered(self) -> str:
        """The resource that one more permission would give access to; "" when none is missing."""
        return self._permission.offered

    @property
    def asks_permission(self) -> bool:
        """Tell whether `permission_view` has something to show."""
        return self._permission.is_open

    def permission_view(self, now: float) -> SessionView:
        """Return the view for the panel over the map that asks for one more permission."""
        return self._with_clock(self._permission.view(now))

    def ask_permission(self, now: float) -> None:
        """Request a code for what is offered, or try again: the viewer wants to grant it."""
        self._do(self._permission.ask(now))

    def leave(self) -> None:
        """Drop the code, because the viewer went back to the map, and request none until the viewer wants one."""
        self._do(self._permission.leave() if self._permission.is_open else self._session.postpone())

    def press_ok(self, now: float) -> None:
        """Handle OK on the sign-in screen."""
        self._do(self._session.press_ok(now))

    def person_present(self) -> None:
        """Handle any key while a code is on the screen."""
        self._session.person_present()
        self._permission.person_present()

    def disk_restored(self) -> None:
        """Save the tokens, because the disk can be written again."""
        self._jobs.run("signin.keep", self.gateway.save)

    def show(self, is_seen: bool) -> None:
        """Set whether the screen can be seen; while not, no new code is requested."""
        self._session.show(is_seen)
        self._permission.show(is_seen)

    def network_restored(self, now: float) -> None:
        """Retry at once what failed for want of a network."""
        self.tokens.network_restored()
        self._do(self._session.network_restored(now) + self._permission.network_restored(now))

    def sign_out(self, now: float) -> None:
        """Remove the account and everything of it."""
        self._do(self._session.sign_out(now))
        self._follow()

    def _with_clock(self, view: SessionView) -> SessionView:
        skew_s = self._skew.skew_s if self._skew is not None else None
        if skew_s is None:
            return view
        problem = with_skew(view.problem, skew_s) if view.problem is not None else None
        return replace(view, problem=problem, clock_skew_s=skew_s)

    def _follow(self) -> None:
        """Pass the state of the sign-in, and what is missing, to the permission."""
        session = self._session
        self._do(self._permission.follow(session.account, session.is_signed_in, self.tokens.missing()))

    def _do(self, commands: list[Command]) -> None:
        gateway, run = self.gateway, self._jobs.run
        for command in commands:
            match command:
                case LoadAccount():
                    run(LOAD, lambda: AccountLoaded(gateway.load_account()))
                case RequestCode() as wanted:
                    run(
                        f"{CODE}{wanted.flow}",
                        lambda it=wanted: gateway.request_code(it.flow, it.scopes, it.claims),  # type: ignore[misc]
                    )
                case Poll(flow):
                    run(f"{POLL}{flow}", lambda flow=flow: gateway.poll(flow))  # type: ignore[misc]
                case DropFlow(flow):
                    gateway.drop(flow)
                case ForgetAccount(home_id):
                    run("signin.forget", lambda home_id=home_id: gateway.remove_account(home_id))  # type: ignore[misc]
                case UseAccount(home_id):
                    self.tokens.use_account(home_id)
                case UsePermission(scope):
                    self.tokens.permitted(scope)
                    self._jobs.inbox.post(PermissionGiven())
                case SignOut():
                    run("signin.sign_out", self._sign_out)
                case Report(name, fields, level):
                    self._log.event(name, level=level, **fields)

    def _sign_out(self) -> None:
        try:
            self.gateway.sign_out()
        except StorageError as error:
            self._log.event("token_cache.not_removed", level="error", reason=error.reason, file=Path(error.path).name)


def build_sign_in(
    config: Config, surroundings: Surroundings, network: LazyChain, skew: SkewMonitor | None = None
) -> SignIn:
    """Build the sign-in service for a configuration. Reads no file and opens no connection."""
    identity = config.identity
    settings = SessionSettings(
        organisation=provider.organisation(identity),
        app_name=identity.app_name,
        tenant=identity.tenant or provider.organisation(identity),
    )
    primary = " ".join(provider.first_resource(identity.scopes))
    jobs, clock, log, random = surroundings.jobs, surroundings.clock, surroundings.log, surroundings.random
    gateway = LazyGateway(identity, surroundings.data.root, clock, log, network, surroundings.disk)
    tokens = TokenProvider(gateway, jobs, clock, log, primary=primary, post=jobs.inbox.post, random=random)
    return SignIn(machines(settings, random), gateway, tokens, jobs, clock, log, skew=skew)


def machines(settings: SessionSettings, random: Callable[[], float] = lambda: 0.5) -> Machines:
    """Build a session and a permission."""
    numbers = count(1)
    session = Session(settings, random, numbers)
    return Machines(session, Permission(session.view(0.0), random, numbers, succeeded_s=settings.succeeded_s))


def sign_out_all(config: Config, data_dir: Path) -> bool:  # noqa: ARG001 - other providers may keep more
    """Remove all accounts, without the network; return whether there were any.

    Raises:
        StorageError: something could not be removed.
    """
    return erase(token_file(data_dir))


def _after_failure(failure: JobFailed) -> Event | None:
    """Turn an unforeseen failure of a job into the event that the session waits for, so that it never hangs."""
    problem = Problem("bad-reply", KINDS["bad-reply"], type(failure.error).__name__)
    if failure.name == LOAD:
        return AccountLoaded(None)
    if failure.name.startswith(CODE):
        return CodeRefused(int(failure.name.removeprefix(CODE)), problem)
    if failure.name.startswith(POLL):
        return PollRefused(int(failure.name.removeprefix(POLL)), problem)
    return None
