"""The outbox service with disk, store and fence service on real threads; the store gives prepared answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.fences.outbox.killed import feature
from tests.fences.outbox.outbox_rig import Screen, SharedStore, Window
from tvapp.core.clock import SystemClock
from tvapp.core.errors import Forbidden, SignInError, Throttled, TvappError, Unreachable
from tvapp.core.jobs import Inbox, JobFailed, JobResult, Jobs
from tvapp.core.log import Level, RecordingLog
from tvapp.fences.geojson import reading
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.change import Change, Conflicting, Outcome, Step, Stored
from tvapp.fences.model.fence import Geofence
from tvapp.fences.outbox.folder import OutboxFolder
from tvapp.fences.outbox.messages import OutboxChanged
from tvapp.fences.outbox.outbox import Entry
from tvapp.fences.outbox.outbox_service import OutboxService
from tvapp.fences.outbox.persistence import RETRY_AFTER_S
from tvapp.fences.service.fence_service import FenceService
from tvapp.fences.service.messages import IndexBuilt
from tvapp.fences.stores.base import Loaded, Note

WITHIN_S = 20.0


@dataclass
class MemoryStore:
    """A store in memory; prepared `answers` are given first, each in place of storing a change."""

    fences: dict[str, bytes] = field(default_factory=dict)
    answers: list[Outcome | TvappError] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    name: str = "memory"

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


class Services:
    """The two services, driven as the app's loop drives them."""

    def __init__(self, folder: Path, store: MemoryStore) -> None:
        self.store = store
        self.folder = folder / "outbox"
        self.log = RecordingLog()
        self.clock = SystemClock()
        self._woken = threading.Event()
        self.jobs = Jobs(Inbox(self._woken.set), self.log)
        self.fences = FenceService(
            lambda: store, self.jobs, self.clock, self.log, refresh_s=3600, scale=1.0, random=lambda: 0.5
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
        """Run the loop until `test` is true."""
        deadline = time.monotonic() + WITHIN_S
        while not test():
            assert time.monotonic() < deadline, "not in time"
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
def store() -> MemoryStore:
    return MemoryStore({"old": feature("old", "here before")})


@pytest.fixture
def services(tmp_path: Path, store: MemoryStore) -> Iterator[Services]:
    built = Services(tmp_path, store)
    yield built
    built.outbox.close()
    built.fences.stop()
    built.jobs.stop()


def adding(name: str, note: str = "new") -> Change:
    return Change(f"id-{name}-{note}", "", name, b"", feature(name, note))


def test_a_new_fence_is_on_the_map_before_it_is_in_the_store_and_stays_there(
    services: Services, store: MemoryStore
) -> None:
    services.start()
    services.outbox.submit(adding("a"))
    services.until(lambda: "a" in services.names())
    services.until(services.is_idle)
    books = services.books
    services.until(lambda: services.books > books)
    assert services.names() == {"old", "a"}
    assert "a" in store.fences
    assert [fields["id"] for name, fields in services.log.events if name == "geofence.uploaded"] == ["a"]


def test_a_deleted_fence_goes_from_the_map_at_once(services: Services, store: MemoryStore) -> None:
    services.start()
    old = next(iter(services.book or ()))
    services.outbox.submit(Change("gone", old.source, old.geometry_id, old.raw, b""))
    services.until(lambda: services.names() == set())
    services.until(services.is_idle)
    assert store.fences == {}


def test_while_the_store_cannot_be_reached_changes_wait_on_disk_and_survive_a_restart(
    services: Services, store: MemoryStore, tmp_path: Path
) -> None:
    store.answers = [Unreachable("store")] * 50
    services.start()
    services.outbox.submit(adding("a"))
    services.until(lambda: services.told.error is not None and len(list(services.folder.glob("*.json"))) == 1)
    services.outbox.close()
    store.answers.clear()
    again = Services(tmp_path, store)
    try:
        again.start()
        again.until(again.is_idle)
        assert "a" in store.fences
        assert store.resumed[-1] == "operation of id-a-new", "it went on where it was"
    finally:
        again.jobs.stop()


def test_changes_made_before_the_disk_was_read_come_after_those_on_it(services: Services, store: MemoryStore) -> None:
    OutboxFolder(services.folder).save(Entry(7, adding("first")))
    services.outbox.open(services.folder)
    services.outbox.submit(adding("second"))
    services.fences.load()
    services.until(lambda: set(store.fences) == {"old", "first", "second"})
    assert store.sent == ["id-first-new", "id-second-new"]


def test_a_refused_change_stays_on_the_map_and_on_disk_until_it_is_given_up(
    services: Services, store: MemoryStore
) -> None:
    store.answers = [Forbidden("store", 403, "AuthorizationPermissionMismatch")]
    services.start()
    services.outbox.submit(adding("a"))
    services.until(lambda: [entry.state for entry in services.told.entries] == ["refused"])
    services.until(lambda: "a" in services.names())
    failed = [fields for name, fields in services.log.events if name == "geofence.upload_failed"]
    assert [(each["status"], each["next"]) for each in failed] == [(403, "waits for the viewer")]
    services.outbox.discard(services.told.entries[0].number)
    services.until(lambda: "a" not in services.names())
    services.until(services.is_idle)


def test_a_collision_shows_ours_until_theirs_is_taken(services: Services, store: MemoryStore) -> None:
    theirs = feature("old", "theirs")
    services.start()
    old = next(iter(services.book or ()))
    store.answers = [Conflicting(theirs)]
    store.fences["old"] = theirs
    services.outbox.submit(Change("mine", old.source, "old", old.raw, feature("old", "mine")))
    services.until(lambda: [entry.state for entry in services.told.entries] == ["conflict"])
    services.until(lambda: [fence.properties["note"] for fence in services.book or ()] == ["mine"])
    services.outbox.resolve(services.told.entries[0].number, "theirs")
    services.until(lambda: [fence.properties["note"] for fence in services.book or ()] == ["theirs"])


def test_a_change_that_was_reverted_in_the_store_can_be_made_again(services: Services, store: MemoryStore) -> None:
    services.start()
    old = next(iter(services.book or ()))
    services.outbox.submit(Change("first", old.source, "old", old.raw, b""))
    services.until(lambda: services.is_idle() and services.names() == set())
    store.fences["old"] = old.raw
    services.fences.load_anew()
    services.until(lambda: services.names() == {"old"})
    services.outbox.submit(Change("again", old.source, "old", old.raw, b""))
    services.until(lambda: store.fences == {})
    assert store.sent == ["first", "again"]


def test_where_the_disk_cannot_be_written_changes_are_sent_and_the_viewer_is_told(
    services: Services, store: MemoryStore
) -> None:
    services.folder.parent.mkdir(exist_ok=True)
    services.folder.write_text("in the way")
    services.start()
    services.outbox.submit(adding("a"))
    services.until(lambda: "a" in store.fences)
    services.until(lambda: services.told.disk_error is not None)
    assert [name for name, _ in services.log.events].count("disk.failed") == 1


def test_a_defect_in_a_store_keeps_the_change_for_the_viewer(services: Services, store: MemoryStore) -> None:
    async def broken(change: Change, *, note: Note, resume: str = "") -> Outcome:
        raise ZeroDivisionError

    store.send = broken  # type: ignore[method-assign]
    services.start()
    services.outbox.submit(adding("a"))
    services.until(lambda: [entry.state for entry in services.told.entries] == ["refused"])


def test_after_closing_results_under_way_are_ignored(services: Services, store: MemoryStore) -> None:
    services.start()
    services.outbox.submit(adding("a"))
    services.outbox.close()
    assert services.told.entries[0].change.geometry_id == "a"
    assert not services.outbox.is_full
    assert services.outbox.next_wakeup() is None


def offline_with_two_changes(folder: Path) -> Screen:
    """Return a screen without a network and with a slow disk, on which two geofences were added."""
    screen = Screen(folder / "outbox", Window(SharedStore(), is_online=False))
    screen.start()
    screen.jobs.is_slow = True
    screen.outbox.submit(adding("a"))
    screen.outbox.submit(adding("b"))
    return screen


def test_changes_are_unsaved_until_the_disk_has_them(tmp_path: Path) -> None:
    screen = offline_with_two_changes(tmp_path)
    assert screen.told.unsaved == {1, 2}
    for _ in range(2):  # the second write begins when the first has ended
        screen.jobs.finish()
        screen.settle()
    assert screen.told.unsaved == frozenset()
    assert [entry.number for entry in screen.told.entries] == [1, 2]


def test_a_stored_change_is_reported_once(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore()))
    told: list[OutboxChanged] = []
    screen.outbox.tell = told.append
    screen.start()
    screen.submit(adding("a"), adding("b"))
    assert [each.change.geometry_id for message in told for each in message.arrived] == ["a", "b"]
    assert told[-1].entries == ()


