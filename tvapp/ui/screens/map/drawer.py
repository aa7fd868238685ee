"""The list of all geofences; moving the focus flies the map along."""

from __future__ import annotations

from tvapp.fences.model.fence import Geofence
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.map_state.moves import SHEET_WIDTH
from tvapp.ui.map_state.state import MapState
from tvapp.ui.motion import Motion
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import REPEATED, Binding, Hint, bind, dispatch, hints_of
from tvapp.ui.screens.map.details import DetailsScreen
from tvapp.ui.screens.map.fence_card import STATE_ICONS, draw_mark
from tvapp.ui.screens.panels.sheet import draw_scroll_bar, draw_sheet, draw_title
from tvapp.ui.widgets.label import draw_icon, fit, label, paragraph
from tvapp.ui.widgets.list_view import ListView
from tvapp.ui.widgets.surface import focus_ring
from tvapp.ui.words.fence_descriptions import size_words
from tvapp.ui.words.formats import count

ROW_HEIGHT = 92.0
FOOTER = 44.0
FLY_AFTER_S = 0.15
"""While a key is held the map follows only when the list pauses this long: flights that nobody sees cost tiles."""


class DrawerScreen:
    """Its focus is an index, because a list of thousands has no rectangles."""

    name = "drawer"
    is_overlay = True

    def __init__(self, state: MapState, navigator: Navigator, now: float) -> None:
        self._state = state
        self._navigator = navigator
        self._motion = Motion(state.settings.motion)
        self._list = ListView(len(state.book))
        self._rows = 8.0
        self._fly_at: float | None = None
        self._fence_id = ""
        self._sizes: dict[str, str] = {}
        self._began = False
        self._former = state.selection.fence
        if state.selection.fence is not None and state.selection.fence in state.book.listed:
            self._list.index = state.book.listed.index(state.selection.fence)
        if len(state.book):
            self._arrive(now)

    # -- keys ----------------------------------------------------------------------------------------------------

    @property
    def index(self) -> int:
        """The entry with the focus."""
        return self._list.index

    @property
    def fence(self) -> Geofence | None:
        """The geofence with the focus."""
        fences = self._state.book.listed
        return fences[self._list.index] if self._list.index < len(fences) else None

    @property
    def focused(self) -> str:
        fence = self.fence
        return fence.id if fence is not None else "empty"

    def focusables(self) -> tuple[str, ...]:
        return tuple(fence.id for fence in self._state.book.listed) or ("empty",)

    def bindings(self) -> tuple[Binding, ...]:
        # Not mentioned: the hint line is to stay within the sheet.
        zoom = self._state.moves.zoom_keys(mentioned=False)
        back = bind((Intent.BACK, Intent.MENU), self._close, ("back", "hint.back-to-map"))
        if self.fence is None:
            return back, zoom
        move = bind((Intent.UP, Intent.DOWN), self._move, ("up-down", "hint.choose"), REPEATED)
        return move, bind(Intent.SELECT, self._open, ("ok", "hint.details")), back, zoom

    def hints(self) -> tuple[Hint, ...]:
        return hints_of(self.bindings())

    def handle(self, input_: Input, now: float) -> bool:
        return dispatch(self.bindings(), input_, now) or True

    # -- the life of a screen ------------------------------------------------------------------------------------

    def receive(self, message: object, now: float) -> None:
        """The map below takes every message; the list is looked at anew in `update`."""

    def update(self, now: float) -> bool:
        if not self._began:
            self._began = True
            self._motion.start("open", now, theme.SLIDE_S)
        fence = self.fence
        if fence is not None and self._fence_id and fence.id != self._fence_id:
            self._follow_fence()
        if self._fly_at is not None and now >= self._fly_at:
            self._arrive(now)
        return self._motion.advance(now)

    def next_wakeup(self, now: float) -> float | None:
        return now if self._motion.is_running or not self._began else self._fly_at

    def _follow_fence(self) -> None:
        """Stay on the same geofence when the list has changed below us."""
        fences = self._state.book.listed
        place = next((i for i, fence in enumerate(fences) if fence.id == self._fence_id), None)
        self._list.index = self._list.index if place is None else place
        self._fence_id = fences[self._list.index].id if fences else ""
        self._sizes.clear()

    # -- drawing -------------------------------------------------------------------------------------------------

    def draw(self, canvas: Canvas, now: float) -> None:
        state, say = self._state, self._state.settings.words
        room = draw_sheet(canvas, SHEET_WIDTH, self._motion.value("open", now))
        total = len(state.book)
        counter = say("fences.counter", index=count(self.index + 1), total=count(total)) if total else ""
        room = draw_title(canvas, room, "list", say("fences.title"), counter)
        skipped = state.book.skipped_count
        if skipped:
            room = Rect(room.x, room.y, room.w, room.h - FOOTER)
            draw_icon(canvas, "file-warning", room.x + 16, room.bottom + 26, 30, theme.WARN)
            text = state.settings.counted("fences.skipped", skipped)
            label(canvas, text, room.x + 44, room.bottom + 10, room.w - 44, theme.style(theme.CAPTION, theme.WARN))
        if not total:
            self._draw_empty(canvas, room)
            return
        self._rows = max(1.0, room.h // ROW_HEIGHT)
        height = room.h / self._rows
        self._list.resize(total, self._rows)
        top = self._list.top(self._motion.value("scroll", now))
        canvas.clip(Rect(0, room.y - theme.RING, room.right + theme.PAD, room.h + theme.RING))
        fences, wall = state.book.listed, state.wall()
        for index in self._list.visible(top, self._rows):
            box = Rect(room.x - 20, room.y + (index - top) * height, room.w + 32, height - 8)
            self._draw_row(canvas, fences[index], box, wall, index == self.index and self._navigator.top is self)
        canvas.clip(None)
        draw_scroll_bar(canvas, room, top, total, self._rows)

    def _draw_row(self, canvas: Canvas, fence: Geofence, box: Rect, wall: float, focused: bool) -> None:
        settings = self._state.settings
        if focused:
            canvas.panel(box, theme.FOCUSED, theme.RADIUS)
        state = fence.state(wall)
        draw_mark(canvas, fence, state, box.x + 38, box.center[1], 28)
        x, width = box.x + 72, box.w - 72 - 64
        name_style = theme.style(theme.BODY, theme.TEXT, "bold" if focused else "sans")
        name = fit(canvas, fence.name or settings.words("fence.unnamed"), name_style, width)
        canvas.text(name, x, box.center[1] - 38, name_style)
        icon, color = STATE_ICONS[state]
        draw_icon(canvas, icon, x + 12, box.center[1] + 19, 24, color)
        second = theme.style(theme.CAPTION, theme.MUTED)
        facts = f"{settings.words(f'fence.state.{state}')} · {self._size(fence)}"
        canvas.text(fit(canvas, facts, second, width - 34), x + 34, box.center[1] + 3, second)
        if focused:
            draw_icon(canvas, "chevron-right", box.right - 34, box.center[1], 36, theme.TEXT)
            focus_ring(canvas, box)

    def _draw_empty(self, canvas: Canvas, room: Rect) -> None:
        say, state = self._state.settings.words, self._state
        title = say("fences.empty") if state.fences.is_loaded else say("fences.loading")
        y = paragraph(canvas, title, room.x, room.y + 24, room.w, theme.style(theme.LEAD, face="bold"), 2)
        paragraph(canvas, say("fences.empty.advice"), room.x, y + 8, room.w, theme.style(theme.SMALL, theme.MUTED), 3)

    def _size(self, fence: Geofence) -> str:
        words = self._sizes.get(fence.id)
        if words is None:
            words = self._sizes[fence.id] = size_words(fence, self._state.wall(), self._state.settings)
        return words

    # -- what keys do --------------------------------------------------------------------------------------------

    def _move(self, input_: Input, now: float) -> bool:
        shown = self._list.top(self._motion.value("scroll", now))
        if not self._list.move(input_):
            return True
        self._list.start_scroll(shown)
        self._list.resize(len(self._state.book), self._rows)
        self._motion.start("scroll", now, theme.FOCUS_S)
        self._fence_id = self.focused
        self._state.is_changed = True
        self._fly_at = now if input_.phase is Phase.PRESS else now + FLY_AFTER_S
        if input_.phase is Phase.PRESS:
            self._arrive(now)
        return True

    def _arrive(self, now: float) -> None:
        self._fly_at = None
        fence = self.fence
        if fence is None:
            return
        self._fence_id = fence.id
        self._state.select(fence)
        self._state.moves.fly_to(fence, now)

    def _open(self, _input: Input, now: float) -> bool:
        self._arrive(now)
        fence = self.fence
        if fence is not None:
            self._state.actions.fence_selected(fence)
            self._navigator.push(DetailsScreen(self._state, self._navigator, fence, from_list=True))
        return True

    def _close(self, _input: Input, _now: float) -> bool:
        self._state.select(self._former)
        self._navigator.pop()
        return True
