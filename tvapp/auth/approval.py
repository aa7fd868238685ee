"""Gets one approval through the device flow: decides when to request a code, poll, renew the code and give up.

Signing in and granting one more permission both use it. It performs no I/O; its owner decides whether the account that
approved is the right one. All times are monotonic seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from tvapp.auth.device_code import RESTART, TRANSIENT, DeviceFlow, pause_s, quiet_s
from tvapp.auth.messages import (
    CodeReceived,
    CodeRefused,
    Command,
    DropFlow,
    Event,
    Poll,
    PollPending,
    PollRefused,
    PollSlowDown,
    Report,
    RequestCode,
    failure_report,
)
from tvapp.auth.problems import Problem
from tvapp.auth.view import Phase, Prompt, SessionView, Status


@dataclass(frozen=True, slots=True)
class RenewalPolicy:
    """When to renew a code, and when to stop.

    A new code is requested `lead_s` before the present one expires (or a `lead_part` of its lifetime, if that is less),
    at most `max_renewals` times while nobody presses a key: an abandoned code can be phished, and costs requests. After
    `max_restarts` codes that the server forgot too early, the approval fails.
    """

    max_renewals: int = 8
    lead_s: float = 60.0
    lead_part: float = 0.2
    max_restarts: int = 5


class Approval:
    """Requests codes for one purpose, one after another, until one is approved or the approval fails.

    The codes are for `scopes` (none: for signing in). `fields` go into every log event. `numbers` gives each flow a
    number of its own.
    """

    def __init__(
        self,
        policy: RenewalPolicy,
        random: Callable[[], float],
        numbers: Iterator[int],
        *,
        scopes: tuple[str, ...] = (),
        fields: Mapping[str, object] | None = None,
    ) -> None:
        self._policy = policy
        self._random = random
        self._numbers = numbers
        self._scopes = scopes
        self._fields = dict(fields or {})
        self.state: Literal["idle", "active", "failed", "paused"] = "idle"
        self.is_seen = True
        """Whether the screen can be seen; while not, no code is requested. The present code stays valid."""
        self.claims = ""
        """The claims of the challenge that the tokens have to meet; empty for none."""
        self._flows: list[DeviceFlow] = []  # oldest first; at most two
        self._request: int | None = None  # in flight
        self._requested_at: float  # of the last request
        self._quiet_until = -math.inf  # of the server's Retry-After
        self._start_over()

    def _start_over(self) -> None:
        self.problem: Problem | None = None
        """The last problem that has not been resolved."""
        self._request_failures = self._renewal = self._unattended = self._restarts = 0
        self._prompted = False  # since the first code was asked for
        self._not_before = -math.inf  # of our own back-off
        self._reported = ""

    # -- inputs -----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start over; the next tick requests a first code."""
        self.state = "active"
        self._start_over()

    def end(self) -> list[Command]:
        """Stop, and drop every code."""
        self.state = "idle"
        self.problem = None
        return self._drop_all()

    def pause(self) -> list[Command]:
        """Stop, and drop every code, until OK is pressed."""
        commands = self.end()
        self.state = "paused"
        return commands

    def fail(self, problem: Problem) -> list[Command]:
        """Fail with `problem`, until OK is pressed."""
        commands = self._drop_all()
        self.problem = replace(problem, next="waits-for-ok")
        self.state = "failed"
        self._reported = ""
        return commands + self.report_failure(self.problem)

    def handle(self, event: Event, now: float) -> list[Command]:
        """Handle the result of a request or a poll, other than an approval."""
        match event:
            case CodeReceived():
                return self._code_received(event, now)
            case CodeRefused(flow, problem):
                return self._code_refused(flow, problem, now)
            case PollPending(flow) | PollSlowDown(flow):
                return self._pending(flow, isinstance(event, PollSlowDown), now)
            case PollRefused(flow, problem):
                return self._poll_refused(flow, problem, now)
        return []

    def tick(self, now: float) -> list[Command]:
        """Return the commands that are due: polls, the request for a new code, the end of an old one."""
        if self.state != "active":
            return []
        commands: list[Command] = []
        for flow in [flow for flow in self._flows if now >= flow.prompt.expires_at and not flow.in_flight]:
            self._flows.remove(flow)
            commands.append(DropFlow(flow.number))
        commands += [Poll(flow.number) for flow in self._flows if flow.begin_poll(now)]
        if self._request is None and now >= self._request_due():
            self._request = next(self._numbers)
            self._requested_at = now
            commands.append(RequestCode(self._request, self._scopes, self.claims))
        elif self._unattended >= self._policy.max_renewals and self._request is None and not self._flows:
            self.state = "paused"
            commands.append(Report("signin.paused", {"renewals": self._renewal, **self._fields}))
        return commands

    def next_wakeup(self) -> float | None:
        """Return when `tick` has something to do next, or None while only an event can change anything."""
        if self.state != "active":
            return None
        times = [min(flow.next_poll_at, flow.prompt.expires_at) for flow in self._flows if not flow.in_flight]
        if self._request is None:
            times.append(self._request_due())
        return min((time for time in times if time < math.inf), default=None)

    def press_ok(self) -> None:
        """Handle OK: start over after a failure or a pause; else retry at once and count renewals anew."""
        self._unattended = 0
        if self.state in ("failed", "paused"):
            self.begin()
        elif self.state == "active":
            self._not_before = -math.inf

    def person_present(self) -> None:
        """Handle any key: somebody is there and may be typing the code, so count renewals anew."""
        self._unattended = 0

    def network_restored(self, now: float) -> None:
        """Retry at once what failed for want of a network (a poll never before its interval)."""
        if self.problem is not None and self.problem.is_network:
            self._not_before = -math.inf
            for flow in self._flows:
                flow.hurry(now)

    # -- the view ---------------------------------------------------------------------------------------------------

    def update_view(self, view: SessionView, now: float, reason: Problem | None = None) -> SessionView:
        """Return `view` with the state of the approval at `now`; `reason` is its problem while there is no other."""
        flow = self._shown(now)
        phase, status = self._words(flow)
        retry_at = self._retry_at(flow)
        return replace(
            view,
            phase=phase,
            status=status,
            prompt=flow.prompt if flow else None,
            remaining_s=min(flow.prompt.expires_in, flow.prompt.expires_at - now) if flow else None,
            problem=None if self.state == "paused" else self.problem or reason,
            retry_in_s=max(0.0, retry_at - now) if retry_at is not None else None,
        )

    def _shown(self, now: float) -> DeviceFlow | None:
        """Return the newest flow whose code is still valid."""
        if self.state != "active":
            return None
        return next((flow for flow in reversed(self._flows) if now < flow.prompt.expires_at), None)

    def _words(self, flow: DeviceFlow | None) -> tuple[Phase, Status]:
        if self.state in ("failed", "paused"):
            return self.state, self.state
        troubled = self.problem is not None and self.problem.next == "retries"
        offline = troubled and self.problem is not None and self.problem.is_network
        if flow is not None:
            return "prompting", "offline" if offline else "busy" if troubled else "waiting"
        if offline:
            return "offline", "offline"
        return "requesting", "busy" if troubled else "requesting"

    def _retry_at(self, flow: DeviceFlow | None) -> float | None:
        if self.state != "active" or self.problem is None:
            return None
        if flow is not None:
            return flow.next_poll_at if flow.failures and not flow.in_flight else None
        due = self._request_due()
        return due if self._request is None and due < math.inf else None

    def report_failure(self, problem: Problem) -> list[Command]:
        """Return the log event of a failure, once in a row: not at every attempt of a long outage."""
        mark = f"{problem.kind} {problem.next}"
        if mark == self._reported:
            return []
        self._reported = mark
        return [failure_report(problem, self._fields)]

    # -- results ----------------------------------------------------------------------------------------------------

    def _code_received(self, event: CodeReceived, now: float) -> list[Command]:
        if event.flow != self._request or self.state != "active":
            return [DropFlow(event.flow)]
        self._request = None
        self._request_failures = 0
        self.problem = None
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
        lead = min(self._policy.lead_s, event.expires_in * self._policy.lead_part)
        self._flows.append(DeviceFlow(event.flow, prompt, event.interval, now + event.interval, expires_at - lead))
        fields = {
            "verification_uri": event.verification_uri,
            "expires_in": event.expires_in,
            "renewal": self._renewal,
            **self._fields,
        }
        return [Report("signin.prompted", fields)]

    def _code_refused(self, number: int, problem: Problem, now: float) -> list[Command]:
        if number != self._request or self.state != "active":
            return []
        self._request = None
        if problem.next == "waits-for-ok" and not self._flows:
            return self.fail(problem)
        self._not_before = now + pause_s(problem, TRANSIENT, self._request_failures, self._random())
        self._request_failures += 1
        self._note_retry_after(problem, now)
        if not self._flows:  # A valid code on the screen matters more than a refused renewal.
            self.problem = problem
        return self.report_failure(replace(problem, next="retries"))

    def _pending(self, number: int, slow_down: bool, now: float) -> list[Command]:
        flow = self._find(number)
        if flow is None:
            return []
        flow.note_pending(now, slow_down)
        self.problem = None
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
            flow.note_failure(problem, now, self._random())
            self._note_retry_after(problem, now)
            self.problem = problem
            return self.report_failure(problem)
        if problem.next == "waits-for-ok":
            return self.fail(problem)
        was_newest = flow is self._flows[-1]
        self._flows.remove(flow)
        commands: list[Command] = [DropFlow(flow.number)]
        if not was_newest:
            return commands
        self._restarts += 1
        if self._restarts > self._policy.max_restarts:
            return commands + self.fail(problem)
        if self._restarts > 1:
            self._not_before = now + RESTART.delay(self._restarts - 2, self._random())
        self.problem = problem
        return commands + self.report_failure(problem)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _request_due(self) -> float:
        """Return when to request the next code (infinity: only an event can change that)."""
        due = max(self._not_before, self._quiet_until)
        if self._flows:
            newest = self._flows[-1]
            # While polls fail there is no point in renewing early: the code is valid until it expires.
            due = max(due, newest.prompt.expires_at if newest.failures else newest.renew_at)
            # Never more than two valid codes.
            due = max([due, *(flow.prompt.expires_at for flow in self._flows[:-1])])
        return math.inf if self._unattended >= self._policy.max_renewals or not self.is_seen else due

    def _note_retry_after(self, problem: Problem, now: float) -> None:
        self._quiet_until = max(self._quiet_until, now + quiet_s(problem))

    def _find(self, number: int) -> DeviceFlow | None:
        if self.state != "active":
            return None
        return next((flow for flow in self._flows if flow.number == number), None)

    def _drop_all(self) -> list[Command]:
        commands: list[Command] = [DropFlow(flow.number) for flow in self._flows]
        self._flows.clear()
        self._request = None
        return commands
