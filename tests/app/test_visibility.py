"""Whether the picture can be seen decides what a key does and what the log says."""

from __future__ import annotations

import time

import pytest

from tvapp.app.visibility import ScreenVisibility
from tvapp.config.model import Kiosk
from tvapp.core.clock import ManualClock
from tvapp.core.log import RecordingLog
from tvapp.display.events import DisplayLost, Hidden
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui.canvas import Color, Rect
from tvapp.ui.dimming import BLACK_OPACITY
from tvapp.ui.recording import DrawnShape, RecordingCanvas

DIM_AFTER_MIN = 10.0
OK = Input(Intent.SELECT, Phase.PRESS)
NEVER_AWAKE = ("mon 03:00-03:01",)
SATURDAY_NOON = 1_799_496_000.0


def never_busy() -> bool:
    return False


class Desk:
    def __init__(self, kiosk: Kiosk) -> None:
        self.clock = ManualClock(now=1000.0, epoch=SATURDAY_NOON)
        self.log = RecordingLog()
        self.switched: list[str] = []
        self.visibility = ScreenVisibility(kiosk, time.gmtime, self.clock, self.log, self.switched.append)

    def after(self, seconds: float) -> bool:
        self.clock.advance(seconds)
        return self.visibility.update(self.clock.now, never_busy)

    def is_seen(self) -> bool:
        return self.visibility.is_seen

    def veil(self) -> list[DrawnShape]:
        canvas = RecordingCanvas()
        self.visibility.draw(canvas, self.clock.now)
        return canvas.shapes


@pytest.fixture
def desk() -> Desk:
    return Desk(Kiosk(dim_after_min=DIM_AFTER_MIN, motion=False))


def test_a_screen_that_nobody_uses_is_dimmed_after_the_configured_minutes(desk: Desk) -> None:
    assert desk.visibility.next_wakeup(desk.clock.now) == 1000.0 + DIM_AFTER_MIN * 60
    desk.after(DIM_AFTER_MIN * 60 - 1)
    assert desk.log.named("screen.dimmed") == []
    assert desk.veil() == []
    assert desk.after(1)
    assert desk.log.named("screen.dimmed") == [{"by": "idle"}]
    assert desk.veil() == [DrawnShape("fill", Rect(0, 0, 1920, 1080), Color(0, 0, 0, BLACK_OPACITY["dimmed"]))]
    assert desk.is_seen(), "a dimmed picture is still one"


def test_a_key_keeps_the_screen_bright_and_wakes_a_dimmed_one(desk: Desk) -> None:
    desk.after(500)
    desk.visibility.touch(desk.clock.now)
    desk.after(DIM_AFTER_MIN * 60 - 1)
    assert desk.log.named("screen.dimmed") == []
    desk.after(1)
    desk.visibility.touch(desk.clock.now)
    desk.after(0)
    assert desk.log.named("screen.woken") == [{"by": "key"}]


def test_a_black_screen_is_not_seen_and_its_first_key_only_wakes_it() -> None:
    desk = Desk(Kiosk(awake=NEVER_AWAKE, motion=False))
    desk.after(3600)
    assert desk.log.named("screen.blanked") == [{"by": "hours"}]
    assert not desk.is_seen()
    desk.visibility.touch(desk.clock.now)
    assert not desk.visibility.passes(OK, desk.clock.now)
    desk.after(0)
    assert desk.is_seen()


def test_the_tv_is_switched_with_the_hours_and_by_a_key_but_not_by_dimming() -> None:
    desk = Desk(Kiosk(awake=("sat 00:00-13:00", "sun 00:00-24:00"), dim_after_min=1.0, motion=False))
    desk.after(120)
    assert (desk.log.named("screen.dimmed"), desk.switched) == ([{"by": "idle"}], [])
    desk.after(3600)
    assert (desk.switched, desk.visibility.is_off) == (["standby"], True)
    desk.visibility.touch(desk.clock.now)
    desk.after(0)
    assert (desk.switched, desk.visibility.is_off) == (["standby", "on"], False)
    desk.after(61)
    assert desk.switched == ["standby", "on", "standby"]
    desk.after(12 * 3600)
    assert desk.log.named("screen.woken")[-1] == {"by": "hours"}
    assert desk.switched == ["standby", "on", "standby", "on"]


def test_a_key_wakes_the_tv_also_while_its_input_is_gone() -> None:
    desk = Desk(Kiosk(awake=NEVER_AWAKE, motion=False))
    desk.after(3600)
    desk.visibility.hide(DisplayLost("the TV is in standby"))
    desk.visibility.touch(desk.clock.now)
    desk.after(0)
    assert desk.switched == ["standby", "on"]


def test_a_hidden_window_is_not_seen_and_takes_no_key_until_it_is_shown(desk: Desk) -> None:
    desk.visibility.hide(Hidden())
    assert not desk.is_seen()
    assert not desk.visibility.passes(OK, desk.clock.now)
    assert (desk.visibility.has_display, desk.visibility.is_hidden) == (True, True)
    assert desk.log.events == []
    desk.visibility.show()
    assert desk.is_seen()
    assert desk.visibility.passes(OK, desk.clock.now)


def test_a_lost_display_is_logged_and_so_is_the_next_one(desk: Desk) -> None:
    desk.visibility.hide(DisplayLost("unplugged"))
    assert (desk.visibility.has_display, desk.visibility.is_hidden) == (False, True)
    assert not desk.is_seen()
    assert desk.log.named("display.lost") == [{"reason": "unplugged"}]
    desk.visibility.restored(3.14159)
    assert (desk.visibility.has_display, desk.visibility.is_hidden) == (True, False)
    assert desk.is_seen()
    assert desk.log.named("display.restored") == [{"after_s": 3.1}]