def test_an_outage_is_logged_once_and_each_refusal(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore(), is_online=False))
    screen.start()
    screen.submit(adding("a"))
    for _ in range(3):
        screen.wait(300)
    (failed,) = screen.log.named("geofence.upload_failed")
    assert (failed["next"], failed["status"], failed["id"]) == ("retries", 0, "a")


def test_trying_again_skips_the_back_off_of_the_network(tmp_path: Path) -> None:
    skipped: list[bool] = []
    screen = Screen(tmp_path / "outbox", Window(SharedStore()))
    jobs: Any = screen.jobs
    outbox = OutboxService(
        screen.fences,
        jobs,
        screen.clock,
        screen.log,
        random=lambda: 0.5,
        skip_backoff=lambda: skipped.append(True),
    )
    outbox.retry(1)
    assert skipped == [True]


class LevelLog(RecordingLog):
    """Keeps the level of each event too."""

    def event(self, name: str, /, *, level: Level = "info", **fields: object) -> None:
        super().event(name, level=level, **fields, level_logged=level)


def last(log: RecordingLog, name: str) -> dict[str, object]:
    return log.named(name)[-1]


def test_what_became_of_a_change_is_logged_with_its_level(tmp_path: Path) -> None:
    log = LevelLog()
    screen = Screen(tmp_path / "outbox", Window(SharedStore({"b": feature("b", "theirs")})), log)
    screen.window.meanwhile = partial(screen.clock.advance, 0.5)
    screen.start()
    screen.submit(adding("a"), adding("b"))
    assert last(log, "geofence.uploaded") == {
        "id": "a", "store": "window", "ms": 500, "change": "id-a-new", "kind": "add", "level_logged": "info",
    }  # fmt: skip
    assert last(log, "geofence.conflict") == {
        "id": "b", "store": "window", "ms": 500, "change": "id-b-new", "kind": "add", "level_logged": "warning",
    }  # fmt: skip
    assert last(log, "geofence.change_kept")["change"] == "id-b-new"


