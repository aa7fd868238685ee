"""A sleep that is over, and a clock that was set, are noticed by whoever would have slept on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from tvapp.core.clock import ClockSet, Reading, Resumed
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.host.clock_watch import LOOK_EVERY_S, ClockWatch

READINGS = (
    Reading(10.0, 10.0, 1000.0),
    Reading(11.0, 11.0, 1001.0),
    Reading(3612.0, 12.0, 4602.0),  # an hour asleep
    Reading(3613.0, 13.0, 11_803.0),  # set forward by two hours
    Reading(3614.0, 14.0, 11_804.0),
)


def test_news_wakes_the_main_thread_within_seconds() -> None:
    woken, done = threading.Event(), threading.Event()
    inbox, log = Inbox(woken.set), RecordingLog()
    jobs = Jobs(inbox, log)
    left: Iterator[Reading] = iter(READINGS)
    slept: list[float] = []
    looks: list[int] = []

    def read() -> Reading:
        return next(left)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == len(READINGS) - 1:
            keeper.stop()

    def look() -> None:
        looks.append(len(slept))
        if len(slept) == len(READINGS) - 1:
            done.set()

    keeper = ClockWatch(inbox.post, log, look, read=read, sleep=sleep)
    jobs.thread("timekeeper", keeper.run).join(20)
    assert done.is_set()
    assert woken.is_set()
    assert list(inbox.drain()) == [Resumed(3600.0), ClockSet(7200.0)]
    assert log.named("system.resumed") == [{"asleep_s": 3600.0}]
    assert log.named("clock.set") == [{"by_s": 7200.0}]
    assert looks == [1, 2, 3, 4]
    assert set(slept) == {LOOK_EVERY_S}
    assert LOOK_EVERY_S <= 2
    jobs.stop()
