"""The age of what could not be read again."""

from __future__ import annotations

from tvapp.core.clock import ManualClock
from tvapp.fences.stores.staleness import Staleness


def test_the_oldest_of_some_parts_counts_and_parts_that_were_never_right_do_not() -> None:
    clock = ManualClock()
    staleness = Staleness(clock)
    assert staleness.oldest(["a"]) is None
    for part in ("a", "b", "c"):
        clock.advance(10.0)
        staleness.confirm(part, staleness.now())
    assert staleness.oldest(["c", "b", "never"]) == clock.monotonic() - 10.0
    assert staleness.oldest([]) is None
    staleness.confirm("b", clock.monotonic())
    assert staleness.oldest(["c", "b"]) == clock.monotonic()


def test_a_time_is_converted_with_the_wall_clock_as_it_is_set_now() -> None:
    clock = ManualClock()
    staleness = Staleness(clock)
    moment = staleness.now()
    clock.advance(30.0)
    clock.set_wall(1_000.0)
    assert staleness.wall(moment) == clock.wall() - 30.0
    assert staleness.wall(None) is None
