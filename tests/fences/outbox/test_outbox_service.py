"""The outbox at work: disk, store and map together, with real threads and a store that behaves as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fences.outbox.killed import feature
from tvapp.core.clock import SystemClock
from tvapp.core.errors import Forbidden, TvappError, Unreachable
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.fences.geojson import reading
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.change import Change, Conflicting, Outcome, Step, Stored
from tvapp.fences.model.fence import Geofence
from tvapp.fences.outbox.folder import OutboxFolder
from tvapp.fences.outbox.messages import OutboxChanged
from tvapp.fences.outbox.outbox_service import OutboxService
from tvapp.fences.service.fence_service import FenceService
from tvapp.fences.service.messages import IndexBuilt
from tvapp.fences.stores.base import Loaded, Note

WITHIN_S = 20.0


@dataclass
class Shelf:
    """A store in memory; `answers` are given before it does what it should."""

    fences: dict[str, bytes] = field(default_factory=dict)
    answers: list[Outcome | TvappError] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    name: str = "shelf"

    async def load(self) -> Loaded:
        found: list[Geofence] = []
        for name, raw in self.fences.items():
            found += reading.read(b'{"type":"FeatureCollection","features":[' + raw + b"]}", f"{name}.json").fences
        return Loaded(tuple(found), ())

    async def send(self, change: Change, *, note: Note, resume: str = "") -> Outcome:
        self.resumed.append(resume)
        self.sent.append(change.id)
        await note(Step("processing", resume=f"operation of {change.id}"))
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, TvappError):
                raise answer
            return answer
        if change.after:
            self.fences[change.geometry_id] = change.after
        else:
            self.fences.pop(change.geometry_id, None)
        return Stored(f"{change.geometry_id}.json")


class House:
    """The two services, driven as the app's loop drives them."""

    def __init__(self, folder: Path, shelf: Shelf) -> None:
        self.shelf = shelf
        self.folder = folder / "outbox"
        self.log = RecordingLog()
        self.clock = SystemClock()
        self._woken = threading.Event()
        self.jobs = Jobs(Inbox(self._woken.set), self.log)
        self.fences = FenceService(
            lambda: shelf, self.jobs, self.clock, self.log, refresh_s=3600, scale=1.0, random=lambda: 0.5
        )
        self.told = OutboxChanged()
        self.outbox = OutboxService(self.fences, self.jobs, self.clock, self.log, random=lambda: 0.5)
        self.outbox.tell = self._tell
        self.book: FenceBook | None = None
        self.books = 0

    def _tell(self, message: OutboxChanged) -> None:
        self.told = message

    def start(self) -> None:
        self.outbox.open(self.folder)
        self.fences.load()
        self.until(lambda: self.book is not None)

    def until(self, test: Callable[[], bool]) -> None:
        """Let the loop run until it is so."""
        deadline = time.monotonic() + WITHIN_S
        while not test():
            assert time.monotonic() < deadline, "it never came to that"
            self._woken.wait(0.02)
            self._woken.clear()
            now = self.clock.monotonic()
            for message in self.jobs.inbox.drain():
                if isinstance(message, IndexBuilt):
                    self.book = message.book
                    self.books += 1
                if not self.outbox.receive(message, now):
                    self.fences.receive(message, now)
            self.outbox.tick(now)
            self.fences.tick(now)

    def names(self) -> set[str]:
        return {fence.geometry_id for fence in self.book or ()}

    def is_idle(self) -> bool:
        return not self.told.entries and not list(self.folder.glob("*.json"))


@pytest.fixture
def shelf() -> Shelf:
    return Shelf({"old": feature("old", "here before")})


@pytest.fixture
def house(tmp_path: Path, shelf: Shelf) -> Iterator[House]:
    built = House(tmp_path, shelf)
    yield built
    built.outbox.close()
    built.fences.stop()
    built.jobs.stop()


def adding(name: str, note: str = "new") -> Change:
    return Change(f"id-{name}-{note}", "", name, b"", feature(name, note))


def test_a_new_fence_is_on_the_map_before_it_is_in_the_store_and_stays_there(house: House, shelf: Shelf) -> None:
    house.start()
    house.outbox.submit(adding("a"))
    house.until(lambda: "a" in house.names())
    house.until(house.is_idle)
    books = house.books
    house.until(lambda: house.books > books)
    assert house.names() == {"old", "a"}
    assert "a" in shelf.fences
    assert [fields["id"] for name, fields in house.log.events if name == "geofence.uploaded"] == ["a"]


