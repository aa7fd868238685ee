"""The sign-in state machine: events and the time in, commands out, and a view for the screen.

It owns *when* to ask for a code, when to poll, when to renew the code and when to give up. It does nothing itself, so
hours of waiting at the sign-in screen are tested in milliseconds. All times are monotonic seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from tvapp.auth.flow import RESTART, TRANSIENT, Flow, pause_s, quiet_s
from tvapp.auth.messages import (
    AccountLoaded,
    CodeReceived,
    CodeRefused,
    Command,
    DropFlow,
    Event,
    ForgetAccount,
    LoadAccount,
    PersonNeeded,
    Poll,
    PollPending,
    PollRefused,
    PollSlowDown,
    PollSucceeded,
    Report,
    RequestCode,
    SignOut,
    UseAccount,
    failure_report,
)
from tvapp.auth.problems import Problem
from tvapp.auth.view import Account, Phase, Prompt, SessionView, Status


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Names for the screen, and how patient the sign-in screen is.

    A new code is asked for `lead_s` before the present one runs out (or a `lead_part` of its life, if that is less),
    at most `renewals` times while nobody touches a key: an abandoned code is a gift to a phisher, and costs requests.
    """

    organisation: str = ""
    app_name: str = "tvapp"
    tenant: str = ""
    renewals: int = 8
    lead_s: float = 60.0
    lead_part: float = 0.2
    restarts: int = 5
    succeeded_s: float = 1.5


_State = Literal["idle", "starting", "asking", "succeeded", "signed-in", "failed", "paused", "signed-out"]


