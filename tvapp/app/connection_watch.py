"""Follows the steps of the connection until there is a map: passes on what is observed, and logs what fails."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.auth import provider
from tvapp.auth.problems import Problem
from tvapp.auth.view import SessionView
from tvapp.config.model import Config
from tvapp.core.connection_messages import LinkChanged, NameLookedUp, RequestEnded
from tvapp.core.connection_steps import ConnectionSteps, Failure, Step
from tvapp.core.errors import NetworkError, TimedOut
from tvapp.core.jobs import Inbox, JobFailed, Jobs
from tvapp.core.log import Log
from tvapp.core.urls import host_of, is_loopback, origin_of

LOOK_UP_JOB = "connection.look-up"


@dataclass(frozen=True, slots=True)
class _Logged:
    failure: Failure
    since: float


class OutcomeFilter:
    """Posts RequestEnded for each failure and for the first answer after one; lives on the io thread."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._answering: set[str] = set()
        self._is_silent = False

    def silence(self, is_silent: bool) -> None:
        """Post nothing while the map is shown, whose notices say what fails; from the main thread."""
        if self._is_silent and not is_silent:
            self._answering = set()  # what was not posted meanwhile is news
        self._is_silent = is_silent

    def __call__(self, origin: str, error: NetworkError | None) -> None:
        """Take the outcome of a request (a transport.Listener)."""
        if error is None and origin in self._answering:
            return
        if error is None:
            self._answering.add(origin)
        else:
            self._answering.discard(origin)
        if not self._is_silent:
            self._inbox.post(RequestEnded(origin, error))


class ConnectionWatch:
    """Belongs to the main thread."""

    def __init__(self, config: Config, jobs: Jobs, log: Log) -> None:
        service, maps = origin_of(provider.authority(config.identity)), origin_of(config.maps.endpoint)
        fences = config.geofences
        stores = frozenset(origin_of(url) for url in (fences.container_url, *fences.urls) if url)
        self._service = service
        self._outbound = config.outbound
        self._steps = ConnectionSteps(
            maps if maps != service else "", stores - {service, maps}, is_local=is_loopback(host_of(service))
        )
        self._jobs = jobs
        self._log = log
        self._logged: _Logged | None = None
        self._is_looking_up = False
        self._problem: Problem | None = None
        self.outcomes = OutcomeFilter(jobs.inbox)
        """Listens to the outcome of every request."""

    def steps(self) -> tuple[Step, ...]:
        """Return the steps for the screen."""
        return self._steps.steps()

    def failing(self) -> Failure | None:
        """Return the step that fails, if one does."""
        return self._steps.failing()

    def receive(self, message: object, now: float) -> bool:
        """Take a message about the network; returns whether a new try is worth it: a link has just come up."""
        is_worth_a_try = False
        match message:
            case LinkChanged(link):
                failing = self._steps.failing()
                self._steps.observe_link(link, now)
                is_worth_a_try = link.is_usable and failing is not None
            case RequestEnded(origin, error):
                self._steps.observe_request(origin, error, now)
                if isinstance(error, TimedOut):
                    self._look_up(origin)
            case NameLookedUp(host, reason):
                self._is_looking_up = False
                self._steps.observe_look_up(host, reason, now)
            case JobFailed():
                self._is_looking_up = False
        self._note(now)
        return is_worth_a_try

    def follow(self, view: SessionView, now: float) -> None:
        """Take the state of the sign-in."""
        problem = view.problem
        # Also where the service answers other requests: what fails is more than the connection then.
        kind = problem.kind if problem is not None and problem.next == "retries" else ""
        is_unset, is_wrong = view.status == "awaiting-time", view.clock_skew_s is not None
        self._steps.observe_clock(is_unset=is_unset, is_wrong=is_wrong, now=now)
        self._steps.observe_session(
            trouble=kind if kind != "clock-wrong" else "",
            is_new_try=problem is not self._problem,
            is_signed_in=view.phase in ("succeeded", "signed-in"),
            now=now,
        )
        self._problem = problem
        self._note(now)

    def _look_up(self, origin: str) -> None:
        """Find out whether a time-out is one of the name server."""
        if self._is_looking_up or not origin:
            return
        self._is_looking_up = True
        from tvapp.net.look_up import look_up_first_hop

        self._jobs.spawn(LOOK_UP_JOB, lambda: look_up_first_hop(self._outbound, origin))

    def _note(self, now: float) -> None:
        """Log a step that begins to fail, and one that works again."""
        failing, former = self._steps.failing(), self._logged
        if failing == (former.failure if former is not None else None):
            return
        if former is not None and (failing is None or failing.step != former.failure.step):
            self._log.event("connection.step_restored", step=former.failure.step, after_s=round(now - former.since, 1))
            former = None
        if failing is None:
            self._logged = None
            return
        since = former.since if former is not None else now
        self._logged = _Logged(failing, since)
        if former is None or former.failure.reason != failing.reason:
            self._log.event(
                "connection.step_failed",
                level="warning",
                step=failing.step,
                reason=failing.reason,
                host=failing.host or None,
                detail=failing.detail or None,
            )
