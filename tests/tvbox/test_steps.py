"""The steps of a TV in a box: what counts as held, and what comes after a failure."""

from __future__ import annotations

from collections.abc import Callable

from scripts.tvbox_rig.guest_client import GuestError
from scripts.tvbox_rig.steps import (
    FAILED,
    HELD,
    NOT_DONE,
    CannotDoError,
    NotMetError,
    Result,
    Step,
    carry_out,
    exit_status,
    summary,
)


def step(name: str, act: Callable[[], str], *, needed: bool = False) -> Step:
    return Step(name, "something", act, needed=needed)


def fine() -> str:
    return "it"


def not_met() -> str:
    raise NotMetError("a black picture")


def impossible() -> str:
    raise CannotDoError("no such connector")


def silent() -> str:
    raise GuestError("no answer")


def done(*steps: Step) -> tuple[list[Result], list[str], list[str]]:
    said: list[str] = []
    kept: list[str] = []

    def keep(name: str) -> str:
        kept.append(name)
        return f"{name}.png"

    return carry_out(steps, keep, said.append), said, kept


def test_a_step_that_held_tells_what_was_expected_and_seen_and_keeps_a_picture() -> None:
    results, said, kept = done(step("power on", fine))
    assert [(result.outcome, result.seen, result.picture) for result in results] == [(HELD, "it", "01-power-on.png")]
    assert kept == ["01-power-on"]
    assert any("something" in line for line in said)
    assert any("it" in line for line in said)
    assert exit_status(results) == 0


def test_what_was_not_seen_fails_the_run_and_the_next_step_is_done() -> None:
    results, _, _ = done(step("arrow", not_met), step("keys", fine))
    assert [result.outcome for result in results] == [FAILED, HELD]
    assert results[0].seen == "a black picture"
    assert exit_status(results) == 1


def test_after_a_failure_of_what_all_need_the_rest_is_not_done() -> None:
    results, _, kept = done(step("power on", not_met, needed=True), step("arrow", fine))
    assert [result.outcome for result in results] == [FAILED, NOT_DONE]
    assert "power on" in results[1].seen
    assert kept == ["01-power-on"]


def test_a_step_that_cannot_be_done_here_does_not_count_as_held() -> None:
    results, said, _ = done(step("display", impossible))
    assert [result.outcome for result in results] == [NOT_DONE]
    assert any(NOT_DONE in line for line in said)
    assert exit_status(results) == 1


def test_a_guest_that_does_not_answer_fails_the_step_alone() -> None:
    results, _, _ = done(step("kill", silent), step("keys", fine))
    assert [result.outcome for result in results] == [FAILED, HELD]
    assert results[0].seen == "GuestError: no answer"


def test_a_run_without_steps_shows_nothing() -> None:
    assert exit_status([]) == 1


def test_the_report_counts_the_outcomes() -> None:
    results, _, _ = done(step("a", fine), step("b", not_met), step("c", impossible), step("d", fine))
    told = summary(results)
    assert (told["held"], told["failed"], told["not_done"]) == (2, 1, 1)
    assert isinstance(told["steps"], list)
    assert told["steps"][1]["seen"] == "a black picture"
