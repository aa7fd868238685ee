"""Without a desktop, a screen that stays black costs the renderer its place, and in the end the display."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tvapp.core.clock import ManualClock
from tvapp.core.errors import DisplayError
from tvapp.display.console_screen import BlackScreen, ConsoleScreen
from tvapp.display.events import DisplayLost
from tvapp.display.hotplug import POLL_S, Hotplug
from tvapp.display.scanout import Scanout
from tvapp.display.screen_proof import LOOK_AFTER_S
from tvapp.display.window import Display
from tvapp.display.window_creation import DisplaySpec
from tvapp.ui.canvas import Color, Rect

LIGHT, BLACK = Scanout(True, False), Scanout(True, True)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(100.0)


@pytest.fixture
def display(clock: ManualClock) -> Iterator[Display]:
    display = Display.open(DisplaySpec(size=(640, 360), fullscreen=False), clock=clock)
    display.wait(0)  # what SDL says about the new window
    yield display
    display.close()


def watched(display: Display, seen: Scanout) -> ConsoleScreen:
    """Have a display watched as one without a desktop, whose card sends `seen`."""
    display.console = ConsoleScreen(Hotplug(lambda: {"HDMI-A-1": True}), lambda: seen)
    return display.console


def show(display: Display, colour: Color) -> None:
    """Present one frame of a colour."""
    display.begin()
    display.canvas.fill(Rect(0, 0, 1920, 1080), colour)
    display.present()


def after(display: Display, clock: ManualClock, seconds: float) -> list[object]:
    """Let time pass and return what happened."""
    clock.advance(seconds)
    return display.wait(0)


def test_frames_that_are_seen_are_left_in_peace(display: Display, clock: ManualClock) -> None:
    console = watched(display, LIGHT)
    show(display, Color(200, 200, 200))
    assert [after(display, clock, seconds) for seconds in LOOK_AFTER_S] == [[], [], []]
    assert console.refused == ()
    assert console.why_black() == ""
    assert display.screenshot().startswith(b"\x89PNG")


def test_where_nothing_of_any_renderer_is_seen_the_display_is_given_up(display: Display, clock: ManualClock) -> None:
    console = watched(display, BLACK)
    show(display, Color(200, 200, 200))
    for _ in LOOK_AFTER_S[1:]:
        assert after(display, clock, LOOK_AFTER_S[-1]) == []
    with pytest.raises(BlackScreen, match=r"software: its frames are not on the screen.*no renderer draws"):
        after(display, clock, LOOK_AFTER_S[-1])
    assert console.refused == ("software",)


def test_a_picture_for_the_operator_is_not_made_of_what_the_viewer_does_not_see(display: Display) -> None:
    console = watched(display, BLACK)
    show(display, Color(200, 200, 200))
    assert console.why_black() == "the screen is black"
    with pytest.raises(DisplayError, match="the screen is black"):
        display.screenshot()


def test_a_screen_that_is_black_on_purpose_is_a_picture_too(display: Display) -> None:
    watched(display, BLACK)
    show(display, Color(0, 0, 0))
    assert display.screenshot().startswith(b"\x89PNG")


def test_a_black_frame_is_no_reason_to_give_up(display: Display, clock: ManualClock) -> None:
    watched(display, BLACK)
    show(display, Color(0, 0, 0))
    for _ in range(5):
        assert after(display, clock, LOOK_AFTER_S[-1]) == []


def test_the_display_wakes_for_the_next_look(display: Display, clock: ManualClock) -> None:
    console = watched(display, LIGHT)
    display.wait(0)
    assert console.next_poll() == clock.monotonic() + POLL_S
    show(display, Color(1, 0, 0))
    assert console.next_poll() == clock.monotonic() + LOOK_AFTER_S[0]


def test_an_outage_for_another_reason_does_not_blame_the_renderer(display: Display) -> None:
    console = watched(display, LIGHT)
    display.lose("unplugged")
    assert DisplayLost("unplugged") in display.wait(0)
    console.give_up(DisplayError("busy"))
    assert console.refused == ()
