"""Percentiles, spreads, deadlines, and the figures that the operating system gives of a process."""

from __future__ import annotations

import os
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.benchmarks.deadline import TookTooLong, deadline
from scripts.benchmarks.figures import Figure, mapped_mb, number, percentile, spread, spread_of_parts, summary, wake_ups

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)

SMAPS = """\
55d0c0a00000-55d0c0b00000 r-xp 00000000 08:01 131 /usr/bin/python3.11
Size:               1024 kB
Pss:                 500 kB
Pss_Dirty:             0 kB
55d0c1a00000-55d0c1b00000 rw-p 00000000 00:00 0   [heap]
Pss:                2000 kB
7f0000000000-7f0000100000 rw-p 00000000 00:00 0
Pss:                1000 kB
7f0000200000-7f0000300000 rw-p 00000000 00:00 0   [anon: arena]
Pss:                 100 kB
7f0000400000-7f0000500000 r--p 00000000 08:01 77  /opt/a b/library.so
Pss:                 300 kB
7ffc00000000-7ffc00100000 rw-p 00000000 00:00 0   [stack]
Pss:                  50 kB
"""


@given(VALUES, st.floats(0.0, 1.0))
def test_a_percentile_is_one_of_the_values_and_so_many_lie_at_or_below_it(values: list[float], part: float) -> None:
    found = percentile(values, part)
    assert found in values
    assert sum(value <= found for value in values) >= part * len(values) - 1e-9


@given(VALUES)
def test_percentiles_rise_up_to_the_largest_value(values: list[float]) -> None:
    found = [percentile(values, part / 100) for part in range(0, 101, 5)]
    assert found == sorted(found, key=lambda value: value if value is not None else 0.0)
    assert found[-1] == max(values)


def test_there_is_no_percentile_of_nothing() -> None:
    assert percentile([], 0.5) is None
    assert summary([]) == {"count": 0, "p50": None, "p95": None, "p99": None, "max": None}


def test_the_spread_of_a_few_runs_is_their_range_and_of_many_the_middle_half() -> None:
    assert spread([5.0]) == 0.0
    assert spread([5.0, 9.0, 6.0]) == 4.0
    assert spread([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 1000.0]) == 4.0


def test_the_spread_of_a_percentile_is_how_far_it_moves_from_quarter_to_quarter() -> None:
    assert spread_of_parts([1.0, 9.0, 1.0, 9.0, 2.0, 9.0, 1.0, 9.0], 0.5) == 1.0
    assert spread_of_parts([1.0, 9.0], 0.5) == 0.0


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("a", 5.0, "ms", 6.0), True),
        (Figure("a", 6.0, "ms", 6.0), True),
        (Figure("a", 7.0, "ms", 6.0), False),
        (Figure("a", 61.0, "", 60.0, more_is_better=True), True),
        (Figure("a", 59.0, "", 60.0, more_is_better=True), False),
        (Figure("a", None, "ms", 6.0), None),
        (Figure("a", 7.0, "ms"), None),
    ],
)
def test_a_target_is_met_missed_or_not_there(figure: Figure, met: bool | None) -> None:
    assert figure.is_met is met
    assert figure.as_json()["met"] is met


@pytest.mark.parametrize("value", ["5", None, True, [1]])
def test_a_value_of_json_that_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        number(value)


def test_memory_is_summed_by_what_is_mapped() -> None:
    assert mapped_mb(SMAPS) == {"files": 0.8, "heap": 2.0, "stack": 0.1, "anonymous": 1.1}


def test_each_sleep_of_the_main_thread_is_a_wake_up() -> None:
    before = wake_ups(os.getpid())
    for _ in range(3):
        time.sleep(0.001)
    assert wake_ups(os.getpid()) >= before + 3


def test_a_deadline_ends_code_that_hangs() -> None:
    with pytest.raises(TookTooLong, match="not done within"), deadline(0.05):
        threading.Event().wait()


def test_a_deadline_does_nothing_to_code_that_ends_in_time() -> None:
    with deadline(60.0):
        done = True
    assert done
