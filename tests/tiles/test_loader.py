import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiles.pictures import png
from tvapp.core.clock import ManualClock
from tvapp.core.errors import (
    DataError,
    Forbidden,
    NotFound,
    ServiceDown,
    Throttled,
    TimedOut,
    TvappError,
    Unreachable,
)
from tvapp.core.headers import Headers
from tvapp.core.jobs import Inbox
from tvapp.core.log import RecordingLog
from tvapp.tiles.cache_key import CacheKey, CacheScope
from tvapp.tiles.congestion_window import INITIAL_LIMIT, MAX_LIMIT, UNTIMED, Timing
from tvapp.tiles.deliveries import REVALIDATED_S, SETTLE_S
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.loader import QUIET_S, TileLoader
from tvapp.tiles.ports import T, TileReply, TileRequest
from tvapp.tiles.tile import DRAWN_TILESET, TileArrived, TileId, TileImage, TileRevalidated, TileUnavailable

SCOPE = CacheScope("https://maps.example", "aino")
FRESH = Headers({"cache-control": "max-age=600", "etag": '"1"'})


def tile(x: int, tileset: str = "road") -> TileId:
    return TileId(tileset, 9, x, 7)


def ordered(posted: Iterable[tuple[TileId, str]]) -> list[tuple[TileId, str]]:
    return sorted(posted, key=lambda told: (told[0].tileset, told[0].x, told[1]))


