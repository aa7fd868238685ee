"""The stepper that arrows turn: single steps when tapped, larger ones when held."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.fences.editing.stepper import Stepper, round_value
from tvapp.geo.position import Position

HELSINKI = Position(24.94, 60.17)


def hold(stepper: Stepper, until_s: float, frame_s: float = 0.0, up: bool = True) -> None:
    """Turn as the remote's repeats do: at 0.4 s, then faster and faster, never more often than frames come."""
    stepper.turn(up)
    at, interval = 0.4, 0.08
    while at <= until_s:
        stepper.turn(up, math.ceil(at / frame_s) * frame_s if frame_s else at)
        at += max(interval, frame_s)
        interval = max(0.035, interval * 0.94)


def test_a_tap_turns_the_radius_by_a_metre_and_a_coarse_one_by_ten() -> None:
    stepper = Stepper(200.0, 1.0, 10_000.0)
    assert stepper.turn(True)
    assert stepper.value == 201.0
    assert stepper.turn(True, coarse=True)
    assert stepper.value == 210.0
    stepper.turn(False, coarse=True)
    assert stepper.value == 200.0
    stepper.turn(False)
    assert stepper.value == 199.0


@pytest.mark.parametrize("frame_s", [0.0, 1 / 60, 1 / 15])
def test_a_held_stepper_goes_all_the_way_in_eight_seconds_however_slow_the_frames(frame_s: float) -> None:
    stepper = Stepper(1.0, 1.0, 10_000.0)
    hold(stepper, 8.0, frame_s)
    assert stepper.value == 10_000.0
    assert not stepper.turn(True)
    hold(stepper, 8.0, frame_s, up=False)
    assert stepper.value == 1.0


def test_letting_go_a_third_of_a_second_late_overshoots_by_less_than_three_quarters() -> None:
    early, late = Stepper(100.0, 1.0, 10_000.0), Stepper(100.0, 1.0, 10_000.0)
    hold(early, 3.5)
    hold(late, 3.8)
    assert early.value < late.value < 1.75 * early.value


def test_a_held_stepper_stops_at_round_values_and_a_short_hold_counts_single_metres() -> None:
    stepper = Stepper(103.0, 1.0, 10_000.0)
    hold(stepper, 0.9)
    assert 104.0 < stepper.value < 120.0
    hold(stepper, 4.0)
    assert stepper.value > 200.0
    assert stepper.value % 10 == 0


def test_a_stall_is_no_leap() -> None:
    stepper = Stepper(100.0, 1.0, 10_000.0)
    stepper.turn(True)
    stepper.turn(True, 30.0)
    assert stepper.value <= 120.0


@given(st.floats(1.0, 10_000.0), st.booleans(), st.booleans(), st.lists(st.floats(0.0, 9.0), max_size=30))
def test_a_stepper_never_leaves_its_range_nor_goes_the_wrong_way(
    start: float, up: bool, coarse: bool, times: list[float]
) -> None:
    stepper = Stepper(start, 1.0, 10_000.0)
    for held_s in sorted(times):
        before = stepper.value
        moved = stepper.turn(up, held_s, coarse)
        assert 1.0 <= stepper.value <= 10_000.0
        assert (stepper.value - before) * (1 if up else -1) >= 0.0
        assert moved is (stepper.value != before)


@given(st.floats(0.01, 1e6))
def test_round_values_are_one_two_or_five_with_noughts(near: float) -> None:
    value = round_value(near, 1.0, 10_000.0)
    assert f"{value:.0e}"[0] in "125"
    assert value == 1.0 or value <= near * (1 + 1e-9)
    assert value >= min(near, 10_000.0) / 2.5 or value == 1.0


def test_a_tap_stops_at_the_ends_of_the_range() -> None:
    stepper = Stepper(2.0, 1.0, 10.0)
    assert stepper.turn(False)
    assert not stepper.turn(False)
    assert stepper.value == 1.0
    assert stepper.turn(True, coarse=True)
    assert not stepper.turn(True)
    assert stepper.value == 10.0


def test_a_tap_between_whole_values_goes_to_the_next_one() -> None:
    stepper = Stepper(200.4, 1.0, 10_000.0)
    stepper.turn(True)
    assert stepper.value == 201.0
    stepper = Stepper(200.4, 1.0, 10_000.0)
    stepper.turn(False)
    assert stepper.value == 200.0
    stepper = Stepper(204.0, 1.0, 10_000.0)
    stepper.turn(False, coarse=True)
    assert stepper.value == 200.0


def held(value: float, held_s: float, up: bool, coarse: bool = False) -> float:
    """Return the value after one step of a hold that has lasted for a while."""
    stepper = Stepper(value, 1.0, 10_000.0)
    stepper._step(up, held_s, coarse)
    return stepper.value


@pytest.mark.parametrize(
    ("value", "held_s", "up", "expected"),
    [
        (1000.0, 0.99, True, 1001.0),  # one by one
        (1000.0, 1.0, True, 1010.0),  # an eighth of the fast step of 100, rounded down to one of the list
        (1000.0, 1.59, True, 1010.0),
        (1000.0, 1.6, True, 1100.0),  # a tenth of the value
        (999.0, 1.6, True, 1000.0),
        (5000.0, 2.0, True, 5500.0),
        (9999.0, 2.0, True, 10_000.0),
        (19.0, 2.0, True, 20.0),
        (20.0, 2.0, True, 22.0),
        (1000.0, 2.0, False, 950.0),  # downwards the step is that of the values below
        (1001.0, 2.0, False, 1000.0),
        (100.0, 2.0, False, 95.0),
        (5.0, 2.0, False, 4.0),
    ],
)
def test_a_held_step_grows_with_time_and_value(value: float, held_s: float, up: bool, expected: float) -> None:
    assert held(value, held_s, up) == expected


def test_a_coarse_step_is_never_smaller_than_ten() -> None:
    assert held(55.0, 0.0, True, coarse=True) == 60.0
    assert held(55.0, 1.2, True, coarse=True) == 60.0
    assert held(55.0, 2.0, False, coarse=True) == 50.0


def test_steps_come_by_the_time_that_a_key_is_held() -> None:
    stepper = Stepper(100.0, 1.0, 10_000.0)
    stepper.turn(True)
    stepper.turn(True, 0.05)  # 0.9 of a step
    assert stepper.value == 101.0
    stepper.turn(True, 0.1)  # 1.8
    assert stepper.value == 102.0
    stepper.turn(True, 0.9)  # a stall counts as a tenth of a second: 3.6
    assert stepper.value == 104.0
    stepper.turn(True, 0.9)  # the same time again is a press of its own
    assert stepper.value == 105.0


def test_a_round_value_lies_within_the_range() -> None:
    for near, expected in (
        (0.5, 1.0),
        (1.0, 1.0),
        (1.99, 1.0),
        (2.0, 2.0),
        (4.9, 2.0),
        (5.0, 5.0),
        (9.9, 5.0),
        (10.0, 10.0),
    ):
        assert round_value(near, 1.0, 10_000.0) == expected
    assert round_value(1e6, 1.0, 10_000.0) == 10_000.0
    assert round_value(1000.0, 1.0, 10_000.0) == 1000.0
    assert round_value(30.0, 25.0, 10_000.0) == 20.0
