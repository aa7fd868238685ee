"""The page about files and features of the store that are not on the map, or only as they were before, and why."""

from __future__ import annotations

from tvapp.fences.model.fence import Skipped
from tvapp.ui import theme
from tvapp.ui.canvas import Color
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.screens.panels.dialog import Choice, DialogScreen, Question
from tvapp.ui.screens.panels.list_sheet import ListSheet, Row
from tvapp.ui.widgets.surface import Button
from tvapp.ui.words.formats import count

MOST_ROWS = 500
"""Files and features that are listed; the last row counts the others."""
MOST_LINES = 9
"""Lines of a reason in full."""
_OTHERS = "others"


class LeftOutSheet(ListSheet):
    """A row for each file or feature; OK shows the whole reason."""

    name = "left-out"
    icon = "file-warning"
    ok_words = "hint.why"

    def __init__(self, state: MapState, navigator: Navigator) -> None:
        super().__init__(state, navigator, slides=False)
        self._listed: tuple[tuple[Skipped, ...], tuple[Row, ...]] = (), ()

    def title(self) -> str:
        return self._state.settings.words("left-out.title")

    def note(self) -> str:
        return self._state.settings.words("left-out.note")

    def empty(self) -> str:
        return self._state.settings.words("left-out.empty")

    def rows(self) -> tuple[Row, ...]:
        # Asked for several times a frame; there may be thousands.
        skipped = self._state.fences.skipped
        if self._listed[0] is not skipped:
            self._listed = skipped, self._rows_of(skipped)
        return self._listed[1]

    def choose(self, row: Row, now: float) -> None:
        if row.key == _OTHERS:
            return
        each = _sorted(self._state.fences.skipped)[int(row.key)]
        say = self._state.settings.words
        lines = (each.source,) if each.feature else ()
        question = Question("left-out-one", each.feature or each.source, each.reason, self.icon, lines, MOST_LINES)
        close = Choice(Button("close", say("left-out.close")), lambda: None)
        self._navigator.push(DialogScreen(self._state.settings, self._navigator, question, (close,)))

    def _rows_of(self, skipped: tuple[Skipped, ...]) -> tuple[Row, ...]:
        rows = [_row(number, each) for number, each in enumerate(_sorted(skipped)[:MOST_ROWS])]
        if len(skipped) > MOST_ROWS:
            others = self._state.settings.words("left-out.others", count=count(len(skipped) - MOST_ROWS))
            rows.append(Row(_OTHERS, others, icon="ellipsis"))
        return tuple(rows)


def _sorted(skipped: tuple[Skipped, ...]) -> list[Skipped]:
    """Return whole files first, then features, each in their order."""
    return sorted(skipped, key=lambda each: bool(each.feature))


def _row(number: int, each: Skipped) -> Row:
    color: Color = theme.MUTED if each.feature else theme.WARN
    label = f"{each.feature} · {each.source}" if each.feature else each.source
    return Row(str(number), label, each.reason, "hexagon" if each.feature else "file-warning", color)
