"""The rows of a list on a sheet: their look, their focus, and scrolling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tvapp.remote.intents import Input
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.motion import Motion
from tvapp.ui.screens.panels.sheet import draw_scroll_bar
from tvapp.ui.widgets.label import draw_icon, fit
from tvapp.ui.widgets.list_view import ListView
from tvapp.ui.widgets.surface import focus_ring

ROW_HEIGHT = 92.0
ROWS_BEFORE_LAYOUT = 8.0
"""Rows that are assumed to fit before the first drawing measures it."""


class Rows:
    """A list whose focus is an index, because thousands of rows have no rectangles. `motion` is that of the sheet."""

    def __init__(self, motion: Motion, count: int = 0) -> None:
        self._motion = motion
        self._list = ListView(count)
        self._fitting = ROWS_BEFORE_LAYOUT

    @property
    def index(self) -> int:
        """The row with the focus."""
        return self._list.index

    def focus(self, index: int, count: int) -> None:
        """Put the focus on one of `count` rows."""
        self._list.count = count
        self._list.index = index

    def move(self, input_: Input, count: int, now: float) -> bool:
        """Move the focus up or down among `count` rows; False when it is at the end already."""
        self._list.count = count
        shown = self._list.top(self._motion.value("scroll", now))
        if not self._list.move(input_):
            return False
        self._list.start_scroll(shown)
        self._list.resize(count, self._fitting)
        self._motion.start("scroll", now, theme.FOCUS_S)
        return True

    def draw(
        self, canvas: Canvas, room: Rect, count: int, draw_one: Callable[[int, Rect], None], now: float, *, fills: bool
    ) -> None:
        """Draw the rows in view with `draw_one` (index, box) and the scroll bar; `fills`: they share the whole room."""
        self._fitting = max(1.0, room.h // ROW_HEIGHT)
        height = room.h / self._fitting if fills else ROW_HEIGHT
        self._list.resize(count, self._fitting)
        top = self._list.top(self._motion.value("scroll", now))
        canvas.clip(Rect(0, room.y - theme.RING, room.right + theme.PAD, self._fitting * height + theme.RING))
        for index in self._list.visible(top, self._fitting):
            draw_one(index, Rect(room.x - 20, room.y + (index - top) * height, room.w + 32, height - 8))
        canvas.clip(None)
        draw_scroll_bar(canvas, room, top, count, self._fitting)


@dataclass(frozen=True, slots=True)
class RowWords:
    """A name and a smaller line below it; both leave room for a mark at the left."""

    name: str
    detail: str = ""
    indent: float = 76.0
    detail_indent: float = 0.0
    """How much further to the right the smaller line begins."""


def draw_row(canvas: Canvas, box: Rect, words: RowWords, *, focused: bool) -> None:
    """Draw a row without its mark."""
    if focused:
        canvas.panel(box, theme.FOCUSED, theme.RADIUS)
    x, width = box.x + words.indent, box.w - words.indent - 64
    style = theme.style(theme.BODY, theme.TEXT, "bold" if focused else "sans")
    y = box.center[1] - (38 if words.detail else 20)
    canvas.text(fit(canvas, words.name, style, width), x, y, style)
    if words.detail:
        second = theme.style(theme.CAPTION, theme.MUTED)
        shown = fit(canvas, words.detail, second, width - words.detail_indent)
        canvas.text(shown, x + words.detail_indent, box.center[1] + 3, second)
    if focused:
        draw_icon(canvas, "chevron-right", box.right - 34, box.center[1], 36, theme.TEXT)
        focus_ring(canvas, box)
