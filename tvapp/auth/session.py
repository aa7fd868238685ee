"""The sign-in state machine: takes events and the time, returns commands, and has a view for the screen.

It owns the account that is signed in, and decides when a person has to sign in (again); `approval` requests the codes.
It performs no I/O, so tests run hours at the sign-in screen in milliseconds. All times are monotonic seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal

from tvapp.auth.approval import Approval, RenewalPolicy
from tvapp.auth.messages import (
    AccountLoaded,
    Command,
    Event,
    ForgetAccount,
    LoadAccount,
    PersonNeeded,
    PollSucceeded,
    Report,
    SignOut,
    UseAccount,
)
from tvapp.auth.problems import NO_CODE_HELPS, Problem
from tvapp.auth.view import Account, SessionView


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Names for the screen, and how long the sign-in screen goes on by itself."""

    organisation: str = ""
    app_name: str = "tvapp"
    tenant: str = ""
    policy: RenewalPolicy = field(default_factory=RenewalPolicy)
    succeeded_s: float = 1.5
    """How long the welcome is shown."""


_Settled = Literal["starting", "succeeded", "signed-in", "signed-out"]
"""States that are phases of the view as well."""
_State = Literal["idle", "signing-in"] | _Settled


class Session:
    """Signs one person in and keeps them signed in.

    >>> session = Session(SessionSettings())
    >>> session.start(0.0)
    [LoadAccount()]
    >>> session.handle(AccountLoaded(None), 0.1)
    [RequestCode(flow=1, scopes=())]
    """

    def __init__(
        self,
        settings: SessionSettings,
        random: Callable[[], float] = lambda: 0.5,
        numbers: Iterator[int] | None = None,
    ) -> None:
        self._settings = settings
        self._approval = Approval(settings.policy, random, count(1) if numbers is None else numbers)
        self._state: _State = "idle"
        self._account: Account | None = None
        self._again = False
        self._reason: Problem | None = None  # for having to sign in again
        self._succeeded_until = math.inf
        self._is_other = False  # another account than the one before has signed in

    @property
    def account(self) -> Account | None:
        """The account that is signed in, or has to sign in again."""
        return self._account

    @property
    def is_signed_in(self) -> bool:
        """Tell whether the account can be used without a person."""
        return self._state in ("succeeded", "signed-in")

    # -- inputs -----------------------------------------------------------------------------------------------------

    def start(self, now: float) -> list[Command]:
        """Begin by loading the account that was signed in last time."""
        self._state = "starting"
        return [LoadAccount()]

    def handle(self, event: Event, now: float) -> list[Command]:
        """Handle an event, and return the commands that follow from it."""
        match event:
            case AccountLoaded(account):
                commands = self._loaded(account)
            case PollSucceeded(_, account):
                commands = self._succeeded(account, now)
            case PersonNeeded(problem, claims):
                commands = self._person_needed(problem, claims)
            case _:
                commands = self._approval.handle(event, now)
        return commands + self.tick(now)

    def tick(self, now: float) -> list[Command]:
        """Return the commands that are due: polls, the request for a new code, the end of an old one."""
        commands: list[Command] = []
        if self._state == "succeeded" and now >= self._succeeded_until:
            self._state = "signed-in"
            if self._is_other and self._account is not None:
                self._is_other = False
                commands.append(UseAccount(self._account.home_id))
        return commands + self._approval.tick(now)

    def next_wakeup(self) -> float | None:
        """Return when `tick` has something to do next, or None while only an event can change anything."""
        return self._succeeded_until if self._state == "succeeded" else self._approval.next_wakeup()

    def press_ok(self, now: float) -> list[Command]:
        """Handle OK on the sign-in screen: request a code if none is requested, else retry at once."""
        if self._state == "signed-out":
            self._begin_approval()
        else:
            self._approval.press_ok()
        return self.tick(now)

    def postpone(self) -> list[Command]:
        """Request no code until OK is pressed: the viewer went back to the map instead of signing in again."""
        if not self._again or self._approval.state not in ("active", "failed"):
            return []
        return [*self._approval.pause(), Report("signin.postponed", {"tenant": self._settings.tenant})]

    def person_present(self) -> None:
        """Handle any key: somebody is there and may be typing the code, so count renewals anew."""
        self._approval.person_present()

    def show(self, is_seen: bool) -> None:
        """Set whether the screen can be seen: nobody can read a code on a black one, so none is requested."""
        self._approval.is_seen = is_seen

    def network_restored(self, now: float) -> list[Command]:
        """Retry at once what failed for want of a network (a poll never before its interval)."""
        self._approval.network_restored(now)
        return self.tick(now)

    def sign_out(self, now: float) -> list[Command]:
        """Remove every account, and wait for OK."""
        commands = self._approval.end()
        self._approval.claims = ""
        self._state = "signed-out"
        self._account = None
        self._again = False
        self._reason = None
        return [*commands, UseAccount(None), SignOut(), Report("signin.signed_out", {"tenant": self._settings.tenant})]

    def view(self, now: float) -> SessionView:
        """Return what the screen shows at `now`."""
        state = self._state
        phase: _Settled = "starting" if state == "signing-in" or state == "idle" else state
        view = SessionView(
            phase,
            phase,
            account=self._account,
            again=self._again,
            organisation=self._settings.organisation,
            app_name=self._settings.app_name,
        )
        return self._approval.update_view(view, now, self._reason) if state == "signing-in" else view

    # -- events -----------------------------------------------------------------------------------------------------

    def _loaded(self, account: Account | None) -> list[Command]:
        if self._state != "starting":
            return []
        if account is None:
            self._begin_approval()
            return []
        self._account = account
        self._state = "signed-in"
        return [UseAccount(account.home_id), self._report("signin.succeeded", account, restored=True)]

    def _succeeded(self, account: Account, now: float) -> list[Command]:
        former = self._account
        is_same = former is not None and former.home_id == account.home_id
        # An approval may cross the key press that postponed the sign-in.
        if self._approval.state != "active" and not (is_same and self._again):
            # A second code was approved, or one that was given up: its tokens are not wanted.
            return [] if is_same else [ForgetAccount(account.home_id)]
        commands = self._approval.end()
        self._approval.claims = ""
        self._is_other = former is not None and not is_same
        if former is not None and not is_same:
            commands.append(ForgetAccount(former.home_id))
        self._account = account
        self._again = False
        self._reason = None
        self._state = "succeeded"
        self._succeeded_until = now + self._settings.succeeded_s
        # Requests under way for the former account must not go out with a token of the new one: no tokens are given out
        # until the former map is gone, at the end of the welcome.
        use = UseAccount(None if self._is_other else account.home_id)
        return [*commands, use, self._report("signin.succeeded", account)]

    def _person_needed(self, problem: Problem, claims: str) -> list[Command]:
        if not self.is_signed_in:
            return []
        self._again = True
        self._approval.claims = claims
        self._begin_approval()
        self._reason = problem
        if problem.kind in NO_CODE_HELPS:
            return self._approval.fail(problem)
        return self._approval.report_failure(replace(problem, next="new-code"))

    # -- parts ------------------------------------------------------------------------------------------------------

    def _begin_approval(self) -> None:
        self._state = "signing-in"
        self._approval.begin()

    def _report(self, name: str, account: Account, **more: object) -> Report:
        tenant = account.tenant or self._settings.tenant
        return Report(name, {"tenant": tenant, "account": account.shortened, **more})
