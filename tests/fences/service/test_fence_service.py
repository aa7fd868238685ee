"""The fence service: loading, refreshing, retrying, redrawing by the clock, labels and forgetting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.fences.outbox.killed import feature
from tvapp.core.clock import ClockSet, ManualClock
from tvapp.core.errors import Throttled, TvappError, Unreachable
from tvapp.core.frame_gate import FrameGate
from tvapp.core.jobs import Inbox, JobFailed
from tvapp.core.log import RecordingLog
from tvapp.fences.drawing import raster
from tvapp.fences.drawing.messages import Label, LabelRequest, LabelsPlaced
from tvapp.fences.drawing.raster import rasterise
from tvapp.fences.geojson import reading
from tvapp.fences.index.fence_index import FenceIndex
from tvapp.fences.model.change import Change
from tvapp.fences.model.fence import Circle, Geofence, Skipped
from tvapp.fences.model.validity import Validity
from tvapp.fences.service.fence_service import FenceService
from tvapp.fences.service.fence_sync import RETRY
from tvapp.fences.service.messages import (
    FencesLoaded,
    FencesRestated,
    FencesUnavailable,
    FencesUnchanged,
    IndexBuilt,
    SnapshotRestored,
)
from tvapp.fences.stores.base import UNCHANGED, Loaded
from tvapp.geo.mercator import project
from tvapp.geo.position import Bounds, Position
from tvapp.tiles.tile import TileId, TileImage

REFRESH_S = 60.0
HELSINKI = Position(24.95, 60.17)


def fence(fence_id: str, validity: Validity | None = None) -> Geofence:
    shapes = (Circle(HELSINKI, 300.0),)
    if validity is None:
        return Geofence(fence_id, fence_id.title(), shapes)
    return Geofence(fence_id, fence_id.title(), shapes, validity=validity)


class OpenGate(FrameGate):
    """Lets everything pass at once, and counts."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.0)
        self.passes = 0

    def yield_to_frame(self) -> None:
        self.passes += 1