def test_a_failure_is_logged_with_at_most_three_hundred_characters_of_its_reason(tmp_path: Path) -> None:
    log = LevelLog()
    screen = Screen(tmp_path / "outbox", Window(SharedStore(), is_online=False), log)
    screen.window.trouble = Forbidden("store", 403, "Odd", "x" * 400)
    screen.start()
    screen.submit(adding("a"))
    failed = last(log, "geofence.upload_failed")
    assert failed["reason"] == str(screen.window.trouble)[:300]
    assert (failed["status"], failed["level_logged"], failed["store"]) == (403, "warning", "window")


def test_each_refusal_is_logged_also_one_like_the_last(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore(), is_online=False))
    screen.window.trouble = Forbidden("store", 403)
    screen.start()
    screen.submit(adding("a"), adding("b"))
    assert [each["id"] for each in screen.log.named("geofence.upload_failed")] == ["a", "b"]


def test_a_store_that_takes_no_changes_refuses_them(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore()))
    screen.start()
    screen.fences.store = ReadOnlyStore()
    screen.submit(adding("a"))
    (refused,) = screen.told.entries
    assert refused.refusal is not None
    assert (refused.state, refused.refusal.message) == ("refused", "this store takes no changes")


class ReadOnlyStore:
    name = "url"

    async def load(self) -> Loaded:
        return Loaded((), ())


