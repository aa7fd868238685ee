import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from tvapp.azure.attribution import AttributionFeed, key_bounds, view_key
from tvapp.azure.messages import AttributionArrived
from tvapp.core.clock import ManualClock
from tvapp.core.errors import Forbidden, Throttled, TvappError
from tvapp.core.jobs import Inbox
from tvapp.core.log import RecordingLog
from tvapp.geo.mercator import MAX_LATITUDE
from tvapp.geo.position import Bounds, Position

HELSINKI = Bounds(24.9, 60.1, 25.0, 60.2)


class RunningLoop:
    def io_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()


@dataclass
class Desk:
    """A feed with a source that counts, and sleep that only moves the clock."""

    clock: ManualClock = field(default_factory=ManualClock)
    log: RecordingLog = field(default_factory=RecordingLog)
    inbox: Inbox = field(default_factory=Inbox)
    asked: list[tuple[str, int]] = field(default_factory=list)
    errors: list[TvappError] = field(default_factory=list)

    def start(self) -> AttributionFeed:
        return AttributionFeed(
            RunningLoop(), self, self.inbox, clock=self.clock, log=self.log, random=lambda: 0.5, sleep=self.sleep
        )

    async def attribution(self, tileset: str, zoom: int, bounds: Bounds) -> tuple[str, ...]:
        self.asked.append((tileset, zoom))
        if self.errors:
            raise self.errors.pop(0)
        return ("© everybody", f"© {tileset} {zoom}")

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    @property
    def lines(self) -> list[tuple[str, ...]]:
        return [message.lines for message in self.inbox.drain() if isinstance(message, AttributionArrived)]


def run(work: Callable[[Desk], Awaitable[None]]) -> None:
    async def main() -> None:
        await work(Desk())

    asyncio.run(main())


async def settle() -> None:
    for _ in range(60):
        await asyncio.sleep(0)


def test_each_tileset_is_asked_once_and_lines_are_joined() -> None:
    async def work(desk: Desk) -> None:
        desk.start().show(["a", "b"], 12.2, HELSINKI)
        await settle()
        assert desk.asked == [("a", 12), ("b", 12)]
        assert desk.lines[-1] == ("© everybody", "© a 12", "© b 12")

    run(work)


def test_only_the_view_that_rests_is_asked_for() -> None:
    async def work(desk: Desk) -> None:
        feed = desk.start()
        for zoom in range(5, 15):
            feed.show(["a"], zoom, HELSINKI)
        await settle()
        assert desk.asked == [("a", 14)]

    run(work)


def test_panning_a_little_and_coming_back_ask_nobody() -> None:
    async def work(desk: Desk) -> None:
        feed = desk.start()
        feed.show(["a"], 8, HELSINKI)
        await settle()
        feed.show(["a"], 8.3, Bounds(24.91, 60.11, 25.01, 60.21))
        await settle()
        feed.show(["a"], 9, HELSINKI)
        await settle()
        feed.show(["a"], 8, HELSINKI)
        await settle()
        assert desk.asked == [("a", 8), ("a", 9)]
        assert desk.lines[-1] == ("© everybody", "© a 8")

    run(work)


def test_lines_of_the_same_tileset_elsewhere_stand_in_meanwhile() -> None:
    async def work(desk: Desk) -> None:
        feed = desk.start()
        feed.show(["a"], 8, HELSINKI)
        await settle()
        assert desk.lines
        desk.errors = [Forbidden("maps.example", 403)] * 3
        feed.show(["a", "b"], 9, HELSINKI)
        await settle()
        assert desk.lines == [("© everybody", "© a 8", "© b 9"), ("© everybody", "© a 9", "© b 9")]
        assert len(desk.log.named("attribution.failed")) == 3
        assert desk.clock.now < 120

    run(work)


def test_nobody_is_asked_sooner_than_the_service_wants() -> None:
    async def work(desk: Desk) -> None:
        desk.errors = [Throttled("maps.example", 429, retry_after_s=90.0)]
        desk.start().show(["a"], 8, HELSINKI)
        await settle()
        assert desk.asked == [("a", 8)] * 2
        assert desk.clock.now >= 90.0
        assert desk.lines == [(), ("© everybody", "© a 8")]

    run(work)


def test_after_the_end_nobody_is_asked() -> None:
    async def work(desk: Desk) -> None:
        feed = desk.start()
        feed.show(["a"], 8, HELSINKI)
        feed.stop()
        await settle()
        feed.retry()
        await settle()
        assert desk.asked == []

    run(work)


@given(st.floats(-180, 179.99), st.floats(0.001, 360), st.floats(-89, 89), st.floats(0.001, 60), st.floats(0, 22))
def test_the_box_that_is_asked_for_holds_the_view(
    west: float, span: float, south: float, height: float, zoom: float
) -> None:
    east = Position(west + span, 0).normalised().lon if span < 360 else west
    bounds = Bounds(west, south, east, min(89.5, south + height))
    box = key_bounds(view_key("t", zoom, bounds))
    assert -180 <= box.west <= 180
    assert -180 <= box.east <= 180
    for lon in (bounds.west, bounds.center.lon, bounds.east):
        for lat in (bounds.south, bounds.north):
            place = Position(lon, max(-MAX_LATITUDE, min(MAX_LATITUDE, lat)))
            grown = Bounds(box.west - 1e-6, box.south - 1e-6, box.east + 1e-6, box.north + 1e-6)
            assert grown.contains(place) or box.lon_span >= 359.99
