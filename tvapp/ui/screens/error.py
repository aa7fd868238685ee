"""What stays on the screen when the app cannot start: which settings are wrong, or what broke."""

from __future__ import annotations

from collections.abc import Sequence

from tvapp.core.errors import ConfigError, TvappError
from tvapp.remote.intents import Input, Intent
from tvapp.ui import layout, theme
from tvapp.ui.actions import Actions
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import Binding, Hint, bind, dispatch, hints_of
from tvapp.ui.screens.dialog import leave_dialog
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.label import draw_icon, fit, label, paragraph, wrap
from tvapp.ui.widgets.surface import Button, card

LABEL_WIDTH = 150.0
LINE = 38.0


class ErrorScreen:
    """Lists errors of the configuration, or one fatal problem (`detail` is for an administrator)."""

    name = "error"
    is_overlay = False

    def __init__(
        self,
        settings: UiSettings,
        navigator: Navigator,
        actions: Actions,
        errors: Sequence[TvappError],
        detail: str = "",
    ) -> None:
        self._settings = settings
        self._navigator = navigator
        self._actions = actions
        self._errors = tuple(errors)
        self._detail = detail
        self._bindings = (
            bind(Intent.SELECT, self._leave, ("ok", "hint.leave")),
            bind(Intent.BACK, self._leave, ("back", "hint.leave")),
        )

    @property
    def focused(self) -> str:
        return "leave"

    def focusables(self) -> tuple[str, ...]:
        return ("leave",)

    def bindings(self) -> tuple[Binding, ...]:
        return self._bindings

    def hints(self) -> tuple[Hint, ...]:
        return hints_of(self._bindings[:1])

    def handle(self, input_: Input, now: float) -> bool:
        return dispatch(self._bindings, input_, now)

    def receive(self, message: object, now: float) -> None:
        """Nothing changes it."""

    def update(self, now: float) -> bool:
        return False

    def next_wakeup(self, now: float) -> float | None:
        return None

    def draw(self, canvas: Canvas, now: float) -> None:
        canvas.fill(layout.screen(canvas), theme.PAGE)
        area, say = layout.content(canvas), self._settings.words
        wrong = [error for error in self._errors if isinstance(error, ConfigError)]
        kind = "config" if wrong else "fatal"
        draw_icon(canvas, "settings-2" if wrong else "octagon-alert", area.x + 40, area.y + 44, 80, theme.WARN)
        left = area.x + 116
        width = area.right - left
        y = paragraph(canvas, say(f"error.{kind}.title"), left, area.y, width, theme.style(theme.TITLE, face="bold"), 2)
        y = paragraph(canvas, say(f"error.{kind}.advice"), left, y + 4, width, theme.style(theme.LEAD, theme.MUTED), 3)
        button = Button("leave", say("error.close"))
        bottom = Rect(left, area.bottom - 96, button.width(canvas) + 40, 84)
        room = Rect(left, y + 28, width, bottom.y - 32 - y - 28)
        if wrong:
            self._draw_settings(canvas, room, wrong)
        else:
            self._draw_detail(canvas, room)
        button.draw(canvas, bottom, self._navigator.top is self)

    def _draw_settings(self, canvas: Canvas, room: Rect, wrong: Sequence[ConfigError]) -> None:
        say, y = self._settings.words, room.y
        value = theme.style(theme.SMALL, theme.TEXT, "mono")
        inner = room.w - 56 - LABEL_WIDTH
        for index, error in enumerate(wrong):
            allowed = wrap(canvas, error.allowed, theme.style(theme.SMALL), inner, 2) or [""]
            height = 32 + LINE * (3 + len(allowed))
            more = len(wrong) - index
            if y + height + (LINE if more > 1 else 0) > room.bottom:
                text = say("error.config.more", count=more)
                canvas.text(text, room.x, y, theme.style(theme.BODY, theme.MUTED))
                return
            card(canvas, Rect(room.x, y, room.w, height))
            rows = [("file", error.source), ("key", error.key), ("found", error.found)]
            line = y + 16
            for name, text in rows:
                self._name(canvas, room.x + 28, line, f"error.config.{name}")
                style = value if name != "key" else theme.style(theme.SMALL, theme.ACCENT, "mono")
                canvas.text(fit(canvas, text, style, inner), room.x + 28 + LABEL_WIDTH, line, style)
                line += LINE
            self._name(canvas, room.x + 28, line, "error.config.allowed")
            for text in allowed:
                canvas.text(text, room.x + 28 + LABEL_WIDTH, line, theme.style(theme.SMALL))
                line += LINE
            y += height + theme.GAP

    def _name(self, canvas: Canvas, x: float, y: float, key: str) -> None:
        label(canvas, self._settings.words(key), x, y + 1, LABEL_WIDTH - 12, theme.style(theme.CAPTION, theme.MUTED))

    def _draw_detail(self, canvas: Canvas, room: Rect) -> None:
        text = self._detail or " · ".join(str(error) for error in self._errors)
        if not text:
            return
        style = theme.style(theme.SMALL, theme.TEXT, "mono")
        lines = wrap(canvas, text, style, room.w - 56, max(1, int((room.h - 48) / LINE)))
        card(canvas, Rect(room.x, room.y, room.w, 48 + len(lines) * LINE))
        for index, line in enumerate(lines):
            canvas.text(line, room.x + 28, room.y + 22 + index * LINE, style)

    def _leave(self, _input: Input, _now: float) -> bool:
        self._navigator.push(leave_dialog(self._settings, self._navigator, self._actions.leave))
        return True
