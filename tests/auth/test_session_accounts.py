"""Who is signed in, and whose tokens are none of ours."""

from __future__ import annotations

from tests.auth.rig import AINO, BERT, Rig, code, problem
from tvapp.auth.messages import (
    AccountLoaded,
    DropFlow,
    ForgetAccount,
    PersonNeeded,
    PollSucceeded,
    RequestCode,
    SignOut,
    UseAccount,
)


def test_tokens_that_cannot_be_renewed_bring_the_code_back_and_keep_the_account() -> None:
    rig = Rig().start(AINO)
    rig.send(PersonNeeded(problem("session-ended", aadsts=50173)))
    assert rig.view.account == AINO
    assert rig.view.again
    rig.prompted()
    assert rig.phase() == "prompting"
    assert rig.view.problem is not None
    assert rig.view.problem.kind == "session-ended"
    assert rig.reports("signin.failed")[-1]["next"] == "new-code"


def test_another_person_signing_in_again_replaces_the_former_account() -> None:
    rig = Rig().start(AINO)
    rig.send(PersonNeeded(problem("session-ended")))
    number = rig.prompted()
    rig.send(PollSucceeded(number, BERT))
    assert ForgetAccount(AINO.home_id) in rig.commands
    assert rig.view.account == BERT
    assert not rig.view.again


def test_nobody_is_served_until_the_map_of_the_former_account_is_gone() -> None:
    rig = Rig().start(AINO)
    assert rig.take(UseAccount) == [UseAccount(AINO.home_id)]
    rig.send(PersonNeeded(problem("session-ended")))
    rig.send(PollSucceeded(rig.prompted(), BERT))
    assert rig.take(UseAccount) == [UseAccount(None)]
    assert rig.phase() == "succeeded"
    rig.advance(2)
    assert rig.phase() == "signed-in"
    assert rig.take(UseAccount) == [UseAccount(BERT.home_id)]


def test_the_same_person_is_served_at_once() -> None:
    rig = Rig().start(AINO)
    rig.send(PersonNeeded(problem("session-ended")))
    rig.take(UseAccount)
    rig.send(PollSucceeded(rig.prompted(), AINO))
    rig.advance(2)
    assert rig.take(UseAccount) == [UseAccount(AINO.home_id)]


def test_a_challenge_goes_into_every_code_until_somebody_has_signed_in() -> None:
    rig = Rig().start(AINO)
    rig.send(PersonNeeded(problem("more-proof"), "{claims}"))
    rig.prompted()
    rig.postpone()
    rig.ok()
    (request,) = rig.take(RequestCode)
    assert request.claims == "{claims}"
    assert "claims}" not in repr(request)
    rig.send(code(request.flow))
    rig.send(PollSucceeded(request.flow, AINO))
    rig.advance(2)
    rig.send(PersonNeeded(problem("session-ended")))
    assert rig.take(RequestCode)[-1].claims == ""


def test_the_same_person_signing_in_again_is_not_forgotten() -> None:
    rig = Rig().start(AINO)
    rig.send(PersonNeeded(problem("session-ended")))
    rig.send(PollSucceeded(rig.prompted(), AINO))
    assert not rig.take(ForgetAccount)


def test_a_second_approval_by_somebody_else_is_forgotten() -> None:
    rig = Rig().start()
    first = rig.prompted()
    rig.wait_pending(841)
    second = rig.prompted()
    rig.send(PollSucceeded(second, AINO))
    rig.send(PollSucceeded(first, BERT))
    assert rig.take(ForgetAccount) == [ForgetAccount(BERT.home_id)]
    assert rig.view.account == AINO


def test_sign_out_forgets_and_waits_for_ok() -> None:
    rig = Rig().start(AINO)
    rig.sign_out()
    assert rig.take(SignOut)
    assert rig.phase() == "signed-out"
    assert rig.view.account is None
    rig.advance(10_000)
    assert not rig.take(RequestCode)
    rig.ok()
    assert rig.take(RequestCode)


def test_an_approval_that_arrives_after_signing_out_is_forgotten() -> None:
    rig = Rig().start()
    number = rig.prompted()
    rig.advance(5)
    rig.sign_out()
    rig.send(PollSucceeded(number, AINO))
    assert rig.take(ForgetAccount)
    assert rig.phase() == "signed-out"


def test_a_code_that_arrives_too_late_is_dropped() -> None:
    rig = Rig().start()
    (request,) = rig.take(RequestCode)
    rig.sign_out()
    rig.send(code(request.flow))
    assert rig.take(DropFlow) == [DropFlow(request.flow)]
    assert rig.phase() == "signed-out"


def test_signing_out_while_starting_ignores_the_account_that_comes_later() -> None:
    rig = Rig()
    rig.session.start(rig.now)
    rig.sign_out()
    rig.send(AccountLoaded(AINO))
    assert rig.phase() == "signed-out"
