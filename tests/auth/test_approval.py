"""One approval: when codes are requested, renewed and given up, to the second."""

from __future__ import annotations

from itertools import count

import pytest

from tests.auth.rig import code, problem
from tvapp.auth.approval import Approval, RenewalPolicy
from tvapp.auth.messages import (
    CodeReceived,
    CodeRefused,
    Command,
    DropFlow,
    Poll,
    PollPending,
    PollRefused,
    PollSlowDown,
    Report,
    RequestCode,
)
from tvapp.auth.problems import Problem
from tvapp.auth.view import SessionView

BLANK = SessionView("starting", "starting")


def approval(policy: RenewalPolicy | None = None) -> Approval:
    """Return one that has begun."""
    made = Approval(
        policy or RenewalPolicy(), lambda: 0.5, count(1), scopes=("user.read", "more"), fields={"resource": "storage"}
    )
    assert made.tick(0.0) == []
    assert made.next_wakeup() is None
    made.begin()
    return made


def prompted(now: float = 0.0, *, expires_in: float = 900.0, policy: RenewalPolicy | None = None) -> Approval:
    """Return one whose first code is on the screen."""
    made = approval(policy)
    assert made.tick(now) == [RequestCode(1, ("user.read", "more"))]
    assert made.next_wakeup() is None
    made.handle(code(1, expires_in=expires_in), now)
    return made


def test_the_first_code_is_requested_at_once_for_the_scopes_with_the_claims() -> None:
    made = approval()
    assert made.next_wakeup() == float("-inf")
    made.claims = '{"a": 1}'
    assert made.tick(3.0) == [RequestCode(1, ("user.read", "more"), '{"a": 1}')]
    assert made.tick(4.0) == []


def test_the_lifetime_of_a_code_begins_with_its_request_and_the_log_says_what_is_shown() -> None:
    made = approval()
    made.tick(10.0)
    assert made.handle(code(1, expires_in=100.0), 14.0) == [
        Report(
            "signin.prompted",
            {
                "verification_uri": "https://login.example.com/device",
                "expires_in": 100.0,
                "renewal": 0,
                "resource": "storage",
            },
        )
    ]
    view = made.update_view(BLANK, 20.0)
    assert view.prompt is not None
    assert (view.prompt.expires_at, view.prompt.expires_in, view.remaining_s) == (110.0, 100.0, 90.0)
    assert (view.phase, view.status, view.retry_in_s, view.problem) == ("prompting", "waiting", None, None)
    assert made.update_view(BLANK, 5.0).remaining_s == 100.0, "never more than the whole"


@pytest.mark.parametrize(("expires_in", "renewed_at"), [(900.0, 840.0), (300.0, 240.0), (100.0, 80.0)])
def test_a_code_is_renewed_a_minute_or_a_fifth_before_its_end(expires_in: float, renewed_at: float) -> None:
    made = prompted(expires_in=expires_in)
    made.tick(5.0)
    assert made.next_wakeup() == renewed_at, "the poll has not been answered"
    made.handle(PollPending(1), renewed_at - 1.0)
    assert RequestCode(2, ("user.read", "more")) not in made.tick(renewed_at - 0.01)
    assert RequestCode(2, ("user.read", "more")) in made.tick(renewed_at)


def test_polls_wait_for_the_interval_and_slow_down_for_good() -> None:
    made = prompted()
    assert made.next_wakeup() == 5.0
    assert made.tick(4.9) == []
    assert made.tick(5.0) == [Poll(1)]
    made.handle(PollSlowDown(1), 6.0)
    assert made.next_wakeup() == 16.0


def test_the_old_code_is_dropped_at_its_end_and_a_third_waits_for_that() -> None:
    made = prompted(expires_in=100.0)
    made.tick(80.0)
    made.handle(PollPending(1), 80.0)
    made.handle(code(2, expires_in=100.0), 80.0)
    view = made.update_view(BLANK, 81.0)
    assert view.prompt is not None
    assert (view.prompt.user_code, view.prompt.renewal) == ("CODE2", 1)
    for number in (1, 2):
        made.handle(PollPending(number), 99.0)
    assert made.tick(99.9) == []
    assert made.tick(100.0) == [DropFlow(1)]


def test_a_code_that_expires_while_it_is_polled_is_kept_until_the_answer() -> None:
    made = prompted(expires_in=100.0)
    made.tick(99.0)
    assert DropFlow(1) not in made.tick(100.0)
    assert made.update_view(BLANK, 100.0).prompt is None, "nobody can use it any more"
    made.handle(PollPending(1), 101.0)
    assert DropFlow(1) in made.tick(101.0)


