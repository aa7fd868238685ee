"""The steps of the connection in the app: what is posted, what is logged, and when a new try is worth it."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from tests.app.rig import WITH_ACCOUNT, FakeJobs, Rig
from tests.ui.fakes import waiting
from tvapp.app.connection_watch import LOOK_UP_JOB, ConnectionWatch, OutcomeFilter
from tvapp.auth.problems import Problem
from tvapp.config.load import load
from tvapp.core.clock import ManualClock
from tvapp.core.connection_messages import LinkChanged, NameLookedUp, RequestEnded
from tvapp.core.connection_steps import NO_NAME_SERVER, NO_SUCH_HOST, Interface, LinkState
from tvapp.core.errors import TimedOut, Unreachable
from tvapp.core.jobs import Inbox, JobFailed
from tvapp.core.log import RecordingLog
from tvapp.ui.screens.signin.screen import SignInScreen

HOST = "login.microsoftonline.com"
LOGIN = f"https://{HOST}"
UP = LinkState((Interface("eth0", has_carrier=True, has_address=True),))
UNPLUGGED = LinkState((Interface("eth0"),))
NO_NAME = RequestEnded(LOGIN, Unreachable(HOST, NO_SUCH_HOST))


class Watched:
    """A watch whose jobs are only noted."""

    def __init__(self, **settings: str) -> None:
        self.log = RecordingLog()
        self.jobs = FakeJobs(ManualClock())
        self.watch = ConnectionWatch(load(None, WITH_ACCOUNT | settings), self.jobs, self.log)  # type: ignore[arg-type]

    def logged(self) -> list[tuple[object, ...]]:
        """Return the events with the fields that say what happened."""
        return [
            (name.rpartition("_")[2], fields["step"], fields.get("reason", fields.get("after_s")))
            for name, fields in self.log.events
        ]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_step_that_fails_is_logged_once_and_so_is_its_return(watched: Watched) -> None:
    receive = watched.watch.receive
    receive(LinkChanged(UP), 1.0)
    for at in (2.0, 3.0, 4.0):
        receive(NO_NAME, at)
    receive(RequestEnded(LOGIN), 12.0)
    assert watched.logged() == [("failed", "name", "name-unknown"), ("restored", "name", 10.0)]
    assert watched.log.events[0][1]["host"] == HOST


def test_another_reason_for_the_same_step_is_logged_and_the_step_is_restored_once(watched: Watched) -> None:
    receive = watched.watch.receive
    receive(NO_NAME, 2.0)
    receive(RequestEnded(LOGIN, Unreachable(HOST, NO_NAME_SERVER)), 3.0)
    receive(LinkChanged(UNPLUGGED), 5.0)
    receive(LinkChanged(UP), 9.0)
    assert watched.logged() == [
        ("failed", "name", "name-unknown"),
        ("failed", "name", "no-name-server"),
        ("restored", "name", 3.0),
        ("failed", "link", "cable-out"),
        ("restored", "link", 4.0),
    ]


def test_a_link_that_comes_up_is_worth_a_try_only_if_something_failed(watched: Watched) -> None:
    receive = watched.watch.receive
    assert not receive(LinkChanged(UP), 1.0)
    assert not receive(LinkChanged(UNPLUGGED), 2.0)
    assert receive(LinkChanged(UP), 3.0)
    assert not receive(NO_NAME, 4.0)


def test_a_time_out_has_the_name_looked_up_one_at_a_time(watched: Watched) -> None:
    receive = watched.watch.receive
    timed_out = RequestEnded(LOGIN, TimedOut(HOST, "no answer in time"))
    receive(LinkChanged(UP), 1.0)
    receive(timed_out, 2.0)
    receive(timed_out, 3.0)
    assert watched.jobs.asked == [LOOK_UP_JOB]
    receive(NameLookedUp(HOST, NO_NAME_SERVER), 9.0)
    failing = watched.watch.failing()
    assert failing is not None
    assert failing.reason == "no-name-server"
    receive(timed_out, 20.0)
    assert watched.jobs.asked == [LOOK_UP_JOB] * 2


def test_behind_a_proxy_only_the_name_of_the_proxy_is_looked_up() -> None:
    watched = Watched(TVAPP_NETWORK_PROXY="http://gate.example:8080")
    watched.watch.receive(RequestEnded(LOGIN, TimedOut(HOST, "proxy: no answer in time")), 2.0)
    (work,) = watched.jobs.spawned
    asked: list[str] = []

    def getaddrinfo(host: object, *_: object, **__: object) -> list[object]:
        asked.append(str(host))
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        found = asyncio.run(work())
    assert asked == ["gate.example"]
    watched.watch.receive(found, 3.0)
    failing = watched.watch.failing()
    assert failing is not None
    assert (failing.step, failing.reason, failing.host) == ("name", "name-unknown", "gate.example")


def test_a_look_up_that_fails_for_another_reason_does_not_keep_later_ones_back(watched: Watched) -> None:
    timed_out = RequestEnded(LOGIN, TimedOut(HOST, "no answer in time"))
    watched.watch.receive(timed_out, 2.0)
    watched.watch.receive(JobFailed(LOOK_UP_JOB, MemoryError()), 3.0)
    watched.watch.receive(timed_out, 4.0)
    assert watched.jobs.asked == [LOOK_UP_JOB] * 2


def test_tries_of_a_service_in_trouble_are_counted_by_its_answers(watched: Watched) -> None:
    watched.watch.receive(RequestEnded(LOGIN), 1.0)
    for number in range(3):
        view = waiting("requesting", "busy", problem=Problem("service-down", "retries", f"try {number}"))
        watched.watch.follow(view, 2.0 + number)
        watched.watch.follow(view, 2.5 + number)
    (step,) = (each for each in watched.watch.steps() if each.state == "failed")
    assert (step.name, step.since, step.tries) == ("service", 2.0, 3)


def test_a_refusal_is_no_step_of_the_connection(watched: Watched) -> None:
    watched.watch.follow(waiting("failed", "failed", problem=Problem("blocked-by-policy", "waits-for-ok")), 2.0)
    assert watched.watch.failing() is None


def test_answers_are_posted_only_after_a_failure() -> None:
    inbox = Inbox()
    outcomes = OutcomeFilter(inbox)
    error = Unreachable(HOST, "refused")
    for outcome in (None, None, error, error, None, None):
        outcomes(LOGIN, outcome)
    assert [message.error for message in inbox.drain() if isinstance(message, RequestEnded)] == [
        None, error, error, None,
    ]  # fmt: skip


def test_nothing_is_posted_while_the_map_is_shown_and_the_next_outcome_is_news_afterwards() -> None:
    inbox = Inbox()
    outcomes = OutcomeFilter(inbox)
    outcomes(LOGIN, None)
    outcomes.silence(True)
    outcomes(LOGIN, Unreachable(HOST, "refused"))
    outcomes(LOGIN, None)
    outcomes.silence(False)
    outcomes(LOGIN, None)
    assert list(inbox.drain()) == [RequestEnded(LOGIN), RequestEnded(LOGIN)]


def test_the_sign_in_screen_and_the_init_system_are_told_what_fails(tmp_path: Path) -> None:
    rig = Rig(tmp_path, WITH_ACCOUNT)
    rig.start()
    assert "links" in rig.jobs.asked
    rig.tell(LinkChanged(UNPLUGGED))
    assert rig.app.situation().failing == "The network cable is not plugged in"
    rig.tell(LinkChanged(UP))
    assert rig.app.situation().failing == ""


def test_the_page_shows_the_step_that_fails(tmp_path: Path) -> None:
    rig = Rig(tmp_path, WITH_ACCOUNT)
    rig.start()
    rig.tell(LinkChanged(UNPLUGGED))
    rig.clock.advance(3.0)
    rig.frame()
    assert rig.display.canvas.shows("The network cable is not plugged in")
    assert not isinstance(rig.app.stack.base, SignInScreen), "it has not looked for the account yet"
