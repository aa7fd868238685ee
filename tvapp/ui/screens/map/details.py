"""The details of a geofence, with the ways to the map and to its editing."""

from __future__ import annotations

from tvapp.fences.model import measures
from tvapp.fences.model.fence import Geofence
from tvapp.remote.intents import Input, Intent
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.map_state.moves import SHEET_WIDTH
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import bind
from tvapp.ui.screens.map.fence_card import FenceCard, lay_out
from tvapp.ui.screens.panels.panel import Panel
from tvapp.ui.screens.panels.sheet import draw_sheet
from tvapp.ui.widgets.surface import Button

BUTTON_HEIGHT = 76.0


class DetailsScreen(Panel):
    """Buttons show the geofence on the map (and close every panel), edit it where that is allowed, or go back."""

    name = "details"

    def __init__(self, state: MapState, navigator: Navigator, fence: Geofence, *, from_list: bool = False) -> None:
        super().__init__(navigator, motion=state.settings.motion, slides=not from_list)
        self._state = state
        self._fence = fence
        self._card: tuple[object, FenceCard] | None = None
        say = state.settings.words
        self._buttons: tuple[Button, ...]
        if state.settings.can_edit:
            # Three in the row leave room for one word each.
            show, back = Button("show", say("fence.action.show-short")), Button("back", say("hint.back"))
            self._buttons = (show, Button("edit", say("fence.action.edit"), "pencil"), back)
        else:
            back = Button("back", say("fence.action.list" if from_list else "hint.back-to-map"))
            self._buttons = (Button("show", say("fence.action.show")), back)
        self._place_row(self._buttons, Rect(0, 0, SHEET_WIDTH, BUTTON_HEIGHT))
        self._bindings = (
            bind((Intent.LEFT, Intent.RIGHT), self._move, ("left-right", "hint.choose")),
            bind(Intent.SELECT, self._press, ("ok", "hint.confirm")),
            bind((Intent.BACK, Intent.MENU), self._close, ("back", "hint.back")),
            state.moves.zoom_keys(),
        )

    def draw(self, canvas: Canvas, now: float) -> None:
        state = self._state
        room = draw_sheet(canvas, SHEET_WIDTH, self._motion.value("open", now))
        fence = state.book.get(self._fence.id) or self._fence
        row = Rect(room.x, room.bottom - BUTTON_HEIGHT - 8, room.w, BUTTON_HEIGHT)
        above = Rect(room.x, room.y, room.w, row.y - 24 - room.y)
        wall, warning = state.wall(), state.warning(fence)
        key = (fence, int(wall // 60), above, warning, measures.known(fence.shapes) is not None, canvas.scale)
        if self._card is None or self._card[0] != key:
            self._card = key, lay_out(canvas, fence, above, wall, state.settings, warning=warning)
        self._card[1].draw(canvas)
        self._place_row(self._buttons, row)
        self._draw_buttons(canvas, self._buttons, now)

    def _press(self, input_: Input, now: float) -> bool:
        if self.focused == "back":
            return self._close(input_, now)
        fence = self._state.book.get(self._fence.id) or self._fence
        if self.focused == "edit":
            self._edit(fence)
            return True
        self._state.select(fence)
        self._navigator.pop_to_base()
        self._state.moves.fly_to(fence, now)
        return True

    def _edit(self, fence: Geofence) -> None:
        from tvapp.ui.screens.editing.edit_panel import EditPanel
        from tvapp.ui.screens.editing.unlock import when_unlocked

        state, navigator = self._state, self._navigator

        def edit() -> None:
            navigator.pop_to_base()
            state.select(fence)
            navigator.push(EditPanel(state, navigator, state.edits.current(fence)))

        when_unlocked(state, navigator, edit)
