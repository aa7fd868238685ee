"""The action bar: the actions of the map in a row. Menu, a long OK, and OK outside of geofences open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tvapp.remote.intents import Input, Intent
from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.focus import Group, Leaf
from tvapp.ui.map_overlay.chrome import SCALE_HEIGHT, attribution_box, scale_bottom
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import REPEATED, bind
from tvapp.ui.screens.map.drawer import DrawerScreen
from tvapp.ui.screens.map.layers_panel import LayersPanel
from tvapp.ui.screens.panels.dialog import Choice
from tvapp.ui.screens.panels.panel import Panel
from tvapp.ui.screens.signin.account import Need, account_dialog
from tvapp.ui.widgets.label import draw_icon, in_middle
from tvapp.ui.widgets.surface import Button, focus_ring, glass, grown

ITEM_WIDTH = 184.0
ITEM_HEIGHT = 136.0


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the bar. `stays`: the bar remains open, for actions that are repeated."""

    key: str
    icon: str
    act: Callable[[float], None]
    stays: bool = False


class ActionBar(Panel):
    """A ring of nine entries, eight without editing: none is more than four presses away."""

    name = "action-bar"

    def __init__(self, state: MapState, navigator: Navigator, start_tour: Callable[[float], None]) -> None:
        super().__init__(navigator, motion=state.settings.motion)
        self._state = state
        draw = (Item("draw", "pencil-ruler", self._open_draw),) if state.settings.can_edit else ()
        self._items = (
            Item("geofences", "list", self._open_drawer),
            *draw,
            Item("layers", "layers", self._open_layers),
            Item("zoom-in", "zoom-in", lambda now: state.moves.zoom(1, now), stays=True),
            Item("zoom-out", "zoom-out", lambda now: state.moves.zoom(-1, now), stays=True),
            Item("fit", "expand", state.moves.fit_all),
            Item("home", "house", state.moves.go_home),
            Item("tour", "play", start_tour),
            Item("account", "circle-user", self._open_account),
        )
        self._place(Rect(0, 0, ITEM_WIDTH * len(self._items), ITEM_HEIGHT))
        self._bindings = (
            bind((Intent.LEFT, Intent.RIGHT), self._move, ("left-right", "hint.choose"), REPEATED),
            bind(Intent.SELECT, self._press, ("ok", "hint.open")),
            bind((Intent.BACK, Intent.MENU), self._close, ("back", "hint.back-to-map")),
            state.moves.zoom_keys(),
        )

    def draw(self, canvas: Canvas, now: float) -> None:
        opened = self._motion.value("open", now)
        safe = layout.safe_area(canvas)
        width = min(safe.w, ITEM_WIDTH * len(self._items) + 2 * theme.GAP)
        above_hints = safe.bottom - theme.HINT_HEIGHT - theme.GAP
        # The bar is so wide that it would cover half of the scale bar.
        scale_top = scale_bottom(canvas, attribution_box(canvas, self._state)[0]) - SCALE_HEIGHT - theme.DRIFT_PX
        bottom = min(above_hints, scale_top - theme.GAP)
        bar = Rect(
            safe.x + (safe.w - width) / 2, bottom - ITEM_HEIGHT - 2 * theme.GAP, width, ITEM_HEIGHT + 2 * theme.GAP
        )
        bar = bar.moved(0, (1 - opened) * 40)
        glass(canvas, bar, 28)
        self._place(bar.inset(theme.GAP))
        growth = self._motion.value("focus", now)
        for item in self._items:
            rect = self._focus.rect(item.key)
            if rect is not None:
                self._draw_item(canvas, item, rect, growth)

    def _draw_item(self, canvas: Canvas, item: Item, box: Rect, growth: float) -> None:
        focused = item.key == self.focused
        body = grown(box, growth) if focused else box
        if focused:
            canvas.panel(body, theme.FOCUSED, theme.RADIUS)
        color = theme.TEXT if focused else theme.MUTED
        draw_icon(canvas, item.icon, body.center[0], body.y + 50, 48, color)
        style = theme.style(theme.SMALL, color, "bold" if focused else "sans")
        label = self._state.settings.words(f"map.bar.{item.key}")
        in_middle(canvas, label, Rect(body.x + 6, body.y + 82, body.w - 12, 44), style)
        if focused:
            focus_ring(canvas, body)

    def _place(self, row: Rect) -> None:
        boxes = layout.spread(row, len(self._items), 0)
        items = tuple(Leaf(item.key, box.inset(4, 0)) for item, box in zip(self._items, boxes, strict=True))
        self._focus.place(Group("bar", items, wraps_x=True, modal=True))

    def _press(self, _input: Input, now: float) -> bool:
        item = next(item for item in self._items if item.key == self.focused)
        if not item.stays:
            self._navigator.pop()
        item.act(now)
        return True

    def _open_drawer(self, now: float) -> None:
        self._navigator.push(DrawerScreen(self._state, self._navigator, now))

    def _open_draw(self, _now: float) -> None:
        # Imported late, so that the first frame does not wait for it.
        from tvapp.ui.screens.editing.draw_panel import DrawPanel

        self._navigator.push(DrawPanel(self._state, self._navigator))

    def _open_layers(self, _now: float) -> None:
        self._navigator.push(LayersPanel(self._state, self._navigator))

    def _open_account(self, _now: float) -> None:
        state = self._state
        needed: Need = ""
        if "session" in state.troubles.by_area:
            needed = "sign-in"
        elif "permission" in state.troubles.by_area:
            needed = "permission"
        dialog = account_dialog(
            state.settings,
            self._navigator,
            state.actions,
            state.account,
            needed,
            unsent=len(state.edits.outbox.entries),
            pages=(Choice(Button("usage", state.settings.words("usage.button")), self._open_usage),),
        )
        self._navigator.push(dialog)

    def _open_usage(self) -> None:
        # Imported late, so that the first frame does not wait for it.
        from tvapp.ui.screens.usage.screen import UsageScreen

        self._navigator.push(UsageScreen(self._state.settings, self._navigator, self._state.actions))
