"""The snapshot: private, bounded, rarely written, and shown until the store answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fences.outbox.killed import feature
from tests.fences.service.test_fence_service import FakeStore, InlineJobs
from tvapp.core.clock import ManualClock
from tvapp.core.errors import DataError, Unreachable
from tvapp.core.jobs import JobFailed
from tvapp.core.log import RecordingLog
from tvapp.core.record import DamagedRecord, ForeignRecord
from tvapp.fences.geojson import reading
from tvapp.fences.model.fence import Geofence
from tvapp.fences.service import snapshot
from tvapp.fences.service.fence_service import FenceService
from tvapp.fences.service.messages import FencesLoaded, FencesUnchanged, IndexBuilt, SnapshotRestored
from tvapp.fences.service.snapshot import FORMAT, WRITE_AFTER_S, WRITE_EVERY_S, Snapshot, pack, unpack
from tvapp.fences.stores.base import Loaded


def fences(*names: str, source: str = "a.geojson") -> tuple[Geofence, ...]:
    features = b",".join(feature(name, "here") for name in names)
    return reading.read(b'{"type":"FeatureCollection","features":[' + features + b"]}", source).fences


class Desk:
    """A snapshot with a manual clock and jobs that run at once."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "kept" / "account.geofences"
        self.jobs = InlineJobs()
        self.clock = ManualClock(epoch=1_800_000_000.0)
        self.log = RecordingLog()
        self.snapshot = Snapshot(self.jobs, self.clock, self.log)  # type: ignore[arg-type]

    def messages(self) -> list[object]:
        return list(self.jobs.inbox.drain())

    def give(self, *found: Geofence, now: float = 0.0) -> None:
        self.snapshot.receive(FencesLoaded("blob", found, (), 1.0), now)

    def tick(self, now: float) -> None:
        self.snapshot.tick(now)
        for message in self.messages():
            self.snapshot.receive(message, now)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_packed_snapshot_unpacks_to_the_same_features() -> None:
    some = (*fences("a", "b"), *fences("c", source="ä b.json"))
    again = unpack(b"".join(pack(some)))
    assert [(each.id, each.source, each.raw) for each in again] == [(each.id, each.source, each.raw) for each in some]
    assert unpack(b"".join(pack(()))) == ()


def test_a_file_is_a_record_and_a_damaged_one_is_refused() -> None:
    data = b"".join(pack(fences("a", "b")))
    assert FORMAT.unpack(data)
    with pytest.raises(DamagedRecord):
        unpack(data[:-1])


def test_a_file_of_an_earlier_version_is_ignored() -> None:
    with pytest.raises(ForeignRecord):
        unpack(b'{"format":2,"sources":[],"checksum":223132457}\n')


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}\n", b'[{"name":"a"}]\n', b"\xff\n\xff", b'["\xff"]\n'])
def test_a_record_without_a_list_of_sources_is_refused(payload: bytes) -> None:
    with pytest.raises(DataError) as raised:
        unpack(FORMAT.pack(payload))
    assert str(raised.value) == "geofences: no list of sources"


def test_geofences_are_written_some_time_after_they_came_for_the_owner_alone(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S - 1)
    assert not desk.path.exists()
    desk.tick(WRITE_AFTER_S)
    assert desk.path.stat().st_mode & 0o777 == 0o600
    assert desk.path.stat().st_mtime == desk.clock.wall()
    desk.snapshot.open(desk.path)
    (found,) = desk.messages()
    assert isinstance(found, SnapshotRestored)
    assert [each.id for each in found.fences] == ["a"]
    assert found.as_of == desk.clock.wall()


def test_however_often_they_change_they_are_written_every_ten_minutes_at_most(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    written: set[bytes] = set()
    for second in range(0, 3600, 10):
        desk.give(*fences("a", f"b{second}"), now=float(second))
        desk.tick(float(second))
        if desk.path.exists():
            written.add(desk.path.read_bytes())
    assert 3600 / WRITE_EVERY_S - 2 <= len(written) <= 3600 / WRITE_EVERY_S


def test_geofences_that_stay_the_same_cost_no_write_only_their_date_moves(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S)
    inode = desk.path.stat().st_ino
    desk.clock.advance(WRITE_EVERY_S * 2)
    desk.snapshot.receive(FencesUnchanged(), WRITE_EVERY_S * 2)
    assert desk.path.stat().st_ino == inode
    assert desk.path.stat().st_mtime == desk.clock.wall()


def test_a_write_that_is_due_later_is_done_when_the_program_ends(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.snapshot.flush()
    assert [each.id for each in unpack(desk.path.read_bytes())] == ["a"]


def test_stale_geofences_are_not_saved_as_fresh(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.snapshot.receive(FencesLoaded("url", fences("a"), (), 1.0, as_of=5.0), 0.0)
    desk.tick(WRITE_AFTER_S)
    assert not desk.path.exists()


def test_after_closing_nothing_is_written_not_even_by_a_job_under_way(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.jobs.is_slow = True
    desk.snapshot.tick(WRITE_AFTER_S)
    desk.snapshot.close()
    desk.jobs.finish()
    assert not desk.path.exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"nonsense"),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: path.write_bytes(b"x" * (snapshot.MOST_BYTES + 1)),
    ],
)
def test_a_damaged_file_is_ignored_and_logged(desk: Desk, damage: Callable[[Path], object]) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S)
    damage(desk.path)
    desk.snapshot.open(desk.path)
    assert desk.messages() == []
    assert len(desk.log.named("geofences.not_kept")) == 1


