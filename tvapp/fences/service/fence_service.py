"""Keeps one store's geofences up to date on this screen: loads, indexes, restates and names them on other threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from tvapp.core.backoff import Backoff
from tvapp.core.clock import Clock, ClockSet
from tvapp.core.errors import TvappError
from tvapp.core.jobs import JobFailed, JobResult, Jobs
from tvapp.core.log import Log
from tvapp.fences.drawing import labels
from tvapp.fences.drawing.drawn_tiles import DrawnTiles
from tvapp.fences.drawing.messages import LabelRequest, LabelsPlaced
from tvapp.fences.drawing.raster import FenceRasteriser
from tvapp.fences.index.fence_index import FenceIndex
from tvapp.fences.model import pages
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.change import Change
from tvapp.fences.model.fence import Geofence, Skipped
from tvapp.fences.service.messages import (
    FencesKept,
    FencesLoaded,
    FencesRestated,
    FencesUnavailable,
    FencesUnchanged,
    IndexBuilt,
)
from tvapp.fences.service.overlay import overlaid
from tvapp.fences.stores.base import Store, Watchable
from tvapp.geo.position import Bounds

LOAD = "geofences.load"
BUILD = "geofences.index"
LABELS = "geofences.labels"
WATCH = "geofences.watch"
MOST_SKIPPED_EVENTS = 100
EVERYWHERE = Bounds(-180.0, -90.0, 180.0, 90.0)
_RETRY = Backoff(first_s=5.0, ceiling_s=300.0)


@dataclass(frozen=True, slots=True)
class _Touched(JobResult):
    """Somebody changed what the store holds."""

    service = "geofences"
    generation: int


class FenceService:
    """The geofences of one store; everything here runs on the main thread and returns at once.

    `open_store` makes the store anew for each account: a store remembers what it has read.
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
        let_pass: Callable[[], None] = lambda: None,
    ) -> None:
        """`let_pass` is called between steps of long computations: it lets frames go first."""
        self._open_store = open_store
        self.store = open_store()
        self._jobs = jobs
        self._clock = clock
        self._log = log
        self._refresh_s = refresh_s
        self._scale = scale
        self._random = random
        self._let_pass = let_pass
        self._index: FenceIndex | None = None
        self._book = FenceBook()
        self._stored: tuple[Geofence, ...] = ()
        self._is_stored_known = False
        self._skipped: tuple[Skipped, ...] = ()
        self._pending: tuple[Change, ...] = ()
        self._is_pending_known = True
        self._arrived: tuple[tuple[Change, int], ...] = ()
        self._loads = 0
        self._is_load_due = self._is_building = self._is_build_due = False
        self._just_loaded: FencesLoaded | None = None
        self._drawn = DrawnTiles()
        self._revision = 0
        self._issued = 0
        self._changed_meanwhile: tuple[Bounds, ...] = ()
        self._generation = 0
        self._loading = False
        self._failures = 0
        self._load_at: float | None = None
        self._restate_at: float | None = None
        self._stated_at = 0.0
        self._placing = False
        self._wanted_labels: LabelRequest | None = None
        self._watch: Future[None] | None = None

    @property
    def revision(self) -> int:
        """Counts what the fences look like; tiles drawn for a lower one are out of date."""
        return self._revision

    @property
    def has_loaded(self) -> bool:
        return self._index is not None

    def rescale(self, scale: float) -> int:
        """Draw for another number of real pixels per design pixel; returns the revision of what is drawn then."""
        if scale != self._scale:
            self._scale = scale
            self._show(self._issue(), None)
        return self._revision

    def load(self) -> None:
        """Read the store now, unless that is going on."""
        if self._loading:
            return
        self._loading = True
        self._is_load_due = False
        self._loads += 1
        self._load_at = None
        generation = self._generation
        self._jobs.spawn(LOAD, lambda: self._load(generation))

    def set_pending(self, changes: Sequence[Change]) -> None:
        """Show these changes on top of what the store holds: they are on their way there."""
        was_known, self._is_pending_known = self._is_pending_known, True
        if tuple(changes) != self._pending or (not was_known and (self._just_loaded is not None or self._stored)):
            self._pending = tuple(changes)
            self._build()

    def expect_pending(self) -> None:
        """Show nothing before `set_pending` was called: an edit of what is out of date would collide with itself."""
        self._is_pending_known = False

    def arrived(self, change: Change, source: str) -> None:
        """A change is in the store, in the file `source`: show it until a load does, which begins now."""
        self._arrived = (*self._arrived, (replace(change, source=source), self._loads + 1))
        self.load_anew()

    def load_anew(self) -> None:
        """Read the store now; once more where that is going on, for it may have read what was there before."""
        self._is_load_due = True
        if not self._loading:
            self.load()

    def holds(self, change: Change) -> bool:
        """Tell whether the store holds what a change begins with, as read since our last one of this fence arrived."""
        if any(arrived.geometry_id == change.geometry_id for arrived, _ in self._arrived):
            return False
        found = [fence.raw for fence in self._stored if fence.geometry_id == change.geometry_id]
        return change.before in found if change.before else not found

    def forget(self) -> None:
        """Drop every geofence, and what is still on its way; `load` begins anew."""
        self._generation += 1
        self.stop()
        self.store = self._open_store()
        self._index = None
        self._book = FenceBook()
        self._stored, self._skipped = (), ()
        self._is_stored_known = False
        self._pending, self._arrived = (), ()
        self._is_pending_known = True
        self._show(self._issue(), None)
        self._loading = self._placing = False
        self._is_load_due = self._is_building = self._is_build_due = False
        self._just_loaded = None
        self._load_at = self._restate_at = None
        self._wanted_labels = None

    def stop(self) -> None:
        """Watch the store no longer."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def pack(self) -> None:
        """Compress what is seldom looked at; takes some tenths of a second where there is much, so for a worker."""
        pages.pack((fence.stored for fence in self._stored), self._let_pass)

    def rasteriser(self) -> FenceRasteriser | None:
        """Return what draws the fences as they are now; None before the first were loaded."""
        if self._index is None:
            return None
        return FenceRasteriser(self._index, self._revision, self._scale, self._clock, self._drawn, self._let_pass)

    def request_labels(self, request: LabelRequest) -> None:
        """Place the names for a view; the newest request wins, one is worked on at a time."""
        self._wanted_labels = request
        self._place()

    def receive(self, message: object, now: float) -> bool:
        """Take a result; True when it was one of ours (others may be interested all the same)."""
        match message:
            case FencesLoaded():
                self._loaded(message, now)
            case FencesKept(fences):
                # Only until the store itself has said what it holds.
                if not self._is_stored_known:
                    self._stored = fences
                    self._build()
            case FencesUnchanged():
                if self._settle_arrived():
                    self._build()
                self._rest(now, failed=False)
            case FencesUnavailable(store, error):
                kind = type(error).__name__
                self._log.event("geofences.unavailable", level="warning", store=store, error=kind, reason=str(error))
                self._rest(now, failed=True, retry_after_s=getattr(error, "retry_after_s", None))
            case _Touched(generation):
                if generation == self._generation:
                    self._watch = None
                    self.load_anew()
            case ClockSet():
                self._restate_at = now  # when geofences are valid is a matter of the wall clock
            case IndexBuilt():
                self._built(message, now)
            case LabelsPlaced():
                self._placing = False
                self._place()
            case JobFailed(name) if name in (LOAD, BUILD):
                self._is_building = self._is_building and name != BUILD
                self._rest(now, failed=True)
            case JobFailed(name) if name == WATCH:
                # Looking now and then has to do. It still counts as watching, so that it is not tried for ever.
                pass
            case JobFailed(name) if name == LABELS:
                self._placing = False
            case _:
                return False
        return True

    def tick(self, now: float) -> FencesRestated | None:
        """Do what is due; returns what time alone has changed."""
        if self._load_at is not None and now >= self._load_at:
            self.load()
        if self._changed_meanwhile:
            changed, self._changed_meanwhile = self._changed_meanwhile, ()
            return FencesRestated(changed, self._revision)
        # Not while an index is being built: its revision was given out before, and must stay the highest.
        if self._restate_at is None or now < self._restate_at or self._loading or self._is_building:
            return None
        wall = self._clock.wall()
        changed = self._book.restated_bounds(self._stated_at, wall)
        self._schedule_restating(now)
        if not changed:
            return None
        self._show(self._issue(), changed)
        return FencesRestated(changed, self._revision)

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do."""
        restate_at = None if self._loading or self._is_building else self._restate_at
        return min((at for at in (self._load_at, restate_at) if at is not None), default=None)

    async def _load(self, generation: int) -> object:
        began = self._clock.monotonic()
        try:
            loaded = await self.store.load()
        except TvappError as error:
            return FencesUnavailable(self.store.name, error) if generation == self._generation else None
        if generation != self._generation:
            return None
        if loaded.unchanged:
            return FencesUnchanged()
        ms = (self._clock.monotonic() - began) * 1000
        return FencesLoaded(self.store.name, loaded.fences, loaded.skipped, ms, loaded.as_of)

    def _loaded(self, message: FencesLoaded, now: float) -> None:
        if message.skipped != self._skipped:
            self._report_skipped(message.skipped)
        self._is_stored_known = True
        self._stored, self._skipped = message.fences, message.skipped
        self._settle_arrived()
        self._just_loaded = message
        self._build()

    def _build(self) -> None:
        """Make the book and the index of what is stored and what is on its way, one at a time."""
        if not self._is_pending_known:
            return
        if self._is_building:
            self._is_build_due = True
            return
        self._is_building = True
        older, revision, generation = (self._book if self._index is not None else None), self._issue(), self._generation
        older_index, stored, skipped, loaded = self._index, self._stored, self._skipped, self._just_loaded
        # What has arrived comes before what is still on its way.
        changes = (*(change for change, _ in self._arrived), *self._pending)

        def build() -> IndexBuilt | None:
            began = self._clock.monotonic()
            book = FenceBook(overlaid(stored, changes), len(skipped), older)
            index = FenceIndex(book.fences, older_index)
            changed = None if older is None else book.changed_bounds(older)
            if loaded is not None:
                ms = round(loaded.ms + (self._clock.monotonic() - began) * 1000)
                self._log.event("geofences.loaded", store=loaded.store, count=len(book), skipped=len(skipped), ms=ms)
            return IndexBuilt(index, book, revision, changed) if generation == self._generation else None

        self._jobs.run(BUILD, build)

    def _settle_arrived(self) -> bool:
        """Take off what the load that just ended has shown; True when there was any."""
        left = tuple((change, load) for change, load in self._arrived if load > self._loads)
        settled, self._arrived = left != self._arrived, left
        return settled

    def _built(self, message: IndexBuilt, now: float) -> None:
        assert isinstance(message.index, FenceIndex)
        self._is_building = False
        self._index = message.index
        self._book = message.book
        if message.revision > self._revision:
            self._show(message.revision, message.changed)
        else:
            # The screen was rescaled while the index was built: everything is drawn once more.
            self._show(self._issue(), None)
            self._changed_meanwhile = (EVERYWHERE,)
        if self._restate_at is None or now < self._restate_at:
            self._schedule_restating(now)
        if self._is_build_due:
            self._is_build_due = False
            self._build()
        elif self._just_loaded is not None:
            self._just_loaded = None
            self._rest(now, failed=False)

    def _show(self, revision: int, changed: Sequence[Bounds] | None) -> None:
        """Draw another state from now on, which differs within these boxes, or everywhere (None)."""
        self._revision = revision
        self._drawn.outdate(changed, revision)

    def _issue(self) -> int:
        self._issued += 1
        return self._issued

    def _rest(self, now: float, *, failed: bool, retry_after_s: float | None = None) -> None:
        self._loading = False
        if failed:
            delay = _RETRY.delay(self._failures, self._random(), retry_after_s)
            self._failures += 1
        else:
            delay = self._refresh_s
            self._failures = 0
        self._load_at = now + delay if delay > 0 else None
        if self._is_load_due and not failed:
            self.load()
        else:
            self._start_watching()

    def _start_watching(self) -> None:
        store, generation = self.store, self._generation
        if self._watch is not None or not isinstance(store, Watchable):
            return

        async def watch() -> _Touched:
            await store.watch()
            return _Touched(generation)

        self._watch = self._jobs.spawn(WATCH, watch)

    def _schedule_restating(self, now: float) -> None:
        wall = self._clock.wall()
        self._stated_at = wall
        change = self._book.next_change(wall)
        self._restate_at = None if change is None else now + max(0.05, change - wall)

    def _place(self) -> None:
        request, index = self._wanted_labels, self._index
        if request is None or index is None or self._placing:
            return
        self._wanted_labels = None
        self._placing = True
        scale, revision, wall, let_pass = self._scale, self._revision, self._clock.wall(), self._let_pass
        bounds, zoom, selected = request.bounds, request.zoom, request.selected

        def place() -> LabelsPlaced:
            placed = labels.place(index, bounds, zoom, scale, wall, selected=selected, let_pass=let_pass)
            return LabelsPlaced(placed, zoom, revision)

        self._jobs.run(LABELS, place)

    def _report_skipped(self, skipped: tuple[Skipped, ...]) -> None:
        for item in skipped[:MOST_SKIPPED_EVENTS]:
            about = {"file": item.source} | ({"id": item.feature} if item.feature else {})
            self._log.event("geofence.skipped", level="warning", **about, reason=item.reason)
        if len(skipped) > MOST_SKIPPED_EVENTS:
            self._log.event("geofences.skipped", level="warning", count=len(skipped))
