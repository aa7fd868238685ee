"""The pace at which one code is polled (RFC 8628, 3.5)."""

from __future__ import annotations

import pytest

from tests.auth.rig import problem
from tvapp.auth.device_code import LOOP_PAUSE_S, TRANSIENT, DeviceFlow, pause_s, quiet_s
from tvapp.auth.view import Prompt


def flow(interval: float = 5.0) -> DeviceFlow:
    """A code from second 100 to second 1000, to be polled for the first time at 105."""
    return DeviceFlow(1, Prompt("https://x", "", "CODE", 1000.0, 900.0), interval, 100.0 + interval, 940.0)


def test_a_poll_is_due_at_its_time_until_the_code_expires_and_one_at_a_time() -> None:
    waiting = flow()
    assert [waiting.begin_poll(now) for now in (104.9, 105.0, 106.0)] == [False, True, False]
    waiting.note_pending(107.0, slow_down=False)
    assert waiting.next_poll_at == 112.0
    assert not waiting.begin_poll(1000.0)
    assert waiting.begin_poll(999.9)


def test_slow_down_adds_five_seconds_for_good() -> None:
    waiting = flow()
    waiting.note_pending(107.0, slow_down=True)
    assert (waiting.interval, waiting.next_poll_at) == (10.0, 117.0)
    waiting.note_pending(117.0, slow_down=False)
    assert waiting.next_poll_at == 127.0


def test_failures_in_a_row_are_further_and_further_apart_and_an_answer_ends_them() -> None:
    waiting = flow()
    pauses = []
    for _ in range(6):
        waiting.begin_poll(200.0)
        waiting.note_failure(problem("offline"), 200.0, 0.5)
        assert not waiting.in_flight
        pauses.append(waiting.next_poll_at - 200.0)
    assert pauses == sorted(pauses)
    assert pauses[0] >= 5.0
    assert pauses[2] > pauses[0]
    assert pauses[-1] <= 30.0 * 1.1
    assert waiting.failures == 6
    waiting.note_pending(300.0, slow_down=False)
    assert (waiting.failures, waiting.next_poll_at) == (0, 305.0)


@pytest.mark.parametrize(
    ("interval", "random", "pauses"),
    [
        (5.0, 0.5, [5.0, 10.0, 20.0, 30.0, 30.0]),
        (5.0, 0.0, [5.0, 9.0, 18.0, 27.0, 27.0]),
        (5.0, 1.0, [5.5, 11.0, 22.0, 33.0, 33.0]),
        (0.5, 0.5, [1.0, 2.0, 4.0, 8.0, 16.0]),
        (60.0, 0.5, [60.0, 60.0, 60.0, 60.0, 60.0]),
    ],
)
def test_the_pauses_double_up_to_half_a_minute_and_vary_by_a_tenth(
    interval: float, random: float, pauses: list[float]
) -> None:
    waiting = flow(interval)
    found = []
    for _ in pauses:
        waiting.note_failure(problem("offline"), 200.0, random)
        found.append(waiting.next_poll_at - 200.0)
    assert found == pytest.approx(pauses)


def test_a_long_interval_is_the_shortest_pause() -> None:
    waiting = flow(60.0)
    waiting.note_failure(problem("offline"), 200.0, 0.5)
    assert waiting.next_poll_at >= 260.0


def test_hurried_it_waits_for_its_interval_at_most() -> None:
    waiting = flow()
    waiting.hurry(101.0)
    assert waiting.next_poll_at == 105.0, "nothing has failed"
    for _ in range(5):
        waiting.note_failure(problem("offline"), 200.0, 0.5)
    waiting.hurry(202.0)
    assert waiting.next_poll_at == 205.0
    waiting.hurry(220.0)
    assert waiting.next_poll_at == 220.0


@pytest.mark.parametrize(
    ("kind", "retry_after_s", "expected"),
    [
        ("busy", None, 0.0),
        ("busy", 7.0, 7.0),
        ("busy", -7.0, 0.0),
        ("busy", 9000.0, 3600.0),
        ("too-eager", None, LOOP_PAUSE_S),
        ("too-eager", 10.0, LOOP_PAUSE_S),
        ("too-eager", 200.0, 200.0),
    ],
)
def test_the_server_says_how_long_it_wants_no_requests(kind: str, retry_after_s: float | None, expected: float) -> None:
    assert quiet_s(problem(kind, retry_after_s=retry_after_s)) == expected


def test_a_pause_is_the_back_off_or_what_the_server_asked_for() -> None:
    assert pause_s(problem("offline"), TRANSIENT, 0, 0.5) == TRANSIENT.delay(0, 0.5)
    assert pause_s(problem("busy", retry_after_s=50.0), TRANSIENT, 0, 0.5) >= 50.0
    assert pause_s(problem("too-eager"), TRANSIENT, 3, 0.5) == LOOP_PAUSE_S
