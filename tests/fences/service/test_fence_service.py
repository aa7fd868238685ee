"""The fence service: loading, refreshing, retrying, redrawing by the clock, labels and forgetting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest

from tvapp.core.clock import ClockSet, ManualClock
from tvapp.core.errors import TvappError, Unreachable
from tvapp.core.frame_gate import FrameGate
from tvapp.core.jobs import Inbox, JobFailed
from tvapp.core.log import RecordingLog
from tvapp.fences.drawing import raster
from tvapp.fences.drawing.messages import LabelRequest, LabelsPlaced
from tvapp.fences.drawing.raster import rasterise
from tvapp.fences.index.fence_index import FenceIndex
from tvapp.fences.model.fence import Circle, Geofence, Skipped
from tvapp.fences.model.validity import Validity
from tvapp.fences.service.fence_service import FenceService
from tvapp.fences.service.messages import FencesLoaded, FencesRestated, FencesUnavailable, IndexBuilt
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


class InlineJobs:
    """Does everything at once, or, while `is_slow`, when `finish` is called."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.gate = FrameGate(lambda: 0.0)
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
        return Future()


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


class Rig:
    def __init__(self, *answers: Loaded | TvappError) -> None:
        self.store = FakeStore(list(answers))
        self.opened = 0
        self.jobs = InlineJobs()
        self.clock = ManualClock()
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


def test_forgetting_drops_everything_and_what_is_still_on_its_way() -> None:
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
