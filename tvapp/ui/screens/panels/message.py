"""A message from a desk: a banner at the bottom of any screen, with the focus until it is closed or its time ends."""

from __future__ import annotations

from collections.abc import Callable

from tvapp.remote.intents import Input, Intent
from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.focus import Group, Leaf
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import bind
from tvapp.ui.screens.panels.panel import Panel
from tvapp.ui.widgets.label import draw_icon, paragraph, paragraph_height
from tvapp.ui.widgets.surface import card, focus_ring

NAME = "message"
WIDTH = 1240.0
PAGE_WIDTH = 960.0
"""On a page that is no map it stays in the left column, under the code, and leaves the QR code whole."""
MOST_LINES = 6
"""Enough for the longest message; of wide letters, what does not fit ends with an ellipsis."""
ABOVE_HINTS = 56.0
"""Over the map, the scale bar lies this high above the hint line."""
_ICON = 56
_TEXT_LEFT = _ICON + 2 * theme.PAD


class MessageScreen(Panel):
    """Shows a text until OK, Back or the time `until` (monotonic). Its words are the sender's: ours would need a
    language."""

    name = NAME
    hides_panels = True
    """A message comes when it comes: a panel below would show a second focus."""

    def __init__(
        self,
        navigator: Navigator,
        text: str,
        until: float,
        close: Callable[[], None],
        is_over_map: Callable[[], bool],
        *,
        motion: bool = True,
    ) -> None:
        """`close` removes it from wherever it is in the stack, because other panels may have opened over it.

        `is_over_map` tells whether there is a map below, whose scale bar and attribution it must not cover.
        """
        super().__init__(navigator, motion=motion)
        self._text = text
        self._until = until
        self._shut = close
        self._is_over_map = is_over_map
        self._bindings = (bind((Intent.SELECT, Intent.BACK), self._dismiss, ("ok", "hint.close")),)
        self._focus.place(Group(NAME, (Leaf(NAME, Rect(0, 0, WIDTH, 2 * theme.PAD + _ICON)),), modal=True))

    def update(self, now: float) -> bool:
        if now >= self._until:
            self._shut()
            return True
        return super().update(now)

    def next_wakeup(self, now: float) -> float | None:
        soonest = super().next_wakeup(now)
        return self._until if soonest is None else min(soonest, self._until)

    def draw(self, canvas: Canvas, now: float) -> None:
        opened = self._motion.value("open", now)
        room, on_map = layout.content(canvas), self._is_over_map()
        style = theme.style(theme.LEAD if on_map else theme.BODY)
        width = min(WIDTH if on_map else PAGE_WIDTH, room.w)
        inner = width - _TEXT_LEFT - theme.PAD
        text_height = paragraph_height(canvas, self._text, inner, style, MOST_LINES)
        height = max(text_height, _ICON) + 2 * theme.PAD
        x = room.x + (room.w - width) / 2 if on_map else room.x
        bottom = room.bottom - (ABOVE_HINTS if on_map else 0)
        box = Rect(x, bottom - height, width, height).moved(0, (1 - opened) * 24)
        self._focus.place(Group(NAME, (Leaf(NAME, box),), modal=True))
        card(canvas, box, theme.PANEL, theme.RADIUS)
        focus_ring(canvas, box)
        draw_icon(canvas, "info", box.x + theme.PAD + _ICON / 2, box.center[1], _ICON, theme.ACCENT)
        top = box.y + (box.h - text_height) / 2
        paragraph(canvas, self._text, box.x + _TEXT_LEFT, top, inner, style, MOST_LINES)

    def _dismiss(self, _input: Input, _now: float) -> bool:
        self._shut()
        return True