class InlineJobs:
    """Does everything at once, or, while `is_slow`, when `finish` is called."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.gate = OpenGate()
        self.futures: list[tuple[str, Future[None]]] = []
        self.waiting: list[Callable[[], None]] = []
        self.is_slow = False

    def run(self, name: str, work: Callable[[], object]) -> Future[None]:
        return self._do(name, work)

    def spawn(self, name: str, work: Callable[[], Coroutine[Any, Any, object]]) -> Future[None]:
        return self._do(name, lambda: asyncio.run(work()))

    def finish(self) -> None:
        waiting, self.waiting = self.waiting, []
        for work in waiting:
            work()

    def _do(self, name: str, work: Callable[[], object]) -> Future[None]:
        def post() -> None:
            try:
                result = work()
            except TvappError as error:
                result = JobFailed(name, error)
            if result is not None:
                self.inbox.post(result)

        if self.is_slow:
            self.waiting.append(post)
        else:
            post()
        future: Future[None] = Future()
        self.futures.append((name, future))
        return future


@dataclass
class FakeStore:
    answers: list[Loaded | TvappError] = field(default_factory=list)
    loads: int = 0
    name: str = "fake"

    async def load(self) -> Loaded:
        self.loads += 1
        answer = self.answers.pop(0) if self.answers else UNCHANGED
        if isinstance(answer, TvappError):
            raise answer
        return answer


@dataclass
class WatchedStore(FakeStore):
    """A store that notices so many `changes`; after them its watch fails."""

    changes: int = 0
    watches: int = 0

    async def watch(self) -> None:
        self.watches += 1
        if self.changes == 0:
            raise Unreachable("watch")
        self.changes -= 1


class Rig:
    def __init__(self, *answers: Loaded | TvappError, clock: ManualClock | None = None) -> None:
        self.store = FakeStore(list(answers))
        self.opened = 0
        self.jobs = InlineJobs()
        self.clock = clock or ManualClock()
        self.log = RecordingLog()
        self.service = FenceService(
            self._open,
            self.jobs,  # type: ignore[arg-type]
            self.clock,
            self.log,
            refresh_s=REFRESH_S,
            scale=1.0,
            random=lambda: 0.5,
        )

    def _open(self) -> FakeStore:
        self.opened += 1
        return self.store

    def messages(self) -> list[object]:
        """Hand every message to the service as the app does; returns the messages."""
        seen: list[object] = []
        while len(self.jobs.inbox):
            for message in self.jobs.inbox.drain():
                self.service.receive(message, self.clock.now)
                seen.append(message)
        return seen

    def pass_time(self, seconds: float) -> FencesRestated | None:
        self.clock.advance(seconds)
        return self.service.tick(self.clock.now)


def kinds(messages: list[object]) -> list[type]:
    return [type(message) for message in messages]


def test_loading_ends_in_an_index_and_one_event() -> None:
    rig = Rig(Loaded((fence("a"), fence("b")), (Skipped("bad.geojson", "no JSON"),)))
    rig.service.load()
    assert kinds(rig.messages()) == [FencesLoaded, IndexBuilt]
    (event,) = rig.log.named("geofences.loaded")
    assert (event["store"], event["count"], event["skipped"]) == ("fake", 2, 1)
    (skipped,) = rig.log.named("geofence.skipped")
    assert skipped == {"file": "bad.geojson", "reason": "no JSON"}
    assert rig.service.has_loaded


def test_a_hundred_bad_features_are_named_and_the_rest_counted() -> None:
    rig = Rig(Loaded((), tuple(Skipped(f"{number}", "bad") for number in range(130))))
    rig.service.load()
    rig.messages()
    assert len(rig.log.named("geofence.skipped")) == 100
    assert rig.log.named("geofences.skipped") == [{"count": 130}]


def test_the_store_is_read_again_after_the_refresh_time_and_not_before() -> None:
    rig = Rig(Loaded((fence("a"),), ()))
    rig.service.load()
    rig.messages()
    rig.pass_time(REFRESH_S - 1)
    assert rig.store.loads == 1
    rig.pass_time(1)
    rig.messages()
    assert rig.store.loads == 2
    assert len(rig.log.named("geofences.loaded")) == 1


def test_an_unreachable_store_is_tried_again_sooner_and_then_later_and_later() -> None:
    rig = Rig(*[Unreachable("store.example") for _ in range(3)])
    rig.service.load()
    waits = []
    for _ in range(3):
        assert kinds(rig.messages()) == [FencesUnavailable]
        wakeup = rig.service.next_wakeup()
        assert wakeup is not None
        waits.append(wakeup - rig.clock.now)
        rig.pass_time(waits[-1])
    assert waits == sorted(waits)
    assert waits[0] < REFRESH_S


def test_a_change_tells_where_the_pictures_differ() -> None:
    rig = Rig(Loaded((fence("a"),), ()), Loaded((fence("a"), fence("b")), ()))
    rig.service.load()
    first = rig.messages()[-1]
    rig.service.load()
    second = rig.messages()[-1]
    assert isinstance(first, IndexBuilt)
    assert isinstance(second, IndexBuilt)
    assert first.changed is None
    assert second.changed == (fence("b").bounds,)
    assert second.revision > first.revision


def test_a_fence_that_expires_is_redrawn_when_it_does() -> None:
    rig = Rig(Loaded((fence("a", Validity(expires=ManualClock().wall() + 30)), fence("b")), ()))
    rig.service.load()
    rig.messages()
    before = rig.service.revision
    assert rig.pass_time(29) is None
    restated = rig.pass_time(1.1)
    assert restated is not None
    assert restated.changed == (fence("a").bounds,)
    assert rig.service.revision == restated.revision > before


@pytest.mark.parametrize(("expires_in", "by_s"), [(30.0, 40.0), (-30.0, -40.0)])
def test_a_clock_that_is_set_restates_what_it_has_overtaken_and_moves_no_refresh(
    expires_in: float, by_s: float
) -> None:
    rig = Rig(Loaded((fence("a", Validity(expires=ManualClock().wall() + expires_in)), fence("b")), ()))
    rig.service.load()
    rig.messages()
    rig.clock.set_wall(by_s)
    rig.service.receive(ClockSet(by_s), rig.clock.now)
    restated = rig.service.tick(rig.clock.now)
    assert restated is not None
    assert restated.changed == (fence("a").bounds,)
    rig.pass_time(REFRESH_S - 1)
    assert rig.store.loads == 1
    rig.pass_time(1)
    assert rig.store.loads == 2


def test_tiles_are_drawn_from_what_was_loaded() -> None:
    rig = Rig(Loaded((fence("a"),), ()))
    assert rig.service.rasteriser() is None
    rig.service.load()
    rig.messages()
    rasteriser = rig.service.rasteriser()
    assert rasteriser is not None
    assert rasteriser.revision == rig.service.revision
    u, v = project(HELSINKI)
    assert rasteriser.rasterise(TileId("geofences", 12, int(u * 2**12), int(v * 2**12)), 512).image is not None


def test_another_scale_is_another_revision() -> None:
    rig = Rig(Loaded((fence("a"),), ()))
    rig.service.load()
    rig.messages()
    before = rig.service.revision
    assert rig.service.rescale(1.0) == before
    assert rig.service.rescale(2.0) > before


def test_a_screen_rescaled_while_an_index_is_built_is_drawn_once_more() -> None:
    rig = Rig(Loaded((fence("a"),), ()))
    rig.jobs.is_slow = True
    rig.service.load()
    rig.jobs.finish()
    (loaded,) = rig.jobs.inbox.drain()
    rig.service.receive(loaded, 0.0)
    rescaled = rig.service.rescale(2.0)
    rig.jobs.finish()
    rig.messages()
    restated = rig.service.tick(rig.clock.now)
    assert restated is not None
    assert restated.revision == rig.service.revision > rescaled


def test_a_fence_that_expires_while_the_store_is_read_is_redrawn_afterwards() -> None:
    expires = fence("a", Validity(expires=ManualClock().wall() + 30))
    rig = Rig(Loaded((expires,), ()), Loaded((expires, fence("b")), ()))
    rig.service.load()
    rig.messages()
    rig.clock.advance(29)
    rig.jobs.is_slow = True
    rig.service.load()
    assert rig.pass_time(5) is None
    rig.jobs.finish()
    rig.jobs.is_slow = False
    rig.messages()
    restated = rig.service.tick(rig.clock.now)
    assert restated is not None
    assert restated.changed == (expires.bounds,)


def test_names_are_placed_one_request_at_a_time_and_the_newest_wins() -> None:
    rig = Rig(Loaded((fence("a"),), ()))
    rig.service.load()
    rig.messages()
    rig.jobs.is_slow = True
    box = Bounds(24.0, 60.0, 26.0, 61.0)
    for zoom in (10, 11, 12):
        rig.service.request_labels(LabelRequest(box, zoom))
    assert len(rig.jobs.waiting) == 1
    rig.jobs.finish()
    rig.jobs.is_slow = False
    placed = [message for message in rig.messages() if isinstance(message, LabelsPlaced)]
    assert [message.zoom for message in placed] == [10, 12]


def test_forgetting_drops_every_fence_and_a_load_under_way() -> None:
    rig = Rig(Loaded((fence("mine"),), ()), Loaded((fence("yours"),), ()))
    rig.jobs.is_slow = True
    rig.service.load()
    rig.service.forget()
    assert rig.opened == 2
    rig.jobs.finish()
    rig.jobs.is_slow = False
    assert rig.messages() == []
    assert not rig.service.has_loaded
    rig.service.load()
    built = rig.messages()[-1]
    assert isinstance(built, IndexBuilt)
    assert [found.id for found in built.book] == ["yours"]


def tile_at(position: Position, zoom: int) -> TileId:
    u, v = project(position)
    return TileId("geofences", zoom, int(u * 2**zoom), int(v * 2**zoom))


def drawn(rig: Rig, tile: TileId) -> TileImage:
    rasteriser = rig.service.rasteriser()
    assert rasteriser is not None
    return rasteriser.rasterise(tile, 512)


def test_a_tile_is_drawn_once_and_then_unpacked_until_a_fence_on_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    draws: list[TileId] = []

    def counted(index: FenceIndex, tile: TileId, *args: Any, **options: Any) -> TileImage:
        draws.append(tile)
        return rasterise(index, tile, *args, **options)

    monkeypatch.setattr(raster, "rasterise", counted)
    far = Geofence("far", "Far", (Circle(Position(10.0, 50.0), 300.0),))
    moved = Geofence("a", "A", (Circle(HELSINKI, 200.0),))
    rig = Rig(Loaded((fence("a"), far), ()), Loaded((moved, far), ()))
    rig.service.load()
    rig.messages()
    here, there = tile_at(HELSINKI, 14), tile_at(Position(10.0, 50.0), 14)
    first = drawn(rig, here)
    again = drawn(rig, here)
    assert first.image is not None
    assert again.image is not None
    assert (again.image.pixels, again.left, again.top) == (first.image.pixels, first.left, first.top)
    drawn(rig, there)
    assert draws == [here, there]
    rig.service.load()
    rig.messages()
    changed = drawn(rig, here)
    assert changed.image is not None
    assert changed.image.pixels != first.image.pixels
    drawn(rig, there)
    assert draws == [here, there, here]


def test_a_fence_that_runs_out_is_drawn_anew_where_it_was_drawn_before() -> None:
    rig = Rig(Loaded((fence("a", Validity(expires=ManualClock().wall() + 1.0)),), ()))
    rig.service.load()
    rig.messages()
    here = tile_at(HELSINKI, 14)
    before = drawn(rig, here)
    assert rig.pass_time(1.1) is not None
    after = drawn(rig, here)
    assert before.image is not None
    assert after.image is not None
    assert before.image.pixels != after.image.pixels


def test_after_another_scale_tiles_are_drawn_in_it() -> None:
    rig = Rig(Loaded((fence("a"),), ()))
    rig.service.load()
    rig.messages()
    here = tile_at(HELSINKI, 14)
    before = drawn(rig, here)
    rig.service.rescale(2.0)
    after = drawn(rig, here)
    assert before.image is not None
    assert after.image is not None
    assert before.image.pixels != after.image.pixels


def test_why_a_store_cannot_be_read_is_posted_and_logged() -> None:
    error = Unreachable("store.example")
    rig = Rig(error)
    rig.service.load()
    assert rig.messages() == [FencesUnavailable("fake", error, 1)]
    assert rig.log.named("geofences.unavailable") == [{"store": "fake", "error": "Unreachable", "reason": str(error)}]


def test_a_store_that_names_a_time_is_not_read_before() -> None:
    rig = Rig(Throttled("store.example", 429, retry_after_s=500.0))
    rig.service.load()
    rig.messages()
    rig.pass_time(499)
    assert rig.store.loads == 1
    rig.pass_time(50)
    assert rig.store.loads == 2


@pytest.mark.parametrize("answer", [Unreachable("store.example"), UNCHANGED, Loaded((fence("a"),), ())])
def test_a_load_that_ends_after_forgetting_posts_nothing(answer: Loaded | TvappError) -> None:
    rig = Rig(answer)
    rig.jobs.is_slow = True
    rig.service.load()
    rig.service.forget()
    rig.jobs.finish()
    assert rig.messages() == []


@pytest.mark.parametrize("answer", [Unreachable("store.example"), UNCHANGED, Loaded((fence("a"),), ())])
def test_a_load_that_ended_before_forgetting_is_neither_shown_nor_logged(answer: Loaded | TvappError) -> None:
    rig = Rig(answer)
    rig.service.load()
    rig.service.forget()
    rig.jobs.is_slow = True
    rig.service.load()
    rig.messages()
    assert len(rig.jobs.waiting) == 1, "the second load is under way still"
    assert not rig.service.has_loaded
    assert rig.log.events == []


def test_an_index_that_is_built_after_forgetting_is_not_posted() -> None:
    rig = Rig(Loaded((fence("a"),), ()))
    rig.service.load()
    rig.jobs.is_slow = True
    rig.messages()
    rig.service.forget()
    rig.jobs.finish()
    assert rig.messages() == []


def test_a_store_that_changes_is_read_again_and_one_whose_watch_fails_is_not_watched_again() -> None:
    rig = Rig()
    store = rig.store = WatchedStore(changes=1)
    rig.service.forget()
    rig.service.load()
    rig.messages()
    assert (store.loads, store.watches) == (2, 2)
    rig.service.load()
    rig.messages()
    assert (store.loads, store.watches) == (3, 2)


@pytest.mark.parametrize("ends", [FenceService.stop, FenceService.forget])
def test_a_store_is_watched_until_the_service_stops_or_forgets(ends: Callable[[FenceService], None]) -> None:
    rig = Rig()
    rig.store = WatchedStore()
    rig.service.forget()
    rig.service.load()
    rig.messages()
    (watch,) = [future for name, future in rig.jobs.futures if name == "geofences.watch"]
    assert not watch.cancelled()
    ends(rig.service)
    assert watch.cancelled()


def test_a_load_or_build_that_ends_with_a_defect_is_tried_again_after_a_pause() -> None:
    for job in ("geofences.load", "geofences.index"):
        rig = Rig(Loaded((fence("a"),), ()))
        rig.jobs.is_slow = True
        rig.service.load()
        if job == "geofences.index":
            rig.jobs.finish()
            rig.messages()
        rig.jobs.waiting.clear()
        assert rig.service.receive(JobFailed(job, ZeroDivisionError()), rig.clock.now)
        assert rig.service.next_wakeup() == pytest.approx(RETRY.delay(0, 0.5))


def test_the_defect_of_another_job_is_not_the_services() -> None:
    rig = Rig()
    assert not rig.service.receive(JobFailed("tiles.decode", ZeroDivisionError()), 0.0)
    assert not rig.service.receive("a message", 0.0)


def test_names_are_placed_again_after_a_defect() -> None:
    rig = Rig(Loaded((fence("a"),), ()))
    rig.service.load()
    rig.messages()
    rig.jobs.is_slow = True
    box = Bounds(24.0, 60.0, 26.0, 61.0)
    for zoom in (10, 11):
        rig.service.request_labels(LabelRequest(box, zoom))
    rig.jobs.waiting.clear()
    assert rig.service.receive(JobFailed("geofences.labels", ZeroDivisionError()), 0.0)
    assert len(rig.jobs.waiting) == 1


def test_before_anything_is_shown_no_names_are_placed_and_a_forgotten_request_never_is() -> None:
    rig = Rig(Loaded((fence("a"),), ()))
    rig.service.request_labels(LabelRequest(Bounds(24.0, 60.0, 26.0, 61.0), 10))
    assert rig.jobs.futures == []
    rig.service.forget()
    rig.service.load()
    rig.messages()
    rig.service.receive(LabelsPlaced((), 10, 0), 0.0)
    assert "geofences.labels" not in [name for name, _ in rig.jobs.futures]


def test_long_computations_let_frames_go_first() -> None:
    stored = reading.read(
        b'{"type":"FeatureCollection","features":[%s]}' % feature("a", "x" * 300_000), "a.json"
    ).fences
    rig = Rig(Loaded(stored, ()))
    rig.service.load()
    rig.messages()
    gate = rig.jobs.gate
    u, v = project(HELSINKI)
    for work in (
        lambda: drawn(rig, TileId("geofences", 12, int(u * 2**12), int(v * 2**12))),
        lambda: rig.service.request_labels(LabelRequest(Bounds(24.0, 60.0, 26.0, 61.0), 12)),
        rig.service.pack,
    ):
        before = gate.passes
        work()
        assert gate.passes > before


def test_labels_are_those_of_the_selection_and_the_revision() -> None:
    rig = Rig(Loaded((fence("a"),), ()))
    rig.service.load()
    rig.messages()
    for selected, names in ((None, ["a"]), ("a", [])):
        rig.service.request_labels(LabelRequest(Bounds(24.0, 60.0, 26.0, 61.0), 14, selected))
        (placed,) = rig.messages()
        assert isinstance(placed, LabelsPlaced)
        assert [label.fence_id for label in placed.labels] == names
        assert (placed.zoom, placed.revision) == (14, rig.service.revision)


class SlowStore(FakeStore):
    """A store that takes a second and a half to be read."""

    clock: ManualClock

    async def load(self) -> Loaded:
        self.clock.advance(1.5)
        return await super().load()


def test_a_load_tells_how_long_it_took_and_from_when_its_oldest_part_is() -> None:
    loaded = Loaded((fence("a"),), (Skipped("bad.geojson", "no JSON"),), as_of=5.0)
    rig = Rig()
    store = rig.store = SlowStore([loaded])
    store.clock = rig.clock
    rig.service.forget()
    rig.service.load()
    assert rig.messages()[0] == FencesLoaded("fake", loaded.fences, loaded.skipped, 1500.0, 5.0, 1)
    assert rig.log.named("geofences.loaded") == [{"store": "fake", "count": 1, "skipped": 1, "unknown": 0, "ms": 1500}]


class BusyClock(ManualClock):
    """A clock of a machine on which everything takes half a second."""

    def monotonic(self) -> float:
        self.advance(0.5)
        return super().monotonic()


def test_the_time_to_build_the_index_counts_as_loading() -> None:
    rig = Rig(Loaded((fence("a"),), ()), clock=BusyClock())
    rig.service.load()
    rig.messages()
    assert [event["ms"] for event in rig.log.named("geofences.loaded")] == [1000]


def test_a_bad_feature_is_named_with_its_id_and_troubles_are_warnings() -> None:
    skipped = (Skipped("bad.geojson", "no shape", "7"), *(Skipped("bad.geojson", "bad") for _ in range(100)))
    rig = Rig(Loaded((), skipped), Unreachable("store.example"))
    rig.service.load()
    rig.messages()
    rig.service.load()
    rig.messages()
    assert rig.log.named("geofence.skipped")[0] == {"file": "bad.geojson", "id": "7", "reason": "no shape"}
    assert rig.log.named("geofences.skipped") == [{"count": 101}]
    assert set(rig.log.at_level("warning")) == {"geofence.skipped", "geofences.skipped", "geofences.unavailable"}
    assert rig.log.at_level("info") == ["geofences.loaded"]


def test_exactly_a_hundred_bad_features_are_all_named_and_not_counted() -> None:
    rig = Rig(Loaded((), tuple(Skipped("bad.geojson", str(number)) for number in range(100))))
    rig.service.load()
    rig.messages()
    assert len(rig.log.named("geofence.skipped")) == 100
    assert rig.log.named("geofences.skipped") == []


def test_a_load_that_is_asked_for_anew_follows_the_one_under_way() -> None:
    rig = Rig()
    rig.jobs.is_slow = True
    rig.service.load()
    rig.service.load_anew()
    rig.jobs.finish()
    rig.messages()
    rig.jobs.finish()
    assert rig.store.loads == 2


def test_the_failure_of_a_former_load_does_not_end_the_one_under_way() -> None:
    rig = Rig(Loaded((fence("a"),), ()))
    rig.service.load()
    rig.service.receive(FencesUnavailable("fake", Unreachable("store.example"), 0), rig.clock.now)
    assert rig.log.events == []
    rig.messages()
    assert rig.service.has_loaded
    assert rig.service.next_wakeup() == REFRESH_S


def test_geofences_from_another_run_are_shown_before_the_store_is_read() -> None:
    rig = Rig()
    rig.service.receive(SnapshotRestored((fence("a"),), 5.0), 0.0)
    assert kinds(rig.messages()) == [IndexBuilt]
    assert rig.log.events == [], "nothing was loaded"


def test_results_of_the_service_are_its_own_and_stopping_twice_is_stopping() -> None:
    rig = Rig()
    for message in (
        JobFailed("geofences.watch", ZeroDivisionError()),
        JobFailed("geofences.load", ZeroDivisionError()),
        JobFailed("geofences.index", ZeroDivisionError()),
        FencesUnchanged(7),
        ClockSet(1.0),
    ):
        assert rig.service.receive(message, 0.0)
    assert rig.service.next_wakeup() == 0.0, "to see what the clock has overtaken"
    rig.store = WatchedStore()
    rig.service.forget()
    rig.service.load()
    rig.messages()
    rig.service.stop()
    rig.service.stop()


def test_what_was_changed_is_shown_and_held_once_it_arrived() -> None:
    stored = reading.read(b'{"type":"FeatureCollection","features":[%s]}' % feature("a", "1"), "a.json").fences
    rig = Rig(Loaded(stored, ()), Loaded(stored, ()))
    rig.service.expect_pending()
    rig.service.load()
    rig.messages()
    assert not rig.service.has_loaded, "the changes that wait are not known yet"
    edit = Change("1", "a.json", "a", feature("a", "1"), feature("a", "2"))
    rig.service.set_pending([edit])
    (built,) = rig.messages()
    assert isinstance(built, IndexBuilt)
    assert [each.raw for each in built.book] == [edit.after]
    assert rig.service.holds(edit)
    rig.jobs.is_slow = True
    rig.service.arrived(edit, "a.json")
    rig.service.set_pending([])
    rig.jobs.finish()
    assert not rig.service.holds(edit), "the load that will tell has not ended"
    (*_, built) = rig.messages()
    assert isinstance(built, IndexBuilt)
    assert [each.raw for each in built.book] == [edit.after]


def test_names_are_those_of_the_scale_and_of_the_wall_clock() -> None:
    rig = Rig(Loaded((fence("a", Validity(expires=ManualClock().wall() + 10)),), ()))
    rig.service.load()
    rig.messages()

    def name() -> Label:
        rig.service.request_labels(LabelRequest(Bounds(24.0, 60.0, 26.0, 61.0), 14))
        (placed,) = [message for message in rig.messages() if isinstance(message, LabelsPlaced)]
        return placed.labels[0]

    small = name()
    rig.service.rescale(2.0)
    large = name()
    assert large.image.height > 1.8 * small.image.height
    rig.pass_time(11)
    assert name().image.pixels != large.image.pixels, "dimmed"


def test_a_large_collection_is_built_from_what_has_not_changed() -> None:
    rig = Rig(Loaded((fence("a"),), ()), Loaded((fence("a"), fence("b")), (Skipped("x", "bad"),)))
    rig.service.load()
    rig.messages()
    rig.service.load()
    built = rig.messages()[-1]
    assert isinstance(built, IndexBuilt)
    assert (len(built.index), len(built.book), built.book.skipped_count) == (2, 2, 1)
