"""The drawer: the list of all geofences. The map follows the focus."""

from __future__ import annotations

from tvapp.fences.model import measures
from tvapp.fences.model.fence import Geofence
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.map_state.moves import SHEET_WIDTH
from tvapp.ui.map_state.state import MapState
from tvapp.ui.motion import Motion
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import REPEATED, Binding, BoundScreen, bind
from tvapp.ui.screens.map.details import DetailsScreen
from tvapp.ui.screens.map.fence_card import STATE_ICONS, draw_mark
from tvapp.ui.screens.map.left_out import LeftOutSheet
from tvapp.ui.screens.panels.rows import Rows, RowWords, draw_row
from tvapp.ui.screens.panels.sheet import draw_sheet, draw_title
from tvapp.ui.widgets.label import draw_icon, label, paragraph
from tvapp.ui.words.fence_descriptions import size_words
from tvapp.ui.words.formats import count

FOOTER = 44.0
FLY_AFTER_S = 0.15
"""While a key is held, the map follows once the list pauses this long: a flight that is cut short only costs tiles."""


class DrawerScreen(BoundScreen):
    """A sheet of rows; see `Rows` about its focus."""

    name = "drawer"
    is_overlay = True

    def __init__(self, state: MapState, navigator: Navigator, now: float) -> None:
        self._state = state
        self._navigator = navigator
        self._motion = Motion(state.settings.motion)
        self._rows = Rows(self._motion, len(state.book))
        self._fly_at: float | None = None
        self._fence_id = ""
        self._sizes: dict[str, str] = {}
        self._is_open = False
        self._selected_before = state.selection.fence
        if state.selection.fence is not None and state.selection.fence in state.book.listed:
            self._rows.focus(state.book.listed.index(state.selection.fence), len(state.book))
        if len(state.book):
            self._arrive(now)

    # -- keys ----------------------------------------------------------------------------------------------------

    @property
    def index(self) -> int:
        """The entry with the focus."""
        return self._rows.index

    @property
    def fence(self) -> Geofence | None:
        """The geofence with the focus."""
        fences = self._state.book.listed
        return fences[self._rows.index] if self._rows.index < len(fences) else None

    @property
    def focused(self) -> str:
        fence = self.fence
        return fence.id if fence is not None else "empty"

    def focusables(self) -> tuple[str, ...]:
        return tuple(fence.id for fence in self._state.book.listed) or ("empty",)

    def bindings(self) -> tuple[Binding, ...]:
        # Not mentioned, so that the hint line stays within the sheet.
        zoom = self._state.moves.zoom_keys(mentioned=False)
        has_left_out = bool(self._state.fences.skipped)
        # Shorter where there is more to mention.
        back_words = "hint.back" if has_left_out and self.fence is not None else "hint.back-to-map"
        back = bind((Intent.BACK, Intent.MENU), self._close, ("back", back_words))
        why = bind(Intent.RIGHT, self._open_left_out, ("right", "hint.left-out"))
        if self.fence is None:
            open_it = bind((Intent.SELECT, Intent.RIGHT), self._open_left_out, ("ok", "hint.why"))
            return (open_it, back, zoom) if has_left_out else (back, zoom)
        move = bind((Intent.UP, Intent.DOWN), self._move, ("up-down", "hint.choose"), REPEATED)
        shown = move, bind(Intent.SELECT, self._open, ("ok", "hint.details")), back
        return (*shown, why, zoom) if has_left_out else (*shown, zoom)

    # -- the life of a screen ------------------------------------------------------------------------------------

    def receive(self, message: object, now: float) -> None:
        """The map below takes every message; `update` reads the list again."""

    def update(self, now: float) -> bool:
        if not self._is_open:
            self._is_open = True
            self._motion.start("open", now, theme.SLIDE_S)
        fence = self.fence
        if fence is not None and self._fence_id and fence.id != self._fence_id:
            self._follow_fence()
        if self._fly_at is not None and now >= self._fly_at:
            self._arrive(now)
        return self._motion.advance(now)

    def next_wakeup(self, now: float) -> float | None:
        return now if self._motion.is_running or not self._is_open else self._fly_at

    def _follow_fence(self) -> None:
        """Keep the focus on the same geofence when the list has changed."""
        fences = self._state.book.listed
        place = next((i for i, fence in enumerate(fences) if fence.id == self._fence_id), None)
        if place is not None:
            self._rows.focus(place, len(fences))
        self._fence_id = fences[self._rows.index].id if fences else ""
        self._sizes.clear()

    # -- drawing -------------------------------------------------------------------------------------------------

    def draw(self, canvas: Canvas, now: float) -> None:
        state, say = self._state, self._state.settings.words
        room = draw_sheet(canvas, SHEET_WIDTH, self._motion.value("open", now))
        total = len(state.book)
        counter = say("fences.counter", index=count(self.index + 1), total=count(total)) if total else ""
        room = draw_title(canvas, room, "list", say("fences.title"), counter)
        counted = state.settings.counted
        notes = (
            ("fences.skipped", state.book.skipped_count),
            ("fences.unknown", state.book.unknown_count),
            ("fences.swapped", len(state.fences.seem_swapped)),
        )
        if total and (text := " · ".join(counted(key, number) for key, number in notes if number)):
            room = Rect(room.x, room.y, room.w, room.h - FOOTER)
            draw_icon(canvas, "file-warning", room.x + 16, room.bottom + 26, 30, theme.WARN)
            label(canvas, text, room.x + 44, room.bottom + 10, room.w - 44, theme.style(theme.CAPTION, theme.WARN))
        if not total:
            self._draw_empty(canvas, room)
            return
        fences, wall = state.book.listed, state.wall()

        def draw_one(index: int, box: Rect) -> None:
            self._draw_row(canvas, fences[index], box, wall, index == self.index and self._navigator.top is self)

        self._rows.draw(canvas, room, total, draw_one, now, fills=True)

    def _draw_row(self, canvas: Canvas, fence: Geofence, box: Rect, wall: float, focused: bool) -> None:
        settings, state = self._state.settings, fence.state(wall)
        name = fence.name or settings.words("fence.unnamed")
        detail = f"{settings.words(f'fence.state.{state}')} · {self._size(fence)}"
        if fence.id in self._state.fences.seem_swapped:
            detail = f"{settings.words('fence.swapped.row')} · {detail}"
        draw_row(canvas, box, RowWords(name, detail, indent=72, detail_indent=34), focused=focused)
        draw_mark(canvas, fence, state, box.x + 38, box.center[1], 28)
        icon, color = STATE_ICONS[state]
        draw_icon(canvas, icon, box.x + 84, box.center[1] + 19, 24, color)

    def _draw_empty(self, canvas: Canvas, room: Rect) -> None:
        say, state = self._state.settings.words, self._state
        refused = bool(state.fences.skipped)
        key = "fences.refused" if refused else "fences.empty"
        title = say(key) if state.fences.is_loaded or refused else say("fences.loading")
        y = paragraph(canvas, title, room.x, room.y + 24, room.w, theme.style(theme.LEAD, face="bold"), 2)
        paragraph(canvas, say(f"{key}.advice"), room.x, y + 8, room.w, theme.style(theme.SMALL, theme.MUTED), 3)

    def _size(self, fence: Geofence) -> str:
        words = self._sizes.get(fence.id)
        if words is None:
            words = size_words(fence, self._state.wall(), self._state.settings)
            if measures.known(fence.shapes) is not None or not measures.is_detailed(fence.shapes):
                self._sizes[fence.id] = words
        return words

    # -- what keys do --------------------------------------------------------------------------------------------

    def _move(self, input_: Input, now: float) -> bool:
        if not self._rows.move(input_, len(self._state.book), now):
            return True
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

    def _open_left_out(self, _input: Input, _now: float) -> bool:
        self._navigator.push(LeftOutSheet(self._state, self._navigator))
        return True

    def _close(self, _input: Input, _now: float) -> bool:
        self._state.select(self._selected_before)
        self._navigator.pop()
        return True
