"""Asks the person who is signed in for one more permission, with one more code; the sign-in itself goes on beside it.

A token for another resource (Blob Storage) usually comes silently. Where a person has to consent first, the app offers
that. It requests a code only when the viewer wants one (a code that nobody waits for can be phished), and going back to
the map changes nothing. All times are monotonic seconds.
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
"""Fewer than for signing in: the panel covers the map, which can be used without the permission."""

FLOW_EVENTS = CodeReceived | CodeRefused | PollPending | PollSlowDown | PollSucceeded | PollRefused


@dataclass(frozen=True, slots=True)
class MissingPermission:
    """A scope that the account may not use yet, and that a person can grant: with the problem of the refused token."""

    scope: str
    problem: Problem


class Permission:
    """Asks the person who is signed in for one more scope.

    Call `follow` after every change of the sign-in or of what is missing, `ask` when the viewer wants to grant it, and
    `leave` when the viewer goes back to the map.
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
        self._scopes: dict[int, str] = {}  # by flow; also of codes that were dropped, whose results may still arrive
        self._succeeded_until: float | None = None

    @property
    def offered(self) -> str:
        """The resource that one more code would give access to; "" when none is missing."""
        return resource(self._missing.scope) if self._missing is not None else ""

    @property
    def is_open(self) -> bool:
        """Tell whether the panel has something to show: a code, a failure, or a success a moment ago."""
        return self._approval is not None or self._succeeded_until is not None

    # -- inputs -----------------------------------------------------------------------------------------------------

    def follow(
        self, account: Account | None, is_signed_in: bool, missing: Iterable[MissingPermission]
    ) -> list[Command]:
        """Follow the sign-in and what is missing; close if the account changed or the scope is not missing any more."""
        is_other = (account and account.home_id) != (self._account and self._account.home_id)
        self._account = account
        self._missing = next(iter(missing), None) if is_signed_in else None
        if self._approval is None or (is_signed_in and not is_other and self._is_missing(self._scope)):
            return []
        return self._close()

    def ask(self, now: float) -> list[Command]:
        """Request a code for what is missing, or try again: the viewer wants to grant it."""
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
        """Drop the code, because the viewer went back to the map; the offer stays."""
        self._succeeded_until = None
        if self._approval is None:
            return []
        return [*self._close(), Report("signin.postponed", {"resource": resource_name(self._scope)})]

    def owns(self, event: Event) -> bool:
        """Tell whether an event belongs to a code of this permission, a dropped one included."""
        return isinstance(event, FLOW_EVENTS) and event.flow in self._scopes

    def handle(self, event: Event, now: float) -> list[Command]:
        """Handle an event that this permission owns, and return the commands that follow from it."""
        if isinstance(event, PollSucceeded):
            commands = self._approved(event, now)
        elif self._approval is not None:
            commands = self._approval.handle(event, now)
        else:
            commands = [DropFlow(event.flow)] if isinstance(event, CodeReceived) else []
        return commands + self.tick(now)

    def tick(self, now: float) -> list[Command]:
        """Return the commands that are due."""
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
        """Handle any key: somebody is there and may be typing the code."""
        if self._approval is not None:
            self._approval.person_present()

    def show(self, is_seen: bool) -> None:
        """Set whether the screen can be seen; while not, no new code is requested."""
        if self._approval is not None:
            self._approval.is_seen = is_seen

    def network_restored(self, now: float) -> list[Command]:
        """Retry at once what failed for want of a network."""
        if self._approval is not None:
            self._approval.network_restored(now)
        return self.tick(now)

    def view(self, now: float) -> SessionView:
        """Return what the panel over the map shows at `now`; phase "signed-in" when there is nothing to show."""
        view = replace(self._blank, account=self._account, permission=resource_name(self._scope))
        if self._approval is not None:
            return self._approval.update_view(view, now)
        return replace(view, phase="succeeded", status="succeeded") if self._succeeded_until is not None else view

    # -- parts ------------------------------------------------------------------------------------------------------

    def _approved(self, event: PollSucceeded, now: float) -> list[Command]:
        scope, account = self._scopes[event.flow], self._account
        if account is None or account.home_id != event.account.home_id:
            # Accounts are never mixed: a permission of another account is of no use.
            commands: list[Command] = [ForgetAccount(event.account.home_id)]
            if self._approval is not None and scope == self._scope:
                commands += self._approval.fail(Problem("another-account", KINDS["another-account"], "another_account"))
            return commands
        # The viewer may have gone back to the map a moment before the approval arrived: it counts all the same.
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