def test_the_results_of_its_jobs_are_for_the_outbox_alone(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore()))
    screen.outbox.open(screen.folder)
    for message in screen.jobs.inbox.drain():
        assert screen.outbox.receive(message, 0.0)
    screen.outbox.submit(adding("a"))
    while messages := list(screen.jobs.inbox.drain()):
        for message in messages:
            is_ours = isinstance(message, JobResult) and message.service == "outbox"
            assert screen.outbox.receive(message, 0.0) == is_ours
            screen.fences.receive(message, 0.0)
    assert screen.outbox.receive(JobFailed("outbox.read", ZeroDivisionError()), 0.0)
    assert not screen.outbox.receive(JobFailed("outbox.send", ZeroDivisionError()), 0.0), "nothing is being sent"
    assert not screen.outbox.receive(JobFailed("tiles.decode", ZeroDivisionError()), 0.0)


def test_a_defect_in_writing_is_shown_as_a_disk_error_and_tried_again(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore(), is_online=False))
    screen.start()
    screen.jobs.is_slow = True
    screen.outbox.submit(adding("a"))
    screen.jobs.waiting.clear()
    screen.outbox.receive(JobFailed("outbox.write", ValueError("x" * 300)), screen.clock.now)
    assert screen.disk_trouble() == ("ValueError: " + "x" * 300)[:200]
    screen.jobs.is_slow = False
    screen.wait(RETRY_AFTER_S - 1)
    assert screen.saved() == []
    screen.wait(1)
    assert (screen.saved(), screen.disk_trouble()) == (["0000000001.json"], "")


def test_what_was_on_the_disk_is_logged_and_sent_and_why_it_could_not_be_read_once(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore()))
    folder = OutboxFolder(screen.folder)
    for number in (3, 5):
        folder.save(Entry(number, adding(f"f{number}")))
    (screen.folder / "0000000004.json").write_bytes(b"damaged")
    screen.start()
    assert screen.log.named("outbox.opened") == [{"waiting": 2}]
    assert screen.log.named("outbox.broken") == [{"file": "0000000004.json"}]
    assert screen.log.at_level("error") == ["outbox.broken"]
    assert screen.log.at_level("warning") == []
    assert screen.told.unreadable == 1
    assert screen.window.sent == ["id-f3-new", "id-f5-new"]
    assert screen.saved() == []


def test_an_empty_outbox_is_not_worth_an_event(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore()))
    screen.start()
    assert screen.log.named("outbox.opened") == []
    assert screen.told == OutboxChanged()


def test_reading_writing_and_sending_are_jobs_of_their_own(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore()))
    screen.start()
    screen.submit(adding("a"))
    names = [name for name, _ in screen.jobs.futures if name.startswith("outbox")]
    assert names == ["outbox.read", "outbox.write", "outbox.send", "outbox.write"]
    assert screen.log.named("geofence.change_kept") == [{"id": "a", "change": "id-a-new"}]


def test_a_failure_is_logged_with_how_long_it_took_and_what_follows(tmp_path: Path) -> None:
    for trouble, status, follows in (
        (Unreachable("store"), 0, "retries"),
        (SignInError("store", needs_person=True), 0, "waits for a sign-in"),
        (Forbidden("store", 403), 403, "waits for the viewer"),
    ):
        screen = Screen(tmp_path / type(trouble).__name__, Window(SharedStore(), is_online=False))
        screen.window.trouble = trouble
        screen.window.meanwhile = partial(screen.clock.advance, 1.25)
        screen.start()
        screen.submit(adding("a"))
        assert screen.log.named("geofence.upload_failed") == [
            {
                "id": "a",
                "store": "window",
                "ms": 1250,
                "change": "id-a-new",
                "reason": str(trouble),
                "status": status,
                "next": follows,
            }
        ]


def test_another_kind_of_failure_is_logged_too_and_told(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore(), is_online=False))
    screen.start()
    screen.submit(adding("a"))
    assert screen.told.error is screen.window.trouble
    screen.window.trouble = Throttled("store", 429)
    screen.wait(300)
    assert [each["status"] for each in screen.log.named("geofence.upload_failed")] == [0, 429]
    assert screen.told.error is screen.window.trouble
    assert screen.told.sending is None


