"""The panel of layers: four bases and three overlays, each with a picture. A choice applies at once."""

from __future__ import annotations

from tvapp.mapview.layers import BaseStyle, Overlay
from tvapp.remote.intents import ARROWS, Input, Intent
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.focus import Group, Leaf
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import REPEATED, bind
from tvapp.ui.screens.panels.panel import Panel
from tvapp.ui.screens.panels.sheet import draw_sheet, draw_title
from tvapp.ui.widgets.label import draw_icon, in_middle, label
from tvapp.ui.widgets.preview import draw_preview
from tvapp.ui.widgets.surface import focus_ring, grown

WIDTH = 928.0
TILE_GAP = 24.0
PREVIEW_HEIGHT = 204.0
TILE_HEIGHT = 268.0
HEADING_HEIGHT = 52.0
LayerOption = BaseStyle | Overlay


class LayersPanel(Panel):
    """A row of bases above a row of overlays."""

    name = "layers"

    def __init__(self, state: MapState, navigator: Navigator) -> None:
        super().__init__(navigator, motion=state.settings.motion, focus=state.choice.base.value)
        self._state = state
        self._place(Rect(0, 0, WIDTH, 800))
        self._focus.set(state.choice.base.value)
        self._bindings = (
            bind(ARROWS, self._move, ("arrows", "hint.choose"), REPEATED),
            bind(Intent.SELECT, self._press, ("ok", "hint.confirm")),
            bind((Intent.BACK, Intent.MENU), self._close, ("back", "hint.back-to-map")),
            state.moves.zoom_keys(),
        )

    def draw(self, canvas: Canvas, now: float) -> None:
        say = self._state.settings.words
        room = draw_sheet(canvas, WIDTH, self._motion.value("open", now))
        room = draw_title(canvas, room, "layers", say("layers.title"))
        bases, overlays = self._place(room)
        heading = theme.style(theme.SMALL, theme.MUTED, "bold")
        label(canvas, say("layers.bases"), room.x, bases.y - HEADING_HEIGHT + 6, room.w, heading)
        label(canvas, say("layers.overlays"), room.x, overlays.y - HEADING_HEIGHT + 6, room.w, heading)
        growth = self._motion.value("focus", now)
        for option in (*BaseStyle, *Overlay):
            box = self._focus.rect(option.value)
            if box is not None:
                self._draw_tile(canvas, option, box, growth)

    def _draw_tile(self, canvas: Canvas, option: LayerOption, box: Rect, growth: float) -> None:
        state = self._state
        focused = option.value == self.focused
        body = grown(box, growth) if focused else box
        canvas.panel(body, theme.FOCUSED if focused else theme.RAISED, theme.RADIUS)
        picture = Rect(body.x + 10, body.y + 10, body.w - 20, PREVIEW_HEIGHT - 10)
        draw_preview(canvas, option.value, picture, state.pictures.previews.get(option.value))
        chosen = option is state.choice.base or option in state.choice.overlays
        style = theme.style(theme.SMALL, theme.TEXT, "bold" if focused or chosen else "sans")
        words = Rect(body.x + 12, body.y + PREVIEW_HEIGHT, body.w - 24, body.h - PREVIEW_HEIGHT)
        in_middle(canvas, state.settings.words(f"layers.{option.value}"), words, style)
        if chosen:
            mark = Rect(picture.right - 52, picture.y + 8, 44, 44)
            canvas.panel(mark.inset(-3), theme.EDGE, 25)
            canvas.panel(mark, theme.ACCENT, 22)
            draw_icon(canvas, "check", *mark.center, 32, theme.ON_LIGHT)
        if focused:
            focus_ring(canvas, body)

    def _place(self, room: Rect) -> tuple[Rect, Rect]:
        """Place both rows; returns their boxes."""
        width = (room.w - 3 * TILE_GAP) / 4
        bases = Rect(room.x, room.y + HEADING_HEIGHT, room.w, TILE_HEIGHT)
        overlays = Rect(room.x, bases.bottom + 28 + HEADING_HEIGHT, room.w, TILE_HEIGHT)
        groups = []
        for name, row, options in (("bases", bases, tuple(BaseStyle)), ("overlays", overlays, tuple(Overlay))):
            leaves = tuple(
                Leaf(option.value, Rect(row.x + index * (width + TILE_GAP), row.y, width, row.h))
                for index, option in enumerate(options)
            )
            groups.append(Group(name, leaves, wraps_x=True))
        self._focus.place(Group("layers", tuple(groups), modal=True))
        return bases, overlays

    def _press(self, _input: Input, _now: float) -> bool:
        choice = self._state.choice
        if self.focused in {base.value for base in BaseStyle}:
            self._state.choose(choice.with_base(BaseStyle(self.focused)))
        else:
            self._state.choose(choice.toggled(Overlay(self.focused)))
        return True
