"""A sheet with a list to choose from; subclasses say what is in it and what a choice does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tvapp.remote.intents import Input, Intent
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.map_state.moves import SHEET_WIDTH
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import REPEATED, Binding, bind
from tvapp.ui.screens.panels.panel import Panel
from tvapp.ui.screens.panels.sheet import draw_scroll_bar, draw_sheet, draw_title
from tvapp.ui.widgets.label import draw_icon, fit, paragraph
from tvapp.ui.widgets.list_view import ListView
from tvapp.ui.widgets.surface import focus_ring

ROW_HEIGHT = 92.0
NOTE_LINES = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One line to choose: an icon or (with `mark`) a coloured disc, a name, and a smaller line below it."""

    key: str
    label: str
    detail: str = ""
    icon: str = ""
    color: Color = theme.MUTED
    mark: Color | None = None


class ListSheet(Panel):
    """The focus is an index, because lists may be long; a row that goes away hands it to its neighbour."""

    name = "list"
    icon = "list"

    def __init__(self, state: MapState, navigator: Navigator, *, slides: bool = True) -> None:
        super().__init__(navigator, motion=state.settings.motion, slides=slides)
        self._state = state
        self._list = ListView()
        self._rows = 8.0

    # -- what subclasses say --------------------------------------------------------------------------------------

    def title(self) -> str:
        raise NotImplementedError

    def rows(self) -> Sequence[Row]:
        """Return what can be chosen now; empty where `empty` says why."""
        raise NotImplementedError

    def choose(self, row: Row, now: float) -> None:
        """Do what a row stands for."""
        raise NotImplementedError

    def note(self) -> str:
        """Return what stands between the title and the list."""
        return ""

    def empty(self) -> str:
        """Return what stands in the place of an empty list."""
        return ""

    # -- keys -----------------------------------------------------------------------------------------------------

    @property
    def index(self) -> int:
        """The row with the focus."""
        return self._list.index

    @property
    def focused(self) -> str:
        rows = self.rows()
        return rows[min(self._list.index, len(rows) - 1)].key if rows else "empty"

    def focusables(self) -> tuple[str, ...]:
        return tuple(row.key for row in self.rows()) or ("empty",)

    def focus(self, key: str) -> None:
        """Put the focus on a row, if it is there."""
        keys = self.focusables()
        if key in keys:
            self._list.count = len(keys)
            self._list.index = keys.index(key)

    def bindings(self) -> tuple[Binding, ...]:
        zoom = self._state.moves.zoom_keys(mentioned=False)
        back = bind((Intent.BACK, Intent.MENU), self._close, ("back", "hint.back"))
        if not self.rows():
            return back, zoom
        move = bind((Intent.UP, Intent.DOWN), self._move, ("up-down", "hint.choose"), REPEATED)
        return move, bind(Intent.SELECT, self._press, ("ok", "hint.confirm")), back, zoom

    # -- drawing --------------------------------------------------------------------------------------------------

    def draw(self, canvas: Canvas, now: float) -> None:
        rows = self.rows()
        room = draw_sheet(canvas, SHEET_WIDTH, self._motion.value("open", now))
        room = draw_title(canvas, room, self.icon, self.title())
        note_style = theme.style(theme.SMALL, theme.MUTED)
        if text := (self.note() if rows else self.empty()):
            below = paragraph(canvas, text, room.x, room.y, room.w, note_style, NOTE_LINES) + theme.GAP
            room = Rect(room.x, below, room.w, room.bottom - below)
        if not rows:
            return
        self._rows = max(1.0, room.h // ROW_HEIGHT)
        self._list.resize(len(rows), self._rows)
        top = self._list.top(self._motion.value("scroll", now))
        canvas.clip(Rect(0, room.y - theme.RING, room.right + theme.PAD, self._rows * ROW_HEIGHT + theme.RING))
        for index in self._list.visible(top, self._rows):
            box = Rect(room.x - 20, room.y + (index - top) * ROW_HEIGHT, room.w + 32, ROW_HEIGHT - 8)
            focused = index == self._list.index and self._navigator.top is self
            _draw_row(canvas, rows[index], box, focused)
        canvas.clip(None)
        draw_scroll_bar(canvas, room, top, len(rows), self._rows)

    # -- what keys do ---------------------------------------------------------------------------------------------

    def _move(self, input_: Input, now: float) -> bool:
        count = len(self.rows())
        self._list.count = count
        shown = self._list.top(self._motion.value("scroll", now))
        if self._list.move(input_):
            self._list.start_scroll(shown)
            self._list.resize(count, self._rows)
            self._motion.start("scroll", now, theme.FOCUS_S)
            self._is_moved = True
        return True

    def _press(self, _input: Input, now: float) -> bool:
        rows = self.rows()
        self._is_moved = True
        self.choose(rows[min(self._list.index, len(rows) - 1)], now)
        return True


def _draw_row(canvas: Canvas, row: Row, box: Rect, focused: bool) -> None:
    if focused:
        canvas.panel(box, theme.FOCUSED, theme.RADIUS)
    if row.mark is not None:
        canvas.panel(Rect(box.x + 24, box.center[1] - 14, 28, 28), row.mark, 14)
    elif row.icon:
        draw_icon(canvas, row.icon, box.x + 38, box.center[1], 36, row.color)
    x, width = box.x + 76, box.w - 76 - 64
    style = theme.style(theme.BODY, theme.TEXT, "bold" if focused else "sans")
    y = box.center[1] - (38 if row.detail else 20)
    canvas.text(fit(canvas, row.label, style, width), x, y, style)
    if row.detail:
        second = theme.style(theme.CAPTION, theme.MUTED)
        canvas.text(fit(canvas, row.detail, second, width), x, box.center[1] + 3, second)
    if focused:
        draw_icon(canvas, "chevron-right", box.right - 34, box.center[1], 36, theme.TEXT)
        focus_ring(canvas, box)
