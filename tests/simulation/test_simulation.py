"""Simulated time: what is due comes at its time, what is under way takes its own, and nobody sees a difference."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.simulation.clock import SimulatedClock
from scripts.simulation.io_loop import SimulatedLoop
from scripts.simulation.rig import Simulation, simulated
from tests.cloud import LocalCloud

HOUR = 3600.0
RARELY = {"TVAPP_GEOFENCES_REFRESH_S": "86400"}
PATIENCE_S = 10.0
AT_REST_S = 5.0
"""So long after the map has settled, the pictures that only bridged the time until then are gone."""


@pytest.fixture
def tv(cloud: LocalCloud, tmp_path: Path) -> Iterator[Simulation]:
    """Run an app with somebody signed in, whose access tokens live for an hour, and its map at rest."""
    with simulated(cloud, tmp_path, RARELY) as running:
        running.approve()
        running.settle()
        yield running
        assert running.defects() == []


def to_the_middle_of_a_minute(tv: Simulation) -> None:
    """Let time pass until half a minute before the clock on the screen changes: the work of a test takes real time."""
    tv.run_for(120 - (tv.clock.wall() + 30) % 60)


def test_a_token_is_renewed_five_minutes_before_its_hour_is_over(tv: Simulation) -> None:
    tv.mark()
    began = tv.now
    tv.run_until("token.renewed", HOUR)
    assert 50 * 60 < tv.now - began < 56 * 60
    tv.run_for(6 * HOUR)
    assert len(tv.events.named("token.renewed")) == 1 + 6
    assert tv.events.named("token.renewal_failed") == []


def test_the_clock_on_the_screen_goes_minute_by_minute_and_nothing_else_is_drawn(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    cloud.clear_map_data()  # some geofences begin or cease to count on the hour, which is drawn
    with simulated(cloud, tmp_path, RARELY) as tv:
        tv.approve()
        tv.settle()
        to_the_middle_of_a_minute(tv)
        seen, frames = [], tv.display.frames
        for _ in range(5):
            tv.run_for(60)
            seen.append(next(text for text in tv.text_on_screen() if len(text) == 5 and text[2] == ":"))
        expected = [time.strftime("%H:%M", time.gmtime(tv.clock.wall() - 60 * back)) for back in range(4, -1, -1)]
        assert seen == expected
        assert tv.display.frames - frames == 5


def test_a_still_map_asks_for_nothing_for_half_a_day(tv: Simulation, cloud: LocalCloud) -> None:
    tv.run_for(60)
    before = {name: cloud.count(name) for name in ("tile", "map-data", "attribution")}
    tv.run_for(12 * HOUR)
    assert {name: cloud.count(name) for name in before} == before


def test_the_cloud_lives_in_the_same_time(tv: Simulation, cloud: LocalCloud) -> None:
    tv.run_for(2 * 24 * HOUR)
    tv.press("zoom-in")
    assert tv.settle()["requests"] != 0
    assert tv.events.named("tile.failed") == []
    assert abs(cloud.settings()["time_passed_s"] - tv.clock.passed_s) < 60


def test_no_jump_makes_a_request_time_out_that_is_under_way(tv: Simulation) -> None:
    tv.fault("tile", delay_s=0.4, times=3)
    skipped = tv.clock.passed_s
    tv.press("zoom-in")
    assert tv.settle()["missing"] == 0
    assert tv.events.named("http.failed") == []
    assert tv.clock.passed_s - skipped < 20


def test_the_wall_clock_alone_can_be_wrong(tv: Simulation) -> None:
    to_the_middle_of_a_minute(tv)
    began, wall = tv.now, tv.clock.wall()
    tv.clock.step_wall(-3 * HOUR)
    tv.run_for(120)
    assert 119 < tv.now - began < 140
    assert tv.clock.wall() - wall < -2 * HOUR
    shown = time.strftime("%H:%M", time.gmtime(tv.clock.wall()))
    assert tv.shows(shown)


def test_a_pulled_cable_is_noticed_and_its_return_within_half_a_minute(tv: Simulation) -> None:
    tv.cut_network()
    tv.press("zoom-in")
    tv.run_until("network.lost")
    tv.settle(missing=True)
    tv.run_for(5 * HOUR)
    tv.restore_network()
    tv.run_until("network.restored", 30)
    assert tv.settle()["missing"] == 0


def test_the_tokens_of_a_sign_in_that_was_cut_off_from_the_network_are_renewed_afterwards(tv: Simulation) -> None:
    tv.cut_network()
    tv.run_for(3 * HOUR)
    assert tv.events.named("token.renewal_failed")
    tv.restore_network()
    tv.run_until("token.renewed")


def test_keys_reach_the_screens(tv: Simulation) -> None:
    tv.press("menu")
    assert tv.run_until("screen.changed")["panel"] == "action-bar"
    assert tv.shows("Zoom in")
    tv.press("back")
    assert tv.run_until("screen.changed")["panel"] == "map"


def test_the_screen_can_change_its_size_lose_its_pictures_and_go_away(tv: Simulation) -> None:
    def pictures() -> int:
        return len(tv.display.canvas.textures)

    tv.resize(960, 540)
    assert tv.settle()["missing"] == 0
    assert tv.display.size == (960, 540)
    tv.run_for(AT_REST_S)
    held = pictures()
    for lose in (tv.display.lose_textures, tv.display.replace):
        lose()
        tv.run_until(lambda: pictures() < held)
        tv.run_for(AT_REST_S)
        assert pictures() == held
        assert tv.shows("Aino Virtanen")


def test_each_frame_leaves_the_work_that_it_took(tv: Simulation) -> None:
    # What the last one took is known once it is waited for the next thing.
    assert tv.display.frames - 1 <= len(tv.display.frame_times) <= tv.display.frames
    assert len(tv.display.frame_times) > 0
    assert all(frame.cpu_s > 0 for frame in tv.display.frame_times)


def test_a_second_run_is_a_restart_at_a_later_time(cloud: LocalCloud, tmp_path: Path) -> None:
    with simulated(cloud, tmp_path, RARELY) as first:
        first.approve()
        first.settle()
    first.clock.advance(3 * 24 * HOUR)
    with simulated(cloud, tmp_path, RARELY, after=first) as second:
        assert second.run_until("signin.succeeded")["restored"] is True
        second.settle()
        assert second.events.named("signin.prompted") == []


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def io_loop(clock: SimulatedClock) -> Iterator[SimulatedLoop]:
    """Run a loop in simulated time on a thread of its own."""
    loop = SimulatedLoop(clock, lambda: None)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE_S)
    loop.close()


def test_a_loop_that_sleeps_tells_until_when_and_wakes_when_the_clock_has_jumped(
    io_loop: SimulatedLoop, clock: SimulatedClock
) -> None:
    async def sleep() -> float:
        await asyncio.sleep(HOUR)
        return io_loop.time()

    assert io_loop.quiet_until() == float("inf")
    began = io_loop.time()
    sleeper = asyncio.run_coroutine_threadsafe(sleep(), io_loop)
    until = io_loop.quiet_until()
    assert until is not None
    assert HOUR - 1 < until - began < HOUR + 60
    clock.advance(HOUR)
    io_loop.look_at_timers()
    assert sleeper.result(PATIENCE_S) >= began + HOUR


def test_a_loop_that_waits_under_a_time_out_is_at_work(io_loop: SimulatedLoop) -> None:
    async def guarded(event: asyncio.Event) -> None:
        async with asyncio.timeout(HOUR):
            await event.wait()

    event = asyncio.Event()
    waiting = asyncio.run_coroutine_threadsafe(guarded(event), io_loop)
    assert io_loop.quiet_until() is None
    io_loop.call_soon_threadsafe(event.set)
    waiting.result(PATIENCE_S)
    assert io_loop.quiet_until() is not None
