"""The app with a display, jobs and a backend that exist in memory only."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from tests.surroundings import surroundings
from tvapp.app.app import App
from tvapp.app.backend import Backend
from tvapp.app.backend_loading import BackendReady
from tvapp.config.load import ConfigErrors, load
from tvapp.core.clock import ManualClock
from tvapp.core.errors import TvappError
from tvapp.core.frame_gate import FrameGate
from tvapp.core.jobs import Inbox, JobFailed, Jobs
from tvapp.core.log import RecordingLog
from tvapp.display.window import Display
from tvapp.geo.position import Bounds
from tvapp.remote.keymap import keymap
from tvapp.remote.keys import KeyEvent
from tvapp.tiles.cache_key import CacheScope
from tvapp.tiles.tile import TileId
from tvapp.ui.recording import RecordingCanvas

WITH_KEY = {
    "TVAPP_MAPS_AUTH": "shared-key",
    "TVAPP_MAPS_SUBSCRIPTION_KEYS": "a-key-of-maps",
    "TVAPP_GEOFENCES_STORE": "url",
    "TVAPP_GEOFENCES_URLS": "https://example.com/fences.geojson",
}
"""A configuration that needs no account."""
WITH_ACCOUNT = {
    "TVAPP_IDENTITY_TENANT": "contoso.com",
    "TVAPP_IDENTITY_CLIENT_ID": "11111111-2222-3333-4444-555555555555",
    "TVAPP_MAPS_CLIENT_ID": "30d7cc00-0000-4000-8000-000000009f55",
    "TVAPP_GEOFENCES_STORE": "map-data",
}


class FakeCanvas(RecordingCanvas):
    """Counts how often it was told to forget its drawings."""

    forgotten = 0

    def forget(self) -> None:
        self.forgotten += 1


@dataclass
class FakeDisplay:
    """Draws on a recording canvas."""

    canvas: FakeCanvas = field(default_factory=FakeCanvas)
    size: tuple[int, int] = (1920, 1080)

    @contextlib.contextmanager
    def drawing(self) -> Iterator[None]:
        yield

    def begin(self) -> None:
        self.canvas.clear()

    def screenshot(self) -> bytes:
        return b"PNG"

    def open_gamepads(self) -> None:
        pass

    def feed(self, event: object) -> None:
        pass


@dataclass
class FakeJobs:
    """Does at once what a test wants done, and only notes the names of other jobs."""

    clock: ManualClock
    done: tuple[str, ...] = ("view.read",)
    inbox: Inbox = field(default_factory=Inbox)
    asked: list[str] = field(default_factory=list)
    spawned: list[Callable[[], Coroutine[object, object, object]]] = field(default_factory=list)
    """What the io thread would run."""

    def __post_init__(self) -> None:
        self.gate = FrameGate(self.clock.monotonic)

    def run(self, name: str, work: Callable[[], object]) -> Future[None]:
        self.asked.append(name)
        if name in self.done:
            try:
                result = work()
            except TvappError as error:
                result = JobFailed(name, error)
            if result is not None:
                self.inbox.post(result)
        return Future()

    def spawn(self, name: str, work: Callable[[], Coroutine[object, object, object]]) -> Future[None]:
        self.asked.append(name)
        self.spawned.append(work)
        return Future()

    def thread(self, name: str, work: object) -> None:
        self.asked.append(name)


@dataclass
class Hears:
    """A service that notes the messages it hears, in a list that all services of a backend share."""

    name: str
    heard: list[tuple[str, object]]
    calls: list[str] = field(default_factory=list)

    def receive(self, message: object, now: float) -> bool:
        self.heard.append((self.name, message))
        return True

    def tick(self, now: float) -> None:
        return None

    def next_wakeup(self) -> float | None:
        return None

    def rasteriser(self) -> None:
        return None

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Note any other call."""
        return lambda *_arguments: self.calls.append(name)


@dataclass
class FakeLoader:
    requested: list[tuple[TileId, ...]] = field(default_factory=list)
    requests_sent: int = 0
    sizes: Mapping[str, int] = field(default_factory=dict)
    retried: int = 0

    def request(self, ids: Sequence[TileId]) -> None:
        self.requested.append(tuple(ids))

    def set_rasteriser(self, rasteriser: object) -> None:
        pass

    def set_sizes(self, sizes: Mapping[str, int]) -> None:
        self.sizes = sizes

    def retry(self) -> None:
        self.retried += 1


@dataclass
class FakeAttribution:
    asked: list[tuple[tuple[str, ...], float]] = field(default_factory=list)
    retried: int = 0

    def show(self, tilesets: tuple[str, ...], zoom: float, bounds: Bounds) -> None:
        self.asked.append((tilesets, zoom))

    def retry(self) -> None:
        self.retried += 1


@dataclass
class FakeBackend:
    """Everything behind the map; its services note what they hear in `heard`."""

    loader: FakeLoader = field(default_factory=FakeLoader)
    attribution: FakeAttribution = field(default_factory=FakeAttribution)
    heard: list[tuple[str, object]] = field(default_factory=list)
    fences: Hears | None = None
    outbox: Hears | None = None
    snapshot: Hears | None = None
    monitor: Hears = field(default_factory=lambda: Hears("monitor", []))
    accounts: list[str | None] = field(default_factory=list)
    disk_restored_at: list[float] = field(default_factory=list)

    @classmethod
    def with_services(cls) -> FakeBackend:
        made = cls()
        made.fences, made.outbox, made.snapshot = (Hears(name, made.heard) for name in ("fences", "outbox", "snapshot"))
        return made

    def use_account(self, home_id: str | None) -> CacheScope:
        self.accounts.append(home_id)
        return CacheScope("https://maps.example", home_id or "", "en", "Auto")

    def disk_restored(self, now: float) -> None:
        self.disk_restored_at.append(now)


class Rig:
    """The app, and what a test gives it."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str] = WITH_KEY, errors: ConfigErrors | None = None
    ) -> None:
        self.clock = ManualClock(now=100.0)
        self.log = RecordingLog()
        self.display = FakeDisplay()
        self.jobs = FakeJobs(self.clock)
        config = load(None, settings, system_file=Path("/nowhere/config.toml"))
        self.around = surroundings(folder, cast(Jobs, self.jobs), clock=self.clock, log=self.log)
        self.app = App(config, errors, self.around, display=cast(Display, self.display), keymap=keymap({}))

    def start(self) -> None:
        """Draw the first frame, and let the app begin."""
        self.frame()
        self.app.presented(self.clock.now)
        self.take_messages()

    def frame(self) -> None:
        self.app.update(self.clock.now)
        self.app.draw(self.display.canvas, self.clock.now)

    def take_messages(self) -> None:
        for message in self.jobs.inbox.drain():
            self.tell(message)

    def tell(self, message: object) -> None:
        self.app.receive(message, self.clock.now)

    def connect(self, backend: FakeBackend | None = None) -> FakeBackend:
        backend = backend or FakeBackend.with_services()
        self.tell(BackendReady(cast(Backend, backend)))
        return backend

    def press(self, key: str) -> None:
        for is_pressed in (True, False):
            self.app.handle(KeyEvent(key, is_pressed, self.clock.now, "keyboard"), self.clock.now)

    def shows(self, part: str) -> bool:
        """Draw a frame, and tell whether a text with this part is in it."""
        self.frame()
        return self.display.canvas.shows(part)
