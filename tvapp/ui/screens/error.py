"""The screen of an app that cannot start: it names wrong settings, or a fatal problem."""

from __future__ import annotations

from collections.abc import Sequence

from tvapp.core.errors import ConfigError, TvappError
from tvapp.remote.intents import Input, Intent
from tvapp.ui import layout, theme
from tvapp.ui.actions import Actions
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import REPEATED, Binding, BoundScreen, bind
from tvapp.ui.screens.panels.dialog import leave_dialog
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.label import draw_icon, fit, label, paragraph, wrap
from tvapp.ui.widgets.surface import Button, card

PAGE_S = 10.0
"""Problems that do not fit are shown page by page without a key, because no viewer may be present."""
LABEL_WIDTH = 150.0
LINE = 38.0


class ErrorScreen(BoundScreen):
    """Lists errors of the configuration, or shows a fatal problem."""

    name = "error"

    def __init__(
        self,
        settings: UiSettings,
        navigator: Navigator,
        actions: Actions,
        errors: Sequence[TvappError],
    ) -> None:
        self._settings = settings
        self._navigator = navigator
        self._actions = actions
        self._errors = tuple(errors)
        self._first = 0
        self._fitting = len(self._errors)
        self._turn_at: float | None = None
        self._is_turned = False
        self._acting: tuple[Binding, ...] = (bind(Intent.SELECT, self._start_again, ("ok", "hint.start-again")),)
        self._button = "start-again"
        if settings.is_closable:
            self._button = "leave"
            self._acting = (
                bind(Intent.SELECT, self._leave, ("ok", "hint.leave")),
                bind(Intent.BACK, self._leave),
            )
        self._turning = bind((Intent.UP, Intent.DOWN), self._turn, ("up-down", "hint.more"), REPEATED)

    @property
    def focused(self) -> str:
        return self._button

    def focusables(self) -> tuple[str, ...]:
        return (self._button,)

    def bindings(self) -> tuple[Binding, ...]:
        return (self._turning, *self._acting) if self._has_more else self._acting

    def receive(self, message: object, now: float) -> None:
        """No message changes this screen."""

    def update(self, now: float) -> bool:
        if self._has_more and self._turn_at is None:
            self._turn_at = now + PAGE_S
        elif self._turn_at is not None and now >= self._turn_at:
            last = self._first + self._fitting
            self._show_from(0 if last >= len(self._errors) else last, now)
        turned, self._is_turned = self._is_turned, False
        return turned

    def next_wakeup(self, now: float) -> float | None:
        return now if self._has_more and self._turn_at is None else self._turn_at

    @property
    def _has_more(self) -> bool:
        return self._fitting < len(self._errors)

    def _turn(self, input_: Input, now: float) -> bool:
        step = self._fitting if input_.intent is Intent.DOWN else -self._fitting
        if not 0 <= self._first + step < len(self._errors):
            return self._first != 0 and step < 0 and self._show_from(0, now)
        return self._show_from(self._first + step, now)

    def _show_from(self, first: int, now: float) -> bool:
        self._first = first
        self._turn_at = now + PAGE_S
        self._is_turned = True
        return True

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
        button = Button(self._button, say(f"error.{self._button}"))
        bottom = Rect(left, area.bottom - 96, button.width(canvas) + 40, 84)
        room = Rect(left, y + 28, width, bottom.y - 32 - y - 28)
        if wrong:
            self._draw_settings(canvas, room, wrong)
        else:
            self._draw_detail(canvas, room)
        button.draw(canvas, bottom, self._navigator.top is self)

    def _draw_settings(self, canvas: Canvas, room: Rect, wrong: Sequence[ConfigError]) -> None:
        inner = room.w - 56 - LABEL_WIDTH
        cards = [(error, wrap(canvas, error.allowed, theme.style(theme.SMALL), inner, 2) or [""]) for error in wrong]
        heights = [32 + LINE * (2 + len(allowed)) for _, allowed in cards]
        self._fitting = _fitting(heights, room.h, theme.GAP)
        if self._has_more:
            # Every page has the same number of problems, whatever their heights: the line below counts pages.
            self._fitting = _fitting([max(heights)] * len(wrong), room.h - LINE, theme.GAP)
        y, last = room.y, min(len(wrong), self._first + self._fitting)
        for (error, allowed), height in list(zip(cards, heights, strict=True))[self._first : last]:
            self._draw_card(canvas, Rect(room.x, y, room.w, height), error, allowed)
            y += height + theme.GAP
        if self._has_more:
            text = self._settings.words("error.config.range", first=self._first + 1, last=last, total=len(wrong))
            canvas.text(text, room.x, y, theme.style(theme.BODY, theme.MUTED))

    def _draw_card(self, canvas: Canvas, box: Rect, error: ConfigError, allowed: Sequence[str]) -> None:
        value = theme.style(theme.SMALL, theme.TEXT, "mono")
        card(canvas, box)
        line, left, right = box.y + 16, box.x + 28 + LABEL_WIDTH, box.right - 28
        key = fit(canvas, error.key, theme.style(theme.SMALL, theme.ACCENT, "mono"), (right - left) / 2)
        self._name(canvas, box.x + 28, line, "error.config.key")
        canvas.text(key, left, line, theme.style(theme.SMALL, theme.ACCENT, "mono"))
        key_width, _ = canvas.measure(key, theme.style(theme.SMALL, theme.ACCENT, "mono"))
        source = theme.style(theme.CAPTION, theme.MUTED, "mono")
        canvas.text(fit(canvas, error.source, source, right - left - key_width - 40), right, line, source, "right")
        self._name(canvas, box.x + 28, line + LINE, "error.config.found")
        canvas.text(fit(canvas, error.found, value, right - left), left, line + LINE, value)
        line += 2 * LINE
        self._name(canvas, box.x + 28, line, "error.config.allowed")
        for text in allowed:
            canvas.text(text, left, line, theme.style(theme.SMALL))
            line += LINE

    def _name(self, canvas: Canvas, x: float, y: float, key: str) -> None:
        label(canvas, self._settings.words(key), x, y + 1, LABEL_WIDTH - 12, theme.style(theme.CAPTION, theme.MUTED))

    def _draw_detail(self, canvas: Canvas, room: Rect) -> None:
        text = " · ".join(str(error) for error in self._errors)
        if not text:
            return
        style = theme.style(theme.SMALL, theme.TEXT, "mono")
        lines = wrap(canvas, text, style, room.w - 56, max(1, int((room.h - 48) / LINE)))
        card(canvas, Rect(room.x, room.y, room.w, 48 + len(lines) * LINE))
        for index, line in enumerate(lines):
            canvas.text(line, room.x + 28, room.y + 22 + index * LINE, style)

    def _start_again(self, _input: Input, _now: float) -> bool:
        self._actions.start_again()
        return True

    def _leave(self, _input: Input, _now: float) -> bool:
        self._navigator.push(leave_dialog(self._settings, self._navigator, self._actions.leave))
        return True


def _fitting(heights: Sequence[float], room: float, gap: float) -> int:
    """Return how many of the boxes, one below the other, fit into the room; at least one."""
    used = 0.0
    for count, height in enumerate(heights):
        used += height + gap
        if used - gap > room:
            return max(1, count)
    return len(heights)
