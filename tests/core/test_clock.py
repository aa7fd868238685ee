"""Plausible clocks, sleeps and clocks that are set, with the time passed in."""

from __future__ import annotations

import datetime
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tvapp
from tvapp.core.clock import (
    RELEASED_AT,
    ClockChangeDetector,
    ClockSet,
    ManualClock,
    PlausibleTime,
    Reading,
    Resumed,
    SystemClock,
    read_clocks,
)

HOUR = 3600.0


class BusyMachine:
    """Clocks of a machine that gives the process no CPU for two seconds, after one of the first readings."""

    def __init__(self, at_reading: int) -> None:
        self.now = 0.0
        self._at_reading = at_reading
        self._readings = 0

    def _tell(self) -> float:
        now = self.now
        self._readings += 1
        self.now += 2.0 if self._readings == self._at_reading else 0.00001
        return now

    def monotonic(self) -> float:
        return 1000.0 + self._tell()

    def awake(self) -> float:
        return 900.0 + self._tell()

    def wall(self) -> float:
        return 1_800_000_000.0 + self._tell()

    def is_synchronised(self) -> bool:
        return True


@pytest.mark.parametrize("at_reading", [1, 2, 3, 4])
def test_a_process_that_got_no_cpu_between_two_clocks_has_not_slept_and_no_clock_was_set(at_reading: int) -> None:
    machine = BusyMachine(at_reading)
    first = read_clocks(machine, machine.awake)
    gauge = ClockChangeDetector(first)
    machine.now += 100.0
    assert gauge.look(read_clocks(machine, machine.awake)) == ()


def test_clocks_are_read_even_if_the_machine_is_always_busy() -> None:
    clock = ManualClock()

    def awake() -> float:
        return clock.advance(10.0)

    reading = read_clocks(clock, awake)
    assert (reading.awake, reading.wall) == (clock.now, clock.wall())


def test_the_monotonic_clock_counts_the_time_asleep() -> None:
    if not hasattr(time, "CLOCK_BOOTTIME"):
        pytest.skip("this system has no clock that does")
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= SystemClock().monotonic() <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_the_release_is_a_day_in_the_past() -> None:
    released = datetime.date.fromisoformat(tvapp.RELEASED)
    assert datetime.datetime.fromtimestamp(RELEASED_AT, datetime.UTC) == datetime.datetime(
        released.year, released.month, released.day, tzinfo=datetime.UTC
    )
    assert time.time() >= RELEASED_AT


def test_a_right_clock_is_plausible_at_once() -> None:
    assert PlausibleTime().judge(5.0, RELEASED_AT, is_synchronised=False) == "plausible"
    assert PlausibleTime().judge(5.0, RELEASED_AT - 1, is_synchronised=False) == "waiting"


def test_a_clock_from_before_the_release_is_waited_for_and_then_put_up_with() -> None:
    wait = PlausibleTime(max_wait_s=30)
    assert [wait.judge(now, 60.0 + now, is_synchronised=False) for now in (5.0, 20.0, 34.9, 35.0, 99.0)] == [
        "waiting",
        "waiting",
        "waiting",
        "implausible",
        "implausible",
    ]


def test_a_clock_that_is_set_meanwhile_is_plausible() -> None:
    wait = PlausibleTime()
    assert wait.judge(5.0, 0.0, is_synchronised=False) == "waiting"
    assert wait.judge(6.0, RELEASED_AT + 99, is_synchronised=False) == "plausible"


def test_the_time_service_is_believed_whatever_the_clock_shows() -> None:
    assert PlausibleTime().judge(5.0, 0.0, is_synchronised=True) == "plausible"


START = Reading(boot=1000.0, awake=900.0, wall=1_800_000_000.0)


def after(passed: float, asleep: float = 0.0, set_by: float = 0.0) -> Reading:
    return Reading(START.boot + passed, START.awake + passed - asleep, START.wall + passed + set_by)


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        (after(1), ()),
        (after(8 * HOUR), ()),
        (after(8 * HOUR, asleep=7 * HOUR), (Resumed(7 * HOUR),)),
        (after(1, set_by=HOUR), (ClockSet(HOUR),)),
        (after(1, set_by=-365 * 24 * HOUR), (ClockSet(-365 * 24 * HOUR),)),
        (after(60, asleep=59, set_by=-HOUR), (Resumed(59.0), ClockSet(-HOUR))),
        (after(1, asleep=1), (Resumed(1.0),)),
        (after(1, set_by=1), (ClockSet(1.0),)),
        (after(1, set_by=-1), (ClockSet(-1.0),)),
        (after(60, asleep=59.04), (Resumed(59.0),)),
        (after(1, set_by=2.04), (ClockSet(2.0),)),
        (after(1, set_by=0.4), ()),
        (after(1.5, asleep=0.5), ()),
    ],
)
def test_sleeps_and_set_clocks_are_told_apart(reading: Reading, told: tuple[object, ...]) -> None:
    gauge = ClockChangeDetector(START)
    assert gauge.look(reading) == told
    assert gauge.look(reading) == ()


@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_time_that_just_passes_is_no_news(steps: list[float]) -> None:
    gauge, passed = ClockChangeDetector(START), 0.0
    for step in steps:
        passed += step
        assert gauge.look(after(passed)) == ()


def test_a_manual_clock_moves_only_when_it_is_told() -> None:
    clock = ManualClock(now=5.0, epoch=100.0)
    assert (clock.monotonic(), clock.wall(), clock.is_synchronised()) == (5.0, 105.0, True)
    assert clock.advance(2.0) == 7.0
    clock.set_wall(-50.0)
    assert (clock.monotonic(), clock.wall()) == (7.0, 57.0)


def test_the_machines_clocks_are_read_together() -> None:
    gauge = ClockChangeDetector(read_clocks())
    assert gauge.look(read_clocks()) == ()