def test_a_code_that_was_not_asked_for_or_comes_too_late_is_dropped() -> None:
    made = approval()
    made.tick(0.0)
    assert made.handle(code(7), 1.0) == [DropFlow(7)]
    assert made.handle(CodeRefused(7, problem("declined")), 1.0) == []
    assert made.end() == []
    assert made.handle(code(1), 1.0) == [DropFlow(1)]
    assert made.handle(CodeRefused(1, problem("declined")), 1.0) == []
    assert made.handle(PollPending(1), 1.0) == []
    assert made.handle(PollRefused(1, problem("declined")), 1.0) == []
    assert made.problem is None


@pytest.mark.parametrize(
    ("kind", "phase", "status"), [("offline", "offline", "offline"), ("busy", "requesting", "busy")]
)
def test_a_refused_request_is_repeated_after_a_pause_that_the_viewer_sees(kind: str, phase: str, status: str) -> None:
    made = approval()
    made.tick(0.0)
    refused: Problem = problem(kind)
    commands = made.handle(CodeRefused(1, refused), 1.0)
    assert [command.fields["kind"] for command in commands if isinstance(command, Report)] == [kind]
    view = made.update_view(BLANK, 1.25)
    assert (view.phase, view.status, view.problem) == (phase, status, refused)
    assert view.retry_in_s == pytest.approx(0.75)
    assert made.next_wakeup() == pytest.approx(2.0)
    assert made.tick(2.0) == [RequestCode(2, ("user.read", "more"))]
    assert made.update_view(BLANK, 2.0).retry_in_s is None, "it is being tried"
    assert made.handle(CodeRefused(2, refused), 2.0) == [], "it was reported"
    assert made.next_wakeup() == pytest.approx(4.0)


def test_a_refused_renewal_leaves_the_code_on_the_screen() -> None:
    made = prompted()
    made.tick(840.0)
    made.handle(PollPending(1), 840.0)
    made.handle(CodeRefused(2, problem("declined")), 841.0)
    view = made.update_view(BLANK, 841.0)
    assert (view.phase, view.status, view.problem) == ("prompting", "waiting", None)
    assert RequestCode(3, ("user.read", "more")) in made.tick(842.0)


def test_retry_after_counts_for_requests_even_when_the_viewer_presses_ok() -> None:
    made = approval()
    made.tick(0.0)
    made.handle(CodeRefused(1, problem("busy", retry_after_s=40.0)), 1.0)
    made.press_ok()
    assert made.tick(40.9) == []
    assert made.next_wakeup() == 41.0
    assert made.tick(41.0) == [RequestCode(2, ("user.read", "more"))]


def test_ok_and_the_networks_return_cut_the_pause_short() -> None:
    for retry in (Approval.press_ok, lambda made: made.network_restored(1.1)):
        made = approval()
        made.tick(0.0)
        made.handle(CodeRefused(1, problem("offline")), 1.0)
        retry(made)
        assert made.tick(1.1) == [RequestCode(2, ("user.read", "more"))]
    made = approval()
    made.tick(0.0)
    made.handle(CodeRefused(1, problem("service-down")), 1.0)
    made.network_restored(1.1)
    assert made.tick(1.1) == [], "it was not the network"


def test_a_failed_poll_backs_off_is_shown_and_renews_late() -> None:
    made = prompted(expires_in=100.0)
    made.tick(5.0)
    offline = problem("offline")
    (report,) = made.handle(PollRefused(1, offline), 6.0)
    assert isinstance(report, Report)
    assert report.fields["resource"] == "storage"
    view = made.update_view(BLANK, 7.0)
    assert (view.phase, view.status, view.problem, view.retry_in_s) == ("prompting", "offline", offline, 4.0)
    made.network_restored(7.0)
    assert made.next_wakeup() == 11.0, "never before the interval"
    made.tick(79.0)
    assert made.update_view(BLANK, 79.0).retry_in_s is None, "it is being polled"
    made.handle(PollRefused(1, problem("busy")), 79.5)
    assert made.update_view(BLANK, 79.5).status == "busy"
    assert RequestCode(2, ("user.read", "more")) not in made.tick(99.0)
    made.handle(PollPending(1), 99.5)
    assert (made.problem, made.update_view(BLANK, 99.5).status) == (None, "waiting")
    assert RequestCode(2, ("user.read", "more")) in made.tick(99.5)


def test_a_declined_code_fails_until_ok_and_then_all_begins_anew() -> None:
    made = prompted()
    made.tick(5.0)
    commands = made.handle(PollRefused(1, problem("declined")), 6.0)
    assert commands[0] == DropFlow(1)
    assert isinstance(commands[1], Report)
    assert (commands[1].fields["next"], commands[1].level) == ("waits-for-ok", "warning")
    view = made.update_view(BLANK, 6.0)
    assert (view.phase, view.status, view.prompt, view.retry_in_s) == ("failed", "failed", None, None)
    assert view.problem == problem("declined")
    assert (made.next_wakeup(), made.tick(1000.0)) == (None, [])
    made.press_ok()
    assert made.problem is None
    assert made.tick(1000.0) == [RequestCode(2, ("user.read", "more"))]