class InlineJobs:
    """Workers that work at once, on the loop that runs the test."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    def io_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    async def in_worker(self, work: Callable[[], T]) -> T:
        await asyncio.sleep(0)
        return work()


@dataclass
class Rasters:
    revision: int = 1
    drawn: list[TileId] = field(default_factory=list)

    def rasterise(self, tile: TileId, size: int) -> TileImage:
        self.drawn.append(tile)
        if tile.x == 13:
            raise ZeroDivisionError("x" * 300)
        return TileImage(None, size=size)


@dataclass
class Desk:
    """A loader with a source whose answers wait until the test lets them go."""

    folder: Path
    clock: ManualClock = field(default_factory=ManualClock)
    log: RecordingLog = field(default_factory=RecordingLog)
    inbox: Inbox = field(default_factory=Inbox)
    picture: bytes = field(default_factory=lambda: png((1, 2, 3), 256))
    headers: Headers = FRESH
    errors: dict[TileId, TvappError] = field(default_factory=dict)
    error: TvappError | None = None
    timing: Timing = UNTIMED
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[tuple[TileId, str | None]] = field(default_factory=list)
    requests: list[TileRequest] = field(default_factory=list)
    waiting: int = 0
    wanted: tuple[TileId, ...] = ()
    ages_s: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()
        self.cache = DiskCache(self.folder / "tiles.db", clock=self.clock, log=self.log)
        self.loader = self.open()

    def open(self) -> TileLoader:
        """Start anew, with the disk as it is."""
        self.loader = TileLoader(
            InlineJobs(self.inbox),
            self,
            self.cache,
            scope=SCOPE,
            clock=self.clock,
            log=self.log,
            random=lambda: 0.5,
        )
        return self.loader

    async def tile(self, request: TileRequest) -> TileReply:
        self.requests.append(request)
        wanted, etag = request.tile, request.etag
        self.asked.append((wanted, etag))
        self.waiting += 1
        try:
            await self.gate.wait()
        finally:
            self.waiting -= 1
        error = self.errors.get(wanted) or self.error
        if error is not None:
            raise error
        if etag is not None and etag == self.headers.get("etag"):
            return TileReply(304, b"", self.headers)
        return TileReply(200, self.picture, self.headers, self.timing)

    async def request(self, *tiles: TileId) -> list[tuple[TileId, str]]:
        """Request tiles, let everything happen that can, and return what was posted."""
        self.wanted = tiles
        self.loader.request(tiles)
        return await self.settle()

    async def quiet(self) -> list[tuple[TileId, str]]:
        """Request nothing else for a while, and return what was posted."""
        self.clock.advance(QUIET_S)
        self.loader.request(self.wanted)
        return await self.settle()

    async def settle(self) -> list[tuple[TileId, str]]:
        for _ in range(300):
            await asyncio.sleep(0)
        posted: list[tuple[TileId, str]] = []
        for message in self.inbox.drain():
            if isinstance(message, TileArrived):
                posted.append((message.tile, message.origin))
                self.sizes.append(message.content.size)
                self.ages_s += [message.age_s] if message.origin == "stale" else []
            elif isinstance(message, TileRevalidated):
                posted.append((message.tile, "revalidated"))
            elif isinstance(message, TileUnavailable):
                posted.append((message.tile, type(message.error).__name__))
                self.retry_in_s = message.retry_in_s
        return posted

    def time_timers(self) -> None:
        """Let the timers of the event loop follow the clock of the test."""
        asyncio.get_running_loop().time = self.clock.monotonic  # type: ignore[method-assign]

    def due_in_s(self) -> float | None:
        """Return after how long the loader looks again by itself."""
        timer = self.loader._timer
        return None if timer is None else timer.when() - asyncio.get_running_loop().time()

    def levels(self) -> list[str]:
        """Return how each failure of a tile was logged."""
        return [level for name, level in self.log.levels if name == "tile.failed"]

    @property
    def order(self) -> list[int]:
        return [asked.x for asked, _ in self.asked]


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Callable[[Desk], Awaitable[None]]], None]:
    def runner(work: Callable[[Desk], Awaitable[None]]) -> None:
        async def main() -> None:
            desk = Desk(tmp_path)
            try:
                await work(desk)
            finally:
                desk.loader.stop()
                await asyncio.sleep(0)
                desk.cache.close()

        asyncio.run(main())

    return runner


Run = Callable[[Callable[[Desk], Awaitable[None]]], None]


def test_tiles_are_requested_in_the_order_of_the_list_and_posted(run: Run) -> None:
    async def work(desk: Desk) -> None:
        posted = await desk.request(tile(3), tile(1), tile(2))
        assert desk.order == [3, 1, 2]
        assert ordered(posted) == [(tile(1), "network"), (tile(2), "network"), (tile(3), "network")]
        assert desk.loader.requests_sent == 3

    run(work)


def test_columns_around_the_world_are_one_tile(run: Run) -> None:
    async def work(desk: Desk) -> None:
        posted = await desk.request(tile(-1), tile(511), tile(1023))
        assert posted == [(tile(511), "network")]

    run(work)


def test_only_so_many_are_under_way_and_what_is_no_longer_needed_is_never_requested(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.gate.clear()
        await desk.request(*(tile(x) for x in range(30)))
        assert desk.order == list(range(INITIAL_LIMIT))
        await desk.request(tile(100), tile(2))
        assert desk.order == [*range(INITIAL_LIMIT), 100]
        desk.gate.set()
        posted = await desk.settle()
        assert ordered(posted) == [(tile(2), "network"), (tile(100), "network")]
        assert len(desk.order) == INITIAL_LIMIT + 1

    run(work)


def test_a_service_that_answers_gets_more_at_a_time_and_one_that_complains_fewer(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.gate.clear()
        await desk.request(*(tile(x) for x in range(60)))
        assert desk.waiting == INITIAL_LIMIT
        desk.gate.set()
        await desk.settle()
        desk.gate.clear()
        await desk.request(*(tile(x) for x in range(100, 160)))
        assert INITIAL_LIMIT < desk.waiting <= MAX_LIMIT
        before = desk.waiting
        desk.error = Throttled("maps.example", 429, retry_after_s=1.0)
        desk.gate.set()
        await desk.settle()
        desk.error = None
        desk.clock.advance(2)
        desk.gate.clear()
        await desk.request(tile(200))
        desk.gate.set()
        await desk.settle()
        desk.gate.clear()
        await desk.request(*(tile(x) for x in range(300, 360)))
        assert desk.waiting <= before // 2 + 1

    run(work)


def test_however_wild_the_panning_requests_stay_bounded(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.gate.clear()
        for start in range(0, 400, 20):
            await desk.request(*(tile(x) for x in range(start, start + 20)))
        assert desk.waiting == 2 * INITIAL_LIMIT

    run(work)


def test_a_tile_left_behind_is_kept_on_disk_and_comes_from_there_on_return(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.gate.clear()
        await desk.request(tile(1))
        await desk.request()
        desk.gate.set()
        assert await desk.settle() == []
        assert await desk.request(tile(1)) == [(tile(1), "disk")]
        assert desk.loader.requests_sent == 1

    run(work)


def test_a_tile_is_never_requested_twice_at_a_time_nor_posted_twice(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.gate.clear()
        for _ in range(5):
            await desk.request(tile(1), tile(2))
            await desk.request(tile(2))
        desk.gate.set()
        await desk.settle()
        assert sorted(desk.order) == [1, 2]
        assert await desk.request(tile(2)) == []

    run(work)


def test_a_tile_that_got_lost_on_its_way_is_loaded_again_after_a_while(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(tile(1))
        desk.clock.advance(6)
        assert await desk.request(tile(1)) == [(tile(1), "disk")]

    run(work)


def test_after_losing_the_display_everything_is_loaded_again(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(tile(1))
        desk.loader.redeliver()
        assert await desk.request(tile(1)) == [(tile(1), "disk")]

    run(work)


def test_a_stale_tile_is_shown_at_once_and_revalidated_by_a_304(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(tile(1))
        await desk.request()
        desk.clock.advance(601)
        assert await desk.request(tile(1)) == [(tile(1), "stale")]
        assert desk.ages_s == [601.0]
        assert await desk.quiet() == [(tile(1), "revalidated")]
        assert desk.asked[-1] == (tile(1), '"1"')
        await desk.request()
        assert await desk.request(tile(1)) == [(tile(1), "disk")]
        assert desk.loader.requests_sent == 2

    run(work)


def test_a_revalidated_tile_that_was_forgotten_meanwhile_comes_whole(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(tile(1))
        await desk.request()
        desk.clock.advance(601)
        await desk.request(tile(1))
        desk.gate.clear()
        await desk.quiet()
        desk.loader.redeliver()
        await desk.settle()
        desk.gate.set()
        assert await desk.settle() == [(tile(1), "disk")]
        assert desk.loader.requests_sent == 2

    run(work)


def test_a_revalidated_tile_that_is_still_requested_comes_from_disk_soon(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(tile(1))
        await desk.request()
        desk.clock.advance(601)
        await desk.request(tile(1))
        assert await desk.quiet() == [(tile(1), "revalidated")]
        assert await desk.request(tile(1)) == []
        desk.clock.advance(REVALIDATED_S)
        assert await desk.request(tile(1)) == [(tile(1), "disk")]
        assert desk.loader.requests_sent == 2

    run(work)


def test_in_another_size_tiles_are_loaded_again_from_disk(run: Run) -> None:
    async def work(desk: Desk) -> None:
        assert await desk.request(tile(1), tile(2)) == [(tile(1), "network"), (tile(2), "network")]
        assert desk.sizes == [256, 256]
        desk.loader.set_sizes({"road": 100})
        assert await desk.request(tile(1), tile(2)) == [(tile(1), "disk"), (tile(2), "disk")]
        assert desk.sizes[2:] == [100, 100]
        desk.loader.set_sizes({"road": 100, "other": 50})
        await desk.settle()
        desk.loader.set_sizes({"road": 100, "other": 50})
        assert await desk.settle() == [], "the same sizes are no news"
        assert desk.loader.requests_sent == 2

    run(work)


def test_what_was_under_way_when_another_size_was_wanted_comes_in_that_size(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.gate.clear()
        assert await desk.request(tile(1)) == []
        desk.loader.set_sizes({"road": 100})
        await desk.settle()
        desk.gate.set()
        assert await desk.settle() == [(tile(1), "disk")]
        assert desk.sizes == [100]
        assert desk.loader.requests_sent == 1

    run(work)


def test_a_stale_tile_that_changed_is_replaced(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(tile(1))
        await desk.request()
        desk.clock.advance(601)
        desk.headers = Headers({"etag": '"2"'})
        assert await desk.request(tile(1)) == [(tile(1), "stale")]
        assert await desk.quiet() == [(tile(1), "network")]

    run(work)


def test_on_the_way_past_stale_tiles_they_are_not_revalidated(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(*(tile(x) for x in range(20)))
        await desk.request()
        desk.clock.advance(4000)
        for x in range(18):
            assert (tile(x + 2), "stale") in await desk.request(*(tile(x + i) for i in range(3)))
            desk.clock.advance(0.1)
        assert desk.loader.requests_sent == 20
        assert len(await desk.quiet()) == 3
        assert desk.order[20:] == [17, 18, 19]

    run(work)


def test_a_tile_that_is_requested_again_and_again_is_not_revalidated_each_time(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.headers = Headers({"cache-control": "max-age=1", "etag": '"1"'})
        await desk.request(tile(1))
        asked = []
        for _ in range(8):
            desk.clock.advance(120)
            await desk.request()
            posted = [origin for _, origin in await desk.request(tile(1))] + [
                origin for _, origin in await desk.quiet()
            ]
            assert posted in (["disk"], ["stale", "revalidated"])
            asked.append(desk.loader.requests_sent)
        assert asked == [1, 1, 2, 2, 2, 3, 3, 3]

    run(work)


def test_a_tile_left_behind_while_it_waits_for_a_worker_is_not_decoded(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(tile(1))
        await desk.request()
        desk.cache.put(CacheKey(SCOPE, tile(1)), b"nothing", FRESH)
        desk.loader.request([tile(1)])
        desk.loader.request([])
        await desk.settle()
        assert desk.cache.get(CacheKey(SCOPE, tile(1))) is not None, "who decodes it finds it damaged, and drops it"

    run(work)


def test_without_a_network_stale_tiles_are_shown_the_rest_is_reported_and_its_return_loads_all(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(tile(1))
        await desk.request()
        desk.clock.advance(601)
        desk.loader.network_changed(Unreachable("maps.example"))
        posted = await desk.request(tile(1), tile(2))
        assert ordered(posted) == [(tile(1), "Unreachable"), (tile(1), "stale"), (tile(2), "Unreachable")]
        assert desk.retry_in_s is not None
        assert await desk.request(tile(2), tile(1)) == []
        assert desk.loader.requests_sent == 1
        desk.clock.advance(QUIET_S)
        desk.loader.network_changed(None)
        assert ordered(await desk.settle()) == [(tile(1), "revalidated"), (tile(2), "network")]

    run(work)


def test_a_missing_role_stops_the_tileset_after_the_first_burst_until_it_is_tried_again(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.error = Forbidden("maps.example", 403)
        tiles = [tile(x) for x in range(40)]
        posted = await desk.request(*tiles)
        assert ordered(posted) == ordered((each, "Forbidden") for each in tiles)
        assert desk.loader.requests_sent <= INITIAL_LIMIT
        assert desk.log.named("tile.failed")[0] == {
            "tile": "road/9/0/7",
            "error": "Forbidden",
            "retry_in": 60.0,
            "host": "maps.example",
            "status": 403,
        }
        sent = desk.loader.requests_sent
        desk.clock.advance(59)
        await desk.request(*tiles)
        assert desk.loader.requests_sent == sent
        desk.error = None
        desk.loader.retry()
        assert len(await desk.settle()) == 40

    run(work)


def test_a_throttled_service_is_left_alone_and_then_asked_once(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.error = Throttled("maps.example", 429, retry_after_s=30.0)
        tiles = [tile(x) for x in range(20)]
        await desk.request(*tiles)
        sent = desk.loader.requests_sent
        desk.clock.advance(29)
        await desk.request(*tiles)
        assert desk.loader.requests_sent == sent
        desk.gate.clear()
        desk.clock.advance(4)
        await desk.request(*tiles)
        assert desk.loader.requests_sent == sent + 1
        desk.error = None
        desk.gate.set()
        assert len(await desk.settle()) == 20

    run(work)


def test_a_tile_that_is_not_there_is_requested_again_after_a_while_though_the_view_rests(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.errors = {tile(1): NotFound("maps.example", 404)}
        assert ordered(await desk.request(tile(1), tile(2))) == [(tile(1), "NotFound"), (tile(2), "network")]
        wait_s = desk.retry_in_s
        assert wait_s is not None
        assert wait_s > 400.0
        await desk.request()
        desk.clock.advance(wait_s - 1.0)
        assert await desk.request(tile(1)) == [(tile(1), "NotFound")]
        assert desk.order == [1, 2]
        desk.errors = {}
        desk.clock.advance(1.0)
        assert await desk.request(tile(1)) == [(tile(1), "network")]
        assert desk.order == [1, 2, 1]

    run(work)


@pytest.mark.parametrize("trouble", [ServiceDown("maps.example", 500), DataError("x", "y"), None])
def test_trouble_with_one_tile_is_tried_again_and_never_kept(run: Run, trouble: TvappError | None) -> None:
    async def work(desk: Desk) -> None:
        good = desk.picture
        if trouble is None:
            desk.picture = good[:-20]
        else:
            desk.error = trouble
        assert len(await desk.request(tile(1))) == 1
        assert desk.retry_in_s is not None
        desk.picture, desk.error = good, None
        desk.clock.advance(2)
        assert await desk.request(tile(1)) == [(tile(1), "network")]

    run(work)


def test_a_damaged_tile_on_disk_is_fetched_anew(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(tile(1))
        await desk.request()
        desk.cache.put(CacheKey(SCOPE, tile(1)), b"nothing", FRESH)
        assert await desk.request(tile(1)) == [(tile(1), "network")]

    run(work)


def test_geofences_are_drawn_and_redrawn_only_when_there_is_something_new(run: Run) -> None:
    async def work(desk: Desk) -> None:
        fences = tile(1, "geofences")
        assert await desk.request(fences) == []
        first = Rasters(1)
        desk.loader.set_rasteriser(first)
        assert await desk.settle() == [(fences, "worker")]
        assert await desk.request(fences) == []
        second = Rasters(2)
        desk.loader.set_rasteriser(second)
        assert await desk.settle() == [(fences, "worker")]
        assert (len(first.drawn), len(second.drawn)) == (1, 1)
        assert desk.loader.requests_sent == 0

    run(work)


def test_a_drawing_that_fails_is_logged_and_waits_without_holding_up_others(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.loader.set_rasteriser(Rasters())
        posted = await desk.request(tile(13, "geofences"), tile(1, "geofences"), tile(2))
        assert ordered(posted) == [
            (tile(1, "geofences"), "worker"),
            (tile(13, "geofences"), "DataError"),
            (tile(2), "network"),
        ]
        assert desk.log.named("job.failed") == [
            {"job": "tile", "error": "ZeroDivisionError", "detail": "x" * 200},
        ]
        assert desk.log.named("tile.failed") == [
            {"tile": "geofences/9/13/7", "error": "DataError", "retry_in": 1.0, "reason": "ZeroDivisionError"},
        ]
        assert ("job.failed", "error") in desk.log.levels

    run(work)


def test_geofences_are_drawn_while_the_network_is_away(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.loader.set_rasteriser(Rasters())
        desk.loader.network_changed(Unreachable("maps.example"))
        assert await desk.request(tile(1, "geofences")) == [(tile(1, "geofences"), "worker")]

    run(work)


def test_another_account_gets_nothing_of_the_former_one(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(tile(1))
        desk.gate.clear()
        await desk.request(tile(1), tile(2))
        desk.loader.set_scope(CacheScope("https://maps.example", "ben"))
        await desk.settle()
        desk.gate.set()
        assert ordered(await desk.settle()) == [(tile(1), "network"), (tile(2), "network")]
        assert desk.order == [1, 2, 1, 2]

    run(work)


def test_after_the_end_nothing_is_asked_or_posted(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.gate.clear()
        await desk.request(tile(1))
        desk.loader.stop()
        desk.gate.set()
        assert await desk.request(tile(2)) == []
        assert desk.order == [1]

    run(work)


def test_a_trip_asks_for_each_tile_once_and_for_none_on_the_way_back(run: Run) -> None:
    async def work(desk: Desk) -> None:
        seen: set[TileId] = set()
        for column in [*range(12), *range(12, -1, -1)]:
            view = [TileId("road", 9, column + dx, y) for dx in range(5) for y in range(3)]
            await desk.request(*(one for one in view if one not in seen))
            seen.update(view)
        assert len(desk.asked) == len({asked for asked, _ in desk.asked}) == len(seen)

    run(work)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 9), max_size=8, unique=True), st.sampled_from(["", "lost", "back", "fail", "heal"])
        ),
        max_size=12,
    )
)
def test_in_the_end_every_request_is_answered_once(steps: list[tuple[list[int], str]]) -> None:
    async def work(desk: Desk) -> None:
        for columns, event in steps:
            if event == "lost":
                desk.loader.network_changed(Unreachable("maps.example"))
            elif event == "back":
                desk.loader.network_changed(None)
            elif event == "fail":
                desk.error = ServiceDown("maps.example", 500)
            else:
                desk.error = None
            await desk.request(*(tile(x) for x in columns))
            desk.clock.advance(1.3)
        desk.error = None
        desk.loader.network_changed(None)
        desk.loader.redeliver()
        desk.clock.advance(100)
        await desk.request()
        first = await desk.request(*(tile(x) for x in range(10)))
        desk.clock.advance(1)
        second = await desk.request(*(tile(x) for x in range(10)))
        assert ordered(first) == ordered({*first})
        assert {found for found, _ in first} == {tile(x) for x in range(10)}
        assert second == []

    async def main() -> None:
        desk = Desk(Path("/proc/nowhere"))
        await work(desk)
        desk.loader.stop()
        await asyncio.sleep(0)

    asyncio.run(main())


class Once(dict[TileId, TvappError]):
    """Errors that each happen once."""

    def get(self, key: TileId, default: object = None) -> TvappError | None:  # type: ignore[override]
        return self.pop(key, None)


def test_a_failure_that_makes_no_tile_wait_is_logged_without_a_time_and_retried_at_once(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.errors = Once({tile(1): ServiceDown("maps.example", 503, retry_after_s=0.0, was_sent=False)})
        assert await desk.request(tile(1)) == [(tile(1), "network")]
        (failed,) = desk.log.named("tile.failed")
        assert failed["retry_in"] is None
        assert desk.order == [1, 1]

    run(work)


def test_the_first_failure_of_a_kind_is_a_warning_until_a_request_succeeds(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.errors = Once({tile(x): ServiceDown("maps.example", 500) for x in (1, 2)})
        desk.errors[tile(3)] = DataError("road", "empty")
        await desk.request(tile(1), tile(2), tile(3))
        assert desk.levels() == ["warning", "debug", "warning"]
        await desk.request(tile(4))
        desk.errors[tile(5)] = ServiceDown("maps.example", 500)
        await desk.request(tile(5))
        assert desk.levels()[3:] == ["warning"]

    run(work)


def test_trouble_is_reported_once_for_each_error_and_again_when_its_time_is_over(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.error = Forbidden("maps.example", 403)
        assert await desk.request(tile(1)) == [(tile(1), "Forbidden")]
        assert desk.retry_in_s == 60.0
        assert await desk.request(tile(1), tile(2)) == [(tile(2), "Forbidden")]
        desk.clock.advance(20)
        assert await desk.request(tile(1), tile(2)) == []
        await desk.request(tile(2))
        assert await desk.request(tile(1), tile(2)) == [(tile(1), "Forbidden")], "it was off the list in between"
        assert desk.retry_in_s == 40.0
        desk.clock.advance(40)
        assert ordered(await desk.request(tile(1), tile(2))) == [(tile(1), "Forbidden"), (tile(2), "Forbidden")]

    run(work)


def test_a_stale_tile_is_posted_with_its_age_and_never_where_its_headers_forbid_it(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(tile(1))
        desk.headers = Headers({"cache-control": "max-age=600, must-revalidate", "etag": '"1"'})
        await desk.request(tile(2))
        await desk.request()
        desk.clock.advance(700)
        desk.gate.clear()
        assert await desk.request(tile(1), tile(2)) == [(tile(1), "stale")]
        assert desk.ages_s == [700.0]
        assert desk.order == [1, 2, 2], "what may not be shown is requested without waiting for a quiet moment"

    run(work)


def test_requests_carry_language_view_and_validators(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.headers = Headers({"cache-control": "max-age=600", "etag": '"1"', "last-modified": "yesterday"})
        await desk.request(tile(1))
        await desk.request()
        desk.clock.advance(700)
        await desk.request(tile(1))
        await desk.quiet()
        assert desk.requests == [
            TileRequest(tile(1), "en", "Unified"),
            TileRequest(tile(1), "en", "Unified", '"1"', "yesterday"),
        ]

    run(work)


def test_drawings_wait_for_a_rasteriser_and_come_in_the_size_that_is_set(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.loader.set_rasteriser(Rasters())
        desk.loader.set_sizes({DRAWN_TILESET: 341})
        fences = tile(1, DRAWN_TILESET)
        assert await desk.request(fences) == [(fences, "worker")]
        assert desk.sizes == [341]
        desk.loader.set_sizes({DRAWN_TILESET: 341})
        assert await desk.settle() == [], "the sizes are the same"
        desk.loader.set_sizes({})
        assert await desk.settle() == [(fences, "worker")]
        assert desk.sizes == [341, 512]

    run(work)


def test_the_same_account_again_changes_nothing(run: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.request(tile(1))
        desk.loader.set_scope(CacheScope("https://maps.example", "aino"))
        assert await desk.settle() == []
        assert desk.order == [1]

    run(work)


def test_the_loader_wakes_by_itself_for_what_is_due(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.error = Forbidden("maps.example", 403)
        await desk.request(tile(1))
        assert desk.due_in_s() == pytest.approx(60.0, abs=1.0)
        await desk.request()
        assert desk.due_in_s() is None
        desk.error = None
        await desk.request(tile(2, "other"))
        assert desk.due_in_s() == pytest.approx(SETTLE_S, abs=0.5), "it may get lost on its way"
        await desk.request(tile(2, "other"), tile(1))
        assert desk.due_in_s() == pytest.approx(SETTLE_S, abs=0.5), "the earliest counts"
        await desk.request()
        desk.clock.advance(700)
        await desk.request(tile(2, "other"))
        assert desk.due_in_s() == pytest.approx(QUIET_S, abs=0.2), "a stale tile waits for a quiet moment"

    run(work)


def test_a_request_that_failed_is_given_more_time_the_next_time(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.error = TimedOut("maps.example")
        await desk.request(tile(1))
        desk.clock.advance(5.0)
        desk.loader.request(())
        await desk.request(tile(1))
        assert [request.failures for request in desk.requests] == [0, 1]

    run(work)


def test_a_map_that_is_slow_to_take_a_tile_is_not_sent_it_again_and_again(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.headers = Headers({"cache-control": "no-store"})  # each time it comes from the network
        for _ in range(100):
            await desk.request(tile(1))
            desk.clock.advance(1.0)
            desk.loader.retry()  # the loader's timer runs on another clock
        assert len(desk.requests) == 5, "after 5, 10, 20 and 40 s"

    run(work)


def test_how_long_the_loader_waits() -> None:
    assert (SETTLE_S, REVALIDATED_S, QUIET_S) == (5.0, 1.0, 0.25)


def test_once_nothing_has_been_loaded_for_two_seconds_the_tiles_are_written(run: Run) -> None:
    async def work(desk: Desk) -> None:
        def rows() -> int:
            with closing(sqlite3.connect(desk.folder / "tiles.db")) as db:
                return int(db.execute("SELECT count(*) FROM tile").fetchone()[0])

        desk.time_timers()
        await desk.request(tile(1), tile(2))
        desk.clock.advance(1.9)
        await desk.settle()
        assert rows() == 0
        desk.clock.advance(0.2)
        await desk.settle()
        assert rows() == 2
        await desk.request(tile(3))
        desk.loader.stop()
        desk.clock.advance(3)
        await desk.settle()
        assert rows() == 2

    run(work)


def test_a_tile_that_waits_comes_by_itself_when_its_time_is_over(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.time_timers()
        desk.error = Forbidden("maps.example", 403)
        assert await desk.request(tile(1)) == [(tile(1), "Forbidden")]
        desk.error = None
        desk.clock.advance(59.9)
        assert await desk.settle() == []
        desk.clock.advance(0.2)
        assert await desk.settle() == [(tile(1), "network")]

    run(work)


def test_the_log_says_in_tenths_of_a_second_when_a_tile_is_retried(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.error = ServiceDown("maps.example", 503, retry_after_s=3.26, was_sent=False)
        await desk.request(tile(1))
        assert desk.log.named("tile.failed")[0]["retry_in"] == 3.3
        assert desk.retry_in_s == pytest.approx(3.26)

    run(work)


def test_the_time_that_a_reply_takes_makes_the_tile_older(run: Run) -> None:
    async def work(desk: Desk) -> None:
        async def is_fresh_after(seconds: float) -> bool:
            desk.clock.advance(seconds)
            entry = desk.cache.get(CacheKey(SCOPE, tile(1)))
            assert entry is not None
            return entry.is_fresh

        desk.gate.clear()
        await desk.request(tile(1))
        desk.clock.advance(5)
        desk.gate.set()
        await desk.settle()
        assert await is_fresh_after(594)
        assert not await is_fresh_after(2)
        await desk.request()
        assert await desk.request(tile(1)) == [(tile(1), "stale")]
        desk.gate.clear()
        await desk.quiet()
        desk.clock.advance(7)
        desk.gate.set()
        assert await desk.settle() == [(tile(1), "revalidated")]
        assert await is_fresh_after(592)
        assert not await is_fresh_after(2)

    run(work)


def test_a_request_that_queued_lets_fewer_be_under_way_at_a_time(run: Run) -> None:
    async def work(desk: Desk) -> None:
        desk.timing = Timing(0.1, is_multiplexed=True)
        await desk.request(tile(0))
        desk.gate.clear()
        await desk.request(*(tile(x) for x in range(1, 9)))
        desk.clock.advance(1.0)
        desk.gate.set()
        await desk.settle()
        desk.gate.clear()
        await desk.request(*(tile(x) for x in range(100, 130)))
        # They took a second instead of 0.1, so that most of the eight queued: each reply costs half a slot.
        assert desk.waiting == 4

    run(work)
