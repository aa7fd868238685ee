"""Counting requests: from any thread, by day, also before the clock of the machine is right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tvapp.core.clock import RELEASED_AT, ManualClock
from tvapp.usage.billing import Tally
from tvapp.usage.counter import UsageCounter
from tvapp.usage.days import UsageDays
from tvapp.usage.span import DAY_S, day_of


def test_a_request_counts_once_and_is_billed_by_its_status() -> None:
    clock = ManualClock()
    counter = UsageCounter(clock)
    for status in (200, 304, 429, 503, 0):
        counter.count("base", status)
    assert counter.days().days == {day_of(clock.wall()): {"base": Tally(5, 2)}}
    assert counter.changes == 5


def test_a_new_day_begins_at_midnight_in_utc() -> None:
    clock = ManualClock()
    counter = UsageCounter(clock)
    counter.count("base", 200)
    clock.advance(DAY_S)
    counter.count("imagery", 200)
    assert list(counter.days().days.values()) == [{"base": Tally(1, 1)}, {"imagery": Tally(1, 1)}]


def test_requests_before_the_clock_is_right_count_on_the_day_on_which_it_is() -> None:
    clock = ManualClock(epoch=1000.0, synchronised=False)
    counter = UsageCounter(clock)
    counter.count("base", 200)
    assert counter.days() == UsageDays()
    clock.set_wall(RELEASED_AT + 5 * DAY_S)
    counter.count("base", 200)
    assert counter.days().days == {day_of(clock.wall()): {"base": Tally(2, 2)}}


def test_what_was_counted_before_a_restart_is_added_and_is_no_news() -> None:
    clock = ManualClock()
    counter = UsageCounter(clock)
    counter.count("base", 200)
    today = day_of(clock.wall())
    counter.restore(UsageDays({today: {"base": Tally(10, 9)}, "2026-09-01": {"traffic": Tally(1, 1)}}))
    assert counter.days().days == {"2026-09-01": {"traffic": Tally(1, 1)}, today: {"base": Tally(11, 10)}}
    assert counter.changes == 1


def test_the_snapshot_for_monitoring_is_of_this_run_and_counts_tiles_and_transactions() -> None:
    counter = UsageCounter(ManualClock())
    counter.restore(UsageDays({"2026-09-01": {"base": Tally(100, 100)}}))
    for _ in range(30):
        counter.count("base", 200)
    counter.count("base", 500)
    counter.count("free", 200)
    snapshot = counter.snapshot()
    assert (snapshot.tiles, snapshot.transactions) == (31, 2.0)
    assert snapshot.counts["free"] == Tally(1, 0)


def test_no_request_is_lost_between_threads() -> None:
    counter = UsageCounter(ManualClock())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: counter.count("base", 200), range(4000)))
    assert counter.snapshot().tiles == counter.changes == 4000
    assert [counts["base"].sent for counts in counter.days().days.values()] == [4000]