class Session:
    """Signs one person in and keeps them signed in.

    >>> session = Session(SessionSettings())
    >>> session.start(0.0)
    [LoadAccount()]
    >>> session.handle(AccountLoaded(None), 0.1)
    [RequestCode(flow=1)]
    """

    def __init__(self, settings: SessionSettings, random: Callable[[], float] = lambda: 0.5) -> None:
        self._settings = settings
        self._random = random
        self._state: _State = "idle"
        self._account: Account | None = None
        self._again = False
        self._reason: Problem | None = None  # why somebody has to sign in again
        self._problem: Problem | None = None  # what went wrong last
        self._flows: list[Flow] = []  # oldest first; at most two
        self._last_number = 0
        self._request: int | None = None  # in flight
        self._requested_at = 0.0
        self._request_failures = 0
        self._not_before = -math.inf  # of our own back-off
        self._quiet_until = -math.inf  # of the server's Retry-After
        self._renewal = 0
        self._unattended = 0
        self._restarts = 0
        self._succeeded_until = math.inf
        self._reported = ""
        self._prompted = False  # since the first code was asked for

    # -- inputs -----------------------------------------------------------------------------------------------------

    def start(self, now: float) -> list[Command]:
        """Begin: look for the account of last time."""
        self._state = "starting"
        return [LoadAccount()]

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take what the edge reports; return what it shall do next."""
        match event:
            case AccountLoaded(account):
                commands = self._loaded(account, now)
            case CodeReceived():
                commands = self._code_received(event, now)
            case CodeRefused(flow, problem):
                commands = self._code_refused(flow, problem, now)
            case PollPending(flow) | PollSlowDown(flow):
                commands = self._pending(flow, isinstance(event, PollSlowDown), now)
            case PollSucceeded(_, account):
                commands = self._succeeded(account, now)
            case PollRefused(flow, problem):
                commands = self._poll_refused(flow, problem, now)
            case PersonNeeded(problem):
                commands = self._person_needed(problem)
        return commands + self.tick(now)

    def tick(self, now: float) -> list[Command]:
        """Do what is due: polls, a new code, the end of an old one."""
        if self._state == "succeeded" and now >= self._succeeded_until:
            self._state = "signed-in"
        if self._state != "asking":
            return []
        commands: list[Command] = []
        for flow in [flow for flow in self._flows if now >= flow.prompt.expires_at and not flow.in_flight]:
            self._flows.remove(flow)
            commands.append(DropFlow(flow.number))
        commands += [Poll(flow.number) for flow in self._flows if flow.begin_poll(now)]
        if self._request is None and now >= self._request_due():
            self._last_number += 1
            self._request = self._last_number
            self._requested_at = now
            commands.append(RequestCode(self._request))
        elif self._unattended >= self._settings.renewals and self._request is None and not self._flows:
            self._state = "paused"
            commands.append(Report("signin.paused", {"renewals": self._renewal}))
        return commands

    def next_wakeup(self) -> float | None:
        """Return when `tick` has something to do next, or None while only an event can change anything."""
        if self._state == "succeeded":
            return self._succeeded_until
        if self._state != "asking":
            return None
        times = [min(flow.next_poll_at, flow.prompt.expires_at) for flow in self._flows if not flow.in_flight]
        if self._request is None:
            times.append(self._request_due())
        return min((time for time in times if time < math.inf), default=None)

    def press_ok(self, now: float) -> list[Command]:
        """Somebody pressed OK on the sign-in screen: go on, or at least do not pause soon."""
        self._unattended = 0
        if self._state in ("failed", "paused", "signed-out"):
            self._ask()
        elif self._state == "asking":
            self._not_before = -math.inf
        return self.tick(now)

    def person_present(self) -> None:
        """Some key was pressed: whoever it is may be typing the code, so that renewals count from here again."""
        self._unattended = 0

    def network_restored(self, now: float) -> list[Command]:
        """The network is back: try at once what waits for it (a poll never before its interval)."""
        if self._problem is not None and self._problem.is_network:
            self._not_before = -math.inf
            for flow in self._flows:
                flow.hurry(now)
        return self.tick(now)

    def sign_out(self, now: float) -> list[Command]:
        """Forget the account, and wait for OK."""
        commands = self._drop_all()
        self._state = "signed-out"
        self._account = None
        self._again = False
        self._problem = self._reason = None
        return [*commands, UseAccount(None), SignOut(), Report("signin.signed_out", {"tenant": self._settings.tenant})]

    def view(self, now: float) -> SessionView:
        """Return what the screen shows at `now`."""
        flow = self._shown(now)
        problem = self._problem or self._reason
        phase, status = self._words(flow)
        retry_at = self._retry_at(flow)
        return SessionView(
            phase=phase,
            status=status,
            prompt=flow.prompt if flow else None,
            remaining_s=min(flow.prompt.expires_in, flow.prompt.expires_at - now) if flow else None,
            problem=problem if self._state in ("asking", "failed") else None,
            account=self._account,
            retry_in_s=max(0.0, retry_at - now) if retry_at is not None else None,
            again=self._again,
            organisation=self._settings.organisation,
            app_name=self._settings.app_name,
        )

    # -- events -----------------------------------------------------------------------------------------------------

    def _loaded(self, account: Account | None, now: float) -> list[Command]:
        if self._state != "starting":
            return []
        if account is None:
            self._ask()
            return []
        self._account = account
        self._state = "signed-in"
        return [UseAccount(account.home_id), self._told("signin.succeeded", account, restored=True)]

    def _code_received(self, event: CodeReceived, now: float) -> list[Command]:
        if event.flow != self._request or self._state != "asking":
            return [DropFlow(event.flow)]
        self._request = None
        self._request_failures = 0
        self._problem = None
        self._reported = ""
        if self._prompted:
            self._renewal += 1
            self._unattended += 1
        self._prompted = True
        expires_at = self._requested_at + event.expires_in
        prompt = Prompt(
            event.verification_uri,
            event.verification_uri_complete,
            event.user_code,
            expires_at,
            event.expires_in,
            self._renewal,
        )
        lead = min(self._settings.lead_s, event.expires_in * self._settings.lead_part)
        self._flows.append(Flow(event.flow, prompt, event.interval, now + event.interval, expires_at - lead))
        fields = {
            "verification_uri": event.verification_uri,
            "expires_in": event.expires_in,
            "renewal": self._renewal,
        }
        return [Report("signin.prompted", fields)]

    def _code_refused(self, number: int, problem: Problem, now: float) -> list[Command]:
        if number != self._request or self._state != "asking":
            return []
        self._request = None
        if problem.next == "waits-for-ok" and not self._flows:
            return self._fail(problem)
        self._not_before = now + pause_s(problem, TRANSIENT, self._request_failures, self._random())
        self._request_failures += 1
        self._be_quiet(problem, now)
        if not self._flows:  # The code that is still on the screen counts more than a refused renewal.
            self._problem = problem
        return self._report_failure(replace(problem, next="retries"))

    def _pending(self, number: int, slow_down: bool, now: float) -> list[Command]:
        flow = self._find(number)
        if flow is None:
            return []
        flow.is_pending(now, slow_down)
        self._problem = None
        self._reported = ""
        return []

    def _poll_refused(self, number: int, problem: Problem, now: float) -> list[Command]:
        flow = self._find(number)
        if flow is None:
            return []
        if problem.next == "keeps-waiting":
            return self._pending(number, False, now)
        flow.in_flight = False
        if problem.next == "retries":
            flow.is_troubled(problem, now, self._random())
            self._be_quiet(problem, now)
            self._problem = problem
            return self._report_failure(problem)
        if problem.next == "waits-for-ok":
            return self._fail(problem)
        was_newest = flow is self._flows[-1]
        self._flows.remove(flow)
        commands: list[Command] = [DropFlow(flow.number)]
        if not was_newest:
            return commands
        self._restarts += 1
        if self._restarts > self._settings.restarts:
            return commands + self._fail(problem)
        if self._restarts > 1:
            self._not_before = now + RESTART.delay(self._restarts - 2, self._random())
        self._problem = problem
        return commands + self._report_failure(problem)

    def _succeeded(self, account: Account, now: float) -> list[Command]:
        former = self._account
        if self._state != "asking":
            # Somebody approved a second code, or one that we had given up: their tokens are none of ours.
            if former is not None and former.home_id == account.home_id:
                return []
            return [ForgetAccount(account.home_id)]
        commands: list[Command] = self._drop_all()
        if former is not None and former.home_id != account.home_id:
            commands.append(ForgetAccount(former.home_id))
        self._account = account
        self._again = False
        self._problem = self._reason = None
        self._state = "succeeded"
        self._succeeded_until = now + self._settings.succeeded_s
        return [*commands, UseAccount(account.home_id), self._told("signin.succeeded", account)]

    def _person_needed(self, problem: Problem) -> list[Command]:
        if self._state not in ("succeeded", "signed-in"):
            return []
        self._again = True
        self._ask()
        self._reason = problem
        return self._report_failure(replace(problem, next="new-code"))

    # -- parts ------------------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Start over with a first code."""
        self._state = "asking"
        self._problem = None
        self._request_failures = self._renewal = self._unattended = self._restarts = 0
        self._prompted = False
        self._not_before = -math.inf
        self._reported = ""

    def _request_due(self) -> float:
        """Return when to ask for the next code (infinity: not until something happens)."""
        due = max(self._not_before, self._quiet_until)
        if self._flows:
            newest = self._flows[-1]
            # While polls fail there is no point in renewing early: the code counts until its end.
            due = max(due, newest.prompt.expires_at if newest.failures else newest.renew_at)
            # Never more than two codes that count.
            due = max([due, *(flow.prompt.expires_at for flow in self._flows[:-1])])
        return math.inf if self._unattended >= self._settings.renewals else due

    def _be_quiet(self, problem: Problem, now: float) -> None:
        self._quiet_until = max(self._quiet_until, now + quiet_s(problem))

    def _fail(self, problem: Problem) -> list[Command]:
        commands = self._drop_all()
        self._problem = replace(problem, next="waits-for-ok")
        self._state = "failed"
        self._reported = ""
        return commands + self._report_failure(self._problem)

    def _find(self, number: int) -> Flow | None:
        if self._state != "asking":
            return None
        return next((flow for flow in self._flows if flow.number == number), None)

    def _drop_all(self) -> list[Command]:
        commands: list[Command] = [DropFlow(flow.number) for flow in self._flows]
        self._flows.clear()
        self._request = None
        return commands

    def _report_failure(self, problem: Problem) -> list[Command]:
        """Report a failure once, not at every attempt of a long outage."""
        mark = f"{problem.kind} {problem.next}"
        if mark == self._reported:
            return []
        self._reported = mark
        return [failure_report(problem)]

    def _told(self, name: str, account: Account, **more: object) -> Report:
        tenant = account.tenant or self._settings.tenant
        return Report(name, {"tenant": tenant, "account": account.shortened, **more})

    def _shown(self, now: float) -> Flow | None:
        if self._state != "asking":
            return None
        return next((flow for flow in reversed(self._flows) if now < flow.prompt.expires_at), None)

    def _words(self, flow: Flow | None) -> tuple[Phase, Status]:
        match self._state:
            case "idle" | "starting":
                return "starting", "starting"
            case "asking":
                troubled = self._problem is not None and self._problem.next == "retries"
                offline = troubled and self._problem is not None and self._problem.is_network
                if flow is not None:
                    return "prompting", "offline" if offline else "busy" if troubled else "waiting"
                if offline:
                    return "offline", "offline"
                return "requesting", "busy" if troubled else "requesting"
            case other:
                return other, other

    def _retry_at(self, flow: Flow | None) -> float | None:
        if self._state != "asking" or self._problem is None:
            return None
        if flow is not None:
            return flow.next_poll_at if flow.failures and not flow.in_flight else None
        due = self._request_due()
        return due if self._request is None and due < math.inf else None
