"""Full screen that a desktop took away: what counts as lost, when it is taken again, and how."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest

from tvapp.display.events import FullScreenTaken
from tvapp.display.full_screen import RETAKE, STEADY_S, FullScreen, FullScreenPolicy
from tvapp.display.sdl import pygame

SCREEN = (1920, 1080)


@dataclass
class FakeWindow:
    """Notes the wishes; its size is what a desktop made of it."""

    size: tuple[int, int] = SCREEN
    focused: int = 0
    error: Exception | None = None

    def focus(self) -> None:
        self.focused += 1
        if self.error is not None:
            raise self.error


@dataclass
class Desktop:
    """A window that is to fill the screen, and the time."""

    sizes: list[tuple[int, int]] = field(default_factory=lambda: [SCREEN])
    is_wanted: bool = True
    now: float = 1000.0
    window: FakeWindow = field(default_factory=FakeWindow)

    def __post_init__(self) -> None:
        self.full_screen = FullScreen(is_wanted=self.is_wanted, desktop_sizes=lambda: self.sizes)

    def happens(self, kind: int, **fields: object) -> FullScreenTaken | None:
        return self.follow(pygame.event.Event(kind, fields))

    def follow(self, *events: pygame.event.Event) -> FullScreenTaken | None:
        return self.full_screen.follow(self.window, events, self.now)  # type: ignore[arg-type]

    def after(self, seconds: float) -> FullScreenTaken | None:
        self.now += seconds
        return self.follow()

    def due_in(self) -> float:
        return self.full_screen.due_in(self.now)


@pytest.fixture
def desktop() -> Desktop:
    return Desktop()


def test_nothing_is_due_while_the_window_fills_the_screen(desktop: Desktop) -> None:
    assert desktop.due_in() == math.inf
    assert desktop.happens(pygame.WINDOWEXPOSED) is None
    assert desktop.happens(pygame.WINDOWMOVED, x=0, y=0) is None
    assert desktop.happens(pygame.WINDOWSIZECHANGED) is None
    assert desktop.due_in() == math.inf


def test_a_window_that_lost_the_focus_is_brought_to_the_front_after_a_second(desktop: Desktop) -> None:
    assert desktop.happens(pygame.WINDOWFOCUSLOST) is None
    assert desktop.due_in() == 1.0
    assert desktop.after(0.9) is None
    assert desktop.after(0.1) == FullScreenTaken("focus")
    assert desktop.window.focused == 1


def test_a_notification_that_goes_by_itself_is_left_alone(desktop: Desktop) -> None:
    desktop.happens(pygame.WINDOWFOCUSLOST)
    desktop.now += 0.5
    desktop.happens(pygame.WINDOWFOCUSGAINED)
    assert desktop.after(60.0) is None
    assert desktop.window.focused == 0


@pytest.mark.parametrize(
    ("kind", "fields", "missing"),
    [
        (pygame.WINDOWMINIMIZED, {}, "hidden"),
        (pygame.WINDOWHIDDEN, {}, "hidden"),
        (pygame.WINDOWMOVED, {"x": 1, "y": 20}, "place"),
    ],
)
def test_a_window_that_is_hidden_or_framed_is_opened_anew(
    desktop: Desktop, kind: int, fields: dict[str, object], missing: str
) -> None:
    desktop.happens(kind, **fields)
    assert desktop.after(1.0) == FullScreenTaken(missing, needs_window=True)
    assert desktop.window.focused == 0, "SDL would wait for a hidden window without end"


def test_a_window_of_another_size_is_opened_anew(desktop: Desktop) -> None:
    desktop.window.size = (1280, 720)
    desktop.happens(pygame.WINDOWSIZECHANGED)
    assert desktop.after(1.0) == FullScreenTaken("size", needs_window=True)
    desktop.window.size = SCREEN
    desktop.happens(pygame.WINDOWRESIZED)
    assert desktop.due_in() == math.inf


def test_the_place_says_nothing_where_there_are_several_screens(desktop: Desktop) -> None:
    desktop.sizes = [SCREEN, (2560, 1440)]
    desktop.happens(pygame.WINDOWMOVED, x=1920, y=0)
    assert desktop.due_in() == math.inf


def test_everything_that_is_missing_is_named_at_once(desktop: Desktop) -> None:
    desktop.happens(pygame.WINDOWFOCUSLOST)
    desktop.now += 0.2
    desktop.happens(pygame.WINDOWMINIMIZED)
    assert desktop.due_in() == pytest.approx(0.8)
    assert desktop.after(0.8) == FullScreenTaken("focus, hidden", needs_window=True)


@pytest.mark.parametrize("back", [pygame.WINDOWRESTORED, pygame.WINDOWSHOWN])
def test_a_viewer_who_brings_the_window_back_is_faster(desktop: Desktop, back: int) -> None:
    desktop.happens(pygame.WINDOWMINIMIZED)
    desktop.happens(back)
    assert desktop.due_in() == math.inf


def test_two_programs_that_both_want_the_screen_do_not_fight_at_full_speed(desktop: Desktop) -> None:
    taken_at: list[float] = []
    began = desktop.now
    while desktop.now < began + 3600.0:
        desktop.happens(pygame.WINDOWFOCUSLOST)  # the other one takes it at once
        desktop.now += desktop.due_in()
        assert desktop.follow() is not None
        taken_at.append(desktop.now - began)
        desktop.happens(pygame.WINDOWFOCUSGAINED)
    assert taken_at[:4] == [1.0, 3.0, 7.0, 15.0]
    assert len(taken_at) < 3600 / RETAKE.ceiling_s + 10


def test_a_desktop_that_ignores_the_wish_is_asked_ever_more_slowly(desktop: Desktop) -> None:
    desktop.happens(pygame.WINDOWFOCUSLOST)
    waits = []
    for _ in range(9):
        waits.append(desktop.due_in())
        desktop.now += desktop.due_in()
        assert desktop.follow() is not None
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_full_screen_that_was_kept_for_a_while_is_taken_again_at_once_the_next_time() -> None:
    policy = FullScreenPolicy()
    policy.lose("focus", 0.0)
    policy.retaken(1.0)
    policy.regain("focus")
    policy.lose("focus", 1.0 + STEADY_S - 1)
    assert policy.retake_at == 1.0 + STEADY_S - 1 + 2.0
    policy.regain("focus")
    policy.lose("focus", 1.0 + STEADY_S)
    assert policy.retake_at == 1.0 + STEADY_S + 1.0


def test_a_new_window_has_everything_and_keeps_the_back_off(desktop: Desktop) -> None:
    desktop.happens(pygame.WINDOWHIDDEN)
    assert desktop.after(1.0) is not None
    desktop.full_screen.window_opened()
    assert desktop.due_in() == math.inf
    desktop.happens(pygame.WINDOWHIDDEN)
    assert desktop.due_in() == 2.0


def test_a_window_that_is_no_full_screen_is_left_alone() -> None:
    desktop = Desktop(is_wanted=False)
    desktop.happens(pygame.WINDOWFOCUSLOST)
    assert desktop.due_in() == math.inf
    assert desktop.after(100.0) is None


def test_a_window_that_cannot_be_brought_to_the_front_is_tried_again(desktop: Desktop) -> None:
    desktop.window.error = pygame.error("no window")
    desktop.happens(pygame.WINDOWFOCUSLOST)
    assert desktop.after(1.0) == FullScreenTaken("focus")
    assert desktop.due_in() == 2.0