def test_a_deleted_fence_goes_from_the_map_at_once(house: House, shelf: Shelf) -> None:
    house.start()
    old = next(iter(house.book or ()))
    house.outbox.submit(Change("gone", old.source, old.geometry_id, old.raw, b""))
    house.until(lambda: house.names() == set())
    house.until(house.is_idle)
    assert shelf.fences == {}


def test_while_the_store_cannot_be_reached_changes_wait_on_disk_and_survive_a_restart(
    house: House, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.answers = [Unreachable("store")] * 50
    house.start()
    house.outbox.submit(adding("a"))
    house.until(lambda: house.told.error is not None and len(list(house.folder.glob("*.json"))) == 1)
    house.outbox.close()
    shelf.answers.clear()
    again = House(tmp_path, shelf)
    try:
        again.start()
        again.until(again.is_idle)
        assert "a" in shelf.fences
        assert shelf.resumed[-1] == "operation of id-a-new", "it went on where it was"
    finally:
        again.jobs.stop()


def test_changes_made_before_the_disk_was_read_come_after_those_on_it(house: House, shelf: Shelf) -> None:
    from tvapp.fences.outbox.outbox import Entry

    OutboxFolder(house.folder).keep(Entry(7, adding("first")))
    house.outbox.open(house.folder)
    house.outbox.submit(adding("second"))
    house.fences.load()
    house.until(lambda: set(shelf.fences) == {"old", "first", "second"})
    assert shelf.sent == ["id-first-new", "id-second-new"]


def test_what_is_refused_stays_on_the_map_and_on_disk_until_it_is_given_up(house: House, shelf: Shelf) -> None:
    shelf.answers = [Forbidden("store", 403, "AuthorizationPermissionMismatch")]
    house.start()
    house.outbox.submit(adding("a"))
    house.until(lambda: [entry.state for entry in house.told.entries] == ["refused"])
    house.until(lambda: "a" in house.names())
    failed = [fields for name, fields in house.log.events if name == "geofence.upload_failed"]
    assert [(each["status"], each["next"]) for each in failed] == [(403, "waits for the viewer")]
    house.outbox.discard(house.told.entries[0].number)
    house.until(lambda: "a" not in house.names())
    house.until(house.is_idle)


def test_a_collision_shows_ours_until_theirs_is_taken(house: House, shelf: Shelf) -> None:
    theirs = feature("old", "theirs")
    house.start()
    old = next(iter(house.book or ()))
    shelf.answers = [Conflicting(theirs)]
    shelf.fences["old"] = theirs
    house.outbox.submit(Change("mine", old.source, "old", old.raw, feature("old", "mine")))
    house.until(lambda: [entry.state for entry in house.told.entries] == ["conflict"])
    house.until(lambda: [fence.properties["note"] for fence in house.book or ()] == ["mine"])
    house.outbox.resolve(house.told.entries[0].number, "theirs")
    house.until(lambda: [fence.properties["note"] for fence in house.book or ()] == ["theirs"])


def test_what_somebody_took_back_can_be_done_once_more(house: House, shelf: Shelf) -> None:
    house.start()
    old = next(iter(house.book or ()))
    house.outbox.submit(Change("first", old.source, "old", old.raw, b""))
    house.until(lambda: house.is_idle() and house.names() == set())
    shelf.fences["old"] = old.raw
    house.fences.load_anew()
    house.until(lambda: house.names() == {"old"})
    house.outbox.submit(Change("again", old.source, "old", old.raw, b""))
    house.until(lambda: shelf.fences == {})
    assert shelf.sent == ["first", "again"]


def test_without_a_place_on_the_disk_changes_are_sent_all_the_same_and_the_viewer_is_told(
    house: House, shelf: Shelf
) -> None:
    house.folder.parent.mkdir(exist_ok=True)
    house.folder.write_text("in the way")
    house.start()
    house.outbox.submit(adding("a"))
    house.until(lambda: "a" in shelf.fences)
    house.until(lambda: house.told.disk_error is not None)
    assert [name for name, _ in house.log.events].count("disk.failed") == 1


def test_a_defect_in_a_store_keeps_the_change_for_the_viewer(house: House, shelf: Shelf) -> None:
    async def broken(change: Change, *, note: Note, resume: str = "") -> Outcome:
        raise ZeroDivisionError

    shelf.send = broken  # type: ignore[method-assign]
    house.start()
    house.outbox.submit(adding("a"))
    house.until(lambda: [entry.state for entry in house.told.entries] == ["refused"])


def test_after_closing_nothing_more_is_taken_from_what_was_on_its_way(house: House, shelf: Shelf) -> None:
    house.start()
    house.outbox.submit(adding("a"))
    house.outbox.close()
    assert house.told.entries[0].change.geometry_id == "a"
    assert not house.outbox.is_full
    assert house.outbox.next_wakeup() is None
