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


def test_what_was_packed_is_unpacked_feature_by_feature() -> None:
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
    with pytest.raises(DataError):
        unpack(FORMAT.pack(payload))


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


def test_when_the_program_ends_what_is_due_some_time_is_written_at_once(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.snapshot.flush()
    assert [each.id for each in unpack(desk.path.read_bytes())] == ["a"]


def test_what_is_stale_itself_is_not_kept_as_fresh(desk: Desk) -> None:
    desk.snapshot.open(desk.path)
    desk.snapshot.receive(FencesLoaded("url", fences("a"), (), 1.0, as_of=5.0), 0.0)
    desk.tick(WRITE_AFTER_S)
    assert not desk.path.exists()


def test_after_closing_nothing_is_written_any_more_not_even_what_was_on_its_way(desk: Desk) -> None:
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
def test_a_damaged_file_is_as_good_as_none_and_said_so(desk: Desk, damage: Callable[[Path], object]) -> None:
    desk.snapshot.open(desk.path)
    desk.give(*fences("a"))
    desk.tick(WRITE_AFTER_S)
    damage(desk.path)
    desk.snapshot.open(desk.path)
    assert desk.messages() == []
    assert len(desk.log.named("geofences.not_kept")) == 1


def test_a_disk_that_takes_nothing_is_said_so_and_nothing_else_happens(desk: Desk) -> None:
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
