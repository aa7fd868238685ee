"""The start screen: the app's name, and what the app waits for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tvapp.auth.view import SessionView
from tvapp.remote.intents import Input, Intent
from tvapp.ui import layout, theme
from tvapp.ui.actions import Actions
from tvapp.ui.canvas import Canvas
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import Binding, BoundScreen, bind
from tvapp.ui.screens.panels.dialog import leave_dialog
from tvapp.ui.screens.signin.notice import connection_notice, draw_notice
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.label import centred_paragraph, draw_icon, in_middle
from tvapp.ui.words.formats import duration

if TYPE_CHECKING:
    from tvapp.core.connection_steps import Step

SILENT_S = 2.0
"""The screen says nothing about waiting before this: most waits are shorter."""
DOT = 14.0


class StartScreen(BoundScreen):
    """The app replaces it by itself; `session` is None until there is one."""

    name = "start"

    def __init__(
        self,
        settings: UiSettings,
        navigator: Navigator,
        actions: Actions,
        now: float,
        session: Callable[[float], SessionView] | None = None,
    ) -> None:
        self._settings = settings
        self._navigator = navigator
        self._actions = actions
        self._began = now
        self.session = session
        self.steps: Callable[[], tuple[Step, ...]] = tuple
        """Returns the steps of the connection."""
        self._view: SessionView | None = session(now) if session is not None else None
        self._shown: object = None

    @property
    def focused(self) -> str:
        return next(iter(self.focusables()), "")

    def focusables(self) -> tuple[str, ...]:
        return ("wait",)

    def bindings(self) -> tuple[Binding, ...]:
        leave = (bind(Intent.BACK, self._leave, ("back", "hint.leave")),) if self._settings.is_closable else ()
        if self._view is not None:
            status = bind((Intent.UP, Intent.DOWN, Intent.MENU), self._open_status, ("up-down", "hint.status"))
            leave = (status, *leave)
        if self._waits_for_retry():
            return bind(Intent.SELECT, self._retry, ("ok", "hint.try-now")), *leave
        return leave

    def receive(self, message: object, now: float) -> None:
        """`update` asks the session."""

    def update(self, now: float) -> bool:
        self._view = self.session(now) if self.session is not None else None
        shown = (int(now - self._began), self.waits_for(), self.steps())
        changed, self._shown = shown != self._shown, shown
        return changed

    def next_wakeup(self, now: float) -> float | None:
        passed = now - self._began
        return now + 1 - passed % 1 + 0.001

    def waits_for(self) -> str:
        """Return the key of the words for what the app waits for; `start.ready` for nothing in particular."""
        view = self._view
        if view is not None and view.status == "awaiting-time":
            return "start.time"
        if view is None or view.phase == "starting":
            return "start.account" if view is not None else "start.ready"
        if view.phase in ("signed-in", "succeeded"):
            return "start.map"
        if view.problem is not None:
            if view.problem.kind == "clock-wrong":
                return "start.time"
            return "start.network" if view.problem.kind == "offline" else "start.service"
        return "start.network" if view.phase == "offline" else "start.code"

    def draw(self, canvas: Canvas, now: float) -> None:
        canvas.fill(layout.screen(canvas), theme.PAGE)
        if now - self._began >= SILENT_S and self._draw_failing_step(canvas, now):
            return
        area, say = layout.content(canvas), self._settings.words
        box = layout.centred(area, min(1280.0, area.w), 500)
        x = box.center[0]
        draw_icon(canvas, "map-pinned", x, box.y + 64, 128, theme.ACCENT)
        name = layout.row(box, [box.w])[0]._replace(y=box.y + 152, h=76)
        in_middle(canvas, self._settings.app_name, name, theme.style(theme.TITLE, face="bold"))
        passed = now - self._began
        waiting = self.waits_for()
        patient = passed >= SILENT_S
        title = say(waiting) if patient else say("start.title")
        in_middle(canvas, title, name._replace(y=box.y + 250, h=50), theme.style(theme.LEAD, theme.MUTED))
        self._draw_dots(canvas, x, box.y + 330, int(passed))
        if not patient:
            return
        since = say("start.since", age=duration(passed))
        in_middle(canvas, since, name._replace(y=box.y + 366, h=44), theme.style(theme.SMALL, theme.MUTED))
        advice = {"start.network", "start.time", "start.service"}
        if waiting in advice:
            text = say(f"{waiting}.advice")
            style = theme.style(theme.BODY, theme.TEXT)
            centred_paragraph(canvas, text, x, box.y + 436, box.w, style, 2)

    def _draw_failing_step(self, canvas: Canvas, now: float) -> bool:
        """Draw which step of the connection fails; returns False if none does."""
        notice = connection_notice(self.steps(), self._view, self._settings, now)
        if notice is None:
            return False
        if not self._waits_for_retry():
            notice = replace(notice, button="")
        draw_notice(canvas, self._settings, notice, 1.0, self._navigator.top is self)
        return True

    def _draw_dots(self, canvas: Canvas, x: float, y: float, beat: int) -> None:
        """Draw three dots of which one is lit: a sign of life that costs one frame a second."""
        for index in range(3):
            left = x + (index - 1) * 40 - DOT / 2
            color = theme.ACCENT if index == beat % 3 else theme.LINE
            canvas.panel(layout.row(layout.screen(canvas), [DOT])[0]._replace(x=left, y=y, h=DOT), color, DOT / 2)

    def _waits_for_retry(self) -> bool:
        return self._view is not None and self._view.retry_in_s is not None

    def _retry(self, _input: Input, _now: float) -> bool:
        self._actions.retry_sign_in()
        return True

    def _open_status(self, _input: Input, _now: float) -> bool:
        from tvapp.ui.screens.status.screen import StatusScreen

        self._navigator.push(StatusScreen(self._settings, self._navigator, self._actions))
        return True

    def _leave(self, _input: Input, _now: float) -> bool:
        self._navigator.push(leave_dialog(self._settings, self._navigator, self._actions.leave))
        return True
