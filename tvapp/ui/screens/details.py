"""Everything about one geofence, and the way to it on the map."""

from __future__ import annotations

from tvapp.fences.model import Geofence
from tvapp.remote.intents import Input, Intent
from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.focus import Focus, Group, Leaf
from tvapp.ui.motion import Motion
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import Binding, Hint, bind, dispatch, hints_of
from tvapp.ui.screens.fence_card import lay_out
from tvapp.ui.screens.map_state import SHEET_WIDTH, MapState
from tvapp.ui.screens.sheet import draw_sheet
from tvapp.ui.widgets.surface import Button

BUTTON_HEIGHT = 76.0


class DetailsScreen:
    """Two buttons: show the geofence on the map (and close every panel), or go back."""

    name = "details"
    is_overlay = True

    def __init__(self, state: MapState, navigator: Navigator, fence: Geofence, *, from_list: bool = False) -> None:
        self._state = state
        self._navigator = navigator
        self._fence = fence
        self._motion = Motion(state.settings.motion)
        self._began = False
        self._from_list = from_list
        say = state.settings.words
        back = "fence.action.list" if from_list else "hint.back-to-map"
        self._buttons = (Button("show", say("fence.action.show")), Button("back", say(back)))
        self._focus = Focus()
        self._place(Rect(0, 0, SHEET_WIDTH, BUTTON_HEIGHT))
        self._bindings = (
            bind((Intent.LEFT, Intent.RIGHT), self._move, ("left-right", "hint.choose")),
            bind(Intent.SELECT, self._press, ("ok", "hint.confirm")),
            bind((Intent.BACK, Intent.MENU), self._close, ("back", "hint.back")),
            bind((Intent.ZOOM_IN, Intent.ZOOM_OUT), self._zoom, ("zoom", "hint.zoom")),
        )

    @property
    def focused(self) -> str:
        return self._focus.focused

    def focusables(self) -> tuple[str, ...]:
        return self._focus.everything()

    def bindings(self) -> tuple[Binding, ...]:
        return self._bindings

    def hints(self) -> tuple[Hint, ...]:
        return hints_of(self._bindings)

    def handle(self, input_: Input, now: float) -> bool:
        return dispatch(self._bindings, input_, now) or True

    def receive(self, message: object, now: float) -> None:
        """The map below takes every message; a newer version of the fence is looked up when drawing."""

    def update(self, now: float) -> bool:
        if not self._began:
            self._began = True
            if not self._from_list:
                self._motion.start("open", now, theme.SLIDE_S)
        return self._motion.advance(now)

    def next_wakeup(self, now: float) -> float | None:
        return now if self._motion.is_running or not self._began else None

    def draw(self, canvas: Canvas, now: float) -> None:
        state = self._state
        room = draw_sheet(canvas, SHEET_WIDTH, self._motion.value("open", now))
        fence = state.book.get(self._fence.id) or self._fence
        row = Rect(room.x, room.bottom - BUTTON_HEIGHT - 8, room.w, BUTTON_HEIGHT)
        above = Rect(room.x, room.y, room.w, row.y - 24 - room.y)
        lay_out(canvas, fence, above, state.wall(), state.settings).draw(canvas)
        self._place(row)
        growth = self._motion.value("focus", now)
        for button in self._buttons:
            rect = self._focus.rect(button.key)
            if rect is not None:
                button.draw(canvas, rect, button.key == self.focused, growth)

    def _place(self, row: Rect) -> None:
        boxes = layout.spread(row, len(self._buttons), 20)
        leaves = tuple(Leaf(button.key, box) for button, box in zip(self._buttons, boxes, strict=True))
        self._focus.place(Group("details", leaves, wraps_x=True, modal=True))

    def _move(self, input_: Input, now: float) -> bool:
        if self._focus.move(input_.intent):
            self._motion.start("focus", now, theme.FOCUS_S)
            self._state.is_changed = True
        return True

    def _press(self, input_: Input, now: float) -> bool:
        if self.focused == "back":
            return self._close(input_, now)
        fence = self._state.book.get(self._fence.id) or self._fence
        self._state.select(fence)
        self._navigator.pop_to_base()
        self._state.fly_to(fence, now)
        return True

    def _close(self, _input: Input, _now: float) -> bool:
        self._navigator.pop()
        return True

    def _zoom(self, input_: Input, now: float) -> bool:
        self._state.zoom(1 if input_.intent is Intent.ZOOM_IN else -1, now)
        return True
