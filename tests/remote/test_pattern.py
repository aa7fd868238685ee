"""The lock pattern and the gate that it opens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.remote.intents import Intent
from tvapp.remote.pattern import DELAYS_S, STAYS_OPEN_S, LockGate, Pattern, delay_s, pattern_of


def wrong(gate: LockGate, now: float) -> LockGate:
    return gate.take(now).answer(right=False, now=now)


def right(gate: LockGate, now: float) -> LockGate:
    return gate.take(now).answer(right=True, now=now)


def test_words_spell_a_pattern() -> None:
    pattern = pattern_of(["up", "UP", "Left", "right", "down"])
    assert pattern == Pattern((Intent.UP, Intent.UP, Intent.LEFT, Intent.RIGHT, Intent.DOWN))
    assert pattern.words == "up up left right down"


NUMBER = "^a pattern has 4 to 16 arrows$"
ARROWS_ONLY = "^a pattern has arrows only: up, down, left, right$"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], NUMBER),
        (["up"] * 3, NUMBER),
        (["up"] * 17, NUMBER),
        (["up", "up", "up", "select"], ARROWS_ONLY),
        (["up", "up", "up", ""], ARROWS_ONLY),
    ],
)
def test_too_few_too_many_and_other_keys_are_no_pattern(words: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pattern_of(words)
    arrows = tuple(Intent(word) for word in words if word)
    if len(arrows) == len(words):
        with pytest.raises(ValueError, match=message):
            Pattern(arrows)


def test_a_pattern_does_not_tell_itself_by_accident() -> None:
    pattern = pattern_of(["up", "down", "left", "right"])
    for text in (repr(pattern), str(pattern), f"{pattern}"):
        assert not any(word in text.lower() for word in ("up", "down", "left", "right"))


def test_four_and_sixteen_arrows_are_allowed() -> None:
    assert len(pattern_of(["up"] * 4).arrows) == 4
    assert len(pattern_of(["left"] * 16).arrows) == 16


def test_the_right_pattern_opens_until_there_was_no_edit_for_five_minutes() -> None:
    gate = LockGate.begin(0, 100.0)
    assert not gate.is_open(100.0)
    gate = right(gate, 100.0)
    assert gate.is_open(100.0)
    assert gate.is_open(399.9)
    assert not gate.is_open(400.0)
    gate = gate.edited(390.0)
    assert gate.is_open(689.9)
    assert not gate.is_open(690.0)
    assert gate.edited(690.0) == gate  # too late: an edit opens nothing


def test_it_can_be_shut_by_hand() -> None:
    assert not right(LockGate.begin(0, 0.0), 0.0).shut().is_open(1.0)


def test_wrong_tries_cost_more_and_more_time() -> None:
    gate, now, waits = LockGate.begin(0, 0.0), 0.0, []
    for _ in range(10):
        gate = wrong(gate, now)
        waits.append(gate.wait_s(now))
        now += gate.wait_s(now)
        assert gate.takes_a_try(now)
    assert waits == [0.0, 0.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 3600.0, 3600.0]


@pytest.mark.parametrize(("before", "least", "wait_s"), [(0, 5, 60.0), (4, 5, 60.0), (5, 5, 300.0), (0, 0, 0.0)])
def test_a_wrong_try_that_could_not_be_saved_costs_as_much_as_many(before: int, least: int, wait_s: float) -> None:
    gate = LockGate(before).take(0.0).answer(right=False, now=0.0, least_tries=least)
    assert gate.wait_s(0.0) == wait_s
    assert LockGate(before).take(0.0).answer(right=True, now=0.0, least_tries=least).is_open(0.0)


def test_no_pattern_is_taken_before_the_wait_is_over_or_while_another_is_checked() -> None:
    gate = LockGate.begin(3, 0.0)
    assert not gate.takes_a_try(4.9)
    with pytest.raises(ValueError, match=r"^no pattern may be tried now$"):
        gate.take(4.9)
    checking = gate.take(5.0)
    assert not checking.takes_a_try(1e9)
    with pytest.raises(ValueError, match=r"^no pattern may be tried now$"):
        checking.take(1e9)


def test_the_right_pattern_makes_up_for_wrong_ones() -> None:
    gate = LockGate.begin(0, 0.0)
    for _ in range(3):
        gate = wrong(gate, 0.0)
    gate = right(gate, 5.0)
    assert (gate.wrong_tries, gate.wait_s(5.0)) == (0, 0.0)


def test_a_restart_begins_the_wait_again_and_keeps_the_count() -> None:
    gate = LockGate.begin(5, 7.0)
    assert gate.wait_s(7.0) == 60.0
    assert wrong(gate, 67.0).wait_s(67.0) == 300.0


def test_ending_the_program_during_the_check_gains_nothing() -> None:
    checking = LockGate.begin(2, 0.0).take(0.0)
    assert LockGate.begin(checking.wrong_tries, 0.0).wait_s(0.0) == 5.0


def test_an_answer_that_nobody_waits_for_changes_nothing() -> None:
    gate = LockGate.begin(3, 0.0)
    assert gate.answer(right=True, now=10.0) == gate


@pytest.mark.parametrize("kept", [-5, 0, 10**30])
def test_a_count_from_a_damaged_file_is_bounded(kept: int) -> None:
    gate = LockGate.begin(kept, 0.0)
    assert 0 <= gate.wrong_tries <= 1_000_000
    assert gate.wait_s(0.0) in (0.0, DELAYS_S[-1])
    later = gate.wait_s(0.0)
    assert gate.take(later).wrong_tries <= 1_000_000


steps = st.lists(
    st.tuples(st.sampled_from(["take", "right", "wrong", "edited", "shut", "restart"]), st.floats(0.0, 4000.0)),
    max_size=40,
)


@given(steps)
def test_it_is_open_only_within_five_minutes_of_the_right_pattern_or_an_edit(
    drawn: list[tuple[str, float]],
) -> None:
    gate, now, opened_at, tries = LockGate.begin(0, 0.0), 0.0, None, 0
    for step, passed in drawn:
        now += passed
        was_open = gate.is_open(now)
        if step == "take" and gate.takes_a_try(now):
            gate, tries = gate.take(now), tries + 1
        elif step in ("right", "wrong") and gate.is_checking:
            gate = gate.answer(right=step == "right", now=now)
            opened_at, tries = (now, 0) if step == "right" else (None, tries)
        elif step == "edited":
            gate = gate.edited(now)
            opened_at = now if was_open else opened_at
        elif step == "shut":
            gate, opened_at = gate.shut(), None
        elif step == "restart":
            gate, opened_at = LockGate.begin(gate.wrong_tries, now), None
            assert gate.wait_s(now) == delay_s(tries)
        assert gate.is_open(now) is (opened_at is not None and now < opened_at + STAYS_OPEN_S)
        assert gate.wrong_tries == tries
