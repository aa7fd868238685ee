"""The data folder is watched: an outage is probed ever less often, and a folder that has gone is noticed."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tvapp.core.clock import ManualClock
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import StorageError
from tvapp.core.jobs import Inbox, JobFailed, Jobs
from tvapp.core.log import RecordingLog
from tvapp.host.disk_watch import (
    FIRST_LOOK_S,
    LOOK,
    LOOK_EVERY_S,
    PROBE,
    PROBE_AFTER_S,
    PROBE_AT_MOST_S,
    DiskChanged,
    DiskWatch,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = StorageError("/data", "no space left", "full")


@dataclass
class HeldJobs:
    """Jobs that a test does when it wants."""

    inbox: Inbox = field(default_factory=Inbox)
    waiting: list[tuple[str, Callable[[], object]]] = field(default_factory=list)

    def run(self, name: str, work: Callable[[], object]) -> Future[None]:
        self.waiting.append((name, work))
        return Future()


class Desk:
    """A watch, and the disk that it watches."""

    def __init__(self, folder: Path, *, failing: bool = False) -> None:
        self.folder = folder
        self.clock = ManualClock(now=1000.0)
        self.log = RecordingLog()
        self.disk = DiskHealth(self.log)
        if failing:
            self.disk.failed("tiles", FULL)
        self.jobs = HeldJobs()
        self.watch = DiskWatch(folder, self.disk, cast("Jobs", self.jobs), self.clock)

    @property
    def due_in_s(self) -> float:
        at = self.watch.next_wakeup()
        assert at is not None
        return at - self.clock.now

    def pass_time(self, seconds: float) -> list[str]:
        """Let time pass, and do what is due; returns the names of its jobs."""
        self.clock.now += seconds
        self.watch.tick(self.clock.now)
        waiting, self.jobs.waiting = self.jobs.waiting, []
        for _, work in waiting:
            self.jobs.inbox.post(work())
        self.take_messages()
        return [name for name, _ in waiting]

    def take_messages(self) -> None:
        for message in self.jobs.inbox.drain():
            self.watch.receive(message, self.clock.now)

    def fail(self) -> None:
        self.disk.failed("tiles", FULL)
        self.take_messages()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "data")


def test_a_healthy_folder_is_looked_for_soon_and_then_now_and_then(desk: Desk) -> None:
    desk.folder.mkdir()
    assert desk.due_in_s == FIRST_LOOK_S
    assert desk.pass_time(FIRST_LOOK_S - 0.1) == []
    assert desk.pass_time(0.1) == [LOOK]
    assert desk.due_in_s == LOOK_EVERY_S
    assert desk.pass_time(LOOK_EVERY_S - 0.1) == []
    assert desk.pass_time(0.1) == [LOOK]
    assert desk.disk.trouble is None


def test_nothing_is_due_while_a_look_is_under_way(desk: Desk) -> None:
    desk.watch.tick(desk.clock.now + FIRST_LOOK_S)
    assert desk.watch.next_wakeup() is None
    desk.watch.tick(desk.clock.now + 10 * LOOK_EVERY_S)
    assert len(desk.jobs.waiting) == 1


def test_a_look_that_failed_unforeseen_is_not_the_last(desk: Desk) -> None:
    desk.watch.tick(desk.clock.now + FIRST_LOOK_S)
    desk.watch.receive(JobFailed("tiles.read", RuntimeError()), desk.clock.now)
    assert desk.watch.next_wakeup() is None, "it was another job that failed"
    desk.watch.receive(JobFailed(LOOK, RuntimeError()), desk.clock.now)
    assert desk.watch.next_wakeup() is not None


def test_a_folder_that_is_not_there_is_an_outage(desk: Desk) -> None:
    desk.pass_time(FIRST_LOOK_S)
    assert desk.disk.trouble is not None
    assert desk.disk.trouble.kind == "gone"
    assert desk.due_in_s == PROBE_AFTER_S


def test_another_folder_in_its_place_is_an_outage_too(desk: Desk, tmp_path: Path) -> None:
    desk.folder.mkdir()
    desk.pass_time(FIRST_LOOK_S)
    desk.folder.rename(tmp_path / "former")
    desk.folder.mkdir()
    desk.pass_time(LOOK_EVERY_S)
    assert desk.disk.trouble is not None
    assert desk.disk.trouble.kind == "gone"


def test_an_outage_ends_with_a_probe_that_can_be_written_and_leaves_nothing_behind(desk: Desk) -> None:
    desk.fail()
    assert desk.due_in_s == PROBE_AFTER_S
    assert desk.pass_time(PROBE_AFTER_S) == [PROBE]
    assert desk.disk.trouble is None
    assert list(desk.folder.iterdir()) == []
    assert len(desk.log.named("disk.restored")) == 1
    assert desk.due_in_s == LOOK_EVERY_S


def test_the_folder_that_a_probe_made_is_the_right_one_from_then_on(desk: Desk, tmp_path: Path) -> None:
    desk.folder.mkdir()
    desk.pass_time(FIRST_LOOK_S)
    desk.folder.rename(tmp_path / "former")
    desk.fail()
    desk.pass_time(PROBE_AFTER_S)
    desk.pass_time(LOOK_EVERY_S)
    assert desk.disk.trouble is None


def test_a_probe_that_fails_is_repeated_as_often_and_its_outage_told_once(desk: Desk) -> None:
    desk.folder.write_text("in the way")
    desk.fail()
    for _ in range(3):
        assert desk.pass_time(PROBE_AFTER_S) == [PROBE]
        assert desk.due_in_s == PROBE_AFTER_S
    assert desk.disk.trouble is not None


def test_an_outage_from_before_the_start_is_probed_like_any_other(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data", failing=True)
    assert desk.due_in_s == PROBE_AFTER_S
    assert desk.pass_time(PROBE_AFTER_S) == [PROBE]
    assert desk.disk.trouble is None


def test_a_disk_that_fails_again_soon_is_probed_ever_less_often(desk: Desk) -> None:
    pauses = []
    for _ in range(7):
        desk.fail()
        pauses.append(desk.due_in_s)
        desk.pass_time(pauses[-1])
        assert desk.disk.trouble is None
    assert pauses == [30.0, 60.0, 120.0, 240.0, 480.0, PROBE_AT_MOST_S, PROBE_AT_MOST_S]


@pytest.mark.parametrize(("healthy_s", "pause_s"), [(2 * PROBE_AFTER_S - 1, 60.0), (2 * PROBE_AFTER_S, 30.0)])
def test_a_disk_that_was_well_for_a_while_is_probed_soon_again(desk: Desk, healthy_s: float, pause_s: float) -> None:
    desk.fail()
    desk.pass_time(PROBE_AFTER_S)
    desk.pass_time(healthy_s)
    desk.fail()
    assert desk.due_in_s == pause_s


def test_another_kind_of_trouble_within_an_outage_does_not_put_the_probe_off(desk: Desk) -> None:
    desk.fail()
    desk.clock.now += 10.0
    desk.disk.failed("views", StorageError("/data", "read-only", "read-only"))
    desk.take_messages()
    assert desk.due_in_s == PROBE_AFTER_S - 10.0


def test_changes_of_the_disk_are_posted_for_everybody(desk: Desk) -> None:
    desk.disk.failed("tiles", FULL)
    desk.disk.worked("tiles")
    assert list(desk.jobs.inbox.drain()) == [DiskChanged(FULL), DiskChanged(None)]
