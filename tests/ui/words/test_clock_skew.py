"""A wrong clock in words: the same on the map and during sign-in, and gone once the clock is right."""

from __future__ import annotations

import math

import pytest

from tests.ui.fakes import FakeActions, FakeSession, font_metrics, problem, prompting, waiting
from tests.ui.map_overlay.test_store_notices import state
from tvapp.auth.view import SessionView
from tvapp.core.clock import ClockSkewed, ManualClock
from tvapp.core.errors import ServiceDown
from tvapp.ui.map_overlay.notices import MOST_NOTICES, notices
from tvapp.ui.map_state.state import TOAST_S
from tvapp.ui.messages import TroubleChanged
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.screens.map.screen import MapScreen
from tvapp.ui.screens.signin.screen import SignInScreen
from tvapp.ui.screens.start import SILENT_S, StartScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack

HOUR = 3600.0
SKEWS = [
    (3 * HOUR - 4, "The clock of this TV is 3 hours behind"),
    (-3 * HOUR, "The clock of this TV is 3 hours ahead"),
    (56.3 * 365.25 * 24 * HOUR, "The clock of this TV is 56 years behind"),
    (-130.0, "The clock of this TV is 2 minutes ahead"),
    (math.inf, "The clock of this TV is behind"),
]
ADVICE = "Switch on time synchronisation"


def sign_in_screen(view: SessionView) -> RecordingCanvas:
    canvas, stack = RecordingCanvas(1920, 1080, 1.0, font_metrics), ScreenStack()
    stack.show(SignInScreen(UiSettings(), stack, FakeActions(), FakeSession(view, 0.0), 0.0))
    stack.update(100.0)
    stack.draw(canvas, 100.0)
    return canvas


@pytest.mark.parametrize(("skew_s", "words"), SKEWS)
def test_the_map_shows_a_notice_until_the_clock_is_right(skew_s: float, words: str) -> None:
    map_state = state()
    map_state.is_changed = False
    map_state.receive(ClockSkewed(skew_s), 0.0)
    assert map_state.is_changed
    (notice,) = notices(map_state)
    assert notice.title == words
    assert ADVICE in notice.advice
    map_state.receive(ClockSkewed(0.0), 1.0)
    assert notices(map_state) == []


def test_a_wrong_clock_comes_before_troubles_that_may_follow_from_it() -> None:
    map_state = state()
    map_state.receive(TroubleChanged("map", ServiceDown("h", 503)), 0.0)
    map_state.receive(TroubleChanged("session", state="again"), 0.0)
    map_state.receive(ClockSkewed(HOUR), 0.0)
    shown = [notice.title for notice in notices(map_state)[:MOST_NOTICES]]
    assert shown == ["The clock of this TV is 1 hour behind", "Please sign in again"]


@pytest.mark.parametrize(("skew_s", "words"), SKEWS)
def test_the_sign_in_screen_mentions_a_wrong_clock_beside_the_code(skew_s: float, words: str) -> None:
    canvas = sign_in_screen(prompting(clock_skew_s=skew_s))
    assert canvas.shows(words)
    assert canvas.shows("CB7")
    assert not sign_in_screen(prompting()).shows("The clock")


def test_a_more_urgent_problem_keeps_the_status_line() -> None:
    view = prompting(status="offline", problem=problem("offline"), retry_in_s=5.0, clock_skew_s=HOUR)
    assert not sign_in_screen(view).shows("The clock")


@pytest.mark.parametrize(("skew_s", "words"), SKEWS)
def test_without_a_code_the_notice_is_about_the_clock(skew_s: float, words: str) -> None:
    view = waiting("offline", "offline", problem=problem("clock-wrong"), retry_in_s=9.0, clock_skew_s=skew_s)
    canvas = sign_in_screen(view)
    assert canvas.shows(words)
    assert canvas.shows(ADVICE)


def test_the_start_screen_says_that_it_waits_for_the_time() -> None:
    session = FakeSession(waiting("starting", "awaiting-time"), 0.0)
    stack, canvas = ScreenStack(), RecordingCanvas(1920, 1080, 1.0, font_metrics)
    stack.show(StartScreen(UiSettings(), stack, FakeActions(), 0.0, session))
    stack.update(SILENT_S + 1)
    stack.draw(canvas, SILENT_S + 1)
    assert canvas.shows("Waiting for the right time")
    assert canvas.shows("The clock of this TV is not set")


@pytest.mark.parametrize("by_s", [12 * HOUR, -12 * HOUR, -50 * 365 * 24 * HOUR])
def test_a_toast_lasts_as_long_whatever_the_wall_clock_is_set_to(by_s: float) -> None:
    map_state = state()
    clock = map_state.clock
    assert isinstance(clock, ManualClock)
    stack = ScreenStack()
    screen = MapScreen(map_state, stack)
    stack.show(screen)
    map_state.say("toast.stored", "circle-check", name="Depot")
    clock.set_wall(by_s)
    screen.update(clock.advance(TOAST_S - 0.1))
    assert map_state.toast is not None
    wakeup = screen.next_wakeup(clock.now)
    assert wakeup is not None
    assert wakeup <= TOAST_S
    screen.update(clock.advance(0.2))
    assert map_state.toast is None