def test_the_network_that_is_back_sends_at_once_and_a_closed_outbox_nothing(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore(), is_online=False))
    screen.outbox.send_now()
    assert screen.jobs.futures == []
    screen.start()
    screen.submit(adding("a"))
    assert screen.outbox.next_wakeup() is not None
    screen.window.is_online = True
    screen.outbox.send_now()
    screen.settle()
    assert screen.window.sent == ["id-a-new"]
    assert screen.told.entries == ()
    assert screen.outbox.next_wakeup() is None


def test_a_refused_change_is_tried_again_and_a_collision_settled_with_the_time_of_the_clock(tmp_path: Path) -> None:
    shared = SharedStore({"b": feature("b", "theirs"), "c": feature("c", "theirs")})
    screen = Screen(tmp_path / "outbox", Window(shared, is_online=False))
    screen.clock.advance(1_000.0)
    screen.window.trouble = Forbidden("store", 403)
    screen.start()
    screen.submit(adding("a"))
    assert [entry.state for entry in screen.told.entries] == ["refused"]
    screen.window.is_online = True
    screen.outbox.retry(screen.told.entries[0].number)
    screen.settle()
    assert screen.window.sent == ["id-a-new"]
    screen.submit(adding("b"), adding("c"))
    assert [(entry.state, entry.theirs) for entry in screen.told.entries] == [
        ("conflict", feature("b", "theirs")),
        ("conflict", feature("c", "theirs")),
    ]
    ours, both = screen.told.entries
    screen.outbox.resolve(ours.number, "mine")
    screen.outbox.keep_both(both.number, "c-2", feature("c-2", "new"))
    screen.settle()
    assert screen.told.entries == ()
    assert shared.fences["b"] == feature("b", "new")
    assert shared.fences["c"] == feature("c", "theirs")
    assert shared.fences["c-2"] == feature("c-2", "new")


def test_too_many_changes_are_too_many_and_a_change_of_what_is_held_is_current(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore({"a": feature("a", "1")})))
    screen.start()
    there = feature("a", "1")
    for number in (1, 2):
        screen.submit(Change(f"edit-{number}", "a.json", "a", there, feature("a", "2")))
        assert screen.shown() == {"a": feature("a", "2")}
        screen.window.shared.fences["a"] = there
        screen.fences.load_anew()
        screen.settle()
    assert screen.window.sent == ["edit-1", "edit-2"]
    assert not screen.outbox.is_full


def test_a_step_is_told_while_an_attempt_goes_on(tmp_path: Path) -> None:
    steps: list[Step | None] = []
    screen = Screen(tmp_path / "outbox", Window(SharedStore()))
    screen.outbox.tell = lambda message: steps.append(message.step)
    screen.start()
    screen.submit(adding("a"))
    assert Step("sending") in steps
    assert steps[-1] is None


def test_results_of_a_former_account_change_nothing(tmp_path: Path) -> None:
    screen = Screen(tmp_path / "outbox", Window(SharedStore()))
    screen.start()
    screen.jobs.is_slow = True
    screen.outbox.submit(adding("a"))
    screen.jobs.finish()  # it is on the disk
    screen.settle()
    screen.jobs.finish()  # it is in the store
    screen.outbox.open(tmp_path / "other")
    screen.jobs.is_slow = False
    screen.jobs.finish()
    screen.settle()
    assert screen.log.named("geofence.uploaded") == []
    assert screen.told.entries == ()
    assert screen.saved() == ["0000000001.json"], "it is sent again by its own account"


def test_a_deletion_overtakes_a_save_that_waits(tmp_path: Path) -> None:
    screen = offline_with_two_changes(tmp_path)
    screen.outbox.submit(Change("undo", "", "b", feature("b", "new"), b""))
    for _ in range(4):
        screen.jobs.finish()
        screen.settle()
    assert screen.saved() == ["0000000001.json"]
    assert [entry.number for entry in screen.told.entries] == [1]