def test_a_disk_that_cannot_be_written_is_logged_and_does_no_harm(desk: Desk) -> None:
    desk.path.parent.write_text("in the way")
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S)
    assert "disk.failed" in [name for name, _ in desk.log.events]


def test_a_date_in_the_future_counts_as_now(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S)
    os.utime(desk.path, (4e9, 4e9))
    desk.snapshot.open(desk.path)
    (found,) = desk.messages()
    assert isinstance(found, SnapshotRestored)
    assert found.as_of == desk.clock.wall()


def shown(service: FenceService, jobs: InlineJobs) -> list[str]:
    """Hand messages round until there are none; returns what the last book holds."""
    names: list[str] = []
    while messages := list(jobs.inbox.drain()):
        for message in messages:
            service.receive(message, 0.0)
            if isinstance(message, IndexBuilt):
                names = [fence.id for fence in message.book]
    return names


def test_kept_geofences_are_shown_while_the_store_cannot_be_reached_and_make_way_for_what_it_says() -> None:
    store = FakeStore([Unreachable("store"), Loaded(fences("new"), ())])
    jobs, clock, log = InlineJobs(), ManualClock(), RecordingLog()
    service = FenceService(
        lambda: store,
        jobs,  # type: ignore[arg-type]
        clock,
        log,
        refresh_s=60.0,
        scale=1.0,
        random=lambda: 0.5,
    )
    service.load()
    jobs.inbox.post(SnapshotRestored(fences("old"), 5.0))
    assert shown(service, jobs) == ["old"]
    service.load()
    assert shown(service, jobs) == ["new"]
    jobs.inbox.post(SnapshotRestored(fences("old"), 5.0))
    assert shown(service, jobs) == [], "too late: the store has spoken"


def test_features_that_go_over_several_lines_come_back() -> None:
    lines = feature("a", "here").replace(b", ", b",\r\n ")
    some = reading.read(b'{"type":"FeatureCollection","features":[' + lines + b"]}", "a.geojson").fences
    assert [each.raw for each in unpack(b"".join(pack(some)))] == [lines]


