"""The stepper that arrows turn: single steps when tapped, larger ones when held."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.fences.editing.stepper import Stepper, round_value
from tvapp.geo.position import Position

HELSINKI = Position(24.94, 60.17)


def hold(dial: Stepper, until_s: float, frame_s: float = 0.0, up: bool = True) -> None:
    """Turn as the remote's repeats do: at 0.4 s, then faster and faster, never more often than frames come."""
    dial.turn(up)
    at, interval = 0.4, 0.08
    while at <= until_s:
        dial.turn(up, math.ceil(at / frame_s) * frame_s if frame_s else at)
        at += max(interval, frame_s)
        interval = max(0.035, interval * 0.94)


def test_a_tap_turns_the_radius_by_a_metre_and_a_coarse_one_by_ten() -> None:
    dial = Stepper(200.0, 1.0, 10_000.0)
    assert dial.turn(True)
    assert dial.value == 201.0
    assert dial.turn(True, coarse=True)
    assert dial.value == 210.0
    dial.turn(False, coarse=True)
    assert dial.value == 200.0
    dial.turn(False)
    assert dial.value == 199.0


@pytest.mark.parametrize("frame_s", [0.0, 1 / 60, 1 / 15])
def test_a_held_dial_goes_all_the_way_in_eight_seconds_however_slow_the_frames(frame_s: float) -> None:
    dial = Stepper(1.0, 1.0, 10_000.0)
    hold(dial, 8.0, frame_s)
    assert dial.value == 10_000.0
    assert not dial.turn(True)
    hold(dial, 8.0, frame_s, up=False)
    assert dial.value == 1.0


def test_letting_go_a_third_of_a_second_late_overshoots_by_less_than_three_quarters() -> None:
    early, late = Stepper(100.0, 1.0, 10_000.0), Stepper(100.0, 1.0, 10_000.0)
    hold(early, 3.5)
    hold(late, 3.8)
    assert early.value < late.value < 1.75 * early.value


def test_a_held_dial_stops_at_round_values_and_a_short_hold_counts_single_metres() -> None:
    dial = Stepper(103.0, 1.0, 10_000.0)
    hold(dial, 0.9)
    assert 104.0 < dial.value < 120.0
    hold(dial, 4.0)
    assert dial.value > 200.0
    assert dial.value % 10 == 0


def test_a_stall_is_no_leap() -> None:
    dial = Stepper(100.0, 1.0, 10_000.0)
    dial.turn(True)
    dial.turn(True, 30.0)
    assert dial.value <= 120.0


@given(st.floats(1.0, 10_000.0), st.booleans(), st.booleans(), st.lists(st.floats(0.0, 9.0), max_size=30))
def test_a_dial_never_leaves_its_range_nor_goes_the_wrong_way(
    start: float, up: bool, coarse: bool, times: list[float]
) -> None:
    dial = Stepper(start, 1.0, 10_000.0)
    for held_s in sorted(times):
        before = dial.value
        moved = dial.turn(up, held_s, coarse)
        assert 1.0 <= dial.value <= 10_000.0
        assert (dial.value - before) * (1 if up else -1) >= 0.0
        assert moved is (dial.value != before)


@given(st.floats(0.01, 1e6))
def test_round_values_are_one_two_or_five_with_noughts(near: float) -> None:
    value = round_value(near, 1.0, 10_000.0)
    assert f"{value:.0e}"[0] in "125"
    assert value == 1.0 or value <= near * (1 + 1e-9)
    assert value >= min(near, 10_000.0) / 2.5 or value == 1.0
