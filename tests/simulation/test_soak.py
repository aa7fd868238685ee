"""Two days of a TV's life, with everything that goes wrong in them; `scripts/soak` lives thirty."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from scripts.soaking.__main__ import soak
from scripts.soaking.figures import MIB, growth_percent, malloc_in_use
from scripts.soaking.plan import DAY_S, plan_day

DAYS = 2


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_days_leave_nothing_broken_and_nothing_that_grows() -> None:
    report = soak(days=DAYS, seed=3, fences=40, size=(320, 180))
    assert report["failures"] == []
    assert report["crashes"] == []
    assert report["unsettled"] == []
    still = report["tile_requests_in_still_hours"]
    assert isinstance(still, list)
    assert set(still) == {0}
    readings = report["readings"]
    assert isinstance(readings, list)
    first, last = readings
    assert (last["files"], last["threads"]) == (first["files"], first["threads"])
    statuses = report["requests"]
    assert isinstance(statuses, dict)
    # One list and three files each 20 minutes, and some more after troubles.
    assert sum(statuses["map-data"].values()) < DAYS * 72 * 4 * 2
    # A token lives for 75 minutes.
    assert 15 * DAYS < report["token_renewals"] < 30 * DAYS  # type: ignore[operator]


def test_the_same_seed_makes_the_same_days_and_each_trouble_ends_on_its_day() -> None:
    days = [plan_day(day, random.Random(day)) for day in range(14)]
    assert days == [plan_day(day, random.Random(day)) for day in range(14)]
    for day in days:
        assert day == sorted(day)
        assert all(0 <= planned.at < DAY_S for planned in day)
        begun = Counter(planned.kind for planned in day if planned.what == "begin")
        assert begun == Counter(planned.kind for planned in day if planned.what == "end")
    kinds = {planned.kind or planned.what for day in days for planned in day}
    assert kinds >= {"network", "storm", "resolution", "wall-clock", "revoke", "pictures", "screen", "draw", "tour"}


def test_growth_is_that_of_a_straight_line_whatever_single_values_do() -> None:
    assert growth_percent([100.0] * 20) == 0.0
    assert growth_percent([100.0, 100.5, 101.0, 101.5, 102.0]) == 2.0
    assert abs(growth_percent([100.0, 103.0, 100.0, 103.0, 100.0])) < 0.01


def test_what_malloc_has_given_out_is_counted_whatever_its_size() -> None:
    before = malloc_in_use()
    small = [bytearray(1000) for _ in range(2000)]
    large = bytearray(8 << 20)
    grown = (malloc_in_use() - before) / MIB / MIB
    assert 9.5 < grown < 11
    del small, large
    assert malloc_in_use() - before < 1 << 20
