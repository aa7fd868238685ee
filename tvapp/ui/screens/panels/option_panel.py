"""A panel of options in rows, each with an icon, a name and a detail; subclasses give the options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tvapp.remote.intents import ARROWS, Input, Intent
from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.focus import Group, Leaf
from tvapp.ui.map_overlay.chrome import draw_toast
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import REPEATED, bind
from tvapp.ui.screens.panels.panel import Panel
from tvapp.ui.widgets.label import draw_icon, in_middle, label, shrink
from tvapp.ui.widgets.surface import focus_ring, glass, grown

OPTION_WIDTH = 300.0
OPTION_HEIGHT = 176.0
TITLE_HEIGHT = 76.0


@dataclass(frozen=True, slots=True)
class Option:
    """An option to choose. A disabled option can have the focus; its `detail` says why it does nothing."""

    key: str
    icon: str
    name: str
    detail: str = ""
    enabled: bool = True
    danger: bool = False


class OptionPanel(Panel):
    """Options over the map, centred at the bottom. A subclass names them and takes the choice."""

    name = "tiles"
    columns = 3

    def __init__(self, state: MapState, navigator: Navigator, *, slides: bool = True) -> None:
        super().__init__(navigator, motion=state.settings.motion, slides=slides)
        self._state = state
        self._place(self.options(), Rect(0, 0, OPTION_WIDTH * self.columns, OPTION_HEIGHT * 2))
        self._bindings = (
            bind(ARROWS, self._move, ("arrows", "hint.choose"), REPEATED),
            bind(Intent.SELECT, self._press, ("ok", "hint.confirm")),
            bind((Intent.BACK, Intent.MENU), self._close, ("back", "hint.back")),
            state.moves.zoom_keys(mentioned=False),
        )

    def title(self) -> str:
        """Return the title above the options."""
        raise NotImplementedError

    def options(self) -> Sequence[Option]:
        """Return the options as they are now, row by row."""
        raise NotImplementedError

    def choose(self, key: str, now: float) -> None:
        """Take the choice of an enabled option."""
        raise NotImplementedError

    def draw(self, canvas: Canvas, now: float) -> None:
        if self._navigator.top is not self:
            # The panel that it opened lies over it and concerns the map, not the options.
            return
        opened = self._motion.value("open", now)
        options = self.options()
        safe = layout.safe_area(canvas)
        rows = -(-len(options) // self.columns)
        width = min(safe.w, OPTION_WIDTH * self.columns + 2 * theme.PAD)
        height = TITLE_HEIGHT + rows * OPTION_HEIGHT + theme.PAD
        bottom = safe.bottom - theme.HINT_HEIGHT - 2 * theme.GAP - 48
        box = Rect(safe.x + (safe.w - width) / 2, bottom - height, width, height).moved(0, (1 - opened) * 40)
        draw_toast(canvas, self._state, box.y - theme.GAP)
        glass(canvas, box, 28)
        label(canvas, self.title(), box.x + theme.PAD, box.y + 20, box.w - 2 * theme.PAD, _TITLE)
        self._place(options, Rect(box.x + 20, box.y + TITLE_HEIGHT, box.w - 40, rows * OPTION_HEIGHT))
        growth = self._motion.value("focus", now)
        for option in options:
            rect = self._focus.rect(option.key)
            if rect is not None:
                self._draw_option(canvas, option, rect, growth)

    def _draw_option(self, canvas: Canvas, option: Option, box: Rect, growth: float) -> None:
        focused = option.key == self.focused
        body = grown(box, growth) if focused else box
        canvas.panel(body, theme.FOCUSED if focused else theme.RAISED, theme.RADIUS)
        color: Color = theme.TEXT if option.enabled else theme.MUTED
        draw_icon(canvas, option.icon, body.center[0], body.y + 46, 46, theme.BAD if option.danger else color)
        name_style = theme.style(theme.BODY, theme.BAD if option.danger else color, "bold")
        name_style = shrink(canvas, option.name, name_style, body.w - 24, theme.CAPTION)
        in_middle(canvas, option.name, Rect(body.x + 12, body.y + 76, body.w - 24, 40), name_style)
        if option.detail:
            detail_style = theme.style(theme.CAPTION, theme.MUTED)
            in_middle(canvas, option.detail, Rect(body.x + 12, body.y + 116, body.w - 24, 34), detail_style)
        if focused:
            focus_ring(canvas, body)

    def _place(self, options: Sequence[Option], room: Rect) -> None:
        rows: list[Group] = []
        for first in range(0, len(options), self.columns):
            row = options[first : first + self.columns]
            line = Rect(room.x, room.y + first // self.columns * OPTION_HEIGHT, room.w, OPTION_HEIGHT)
            boxes = layout.spread(line, self.columns, 0)
            leaves = tuple(Leaf(option.key, box.inset(8)) for option, box in zip(row, boxes, strict=False))
            rows.append(Group(f"row-{first}", leaves, wraps_x=True))
        self._focus.place(Group(self.name, tuple(rows), modal=True, wraps_y=True))

    def _press(self, _input: Input, now: float) -> bool:
        option = next((option for option in self.options() if option.key == self.focused), None)
        if option is not None and option.enabled:
            self.choose(option.key, now)
            self._is_moved = True
        return True


_TITLE = theme.style(theme.LEAD, face="bold")
