"""The sign-in screen, minute by minute."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.auth.rig import AINO, BERT, Rig, code, problem
from tvapp.auth.messages import (
    AccountLoaded,
    CodeReceived,
    CodeRefused,
    DropFlow,
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
)
from tvapp.auth.session import Session, SessionSettings


def test_the_first_start_asks_for_a_code_by_itself() -> None:
    rig = Rig().start()
    assert rig.phase() == "requesting"
    rig.prompted()
    assert rig.phase() == "prompting"
    assert rig.view.status == "waiting"
    assert rig.reports("signin.prompted") == [
        {"verification_uri": "https://login.example.com/device", "expires_in": 900, "renewal": 0}
    ]


def test_a_known_account_is_signed_in_without_a_code() -> None:
    rig = Rig().start(AINO)
    assert rig.phase() == "signed-in"
    assert rig.view.account == AINO
    assert not rig.take(RequestCode)
    assert rig.session.next_wakeup() is None


def test_the_view_names_the_organisation_and_counts_down() -> None:
    rig = Rig().start()
    rig.prompted()
    rig.advance(100)
    assert rig.view.organisation == "Contoso"
    assert rig.view.remaining_s == pytest.approx(800)


def test_a_view_does_not_print_the_user_code() -> None:
    rig = Rig().start()
    rig.prompted()
    assert rig.view.prompt is not None
    assert rig.view.prompt.user_code == "CODE1"
    assert "CODE1" not in repr(rig.view)
    assert "CODE1" not in repr(rig.log)


def test_polls_keep_the_interval() -> None:
    rig = Rig().start()
    rig.prompted(interval=5)
    rig.advance(4.9)
    assert not rig.take(Poll)
    rig.advance(0.1)
    assert len(rig.take(Poll)) == 1


def test_slow_down_adds_five_seconds_for_good() -> None:
    rig = Rig().start()
    number = rig.prompted(interval=5)
    rig.advance(5)
    rig.take(Poll)
    rig.send(PollSlowDown(number))
    rig.advance(9.9)
    assert not rig.take(Poll)
    rig.advance(0.1)
    assert rig.take(Poll)
    rig.send(PollPending(number))
    rig.advance(9.9)
    assert not rig.take(Poll)


def test_the_code_renews_itself_before_it_runs_out_and_the_former_one_still_counts() -> None:
    rig = Rig().start()
    first = rig.prompted()
    rig.wait_pending(839)
    assert not rig.take(RequestCode)
    rig.wait_pending(2)
    second = rig.prompted()
    assert rig.view.prompt is not None
    assert rig.view.prompt.user_code == f"CODE{second}"
    assert rig.view.prompt.renewal == 1
    rig.advance(6)
    assert {poll.flow for poll in rig.take(Poll)} == {first, second}
    rig.send(PollSucceeded(first, AINO))
    assert rig.phase() == "succeeded"
    assert {drop.flow for drop in rig.take(DropFlow)} == {first, second}


def test_the_former_code_is_dropped_when_its_time_is_over() -> None:
    rig = Rig().start()
    first = rig.prompted()
    rig.wait_pending(841)
    rig.prompted()
    rig.wait_pending(60)
    assert DropFlow(first) in rig.commands
    rig.advance(5)
    assert {poll.flow for poll in rig.take(Poll)} == {2}


def test_nobody_there_for_long_pauses_until_ok_is_pressed() -> None:
    rig = Rig().start()
    rig.prompted()
    for _ in range(40):
        rig.wait_pending(300)
        for request in rig.take(RequestCode):
            rig.send(code(request.flow))
    assert rig.phase() == "paused"
    assert len(rig.reports("signin.prompted")) == 9
    assert [report["renewal"] for report in rig.reports("signin.prompted")] == list(range(9))
    assert rig.session.next_wakeup() is None
    rig.ok()
    rig.prompted()
    assert rig.reports("signin.prompted")[-1]["renewal"] == 0


def test_a_key_press_now_and_then_keeps_the_codes_coming() -> None:
    rig = Rig().start()
    rig.prompted()
    for _ in range(60):
        rig.wait_pending(300)
        rig.session.person_present()
        for request in rig.take(RequestCode):
            rig.send(code(request.flow))
    assert rig.phase() == "prompting"


def test_signing_in_again_can_wait_until_somebody_wants_a_code() -> None:
    rig = Rig().start(AINO)
    rig.send(PersonNeeded(problem("session-ended")))
    flow = rig.prompted()
    rig.postpone()
    assert DropFlow(flow) in rig.commands
    assert (rig.phase(), rig.view.again, rig.view.problem) == ("paused", True, None)
    assert rig.session.next_wakeup() is None
    rig.send(PollSucceeded(flow, BERT))
    rig.send(PersonNeeded(problem("session-ended")))
    assert rig.phase() == "paused"
    rig.ok()
    assert rig.prompted() != flow
    assert rig.phase() == "prompting"


def test_an_approval_that_crosses_going_back_to_the_map_counts() -> None:
    rig = Rig().start(AINO)
    rig.send(PersonNeeded(problem("session-ended")))
    flow = rig.prompted()
    rig.postpone()
    rig.send(PollSucceeded(flow, AINO))
    assert rig.phase() == "succeeded"
    assert not rig.view.again


def test_a_first_sign_in_cannot_be_put_off() -> None:
    rig = Rig().start()
    rig.prompted()
    rig.postpone()
    assert rig.phase() == "prompting"


def test_success_is_shown_for_a_moment_and_then_the_map_comes() -> None:
    rig = Rig().start()
    number = rig.prompted()
    rig.advance(5)
    rig.send(PollSucceeded(number, AINO))
    assert rig.phase() == "succeeded"
    rig.advance(2)
    assert rig.phase() == "signed-in"
    assert rig.reports("signin.succeeded") == [{"tenant": "tid-1", "account": "ai***@contoso.com"}]


def test_a_decline_waits_for_ok_before_another_code() -> None:
    rig = Rig().start()
    number = rig.prompted()
    rig.advance(5)
    rig.take(Poll)
    rig.send(PollRefused(number, problem("declined")))
    assert rig.phase() == "failed"
    assert rig.view.waits_for_ok
    assert rig.reports("signin.failed")[-1]["next"] == "waits-for-ok"
    rig.advance(100_000)
    assert not rig.take(RequestCode)
    rig.ok()
    assert rig.take(RequestCode)


def test_a_dead_code_is_replaced_by_itself_but_not_for_ever() -> None:
    rig = Rig().start()
    for _ in range(20):
        rig.advance(120)
        if rig.phase() == "failed":
            break
        number = rig.prompted()
        rig.advance(5)
        rig.take(Poll)
        rig.send(PollRefused(number, problem("code-unknown")))
    assert rig.phase() == "failed"
    assert len(rig.reports("signin.prompted")) == 6
    assert rig.reports("signin.failed")[0]["next"] == "new-code"


def test_connection_errors_slow_the_polls_down_and_keep_the_code() -> None:
    rig = Rig().start()
    number = rig.prompted(interval=5)
    gaps = []
    for _ in range(6):
        before = rig.now
        while not rig.take(Poll):
            rig.advance(1)
        gaps.append(rig.now - before)
        rig.send(PollRefused(number, problem("offline")))
        assert rig.view.status == "offline"
        assert rig.view.prompt is not None
    assert gaps == sorted(gaps)
    assert gaps[-1] <= 34
    assert not rig.take(RequestCode)


def test_no_early_renewal_while_nothing_answers_but_a_new_code_when_the_old_one_is_over() -> None:
    rig = Rig().start()
    number = rig.prompted()
    rig.wait_pending(830)
    for _ in range(10):
        rig.advance(6.9)
        if rig.take(Poll):
            rig.send(PollRefused(number, problem("interrupted")))
    rig.advance(0.1)
    assert rig.now < 1000 + 900
    assert not rig.take(RequestCode)
    rig.advance(60)
    for poll in rig.take(Poll):
        rig.send(PollRefused(poll.flow, problem("interrupted")))
    assert rig.take(RequestCode)


def test_retry_after_is_obeyed_with_the_same_code() -> None:
    rig = Rig().start()
    number = rig.prompted()
    rig.advance(5)
    rig.take(Poll)
    rig.send(PollRefused(number, problem("busy", retry_after_s=40)))
    assert rig.view.status == "busy"
    rig.advance(39.9)
    assert not rig.take(Poll)
    rig.advance(3)
    assert rig.take(Poll) == [Poll(number)]


def test_loop_detection_is_answered_with_minutes_of_silence() -> None:
    rig = Rig().start()
    number = rig.prompted()
    rig.advance(5)
    rig.take(Poll)
    rig.send(PollRefused(number, problem("too-eager")))
    rig.advance(179)
    assert not rig.take(Poll)
    rig.advance(10)
    assert rig.take(Poll)


def test_the_confirmation_page_is_not_an_error() -> None:
    rig = Rig().start()
    number = rig.prompted()
    rig.advance(5)
    rig.take(Poll)
    rig.send(PollRefused(number, problem("confirming")))
    assert rig.phase() == "prompting"
    assert rig.view.status == "waiting"
    assert not rig.reports("signin.failed")


def test_without_a_network_it_says_so_and_goes_on_by_itself() -> None:
    rig = Rig().start()
    for _ in range(8):
        rig.advance(60)
        (request,) = rig.take(RequestCode)
        rig.send(CodeRefused(request.flow, problem("offline")))
        assert rig.phase() == "offline"
        assert rig.view.retry_in_s is not None
        assert rig.view.retry_in_s <= 40
    assert len(rig.reports("signin.failed")) == 1
    rig.advance(60)
    rig.prompted()
    assert rig.phase() == "prompting"
    assert rig.view.problem is None


def test_the_networks_return_is_used_at_once() -> None:
    rig = Rig().start()
    for _ in range(8):
        rig.advance(60)
        (request,) = rig.take(RequestCode)
        rig.send(CodeRefused(request.flow, problem("offline")))
    rig.restore_network()
    assert rig.take(RequestCode)


def test_ok_tries_again_at_once_but_not_against_retry_after() -> None:
    rig = Rig().start()
    (request,) = rig.take(RequestCode)
    rig.send(CodeRefused(request.flow, problem("busy", retry_after_s=60)))
    rig.ok()
    assert not rig.take(RequestCode)
    rig.advance(62)
    assert rig.take(RequestCode)


@pytest.mark.parametrize("kind", ["app-unknown", "tenant-unknown", "public-client-off", "no-device-flow"])
def test_a_wrong_registration_is_explained_and_waits(kind: str) -> None:
    rig = Rig().start()
    (request,) = rig.take(RequestCode)
    rig.send(CodeRefused(request.flow, problem(kind, aadsts=90002, correlation_id="c-9")))
    assert rig.phase() == "failed"
    assert rig.view.problem is not None
    assert rig.view.problem.kind == kind
    assert rig.view.problem.correlation_id == "c-9"


def test_a_refused_renewal_leaves_the_present_code_alone() -> None:
    rig = Rig().start()
    rig.prompted()
    rig.wait_pending(841)
    (request,) = rig.take(RequestCode)
    rig.send(CodeRefused(request.flow, problem("app-disabled")))
    assert rig.phase() == "prompting"
    assert rig.view.status == "waiting"


def test_a_decline_of_the_former_code_counts() -> None:
    rig = Rig().start()
    first = rig.prompted()
    rig.wait_pending(841)
    rig.prompted()
    rig.send(PollRefused(first, problem("declined")))
    assert rig.phase() == "failed"


def test_the_end_of_the_former_code_changes_nothing() -> None:
    rig = Rig().start()
    first = rig.prompted()
    rig.wait_pending(841)
    second = rig.prompted()
    rig.send(PollRefused(first, problem("code-expired")))
    assert rig.view.prompt is not None
    assert rig.view.prompt.user_code == f"CODE{second}"
    assert not rig.take(RequestCode)


def test_on_a_black_screen_no_code_is_asked_for_until_somebody_can_see_it() -> None:
    session = Session(SessionSettings())
    session.show(False)
    session.start(0.0)
    assert session.handle(AccountLoaded(None), 0.1) == []
    assert session.tick(3600.0) == []
    assert session.next_wakeup() is None
    session.show(True)
    assert session.tick(3600.1) == [RequestCode(1, ())]


def test_a_code_that_is_out_when_the_screen_goes_black_still_counts_but_is_not_renewed() -> None:
    session = Session(SessionSettings())
    session.start(0.0)
    session.handle(AccountLoaded(None), 0.0)
    session.handle(CodeReceived(1, "https://login.example.com/device", "", "CB7F9OQX0", 900.0, 5.0), 0.0)
    session.show(False)
    commands = []
    for second in range(5, 2000, 5):
        commands += session.tick(float(second))
        commands += session.handle(PollPending(1), float(second))
    assert Poll(1) in commands
    assert DropFlow(1) in commands
    assert not [command for command in commands if isinstance(command, RequestCode)]
    session.show(True)
    assert [command for command in session.tick(2000.0) if isinstance(command, RequestCode)]


def test_a_code_that_the_server_forgot_is_replaced_at_once_the_next_ones_after_a_while() -> None:
    rig = Rig().start()
    rig.send(PollRefused(rig.prompted(), problem("code-unknown")))
    rig.send(PollRefused(rig.prompted(), problem("code-unknown")))
    assert rig.take(RequestCode) == []
    rig.advance(1.0)
    assert rig.take(RequestCode) == []
    rig.advance(2.0)
    assert len(rig.take(RequestCode)) == 1


def test_what_happens_to_the_account_is_logged_with_its_tenant() -> None:
    rig = Rig().start(AINO)
    assert rig.reports("signin.succeeded") == [{"tenant": "tid-1", "account": "ai***@contoso.com", "restored": True}]
    rig.send(PersonNeeded(problem("session-ended")))
    rig.postpone()
    assert rig.reports("signin.postponed") == [{"tenant": "contoso.com"}]
    rig.commands.clear()
    rig.sign_out()
    assert rig.commands == [UseAccount(None), SignOut(), Report("signin.signed_out", {"tenant": "contoso.com"})]


def test_an_account_without_a_tenant_is_logged_with_that_of_the_configuration() -> None:
    rig = Rig().start(replace(AINO, tenant=""))
    assert rig.reports("signin.succeeded")[0]["tenant"] == "contoso.com"
