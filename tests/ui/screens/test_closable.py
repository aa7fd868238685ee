"""Closing the app by remote: offered where `[kiosk] closable` allows it, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.ui.fakes import AINO, FakeActions, FakeSession, Remote, problem, prompting, waiting
from tvapp.auth.view import SessionView
from tvapp.core.errors import ConfigError, TvappError
from tvapp.remote.intents import Intent
from tvapp.ui.screen import Screen
from tvapp.ui.screens.error import ErrorScreen
from tvapp.ui.screens.signin.account import account_dialog
from tvapp.ui.screens.signin.screen import SignInScreen
from tvapp.ui.screens.start import StartScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack

Build = Callable[[UiSettings, ScreenStack, FakeActions], Screen]


def sign_in(view: SessionView) -> Build:
    return lambda settings, stack, actions: SignInScreen(settings, stack, actions, FakeSession(view, 100.0), 100.0)


SCREENS: dict[str, Build] = {
    "start": lambda settings, stack, actions: StartScreen(settings, stack, actions, 100.0),
    "start-without-network": lambda settings, stack, actions: StartScreen(
        settings, stack, actions, 100.0, FakeSession(waiting("offline", "offline", retry_in_s=9.0), 100.0)
    ),
    "code": sign_in(prompting()),
    "offline": sign_in(waiting("offline", "offline", problem=problem("offline"), retry_in_s=9.0)),
    "failed": sign_in(waiting("failed", "failed", problem=problem("declined"))),
    "settings": lambda settings, stack, actions: ErrorScreen(
        settings, stack, actions, [ConfigError("config.toml", "maps.auth", "7", "entra")]
    ),
    "fatal": lambda settings, stack, actions: ErrorScreen(settings, stack, actions, [TvappError("broken")]),
}


class Shown:
    """A base screen on a stack."""

    def __init__(self, build: Build, *, is_closable: bool) -> None:
        self.actions = FakeActions()
        self.stack = ScreenStack()
        self.settings = UiSettings(motion=False, is_closable=is_closable)
        self.stack.show(build(self.settings, self.stack, self.actions))
        self.remote = Remote(self.stack)

    @property
    def offers(self) -> bool:
        return any(hint.words == "hint.leave" for hint in self.stack.hints())


@pytest.mark.parametrize("name", SCREENS)
def test_the_app_is_closed_from_every_base_screen_where_it_may_be(name: str) -> None:
    shown = Shown(SCREENS[name], is_closable=True)
    assert shown.offers
    shown.remote.press(Intent.BACK, Intent.RIGHT, Intent.SELECT)
    assert shown.actions.names() == ["leave"]


@pytest.mark.parametrize("name", SCREENS)
def test_back_does_nothing_on_a_base_screen_where_the_app_may_not_be_closed(name: str) -> None:
    shown = Shown(SCREENS[name], is_closable=False)
    assert not shown.offers
    shown.remote.press(*[Intent.BACK] * 3)
    assert (shown.stack.depth, shown.actions.asked) == (1, [])


@pytest.mark.parametrize("name", ["settings", "fatal"])
def test_an_app_that_cannot_start_is_started_again_where_it_may_not_be_closed(name: str) -> None:
    shown = Shown(SCREENS[name], is_closable=False)
    assert [hint.words for hint in shown.stack.hints()] == ["hint.start-again"]
    shown.remote.press(Intent.SELECT)
    assert shown.actions.names() == ["start_again"]


@pytest.mark.parametrize(
    ("is_closable", "expected"), [(True, ("cancel", "sign-out", "leave")), (False, ("cancel", "sign-out"))]
)
def test_the_account_panel_closes_the_app_only_where_it_may(is_closable: bool, expected: tuple[str, ...]) -> None:
    settings = UiSettings(motion=False, is_closable=is_closable)
    assert account_dialog(settings, ScreenStack(), FakeActions(), AINO).focusables() == expected


def test_without_an_account_the_panel_can_always_be_left() -> None:
    dialog = account_dialog(UiSettings(motion=False, is_closable=False), ScreenStack(), FakeActions(), None)
    assert dialog.focusables() == ("cancel",)
