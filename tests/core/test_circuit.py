"""When a host is left alone, and when it is asked again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.circuit import (
    FAILURES_TO_OPEN,
    MAX_RETRY_AFTER_S,
    MIN_TRIAL_WAIT_S,
    OPEN_TIME,
    Circuit,
    Permit,
    Refusal,
    Trouble,
)
from tvapp.core.errors import ServiceDown, Throttled, TimedOut, Unreachable

DOWN = ServiceDown("h", 503)
GONE = Unreachable("h", "refused")


def permitted(circuit: Circuit, now: float) -> Permit:
    permit = circuit.acquire(now)
    assert isinstance(permit, Permit)
    return permit


def refused(circuit: Circuit, now: float) -> Refusal:
    refusal = circuit.acquire(now)
    assert isinstance(refusal, Refusal)
    return refusal


def opened(trouble: Trouble = DOWN, now: float = 0.0) -> Circuit:
    circuit = Circuit(lambda: 0.5)
    for count in range(FAILURES_TO_OPEN):
        assert circuit.failed(permitted(circuit, now), trouble, now) is (count == FAILURES_TO_OPEN - 1)
    return circuit


def test_a_few_troubles_in_a_row_open_it_and_the_refusal_says_why_and_for_how_long() -> None:
    circuit = opened()
    refusal = refused(circuit, 0.5)
    assert refusal.trouble is DOWN
    assert refusal.wait_s == pytest.approx(OPEN_TIME.first_s - 0.5)


def test_an_answer_in_between_begins_the_count_anew() -> None:
    circuit = Circuit(lambda: 0.5)
    for _ in range(3):
        for _ in range(FAILURES_TO_OPEN - 1):
            circuit.failed(permitted(circuit, 0.0), DOWN, 0.0)
        assert not circuit.succeeded(permitted(circuit, 0.0)), "it was closed already"
    permitted(circuit, 0.0)


def test_it_opens_for_two_seconds_at_first_and_for_a_minute_at_most() -> None:
    assert FAILURES_TO_OPEN == 5
    circuit, now, waits = opened(), 0.0, []
    for _ in range(7):
        waits.append(circuit.open_for(now))
        now += waits[-1]
        circuit.failed(permitted(circuit, now), DOWN, now)
    assert waits == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


def test_half_open_it_lets_a_single_request_through_whose_answer_closes_it() -> None:
    circuit = opened()
    trial = permitted(circuit, 10.0)
    assert refused(circuit, 10.0).wait_s > 0
    assert circuit.succeeded(trial)
    permitted(circuit, 10.0)
    permitted(circuit, 10.0)


def test_a_trial_that_fails_opens_it_for_longer() -> None:
    circuit = opened()
    now, waits = 0.0, []
    for _ in range(8):
        waits.append(circuit.open_for(now))
        now += waits[-1]
        assert circuit.failed(permitted(circuit, now), DOWN, now)
    assert waits == sorted(waits)
    assert waits[-1] == OPEN_TIME.ceiling_s


def test_a_trial_that_was_given_up_leaves_its_place_to_the_next() -> None:
    circuit = opened()
    circuit.release(permitted(circuit, 10.0))
    permitted(circuit, 10.0)


def test_what_was_sent_before_it_opened_neither_closes_it_nor_opens_it_for_longer() -> None:
    circuit = Circuit(lambda: 0.5)
    early = [permitted(circuit, 0.0) for _ in range(FAILURES_TO_OPEN + 3)]
    for permit in early[:FAILURES_TO_OPEN]:
        circuit.failed(permit, DOWN, 0.0)
    before = circuit.open_for(0.0)
    assert not circuit.succeeded(early[-1])
    assert not circuit.failed(early[-2], DOWN, 0.0)
    assert circuit.open_for(0.0) == before


def test_retry_after_extends_it_also_when_it_comes_late() -> None:
    circuit = Circuit(lambda: 0.5)
    early = [permitted(circuit, 0.0) for _ in range(FAILURES_TO_OPEN + 1)]
    circuit.failed(early[0], Throttled("h", 429, retry_after_s=20.0), 0.0)
    for permit in early[1:FAILURES_TO_OPEN]:
        circuit.failed(permit, DOWN, 0.0)
    assert circuit.open_for(0.0) == 20.0
    circuit.failed(early[-1], Throttled("h", 429, retry_after_s=30.0), 5.0)
    assert circuit.open_for(5.0) == 30.0


def test_somebody_who_asks_for_another_try_gets_one() -> None:
    circuit = opened(Throttled("h", 429, retry_after_s=600.0))
    circuit.hurry(1.0)
    permitted(circuit, 1.0)
    refused(circuit, 1.0)


def test_the_networks_return_closes_it_only_where_the_network_was_the_trouble() -> None:
    lost, down = opened(GONE), opened(DOWN)
    assert lost.network_restored()
    assert not down.network_restored()
    permitted(lost, 0.0)
    refused(down, 0.0)


def test_the_networks_return_starts_the_count_anew() -> None:
    circuit = Circuit(lambda: 0.5)
    for _ in range(FAILURES_TO_OPEN - 1):
        circuit.failed(permitted(circuit, 0.0), GONE, 0.0)
    assert not circuit.network_restored()
    assert not circuit.failed(permitted(circuit, 0.0), GONE, 0.0)
    permitted(circuit, 0.0)


def test_once_closed_it_opens_as_briefly_as_at_first() -> None:
    circuit = opened(Throttled("h", 429, retry_after_s=600.0))
    assert circuit.open_for(0.0) == 600.0
    circuit.hurry(1.0)
    assert circuit.failed(permitted(circuit, 1.0), DOWN, 1.0)
    circuit.hurry(2.0)
    assert circuit.succeeded(permitted(circuit, 2.0))
    assert circuit.open_for(2.0) == 0.0
    for _ in range(FAILURES_TO_OPEN):
        circuit.failed(permitted(circuit, 2.0), DOWN, 2.0)
    assert circuit.open_for(2.0) == OPEN_TIME.first_s


def test_while_the_trial_is_under_way_others_are_told_to_wait_a_little() -> None:
    circuit = opened()
    permitted(circuit, 10.0)
    assert refused(circuit, 10.0) == Refusal(DOWN, MIN_TRIAL_WAIT_S)
    assert refused(circuit, 1000.0) == Refusal(DOWN, MIN_TRIAL_WAIT_S)


def test_a_cancelled_request_that_is_not_the_trial_frees_no_place() -> None:
    circuit = Circuit(lambda: 0.5)
    early = permitted(circuit, 0.0)
    for _ in range(FAILURES_TO_OPEN):
        circuit.failed(permitted(circuit, 0.0), DOWN, 0.0)
    permitted(circuit, 10.0)
    circuit.release(early)
    refused(circuit, 10.0)


TROUBLE = st.one_of(
    st.just(GONE),
    st.just(TimedOut("h")),
    st.just(DOWN),
    st.floats(-10, 1e9).map(lambda after: Throttled("h", 429, retry_after_s=after)),
)
STEP = st.tuples(st.floats(0, 100), st.sampled_from(["answer", "trouble", "give up", "hurry", "restored"]), TROUBLE)


@given(st.lists(STEP, max_size=60), st.floats(0, 0.999))
def test_whatever_happens_at_most_one_trial_is_under_way_and_nobody_waits_for_ever(
    steps: list[tuple[float, str, Trouble]], random: float
) -> None:
    circuit = Circuit(lambda: random)
    now = 0.0
    out: list[Permit] = []
    for pause_s, what, trouble in steps:
        now += pause_s
        asked = circuit.acquire(now)
        if isinstance(asked, Permit):
            again = circuit.acquire(now)
            # Closed, the next one may go as well; a trial is alone.
            assert again == asked if circuit.open_for(-1e9) == 0.0 else isinstance(again, Refusal)
            out.append(asked)
        else:
            assert 0 < asked.wait_s <= MAX_RETRY_AFTER_S + OPEN_TIME.ceiling_s
        if what == "hurry":
            circuit.hurry(now)
        elif what == "restored":
            circuit.network_restored()
        elif out:
            permit = out.pop(0)
            if what == "answer":
                circuit.succeeded(permit)
            elif what == "trouble":
                circuit.failed(permit, trouble, now)
            else:
                circuit.release(permit)
    for permit in out:
        circuit.release(permit)
    permitted(circuit, now + MAX_RETRY_AFTER_S + OPEN_TIME.ceiling_s)


@given(st.lists(st.tuples(st.floats(0, 1), TROUBLE), max_size=60))
def test_a_host_in_trouble_is_asked_ever_less_often(steps: list[tuple[float, Trouble]]) -> None:
    circuit = Circuit(lambda: 0.5)
    now, sent = 0.0, 0
    for pause_s, trouble in steps:
        now += pause_s
        asked = circuit.acquire(now)
        if isinstance(asked, Permit):
            sent += 1
            circuit.failed(asked, trouble, now)
    # The pauses are 2, 4, 8 ... s: within a minute there is room for five trials.
    assert sent <= FAILURES_TO_OPEN + 5
