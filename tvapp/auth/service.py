"""Signing in, as the main thread uses it: the session's commands become jobs, their results come back as messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

from tvapp.auth import provider
from tvapp.auth.gateway import Gateway
from tvapp.auth.late_gateway import LateGateway
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
from tvapp.auth.problems import KINDS, Problem
from tvapp.auth.session import Session, SessionSettings
from tvapp.auth.token_store import erase, token_file
from tvapp.auth.tokens import TokenProvider
from tvapp.auth.view import SessionView
from tvapp.config import Config
from tvapp.core.clock import Clock
from tvapp.core.errors import StorageError
from tvapp.core.jobs import JobFailed, Jobs
from tvapp.core.log import Log

LOAD, CODE, POLL = "signin.load", "signin.code.", "signin.poll."


class SignIn:
    """Keeps one person signed in; every method belongs to the main thread and returns at once.

    `tokens` is for whoever sends requests. Hand every message of the inbox to `receive`, call `tick` when
    `next_wakeup` comes, and draw `view`.
    """

    def __init__(
        self,
        session: Session,
        permission: Permission,
        gateway: Gateway,
        jobs: Jobs,
        clock: Clock,
        log: Log,
        *,
        primary_scope: str = "",
        random: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self._session = session
        self._permission = permission
        self.gateway = gateway
        self._jobs = jobs
        self._log = log
        self.tokens = TokenProvider(
            gateway, jobs, clock, log, primary=primary_scope, post=jobs.inbox.post, random=random
        )

    def start(self, now: float) -> None:
        """Begin: the account of last time, or a code."""
        self._do(self._session.start(now))

    def receive(self, message: object, now: float) -> bool:
        """Take a message from the inbox; returns whether it was about signing in."""
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
        self._do(self._session.tick(now) + self._permission.tick(now))
        for scope in self.tokens.renew_due(now):
            self._jobs.spawn("signin.renew", lambda scope=scope: self.tokens.renew(scope))  # type: ignore[misc]

    def next_wakeup(self) -> float | None:
        """Return when `tick` has something to do next."""
        times = (self._session.next_wakeup(), self._permission.next_wakeup(), self.tokens.next_renewal())
        return min((time for time in times if time is not None), default=None)

    def view(self, now: float) -> SessionView:
        """Return what the screen shows."""
        return replace(self._session.view(now), clock_skew_s=self.gateway.clock_skew_s)

    @property
    def offered(self) -> str:
        """The resource that one more permission of the account would open; "" when none is missing."""
        return self._permission.offered

    @property
    def asks_permission(self) -> bool:
        """Tell whether `permission_view` has something to show."""
        return self._permission.is_open

    def permission_view(self, now: float) -> SessionView:
        """Return what the panel over the map shows while one more permission is asked for."""
        return replace(self._permission.view(now), clock_skew_s=self.gateway.clock_skew_s)

    def ask_permission(self, now: float) -> None:
        """Somebody wants to allow what is offered, or to try again."""
        self._do(self._permission.ask(now))

    def leave(self) -> None:
        """Somebody went back to the map: drop the code, and ask for none until they want one."""
        self._do(self._permission.leave() if self._permission.is_open else self._session.postpone())

    def press_ok(self, now: float) -> None:
        """OK was pressed on the sign-in screen."""
        self._do(self._session.press_ok(now))

    def person_present(self) -> None:
        """Some key was pressed while a code is on the screen."""
        self._session.person_present()
        self._permission.person_present()

    def show(self, is_seen: bool) -> None:
        """Hear whether the screen is to be seen; where not, no new code is asked for."""
        self._session.show(is_seen)
        self._permission.show(is_seen)

    def network_restored(self, now: float) -> None:
        """Use the network's return at once."""
        self.tokens.network_restored()
        self._do(self._session.network_restored(now) + self._permission.network_restored(now))

    def sign_out(self, now: float) -> None:
        """Forget everything of the account."""
        self._do(self._session.sign_out(now))
        self._follow()

    def _follow(self) -> None:
        """Tell the permission how the sign-in is, and what is missing."""
        session = self._session
        self._do(self._permission.follow(session.account, session.is_signed_in, self.tokens.missing()))

    def _do(self, commands: list[Command]) -> None:
        gateway, run = self.gateway, self._jobs.run
        for command in commands:
            match command:
                case LoadAccount():
                    run(LOAD, lambda: AccountLoaded(gateway.load_account()))
                case RequestCode(flow, scopes):
                    run(
                        f"{CODE}{flow}",
                        lambda flow=flow, scopes=scopes: gateway.request_code(flow, scopes),  # type: ignore[misc]
                    )
                case Poll(flow):
                    run(f"{POLL}{flow}", lambda flow=flow: gateway.poll(flow))  # type: ignore[misc]
                case DropFlow(flow):
                    gateway.drop(flow)
                case ForgetAccount(home_id):
                    run("signin.forget", lambda home_id=home_id: gateway.forget(home_id))  # type: ignore[misc]
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
    config: Config, data_dir: Path, jobs: Jobs, clock: Clock, log: Log, random: Callable[[], float]
) -> SignIn:
    """Put signing in together for a configuration. Reads no file and opens no connection."""
    identity = config.identity
    settings = SessionSettings(
        organisation=provider.organisation(identity),
        app_name=identity.app_name,
        tenant=identity.tenant or provider.organisation(identity),
    )
    primary = " ".join(provider.first_resource(identity.scopes))
    gateway = LateGateway(identity, data_dir, clock, log)
    session, permission = machines(settings, random)
    return SignIn(session, permission, gateway, jobs, clock, log, primary_scope=primary, random=random)


def machines(settings: SessionSettings, random: Callable[[], float] = lambda: 0.5) -> tuple[Session, Permission]:
    """Return a session and what asks for permissions beside it; no code of the one has a number of the other's."""
    numbers = count(1)
    session = Session(settings, random, numbers)
    return session, Permission(session.view(0.0), random, numbers, succeeded_s=settings.succeeded_s)


def sign_out_all(config: Config, data_dir: Path) -> bool:  # noqa: ARG001 - other providers may keep more
    """Forget whoever is signed in, without the network; returns whether there was anything to forget.

    Raises:
        StorageError: something could not be removed.
    """
    return erase(token_file(data_dir))


def _after_failure(failure: JobFailed) -> Event | None:
    """Turn a job that ended in an unforeseen way into the event the session waits for, so that it never hangs."""
    problem = Problem("bad-reply", KINDS["bad-reply"], type(failure.error).__name__)
    if failure.name == LOAD:
        return AccountLoaded(None)
    if failure.name.startswith(CODE):
        return CodeRefused(int(failure.name.removeprefix(CODE)), problem)
    if failure.name.startswith(POLL):
        return PollRefused(int(failure.name.removeprefix(POLL)), problem)
    return None