def test_codes_that_the_server_forgets_are_replaced_with_longer_and_longer_pauses() -> None:
    made = prompted(policy=RenewalPolicy(max_restarts=3))
    now, pauses = 5.0, []
    for number in (1, 2, 3):
        made.tick(now)
        forgotten = made.handle(PollRefused(number, problem("code-unknown")), now)
        assert forgotten[0] == DropFlow(number)
        due = made.next_wakeup()
        assert due is not None
        pauses.append(max(0.0, due - now))
        now = max(now, due)
        assert made.tick(now) == [RequestCode(number + 1, ("user.read", "more"))]
        made.handle(code(number + 1), now)
        now += 5.0
    assert pauses == [0.0, 2.0, 4.0]
    made.tick(now)
    made.handle(PollRefused(4, problem("code-unknown")), now)
    assert made.state == "failed"
    assert made.problem is not None
    assert made.problem.next == "waits-for-ok"


def test_an_old_code_that_the_server_forgets_costs_nothing() -> None:
    made = prompted(expires_in=100.0)
    made.tick(80.0)
    made.handle(PollPending(1), 80.0)
    made.handle(code(2, expires_in=100.0), 80.0)
    made.tick(85.0)
    assert made.handle(PollRefused(1, problem("code-unknown")), 86.0) == [DropFlow(1)]
    assert made.problem is None


def test_a_person_who_confirms_is_waited_for() -> None:
    made = prompted()
    made.tick(5.0)
    assert made.handle(PollRefused(1, problem("confirming")), 6.0) == []
    assert made.next_wakeup() == 11.0
    assert made.update_view(BLANK, 6.0).problem is None


def unattended(made: Approval, renewals: int) -> list[Command]:
    """Let codes of 100 s be renewed while nobody is there; returns the commands until nothing more happens."""
    now, commands = 80.0, []
    for _ in range(60):
        for command in (step := made.tick(now)):
            if isinstance(command, RequestCode):
                made.handle(code(command.flow, expires_in=100.0), now)
            elif isinstance(command, Poll):
                made.handle(PollPending(command.flow), now)
        commands += step
        now += 20.0
    assert sum(isinstance(command, RequestCode) for command in commands) == renewals
    return commands


def test_after_so_many_renewals_without_a_key_it_pauses_once_the_last_code_has_expired() -> None:
    made = prompted(expires_in=100.0, policy=RenewalPolicy(max_renewals=3))
    commands = unattended(made, 3)
    assert commands[-1] == Report("signin.paused", {"renewals": 3, "resource": "storage"})
    assert made.state == "paused"
    view = made.update_view(BLANK, 2000.0, problem("session-ended"))
    assert (view.phase, view.status, view.prompt, view.problem) == ("paused", "paused", None, None)
    made.press_ok()
    assert made.tick(2000.0)


def test_any_key_counts_renewals_anew() -> None:
    for attend in (Approval.person_present, Approval.press_ok):
        made = prompted(expires_in=100.0, policy=RenewalPolicy(max_renewals=1))
        made.tick(80.0)
        made.handle(PollPending(1), 80.0)
        made.handle(code(2, expires_in=100.0), 80.0)
        attend(made)
        made.handle(PollPending(2), 99.0)
        assert RequestCode(3, ("user.read", "more")) in made.tick(160.0)


def test_nobody_can_read_a_code_on_a_black_screen() -> None:
    made = approval()
    made.is_seen = False
    assert (made.tick(0.0), made.next_wakeup()) == ([], None)
    made.is_seen = True
    assert made.tick(0.0) == [RequestCode(1, ("user.read", "more"))]


def test_pausing_and_ending_drop_every_code() -> None:
    made = prompted()
    assert made.pause() == [DropFlow(1)]
    assert (made.state, made.next_wakeup()) == ("paused", None)
    made = prompted()
    assert made.end() == [DropFlow(1)]
    assert made.state == "idle"
    assert made.end() == []


def test_the_reason_for_signing_in_again_is_shown_while_there_is_no_other_problem() -> None:
    made = prompted()
    reason = problem("session-ended")
    assert made.update_view(BLANK, 1.0, reason).problem == reason
    made.tick(5.0)
    made.handle(PollRefused(1, problem("offline")), 6.0)
    assert made.update_view(BLANK, 6.0, reason).problem == problem("offline")


def test_a_failure_is_reported_again_only_when_it_changes_or_was_over() -> None:
    made = approval()
    made.tick(0.0)
    assert len(made.report_failure(problem("offline"))) == 1
    assert made.report_failure(problem("offline")) == []
    assert len(made.report_failure(problem("slow"))) == 1
    assert len(made.report_failure(problem("offline"))) == 1
    made.handle(CodeReceived(1, "https://x", "", "CODE", 900.0, 5.0), 0.0)
    assert len(made.report_failure(problem("offline"))) == 1