def test_that_a_snapshot_was_read_is_logged_with_its_age(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a", "b"))
    desk.tick(WRITE_AFTER_S)
    desk.clock.advance(90.0)
    desk.snapshot.open(desk.path)
    assert desk.log.named("geofences.restored") == [{"count": 2, "age_s": 90}]


def test_where_there_is_no_snapshot_nothing_is_logged(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    assert (desk.messages(), desk.log.events) == ([], [])


def test_a_snapshot_that_could_not_be_written_is_written_later(desk: Desk) -> None:
    desk.path.parent.write_text("in the way")
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S)
    desk.path.parent.unlink()
    at = desk.snapshot.next_wakeup()
    assert at == WRITE_AFTER_S + WRITE_EVERY_S
    desk.tick(at)
    assert [each.id for each in unpack(desk.path.read_bytes())] == ["a"]
    assert desk.snapshot.next_wakeup() is None


def test_once_the_disk_works_again_the_snapshot_is_written_at_once(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.snapshot.retry(1.0)
    assert desk.snapshot.next_wakeup() is None, "nothing was loaded"
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S)
    desk.path.unlink()
    desk.snapshot.retry(WRITE_AFTER_S + 1.0)
    desk.tick(WRITE_AFTER_S + 1.0)
    assert desk.path.exists()


def test_the_date_moves_every_ten_minutes_at_most_and_not_while_a_write_is_due(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S)
    written = desk.path.stat().st_mtime
    desk.clock.advance(WRITE_EVERY_S)
    desk.snapshot.receive(FencesUnchanged(), WRITE_AFTER_S + WRITE_EVERY_S - 1)
    assert desk.path.stat().st_mtime == written
    desk.snapshot.receive(FencesUnchanged(), WRITE_AFTER_S + WRITE_EVERY_S)
    moved = desk.path.stat().st_mtime
    assert moved == desk.clock.wall()
    desk.clock.advance(WRITE_EVERY_S)
    desk.snapshot.receive(FencesUnchanged(), WRITE_AFTER_S + WRITE_EVERY_S * 2 - 1)
    assert desk.path.stat().st_mtime == moved
    desk.give(*fences("b"), now=WRITE_AFTER_S + WRITE_EVERY_S * 2)
    desk.snapshot.receive(FencesUnchanged(), WRITE_AFTER_S + WRITE_EVERY_S * 3)
    assert desk.path.stat().st_mtime == moved


def test_while_a_write_goes_on_no_other_begins(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.jobs.is_slow = True
    desk.snapshot.tick(WRITE_AFTER_S)
    desk.give(*fences("b"), now=WRITE_AFTER_S)
    desk.snapshot.tick(1e6)
    assert [name for name, _ in desk.jobs.futures].count(snapshot.WRITE) == 1
    desk.jobs.waiting.clear()
    assert desk.snapshot.receive(JobFailed(snapshot.WRITE, ZeroDivisionError()), 1e6)
    desk.snapshot.tick(1e6)
    assert [name for name, _ in desk.jobs.futures].count(snapshot.WRITE) == 2


def test_only_its_own_results_are_for_no_other_receiver(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.snapshot.tick(WRITE_AFTER_S)
    (written,) = desk.messages()
    assert desk.snapshot.receive(written, WRITE_AFTER_S)
    assert desk.snapshot.receive(JobFailed(snapshot.READ, ZeroDivisionError()), 0.0)
    for message in (FencesLoaded("blob", (), (), 1.0), FencesUnchanged(), JobFailed("other", ZeroDivisionError())):
        assert not desk.snapshot.receive(message, 0.0)


def test_a_snapshot_that_would_be_too_large_is_removed_instead(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S)
    size = sum(len(each.raw) for each in fences("a"))
    monkeypatch.setattr(snapshot, "MOST_BYTES", size * 2)
    for limit, is_there in ((size * 2, True), (size * 2 - 2, False)):
        monkeypatch.setattr(snapshot, "MOST_BYTES", limit)
        desk.snapshot.retry(1e6)
        desk.tick(1e6)
        assert desk.path.exists() == is_there


def test_reading_writing_and_dating_are_jobs_of_their_own(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S)
    desk.snapshot.receive(FencesUnchanged(), WRITE_AFTER_S + WRITE_EVERY_S)
    assert [name for name, _ in desk.jobs.futures] == [snapshot.READ, snapshot.WRITE, "kept.touch"]


def test_why_a_snapshot_is_not_used_is_logged_in_two_hundred_letters(tmp_path: Path) -> None:
    desk = Desk(tmp_path / ("long-name-" * 20))
    desk.path.parent.mkdir(parents=True)
    desk.path.mkdir()
    desk.snapshot.open(desk.path)
    (event,) = desk.log.named("geofences.not_kept")
    assert str(event["reason"]).startswith(str(desk.path)[:100])
    assert len(str(event["reason"])) == 200
    assert desk.log.at_level("warning") == ["geofences.not_kept"]


def test_a_disk_that_cannot_be_written_is_named_with_its_trouble_until_it_works(desk: Desk) -> None:
    desk.path.mkdir(parents=True)
    desk.snapshot.open(desk.path)
    desk.messages()
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S)
    (event,) = desk.log.named("disk.failed")
    assert event["what"] == "geofences"
    assert "director" in str(event["reason"])
    desk.path.rmdir()
    desk.snapshot.retry(WRITE_AFTER_S)
    desk.tick(WRITE_AFTER_S)
    assert desk.log.named("disk.restored") == [{}]
    assert desk.snapshot.next_wakeup() is None


def test_the_file_of_another_account_is_neither_written_nor_dated_after_a_switch(desk: Desk, tmp_path: Path) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    other = tmp_path / "kept" / "other.geofences"
    desk.snapshot.open(other)
    assert desk.snapshot.next_wakeup() is None
    desk.snapshot.flush()
    desk.snapshot.receive(FencesUnchanged(), 1e6)
    assert not other.exists()
    assert not desk.path.exists()
    desk.snapshot.open(desk.path)
    desk.give(*fences("b"), now=5.0)
    assert desk.snapshot.next_wakeup() == 5.0 + WRITE_AFTER_S, "the pause after a write is of the former account"


def test_what_is_written_late_is_not_written_again_when_the_program_ends(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.snapshot.flush()
    assert not desk.path.exists(), "nothing was loaded"
    desk.give(*fences("a"))
    desk.snapshot.flush()
    desk.path.unlink()
    desk.snapshot.flush()
    assert not desk.path.exists()
    assert desk.snapshot.next_wakeup() is None


def test_after_closing_there_is_nothing_to_write_and_a_late_result_asks_for_nothing(desk: Desk) -> None:
    desk.path.parent.write_text("in the way")
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.snapshot.tick(WRITE_AFTER_S)
    desk.snapshot.close()
    for message in desk.messages():
        desk.snapshot.receive(message, WRITE_AFTER_S)
    assert desk.snapshot.next_wakeup() is None
    desk.snapshot.retry(1e6)
    assert desk.snapshot.next_wakeup() is None


def test_a_snapshot_that_is_too_large_and_cannot_be_removed_is_a_trouble_of_the_disk(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.path.mkdir(parents=True)
    desk.snapshot.open(desk.path)
    desk.messages()
    monkeypatch.setattr(snapshot, "MOST_BYTES", 2)
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S)
    (event,) = desk.log.named("disk.failed")
    assert event["what"] == "geofences"
    assert event["reason"] in ("Is a directory", "Operation not permitted")
    assert desk.snapshot.next_wakeup() == WRITE_AFTER_S + WRITE_EVERY_S
