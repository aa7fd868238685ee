"""The window on SDL's dummy driver: events, sleeping, waking, reopening."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import PIL.Image
import pytest

from tests.display.pixels import at, opened
from tvapp.core.clock import ManualClock
from tvapp.core.errors import DisplayError
from tvapp.display.events import CloseRequested, Exposed, FocusLost, Resized, ResourcesLost
from tvapp.display.sdl import pygame
from tvapp.display.window import Display
from tvapp.display.window_creation import DisplaySpec
from tvapp.remote.keys import KeyEvent
from tvapp.remote.pygame_source import PygameKeys
from tvapp.ui.canvas import Color, Rect


@pytest.fixture
def display() -> Iterator[Display]:
    display = Display.open(DisplaySpec(size=(1280, 720), fullscreen=False), PygameKeys(), ManualClock(5.0))
    display.wait(0)
    yield display
    display.close()


def post(kind: int, **fields: Any) -> None:
    pygame.event.post(pygame.event.Event(kind, **fields))


def test_it_tells_how_it_draws(display: Display) -> None:
    assert (display.driver, display.renderer_name, display.size) == ("dummy", "software", (1280, 720))
    assert display.reason == "nothing to show on the dummy driver"
    assert display.is_headless


def test_the_whole_screen_of_the_dummy_driver_is_a_tv() -> None:
    display = Display.open(DisplaySpec())
    assert display.size == (1920, 1080)
    display.close()


def test_a_key_press_becomes_a_key_event(display: Display) -> None:
    post(pygame.KEYDOWN, key=pygame.K_RETURN, scancode=40, mod=0, unicode="\r")
    post(pygame.KEYUP, key=pygame.K_RETURN, scancode=40, mod=0)
    assert display.wait(0) == [
        KeyEvent("return", True, 5.0, "keyboard"),
        KeyEvent("return", False, 5.0, "keyboard"),
    ]


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        (pygame.WINDOWEXPOSED, Exposed()),
        (pygame.WINDOWFOCUSLOST, FocusLost()),
        (pygame.QUIT, CloseRequested()),
        (pygame.RENDER_TARGETS_RESET, ResourcesLost()),
        (pygame.RENDER_DEVICE_RESET, ResourcesLost()),
    ],
)
def test_window_events_are_passed_on_as_values(display: Display, kind: int, meaning: object) -> None:
    post(kind)
    assert display.wait(0) == [meaning]


def test_the_mouse_means_nothing(display: Display) -> None:
    post(pygame.MOUSEMOTION, pos=(1, 1), rel=(1, 1), buttons=(0, 0, 0))
    post(pygame.MOUSEBUTTONDOWN, pos=(1, 1), button=1)
    assert display.wait(0) == []


def test_a_new_size_is_reported_once(display: Display) -> None:
    display._window.size = (1600, 900)
    seen = [event for _ in range(3) for event in display.wait(0) if isinstance(event, Resized)]
    assert seen == [Resized(1600, 900)]
    assert display.canvas.scale == pytest.approx(900 / 1080)


def test_it_sleeps_until_another_thread_wakes_it() -> None:
    with opened(640, 360) as display:
        display.wait(0)
        threading.Timer(0.5, display.wake).start()
        before = time.process_time()
        assert display.wait(None) == []
        assert time.process_time() - before < 0.2, "it does not poll"


def test_a_wake_up_that_came_first_is_not_lost() -> None:
    with opened(640, 360) as display:
        display.wait(0)
        display.wake()
        display.wake()
        assert display.wait(None) == []


def test_what_is_fed_comes_out_in_order(display: Display) -> None:
    display.feed("one")
    display.feed("two")
    assert display.wait(None) == ["one", "two"]


def test_it_wakes_for_every_message_of_many_threads() -> None:
    with opened(640, 360) as display:
        display.wait(0)

        def send(sender: int) -> None:
            for number in range(200):
                display.feed((sender, number))

        threads = [threading.Thread(target=send, args=(sender,)) for sender in range(4)]
        for thread in threads:
            thread.start()
        seen: list[object] = []
        while len(seen) < 800:
            seen += display.wait(5.0)
        for thread in threads:
            thread.join()
        assert sorted(seen) == [(sender, number) for sender in range(4) for number in range(200)]  # type: ignore[type-var]


def test_a_screenshot_is_what_is_on_the_screen(display: Display) -> None:
    display.begin()
    display.canvas.clip(Rect(0, 0, 10, 10))
    display.canvas.fill(Rect(0, 0, 1920, 1080), Color(10, 200, 30))
    display.present()
    with PIL.Image.open(BytesIO(display.screenshot())) as picture:
        assert picture.size == (1280, 720)
        assert picture.convert("RGB").getpixel((3, 3)) == (10, 200, 30)
        assert picture.convert("RGB").getpixel((30, 30)) == (0, 0, 0)


def test_it_can_be_opened_again(display: Display) -> None:
    for _ in range(3):
        display.reopen()
        display.begin()
        display.canvas.fill(Rect(0, 0, 1920, 1080), Color(0, 0, 99))
        display.present()
        assert at(display, 1, 1) == (0, 0, 99)


def test_closing_twice_and_waking_a_closed_display_are_harmless() -> None:
    display = Display.open(DisplaySpec(size=(640, 360), fullscreen=False))
    display.close()
    display.close()
    display.wake()
    display.open_gamepads()


def test_a_driver_that_does_not_exist_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    with pytest.raises(DisplayError):
        Display.open(DisplaySpec())
