"""A code over the map, to sign in again or to give a permission. The map goes on below, and Back returns to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tvapp.auth.view import SessionView
from tvapp.remote.intents import Input
from tvapp.ui import layout, theme
from tvapp.ui.actions import Actions
from tvapp.ui.canvas import Canvas
from tvapp.ui.navigator import Navigator
from tvapp.ui.screens.signin.notice import SignInNotice
from tvapp.ui.screens.signin.prompt import draw_large_prompt, draw_prompt_in
from tvapp.ui.screens.signin.screen import SignInScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.surface import card, scrim
from tvapp.ui.words.permissions import permission_for

SIGN_IN, PERMISSION = "sign-in", "permission"

BESIDE = 40.0
"""Margin of the panel around its content; the panel may leave the safe area, its words may not."""
ABOVE = 32.0
RADIUS = 28.0


class SignInPanel(SignInScreen):
    """Shows a session's state over the map; `name` tells which: "sign-in" or "permission"."""

    is_overlay = True
    leaving = "hint.back-to-map"

    def __init__(
        self,
        name: str,
        settings: UiSettings,
        navigator: Navigator,
        actions: Actions,
        session: Callable[[float], SessionView],
        now: float,
    ) -> None:
        super().__init__(settings, navigator, actions, session, now)
        self.name = name

    def draw(self, canvas: Canvas, now: float) -> None:
        picture = self._picture(now)
        if picture is not None and self.is_enlarged:
            canvas.fill(layout.screen(canvas), theme.PAGE)
            draw_large_prompt(canvas, picture)
            return
        scrim(canvas)
        area = layout.content(canvas)
        card(canvas, area.inset(-BESIDE, 0), theme.PAGE, RADIUS)
        if picture is None:
            self._draw_notice(canvas, now)
        else:
            draw_prompt_in(canvas, area.inset(0, ABOVE), replace(picture, reason=self.reason()))

    def reason(self) -> str:
        """Return the reason for the request."""
        view, say = self._view, self._settings.words
        if view.permission:
            return say(f"signin.permission.{permission_for(view.permission)}", resource=view.permission)
        return say("signin.again.reason")

    @property
    def _can_leave(self) -> bool:
        return True

    def _notice(self) -> SignInNotice:
        notice, view, say = super()._notice(), self._view, self._settings.words
        if not view.permission:
            return notice
        account = view.account
        name = (account.name or account.username) if account is not None else ""
        if view.phase == "succeeded":
            advice = say(f"signin.permission.{permission_for(view.permission)}.given")
            return replace(notice, title=say("signin.permission.thanks"), advice=advice)
        if view.problem is not None and view.problem.kind == "another-account" and name:
            return replace(notice, waiting=say("signin.permission.here", name=name))
        return notice

    def _retry(self, input_: Input, now: float) -> bool:
        if not self._view.permission:
            return super()._retry(input_, now)
        self._actions.allow_with_phone()
        return True

    def _leave(self, _input: Input, _now: float) -> bool:
        self._navigator.pop()
        self._actions.leave_sign_in()
        return True
