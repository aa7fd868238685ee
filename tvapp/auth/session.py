"""The sign-in state machine: events and the time in, commands out, and a view for the screen.

It owns who is signed in and when somebody has to sign in (again); how codes are asked for is `asking`'s. It does
nothing itself, so hours of waiting at the sign-in screen are tested in milliseconds. All times are monotonic seconds.
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
from tvapp.auth.problems import Problem
from tvapp.auth.view import Account, SessionView


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Names for the screen, and how patient the sign-in screen is."""

    organisation: str = ""
    app_name: str = "tvapp"
    tenant: str = ""
    policy: RenewalPolicy = field(default_factory=RenewalPolicy)
    succeeded_s: float = 1.5
    """How long the welcome stays."""


_Settled = Literal["starting", "succeeded", "signed-in", "signed-out"]
"""States that the screen names as they are."""
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
        self._reason: Problem | None = None  # why somebody has to sign in again
        self._succeeded_until = math.inf
        self._is_other = False  # the welcome is for another account than the one before

    @property
    def account(self) -> Account | None:
        """Who is signed in, or was until somebody has to sign in again."""
        return self._account

    @property
    def is_signed_in(self) -> bool:
        """Tell whether nobody is needed now."""
        return self._state in ("succeeded", "signed-in")

    # -- inputs -----------------------------------------------------------------------------------------------------

    def start(self, now: float) -> list[Command]:
        """Begin: look for the account of last time."""
        self._state = "starting"
        return [LoadAccount()]

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take what the edge reports; return what it shall do next."""
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
        """Do what is due: polls, a new code, the end of an old one."""
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
        """Somebody pressed OK on the sign-in screen: go on, or at least do not pause soon."""
        if self._state == "signed-out":
            self._begin_approval()
        else:
            self._approval.press_ok()
        return self.tick(now)

    def postpone(self) -> list[Command]:
        """Somebody went back to the map instead of signing in again: no code until they ask for one."""
        if not self._again or self._approval.state not in ("active", "failed"):
            return []
        return [*self._approval.pause(), Report("signin.postponed", {"tenant": self._settings.tenant})]

    def person_present(self) -> None:
        """Some key was pressed: whoever it is may be typing the code, so that renewals count from here again."""
        self._approval.person_present()

    def show(self, is_seen: bool) -> None:
        """Hear whether the screen is to be seen: on a black one nobody can read a code, so none is asked for."""
        self._approval.is_seen = is_seen

    def network_restored(self, now: float) -> list[Command]:
        """The network is back: try at once what waits for it (a poll never before its interval)."""
        self._approval.network_restored(now)
        return self.tick(now)

    def sign_out(self, now: float) -> list[Command]:
        """Forget the account, and wait for OK."""
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
        # An approval may cross the key press with which somebody put the sign-in off.
        if self._approval.state != "active" and not (is_same and self._again):
            # Somebody approved a second code, or one that we had given up: their tokens are none of ours.
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
        # What is still on its way for the former account must not go out with a token of the new one: nobody is served
        # until the map of the former one is gone, at the end of the welcome.
        use = UseAccount(None if self._is_other else account.home_id)
        return [*commands, use, self._report("signin.succeeded", account)]

    def _person_needed(self, problem: Problem, claims: str) -> list[Command]:
        if not self.is_signed_in:
            return []
        self._again = True
        self._approval.claims = claims
        self._begin_approval()
        self._reason = problem
        return self._approval.report_failure(replace(problem, next="new-code"))

    # -- parts ------------------------------------------------------------------------------------------------------

    def _begin_approval(self) -> None:
        self._state = "signing-in"
        self._approval.begin()

    def _report(self, name: str, account: Account, **more: object) -> Report:
        tenant = account.tenant or self._settings.tenant
        return Report(name, {"tenant": tenant, "account": account.shortened, **more})
