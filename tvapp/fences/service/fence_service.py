"""Keeps one store's geofences up to date on this screen: loads, indexes and labels them on other threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from tvapp.core.clock import Clock, ClockSet
from tvapp.core.errors import TvappError
from tvapp.core.jobs import JobFailed, JobResult, Jobs
from tvapp.core.log import Log
from tvapp.fences.drawing import labels
from tvapp.fences.drawing.messages import LabelRequest, LabelsPlaced
from tvapp.fences.drawing.raster import FenceRasteriser
from tvapp.fences.drawing.raster_cache import RasterCache
from tvapp.fences.index.fence_index import FenceIndex
from tvapp.fences.index.measuring import measure_detailed
from tvapp.fences.model import pages
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.change import Change
from tvapp.fences.model.fence import Skipped
from tvapp.fences.service.fence_sync import Build, Command, FenceSync, Load, Redraw, ReportSkipped, Watch
from tvapp.fences.service.last_good import LastGood
from tvapp.fences.service.messages import (
    FencesLoaded,
    FencesMeasured,
    FencesRestated,
    FencesUnavailable,
    FencesUnchanged,
    IndexBuilt,
    SnapshotRestored,
)
from tvapp.fences.service.overlay import overlaid
from tvapp.fences.stores.base import Store, Watchable

LOAD = "geofences.load"
BUILD = "geofences.index"
LABELS = "geofences.labels"
WATCH = "geofences.watch"
MEASURE = "geofences.measure"
MOST_SKIPPED_EVENTS = 100


@dataclass(frozen=True, slots=True)
class _StoreChanged(JobResult):
    """A store that is watched holds something else now."""

    service = "geofences"
    watch_number: int


class FenceService:
    """The geofences of one store. Belongs to the main thread; everything here returns at once.

    `FenceSync` decides what is done and when; this class carries it out. `open_store` opens the store anew for each
    account: a store remembers what it has read.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        jobs: Jobs,
        clock: Clock,
        log: Log,
        *,
        refresh_s: float,
        scale: float,
        random: Callable[[], float],
    ) -> None:
        """`scale` is the number of real pixels per design pixel."""
        self._open_store = open_store
        self.store = open_store()
        self._jobs = jobs
        self._clock = clock
        self._log = log
        self._scale = scale
        self._sync = FenceSync(refresh_s=refresh_s, random=random)
        self._tiles = RasterCache()
        self._last_good = LastGood()
        self._watch: Future[None] | None = None
        self._is_placing_labels = False
        self._next_labels: LabelRequest | None = None

    @property
    def revision(self) -> int:
        """The revision of what is drawn; tiles of a lower one are out of date."""
        return self._sync.revision

    @property
    def has_loaded(self) -> bool:
        return self._sync.shown is not None

    def rescale(self, scale: float) -> int:
        """Draw for another number of real pixels per design pixel; returns the revision of what is drawn then."""
        if scale != self._scale:
            self._scale = scale
            self._do(self._sync.redraw())
        return self._sync.revision

    def load(self) -> None:
        """Read the store now, unless a load is under way."""
        self._do(self._sync.load())

    def load_anew(self) -> None:
        """Read the store now; again after a load under way, which may have read what was there before."""
        self._do(self._sync.load_anew())

    def set_pending(self, changes: Sequence[Change]) -> None:
        """Show these changes, which are on their way, on top of what the store holds."""
        self._do(self._sync.set_pending(changes))

    def expect_pending(self) -> None:
        """Show nothing before `set_pending` was called: an edit of what is out of date would collide with itself."""
        self._sync.expect_pending()

    def arrived(self, change: Change, source: str) -> None:
        """Show a change that is in the store by now, in the file `source`; the load that shows it begins now."""
        self._do(self._sync.arrived(change, source))

    def holds(self, change: Change) -> bool:
        """Tell whether the store, read since our last change of this fence arrived, holds what a change begins with."""
        return self._sync.holds(change)

    def forget(self) -> None:
        """Drop every geofence, and what is under way; `load` begins anew."""
        self.stop()
        self.store = self._open_store()
        self._last_good = LastGood()
        self._next_labels = None
        self._do(self._sync.forget())

    def stop(self) -> None:
        """Stop watching the store."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def pack(self) -> None:
        """Compress what is seldom looked at. For a worker: it takes some tenths of a second for many geofences."""
        pages.pack((fence.stored for fence in self._sync.stored), self._jobs.gate.yield_to_frame)

    def rasteriser(self) -> FenceRasteriser | None:
        """Return what draws the fences as they are now; None before the first were loaded."""
        shown = self._sync.shown
        if shown is None:
            return None
        index, yield_to_frame = _index_of(shown), self._jobs.gate.yield_to_frame
        return FenceRasteriser(index, self._sync.revision, self._scale, self._clock, self._tiles, yield_to_frame)

    def request_labels(self, request: LabelRequest) -> None:
        """Place the names for a view: one request at a time, the newest one next. Answered by LabelsPlaced."""
        self._next_labels = request
        self._place_labels()

    def receive(self, message: object, now: float) -> bool:
        """Take a result; True when it was one of ours (others may be interested all the same)."""
        sync = self._sync
        match message:
            case FencesLoaded():
                self._do(sync.loaded(message))
            case SnapshotRestored(fences):
                self._last_good.take_snapshot(message)
                self._do(sync.restored(fences))
                if self._last_good.is_wanted:
                    self._do(sync.load_anew())
            case FencesUnchanged(load_number):
                self._do(sync.unchanged(load_number, now))
            case FencesUnavailable(store, error, load_number):
                if sync.expects_load(load_number):
                    self._log.event(
                        "geofences.unavailable",
                        level="warning",
                        store=store,
                        error=type(error).__name__,
                        reason=str(error),
                    )
                retry_after_s = getattr(error, "retry_after_s", None)
                self._do(sync.load_failed(now, number=load_number, retry_after_s=retry_after_s))
            case _StoreChanged(watch_number):
                self._do(sync.store_changed(watch_number))
            case ClockSet():
                sync.clock_set(now)
            case IndexBuilt():
                self._measure(message)
                self._do(sync.built(message, now, self._clock.wall()))
            case LabelsPlaced():
                self._labels_ended()
            case JobFailed(name) if name == LOAD:
                self._do(sync.load_failed(now))
            case JobFailed(name) if name == BUILD:
                self._do(sync.build_failed(now))
            case JobFailed(name) if name == WATCH:
                # Loading at intervals has to do: a watch that was begun anew would fail again at once.
                pass
            case JobFailed(name) if name == MEASURE:
                pass  # sizes are shown as not measured yet
            case JobFailed(name) if name == LABELS:
                self._labels_ended()
            case _:
                return False
        return True

    def tick(self, now: float) -> FencesRestated | None:
        """Do what is due; returns where the map has to be drawn again."""
        commands = self._sync.tick(now, self._clock.wall())
        self._do(commands)
        return next((command for command in commands if isinstance(command, FencesRestated)), None)

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do."""
        return self._sync.next_wakeup()

    # -- carrying out commands --------------------------------------------------------------------------------------

    def _do(self, commands: Iterable[Command]) -> None:
        for command in commands:
            match command:
                case Load(number):
                    self._load(number)
                case Build():
                    self._build(command)
                case Watch(number):
                    self._start_watching(number)
                case ReportSkipped(skipped):
                    self._report_skipped(skipped)
                # `tick` returns a FencesRestated.
                case Redraw(revision, changed):
                    self._tiles.invalidate(changed, revision)

    def _load(self, number: int) -> None:
        store, sync, clock, last_good = self.store, self._sync, self._clock, self._last_good

        async def load() -> object:
            began = clock.monotonic()
            try:
                loaded = last_good.complete(await store.load())
            except TvappError as error:
                return FencesUnavailable(store.name, error, number) if sync.expects_load(number) else None
            if not sync.expects_load(number):
                return None
            if loaded.unchanged:
                return FencesUnchanged(number)
            ms = (clock.monotonic() - began) * 1000
            return FencesLoaded(store.name, loaded.fences, loaded.skipped, ms, loaded.as_of, number)

        self._jobs.spawn(LOAD, load)

    def _build(self, command: Build) -> None:
        sync, clock, log = self._sync, self._clock, self._log

        def build() -> IndexBuilt | None:
            began = clock.monotonic()
            older, loaded, count = command.older, command.loaded, len(command.skipped)
            book = FenceBook(overlaid(command.stored, command.changes), count, older.book if older else None)
            index = FenceIndex(book.fences, _index_of(older) if older else None)
            changed = book.changed_bounds(older.book) if older else None
            if loaded is not None:
                ms = round(loaded.ms + (clock.monotonic() - began) * 1000)
                unknown = book.unknown_count
                log.event(
                    "geofences.loaded", store=loaded.store, count=len(book), skipped=count, unknown=unknown, ms=ms
                )
            if not sync.expects_build(command.revision):
                return None
            return IndexBuilt(index, book, command.revision, changed, index.detailed())

        self._jobs.run(BUILD, build)

    def _start_watching(self, number: int) -> None:
        store = self.store
        if not isinstance(store, Watchable):
            return

        async def watch() -> _StoreChanged:
            await store.watch()
            return _StoreChanged(number)

        self._watch = self._jobs.spawn(WATCH, watch)

    def _report_skipped(self, skipped: tuple[Skipped, ...]) -> None:
        for item in skipped[:MOST_SKIPPED_EVENTS]:
            about = {"file": item.source} | ({"id": item.feature} if item.feature else {})
            self._log.event("geofence.skipped", level="warning", **about, reason=item.reason)
        if len(skipped) > MOST_SKIPPED_EVENTS:
            self._log.event("geofences.skipped", level="warning", count=len(skipped))

    def _measure(self, built: IndexBuilt) -> None:
        detailed = built.detailed
        if not detailed:
            return
        yield_to_frame = self._jobs.gate.yield_to_frame

        def measure() -> FencesMeasured | None:
            count = measure_detailed(detailed, yield_to_frame)
            return FencesMeasured(count) if count else None

        self._jobs.run(MEASURE, measure)

    def _place_labels(self) -> None:
        request, shown = self._next_labels, self._sync.shown
        if request is None or shown is None or self._is_placing_labels:
            return
        self._next_labels = None
        self._is_placing_labels = True
        index, scale, revision, wall = _index_of(shown), self._scale, self._sync.revision, self._clock.wall()
        yield_to_frame = self._jobs.gate.yield_to_frame

        def place() -> LabelsPlaced:
            placed = labels.place(index, request, scale, wall, yield_to_frame=yield_to_frame)
            return LabelsPlaced(placed, request.zoom, revision)

        self._jobs.run(LABELS, place)

    def _labels_ended(self) -> None:
        self._is_placing_labels = False
        self._place_labels()


def _index_of(built: IndexBuilt) -> FenceIndex:
    assert isinstance(built.index, FenceIndex)
    return built.index
