"""One more permission for whoever is signed in, given with one more code; the sign-in itself goes on beside it.

A token for another resource (Blob Storage) usually comes silently. Where a person has to agree first, that is offered;
a code is only asked for when somebody wants it (a code that nobody waits for is a gift to a phisher), and leaving it
changes nothing. All times are monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from tvapp.auth.approval import Approval, RenewalPolicy
from tvapp.auth.messages import (
    CodeReceived,
    CodeRefused,
    Command,
    DropFlow,
    Event,
    ForgetAccount,
    PollPending,
    PollRefused,
    PollSlowDown,
    PollSucceeded,
    Report,
    RequestCode,
    UsePermission,
)
from tvapp.auth.problems import KINDS, Problem
from tvapp.auth.provider import resource, resource_name
from tvapp.auth.view import Account, SessionView

UNATTENDED_RENEWALS = 1
"""The map is below: a code that nobody uses makes way for it sooner than one without which there is nothing to see."""

FLOW_EVENTS = CodeReceived | CodeRefused | PollPending | PollSlowDown | PollSucceeded | PollRefused


@dataclass(frozen=True, slots=True)
class MissingPermission:
    """What the account may not use yet, and a person with a phone may allow: `scope`, and how it was refused."""

    scope: str
    problem: Problem


class Permission:
    """Asks the person who is signed in for one scope more.

    `follow` tells it of the sign-in and of what is missing, `ask` that a key was pressed, `leave` that the viewer went
    back to the map.
    """

    def __init__(
        self,
        view: SessionView,
        random: Callable[[], float],
        numbers: Iterator[int],
        *,
        succeeded_s: float = 1.5,
    ) -> None:
        self._blank = replace(view, phase="signed-in", status="signed-in")
        self._random = random
        self._numbers = numbers
        self._succeeded_s = succeeded_s
        self._account: Account | None = None
        self._missing: MissingPermission | None = None
        self._approval: Approval | None = None
        self._scope = ""  # of the last code
        self._scopes: dict[int, str] = {}  # what each code was for, late answers included
        self._succeeded_until: float | None = None

    @property
    def offered(self) -> str:
        """The resource that one more code would open; "" when none is missing."""
        return resource(self._missing.scope) if self._missing is not None else ""

    @property
    def is_open(self) -> bool:
        """Tell whether there is something to show: a code, a failure, or a success a moment ago."""
        return self._approval is not None or self._succeeded_until is not None

    # -- inputs -----------------------------------------------------------------------------------------------------

    def follow(
        self, account: Account | None, is_signed_in: bool, missing: Iterable[MissingPermission]
    ) -> list[Command]:
        """Take how the sign-in is and what is missing; the sign-in comes first, whatever is asked for here."""
        is_other = (account and account.home_id) != (self._account and self._account.home_id)
        self._account = account
        self._missing = next(iter(missing), None) if is_signed_in else None
        if self._approval is None or (is_signed_in and not is_other and self._is_missing(self._scope)):
            return []
        return self._close()

    def ask(self, now: float) -> list[Command]:
        """Somebody wants to allow what is missing, or to try again."""
        if self._approval is not None:
            self._approval.press_ok()
        elif self._missing is not None:
            self._scope = self._missing.scope
            fields = {"resource": resource_name(self._scope)}
            policy = RenewalPolicy(max_renewals=UNATTENDED_RENEWALS)
            scopes = tuple(self._scope.split())
            self._approval = Approval(policy, self._random, self._numbers, scopes=scopes, fields=fields)
            self._approval.begin()
        return self.tick(now)

    def leave(self) -> list[Command]:
        """The viewer went back to the map: drop the code; the offer stays."""
        self._succeeded_until = None
        if self._approval is None:
            return []
        return [*self._close(), Report("signin.postponed", {"resource": resource_name(self._scope)})]

    def owns(self, event: Event) -> bool:
        """Tell whether an event is about a code of this, one that was dropped included."""
        return isinstance(event, FLOW_EVENTS) and event.flow in self._scopes

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take what the edge reports of a code of this."""
        if isinstance(event, PollSucceeded):
            commands = self._approved(event, now)
        elif self._approval is not None:
            commands = self._approval.handle(event, now)
        else:
            commands = [DropFlow(event.flow)] if isinstance(event, CodeReceived) else []
        return commands + self.tick(now)

    def tick(self, now: float) -> list[Command]:
        """Do what is due."""
        if self._succeeded_until is not None and now >= self._succeeded_until:
            self._succeeded_until = None
        if self._approval is None:
            return []
        commands = self._approval.tick(now)
        for command in commands:
            if isinstance(command, RequestCode):
                self._scopes[command.flow] = self._scope
        if self._approval.state == "paused":
            commands += self._close()
        return commands

    def next_wakeup(self) -> float | None:
        """Return when `tick` has something to do next."""
        return self._approval.next_wakeup() if self._approval is not None else self._succeeded_until

    def person_present(self) -> None:
        """Some key was pressed: whoever it is may be typing the code."""
        if self._approval is not None:
            self._approval.person_present()

    def show(self, is_seen: bool) -> None:
        """Hear whether the screen is to be seen; where not, no new code is asked for."""
        if self._approval is not None:
            self._approval.is_seen = is_seen

    def network_restored(self, now: float) -> list[Command]:
        """The network is back: try at once what waits for it."""
        if self._approval is not None:
            self._approval.network_restored(now)
        return self.tick(now)

    def view(self, now: float) -> SessionView:
        """Return what a panel over the map shows at `now`; "signed-in" when there is nothing to show."""
        view = replace(self._blank, account=self._account, permission=resource_name(self._scope))
        if self._approval is not None:
            return self._approval.update_view(view, now)
        return replace(view, phase="succeeded", status="succeeded") if self._succeeded_until is not None else view

    # -- parts ------------------------------------------------------------------------------------------------------

    def _approved(self, event: PollSucceeded, now: float) -> list[Command]:
        scope, account = self._scopes[event.flow], self._account
        if account is None or account.home_id != event.account.home_id:
            # Accounts are never mixed: what was allowed for another one is of no use here.
            commands: list[Command] = [ForgetAccount(event.account.home_id)]
            if self._approval is not None and scope == self._scope:
                commands += self._approval.fail(Problem("another-account", KINDS["another-account"], "another_account"))
            return commands
        # Somebody may have gone back to the map a moment before the phone's answer arrived: it counts all the same.
        commands = [UsePermission(scope)]
        if self._approval is not None and scope == self._scope:
            commands = [*self._close(), *commands]
            self._succeeded_until = now + self._succeeded_s
        if self._is_missing(scope):
            self._missing = None
        fields = {"tenant": account.tenant, "account": account.shortened, "resource": resource_name(scope)}
        return [*commands, Report("signin.succeeded", fields)]

    def _is_missing(self, scope: str) -> bool:
        return self._missing is not None and self._missing.scope == scope

    def _close(self) -> list[Command]:
        assert self._approval is not None
        commands = self._approval.end()
        self._approval = None
        return commands
