"""A sheet with a list to choose from; subclasses give the rows and take the choice."""

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
from tvapp.ui.screens.panels.rows import Rows, RowWords, draw_row
from tvapp.ui.screens.panels.sheet import draw_sheet, draw_title
from tvapp.ui.widgets.label import draw_icon, paragraph

NOTE_LINES = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A row to choose: an icon or (with `mark`) a coloured disc, a name, and a smaller line below it."""

    key: str
    label: str
    detail: str = ""
    icon: str = ""
    color: Color = theme.MUTED
    mark: Color | None = None


class ListSheet(Panel):
    """A sheet of rows; when the focused row goes away, its neighbour has the focus."""

    name = "list"
    icon = "list"
    ok_words = "hint.confirm"
    """What OK does, for the hint line."""

    def __init__(self, state: MapState, navigator: Navigator, *, slides: bool = True) -> None:
        super().__init__(navigator, motion=state.settings.motion, slides=slides)
        self._state = state
        self._rows = Rows(self._motion)

    # -- what subclasses say --------------------------------------------------------------------------------------

    def title(self) -> str:
        raise NotImplementedError

    def rows(self) -> Sequence[Row]:
        """Return the rows; when there are none, `empty` says why."""
        raise NotImplementedError

    def choose(self, row: Row, now: float) -> None:
        """Take the choice of a row."""
        raise NotImplementedError

    def note(self) -> str:
        """Return the text between the title and the list."""
        return ""

    def empty(self) -> str:
        """Return the text in place of an empty list."""
        return ""

    # -- keys -----------------------------------------------------------------------------------------------------

    @property
    def index(self) -> int:
        """The row with the focus."""
        return self._rows.index

    @property
    def focused(self) -> str:
        rows = self.rows()
        return rows[min(self._rows.index, len(rows) - 1)].key if rows else "empty"

    def focusables(self) -> tuple[str, ...]:
        return tuple(row.key for row in self.rows()) or ("empty",)

    def focus(self, key: str) -> None:
        """Put the focus on a row; nothing happens when it is not there."""
        keys = self.focusables()
        if key in keys:
            self._rows.focus(keys.index(key), len(keys))

    def bindings(self) -> tuple[Binding, ...]:
        zoom = self._state.moves.zoom_keys(mentioned=False)
        back = bind((Intent.BACK, Intent.MENU), self._close, ("back", "hint.back"))
        if not self.rows():
            return back, zoom
        move = bind((Intent.UP, Intent.DOWN), self._move, ("up-down", "hint.choose"), REPEATED)
        return move, bind(Intent.SELECT, self._press, ("ok", self.ok_words)), back, zoom

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

        def draw_one(index: int, box: Rect) -> None:
            row, focused = rows[index], index == self.index and self._navigator.top is self
            draw_row(canvas, box, RowWords(row.label, row.detail), focused=focused)
            if row.mark is not None:
                canvas.panel(Rect(box.x + 24, box.center[1] - 14, 28, 28), row.mark, 14)
            elif row.icon:
                draw_icon(canvas, row.icon, box.x + 38, box.center[1], 36, row.color)

        self._rows.draw(canvas, room, len(rows), draw_one, now, fills=False)

    # -- what keys do ---------------------------------------------------------------------------------------------

    def _move(self, input_: Input, now: float) -> bool:
        self._is_moved = self._rows.move(input_, len(self.rows()), now) or self._is_moved
        return True

    def _press(self, _input: Input, now: float) -> bool:
        rows = self.rows()
        self._is_moved = True
        self.choose(rows[min(self._rows.index, len(rows) - 1)], now)
        return True
