"""A display that is lost is reported, opened again with back-off, and leaks nothing."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.display.pixels import at, plain
from tvapp.core.clock import ManualClock
from tvapp.core.errors import DisplayError
from tvapp.display.console_screen import ConsoleScreen
from tvapp.display.events import DisplayLost, DisplayRestored, Exposed, Hidden, Resized, ResourcesLost
from tvapp.display.hotplug import POLL_S, Hotplug
from tvapp.display.outage import RETRY, STEADY_S, begin_outage
from tvapp.display.sdl import Renderer, Texture, pygame
from tvapp.display.window import Display
from tvapp.display.window_creation import DisplaySpec
from tvapp.remote.keys import KeyEvent
from tvapp.remote.pygame_source import PygameKeys
from tvapp.ui.canvas import Color, PixelRect, Rect, TextStyle

TIMES = 50
WARM_UP = 10
PAGE = os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(100.0)


@pytest.fixture
def display(clock: ManualClock) -> Iterator[Display]:
    display = Display.open(DisplaySpec(size=(1280, 720), fullscreen=False), PygameKeys(), clock)
    display.wait(0)
    yield display
    display.close()


@given(st.integers(0, 60))
def test_tries_come_later_and_later_but_at_least_every_quarter_of_a_minute(failures: int) -> None:
    outage = begin_outage("gone", 10.0, None, 0.0)
    assert outage.retry_at == 10.0, "the first try is made at once"
    now, waits = 10.0, []
    for _ in range(failures):
        outage.failed(now)
        waits.append(outage.retry_at - now)
        now = outage.retry_at
    assert waits == sorted(waits)
    assert all(RETRY.first_s <= wait <= RETRY.ceiling_s for wait in waits)


def test_a_display_that_is_lost_again_at_once_is_not_opened_at_full_speed() -> None:
    former = begin_outage("gone", 0.0, None, 0.0)
    for _ in range(3):
        former.failed(0.0)
    assert begin_outage("gone again", 11.0, former, restored_at=10.0).retry_at == 11.0 + RETRY.delay(3, 0.0)
    assert begin_outage("another day", 11.0 + STEADY_S, former, restored_at=10.0).retry_at == 11.0 + STEADY_S


def test_a_lost_display_is_told_once_and_opened_again_at_once(display: Display) -> None:
    display.lose("unplugged")
    display.lose("and again")
    assert news(display) == [DisplayLost("unplugged"), ResourcesLost(), DisplayRestored(0.0)]
    draw(display)
    assert at(display, 1, 1) == (0, 0, 99)


def test_while_there_is_none_it_is_tried_less_and_less_often(
    display: Display, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    display.lose("unplugged")
    assert display.wait(0) == [DisplayLost("unplugged")]
    for wait in (0.5, 1.0, 2.0):
        assert display._poll_in(clock.now) == wait
        clock.advance(wait)
        assert display.wait(0) == []
    display.feed(KeyEvent("key:352", True, clock.now, "remote"))
    assert display.wait(0) == [KeyEvent("key:352", True, clock.now, "remote")], "other keys still arrive"
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    clock.advance(4.0)
    assert news(display) == [ResourcesLost(), DisplayRestored(7.5)]


def test_a_lost_display_measures_and_can_be_forgotten_but_not_drawn_on(
    display: Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = display.canvas.measure("Depot", TextStyle(30, Color(1, 2, 3)))
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    display.lose("unplugged")
    display.wait(0)
    assert display.canvas.measure("Depot", TextStyle(30, Color(1, 2, 3))) == before
    assert display.size == (1280, 720)
    assert display.canvas.scale == pytest.approx(720 / 1080)
    display.canvas.forget()
    with pytest.raises(DisplayError):
        display.begin()


def test_what_fails_while_drawing_loses_the_display(display: Display) -> None:
    with pytest.raises(DisplayError), display.drawing():
        raise pygame.error("the device was removed")
    assert display.wait(0)[0] == DisplayLost("drawing failed: the device was removed")


def test_another_size_after_the_return_is_told(display: Display) -> None:
    display._spec = DisplaySpec(size=(3840, 2160), fullscreen=False)
    display.lose("another TV")
    assert news(display)[-1] == Resized(3840, 2160)
    assert display.canvas.scale == 2


@pytest.mark.parametrize("size", [(320, 180), (3840, 2160)])
def test_a_window_over_the_whole_screen_follows_another_resolution(
    display: Display, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr("tvapp.display.window.HEADLESS_DRIVERS", frozenset())
    monkeypatch.setattr("tvapp.display.window.IDLE_AFTER_S", 0)
    monkeypatch.setattr("tvapp.display.window_creation.TV", size)
    sizes = [(1280, 720)]
    monkeypatch.setattr(pygame.display, "get_desktop_sizes", lambda: sizes)
    display._spec = DisplaySpec(fullscreen=True)
    pygame.event.post(pygame.event.Event(pygame.WINDOWDISPLAYCHANGED))
    assert display.wait(0) == [], "its size is still that of a screen"
    sizes[:] = [size]
    pygame.event.post(pygame.event.Event(pygame.WINDOWDISPLAYCHANGED))
    seen = news(display)
    assert seen[0] == DisplayLost("another resolution")
    assert seen[-1] == Resized(*size)


def test_without_a_desktop_a_screen_that_is_plugged_out_and_in_is_noticed(display: Display, clock: ManualClock) -> None:
    plugged = {"card0-HDMI-A-1": True}
    display.console = ConsoleScreen(Hotplug(lambda: dict(plugged)), lambda: None)
    display.wait(0)
    clock.advance(POLL_S)
    plugged["card0-HDMI-A-1"] = False
    assert news(display) == [DisplayLost("no screen is connected")]
    clock.advance(60 * STEADY_S)
    assert news(display) == [], "there is nothing to open"
    plugged["card0-HDMI-A-1"] = True
    assert news(display) == [], "it is not looked all the time"
    clock.advance(POLL_S)
    assert DisplayRestored(60 * STEADY_S + POLL_S) in news(display)
    plugged["card0-HDMI-A-2"] = True
    clock.advance(STEADY_S)
    seen = news(display)
    assert seen[0] == DisplayLost("another screen")
    assert DisplayRestored(0.0) in seen


def test_a_driver_goes_by_one_name_whatever_its_case(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    name = pygame.display.get_driver  # SDL says "dummy" and "x11", but "KMSDRM"
    monkeypatch.setattr(pygame.display, "get_driver", lambda: name().upper())
    display = Display.open(DisplaySpec(size=(1280, 720), fullscreen=False), PygameKeys(), clock)
    assert (display.driver, display.is_headless) == ("dummy", True)
    display.close()


@pytest.mark.parametrize("kind", [pygame.WINDOWHIDDEN, pygame.WINDOWMINIMIZED])
def test_a_window_that_nobody_sees_is_told(display: Display, kind: int) -> None:
    pygame.event.post(pygame.event.Event(kind))
    assert display.wait(0) == [Hidden()]


def test_a_driver_that_shows_nothing_is_not_taken_for_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SDL_VIDEODRIVER", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":9999")
    with pytest.raises(DisplayError):
        Display.open(DisplaySpec())


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_fifty_losses_leave_nothing_behind(display: Display) -> None:
    sizes: list[int] = []
    counts: list[tuple[int, ...]] = []
    memory: list[int] = []
    for _ in range(TIMES):
        display.lose("again")
        display._clock.advance(STEADY_S)  # type: ignore[attr-defined]
        assert DisplayRestored in {type(event) for event in display.wait(0)}
        draw(display)
        sizes.append(display.canvas.textures.size_bytes)
        gc.collect()
        counts.append((descriptors(), threading.active_count(), *alive(Renderer, Texture)))
        memory.append(resident())
    assert len(set(sizes)) == 1
    assert len(set(counts[WARM_UP:])) == 1
    assert counts[-1][2] == 1, "one renderer"
    assert counts[-1][3] > 5, "and the textures of one picture"
    assert memory[-1] - memory[WARM_UP] < 4 << 20
    display.close()
    gc.collect()
    assert alive(Renderer, Texture) == (0, 0)


def test_pictures_of_the_screen_leave_nothing_behind(display: Display) -> None:
    memory = []
    for _ in range(TIMES):
        draw(display)
        display.screenshot()
        memory.append(resident())
    assert memory[-1] - memory[WARM_UP] < 8 << 20, "one picture has 3.5 MB"


def news(display: Display) -> list[object]:
    """Return what happened, but for the new window's wish to be drawn."""
    return [event for event in display.wait(0) if event != Exposed()]


def draw(display: Display) -> None:
    """Draw something of every kind."""
    canvas = display.canvas
    display.begin()
    canvas.fill(Rect(0, 0, 1920, 1080), Color(0, 0, 99))
    canvas.upload("tile", plain(512, 512, (9, 9, 9, 255)))
    canvas.quad("tile", PixelRect(600, 300, 512, 512))
    canvas.compose("flat", 512, Color(0, 0, 0), [("tile", PixelRect(0, 0, 512, 512), None, 255)])
    canvas.panel(Rect(500, 500, 300, 200), Color(255, 255, 255, 128), 20)
    canvas.text("Depot", 300, 300, TextStyle(40, Color(255, 0, 0)))
    canvas.qr([[True] * 21] * 21, Rect(800, 100, 300, 300))
    display.present()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def alive(*kinds: Any) -> tuple[int, ...]:
    objects = gc.get_objects()
    return tuple(sum(type(each) is kind for each in objects) for kind in kinds)
