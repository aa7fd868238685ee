"""A session with a clock, and a recorder of what it asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from tvapp.auth.messages import (
    AccountLoaded,
    CodeReceived,
    Command,
    Event,
    Poll,
    PollPending,
    Report,
    RequestCode,
)
from tvapp.auth.problems import KINDS, Problem
from tvapp.auth.session import Session, SessionSettings
from tvapp.auth.view import Account, SessionView

C = TypeVar("C")

AINO = Account("Aino Koskinen", "aino@contoso.com", "uid-1.tid-1", "tid-1")
BERT = Account("Bert", "bert@contoso.com", "uid-2.tid-1", "tid-1")


def problem(kind: str, **fields: object) -> Problem:
    return Problem(kind, KINDS[kind], error=kind.replace("-", "_"), **fields)  # type: ignore[arg-type]


def code(flow: int, *, expires_in: float = 900, interval: float = 5) -> CodeReceived:
    return CodeReceived(flow, "https://login.example.com/device", "", f"CODE{flow}", expires_in, interval)


@dataclass
class Rig:
    """Drives a session; `commands` holds what came out since `take` was called last."""

    session: Session = field(default_factory=lambda: Session(SessionSettings("Contoso", tenant="contoso.com")))
    now: float = 1000.0
    commands: list[Command] = field(default_factory=list)
    log: list[tuple[float, Command]] = field(default_factory=list)

    def _keep(self, commands: list[Command]) -> None:
        self.commands += commands
        self.log += [(self.now, command) for command in commands]

    def start(self, account: Account | None = None) -> Rig:
        self._keep(self.session.start(self.now))
        self.send(AccountLoaded(account))
        return self

    def send(self, event: Event) -> None:
        self._keep(self.session.handle(event, self.now))

    def ok(self) -> None:
        self._keep(self.session.press_ok(self.now))

    def postpone(self) -> None:
        self._keep(self.session.postpone())

    def sign_out(self) -> None:
        self._keep(self.session.sign_out(self.now))

    def restore_network(self) -> None:
        self._keep(self.session.network_restored(self.now))

    def prompted(self, *, expires_in: float = 900, interval: float = 5) -> int:
        """Answer the request that is open with a code; returns its number."""
        number = self.take(RequestCode)[-1].flow
        self.send(code(number, expires_in=expires_in, interval=interval))
        return number

    def advance(self, seconds: float) -> None:
        """Move on to the wake-ups the session asks for, one by one."""
        end = self.now + seconds
        while (wakeup := self.session.next_wakeup()) is not None and wakeup <= end:
            self.now = max(self.now, wakeup)
            self._keep(self.session.tick(self.now))
        self.now = end
        self._keep(self.session.tick(self.now))

    def wait_pending(self, seconds: float) -> None:
        """Let time pass while every poll is answered "pending" at once."""
        end = self.now + seconds
        while self.now < end:
            wakeup = self.session.next_wakeup()
            self.advance(min(end, wakeup if wakeup is not None else end) - self.now)
            for poll in self.take(Poll):
                self.send(PollPending(poll.flow))

    def take(self, kind: type[C]) -> list[C]:
        """Remove and return the commands of one kind."""
        found: list[C] = [command for command in self.commands if isinstance(command, kind)]
        self.commands = [command for command in self.commands if not isinstance(command, kind)]
        return found

    def reports(self, name: str) -> list[dict[str, object]]:
        return [dict(c.fields) for _, c in self.log if isinstance(c, Report) and c.name == name]

    def phase(self) -> str:
        return self.view.phase

    @property
    def view(self) -> SessionView:
        return self.session.view(self.now)
