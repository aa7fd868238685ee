"""The outbox and the fence service in front of a store in memory, on one thread and with a manual clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from tests.fences.outbox.killed import feature
from tests.fences.service.test_fence_service import InlineJobs
from tvapp.core.clock import ManualClock
from tvapp.core.errors import TimedOut, TvappError, Unreachable
from tvapp.core.jobs import JobFailed
from tvapp.core.log import RecordingLog
from tvapp.fences.geojson import reading
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.change import Change, Conflicting, Outcome, Stored
from tvapp.fences.model.fence import Geofence
from tvapp.fences.outbox.messages import OutboxChanged
from tvapp.fences.outbox.outbox_service import OutboxService
from tvapp.fences.service.fence_service import FenceService
from tvapp.fences.service.messages import IndexBuilt
from tvapp.fences.stores.base import Loaded, Note


class PromptJobs(InlineJobs):
    """Does everything at once; an unexpected exception ends as a failed job, as in the app."""

    def _do(self, name: str, work: Callable[[], object]) -> Future[None]:
        try:
            return super()._do(name, work)
        except Exception as error:  # noqa: BLE001 - as Jobs does
            self.inbox.post(JobFailed(name, error))
            return Future()


@dataclass
class SharedStore:
    """The store of several screens: fences by id, and each write as (screen, fence, before, after)."""

    fences: dict[str, bytes] = field(default_factory=dict)
    writes: list[tuple[str, str, bytes, bytes]] = field(default_factory=list)


@dataclass
class Window:
    """A shared store as one screen reaches it."""

    shared: SharedStore
    screen: str = "tv"
    is_online: bool = True
    loses_answers: bool = False
    trouble: TvappError = field(default_factory=lambda: Unreachable("store"))
    """Raised while it is not online."""
    sent: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    """Called while a change is being sent."""
    name: str = "window"

    async def load(self) -> Loaded:
        self._demand_network()
        found: list[Geofence] = []
        for name, raw in sorted(self.shared.fences.items()):
            found += reading.read(b'{"type":"FeatureCollection","features":[' + raw + b"]}", f"{name}.json").fences
        return Loaded(tuple(found), ())

    async def send(self, change: Change, *, note: Note, resume: str = "") -> Outcome:
        self.meanwhile()
        self._demand_network()
        self.sent.append(change.id)
        fence = change.geometry_id
        present = self.shared.fences.get(fence, b"")
        if present != change.after:
            if present != change.before:
                return Conflicting(present)
            self.shared.writes.append((self.screen, fence, present, change.after))
            self.shared.fences[fence] = change.after
            if not change.after:
                del self.shared.fences[fence]
        if self.loses_answers:
            raise TimedOut("store", "the answer got lost")
        return Stored(f"{fence}.json")

    def _demand_network(self) -> None:
        if not self.is_online:
            raise self.trouble


class Screen:
    """One TV: its services, its book of fences, and the last message of its outbox."""

    def __init__(self, folder: Path, window: Window, log: RecordingLog | None = None) -> None:
        self.folder = folder
        self.window = window
        self.clock = ManualClock()
        self.log = log or RecordingLog()
        self.jobs = PromptJobs()
        self.book = FenceBook()
        self.told = OutboxChanged()
        self.fences = FenceService(
            lambda: window, self.jobs, self.clock, self.log, refresh_s=3600.0, scale=1.0, random=lambda: 0.5  # type: ignore[arg-type]
        )  # fmt: skip
        self.outbox = OutboxService(
            self.fences, self.jobs, self.clock, self.log, random=lambda: 0.5  # type: ignore[arg-type]
        )  # fmt: skip
        self.outbox.tell = self._tell

    def start(self) -> None:
        self.outbox.open(self.folder)
        self.fences.load()
        self.settle()

    def settle(self) -> None:
        """Hand on every message until there are none."""
        while len(self.jobs.inbox):
            for message in self.jobs.inbox.drain():
                if isinstance(message, IndexBuilt):
                    self.book = message.book
                if not self.outbox.receive(message, self.clock.now):
                    self.fences.receive(message, self.clock.now)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.outbox.tick(self.clock.now)
        self.fences.tick(self.clock.now)
        self.settle()

    def submit(self, *changes: Change) -> None:
        for change in changes:
            self.outbox.submit(change)
        self.settle()

    def disk_trouble(self) -> str:
        """Return the reason shown to the viewer why nothing can be saved; "" where there is none."""
        return self.told.disk_error.reason if self.told.disk_error is not None else ""

    def saved(self) -> list[str]:
        """Return the names of the entries on the disk."""
        return sorted(path.name for path in self.folder.glob("*.json"))

    def shown(self) -> dict[str, bytes]:
        """Return the fences on the screen by id; asserts that none is there twice."""
        fences = {fence.geometry_id: fence.raw for fence in self.book}
        assert len(fences) == len(self.book), "a fence is shown twice"
        return fences

    def _tell(self, message: OutboxChanged) -> None:
        self.told = message


def adding(name: str, note: str = "new") -> Change:
    return Change(f"id-{name}-{note}", "", name, b"", feature(name, note))


def adding_many(count: int) -> Iterator[Change]:
    return (adding(f"fence-{number}") for number in range(count))
