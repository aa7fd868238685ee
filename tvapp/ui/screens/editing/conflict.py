"""The screen of a conflict: the former version, yours and theirs side by side and on the map, and the choices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tvapp.fences.model.fence import Geofence
from tvapp.fences.model.summary import summarise
from tvapp.fences.outbox.outbox import Entry
from tvapp.fences.service.overlay import fence_of
from tvapp.geo.geodesy import distance_m
from tvapp.geo.position import Bounds
from tvapp.remote.intents import Input, Intent
from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.map_overlay.sketch_view import dashed
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.outline import Path, draw_cased, on_screen, projected
from tvapp.ui.screen import bind
from tvapp.ui.screens.panels.panel import Panel
from tvapp.ui.widgets.label import draw_icon, label, paragraph
from tvapp.ui.widgets.surface import Button, glass
from tvapp.ui.words import formats
from tvapp.ui.words.change_status import name_of
from tvapp.ui.words.fence_descriptions import kind_words, shape_words, size_words, validity_words

HEIGHT = 500.0
BUTTON_HEIGHT = 76.0
ROW_HEIGHT = 40.0
LABEL_PART = 0.1
SWATCH = 44.0
SAME_PLACE_M = 0.5


@dataclass(frozen=True, slots=True)
class _Look:
    """The look of a version: heading, colour, and dash and gap in design pixels, which differ without colour too."""

    heading: str
    color: Color
    dash: tuple[float, float]


_LOOKS = (
    _Look("conflict.before", theme.MUTED, (6.0, 13.0)),
    _Look("conflict.mine", theme.ACCENT, (SWATCH, 0.0)),
    _Look("conflict.theirs", theme.WARN, (18.0, 8.0)),
)
_DRAWN = (0, 2, 1)
"""Drawing order: yours is on top."""


class ConflictScreen(Panel):
    """Back decides nothing: both versions are kept until a viewer decides."""

    name = "conflict"

    def __init__(self, state: MapState, navigator: Navigator, entry: Entry) -> None:
        super().__init__(navigator, motion=state.settings.motion)
        self._state = state
        self._entry = entry
        source = entry.change.source
        self._versions = tuple(
            fence_of(feature, source) if feature else None
            for feature in (entry.change.before, entry.change.after, entry.theirs or b"")
        )
        say = state.settings.words
        buttons = [Button("later", say("conflict.later")), Button("theirs", say("conflict.take-theirs"))]
        if self._versions[1] is not None and self._versions[2] is not None:
            buttons.append(Button("both", say("conflict.keep-both")))
        buttons.append(Button("mine", say("conflict.put-mine")))
        self._buttons = tuple(buttons)
        self._acts: dict[str, Callable[[], None]] = {
            "later": lambda: None,
            "theirs": lambda: state.edits.resolve(entry, "theirs"),
            "both": lambda: state.edits.keep_both(entry),
            "mine": lambda: state.edits.resolve(entry, "mine"),
        }
        self._place_row(self._buttons, Rect(0, 0, 1600, BUTTON_HEIGHT))
        self._paths = tuple(self._path(fence) for fence in self._versions)
        self._table = self._rows()
        self._is_flown = False
        self._bindings = (
            bind((Intent.LEFT, Intent.RIGHT), self._move, ("left-right", "hint.choose")),
            bind(Intent.SELECT, self._press, ("ok", "hint.confirm")),
            bind((Intent.BACK, Intent.MENU), self._close, ("back", "hint.back")),
            state.moves.zoom_keys(),
        )

    def update(self, now: float) -> bool:
        if not self._is_flown:
            self._is_flown = True
            boxes = [fence.bounds for fence in self._versions if fence is not None]
            around: Bounds = boxes[0]
            for box in boxes[1:]:
                around = around.union(box)
            self._state.moves.fly_above(around, HEIGHT + 2 * theme.PAD, now)
        return super().update(now)

    def draw(self, canvas: Canvas, now: float) -> None:
        self._draw_outlines(canvas)
        state, say = self._state, self._state.settings.words
        opened = self._motion.value("open", now)
        safe = layout.safe_area(canvas)
        bottom = safe.bottom - theme.HINT_HEIGHT - 2 * theme.GAP - 48
        box = Rect(safe.x, bottom - HEIGHT, safe.w, HEIGHT).moved(0, (1 - opened) * 40)
        glass(canvas, box, 28)
        inner = box.inset(theme.PAD, 24)
        draw_icon(canvas, "git-compare-arrows", inner.x + 24, inner.y + 26, 44, theme.WARN)
        title = say("conflict.title", name=name_of(self._entry.change, state.settings))
        label(canvas, title, inner.x + 64, inner.y, inner.w - 64, theme.style(theme.LEAD, face="bold"))
        advice = say("conflict.advice" if self._entry.theirs else "conflict.deleted")
        y = paragraph(canvas, advice, inner.x, inner.y + 58, inner.w, theme.style(theme.SMALL, theme.MUTED), 2)
        self._draw_table(canvas, Rect(inner.x, y + 14, inner.w, inner.bottom - BUTTON_HEIGHT - 20 - y))
        self._place_row(self._buttons, Rect(inner.x, inner.bottom - BUTTON_HEIGHT, inner.w, BUTTON_HEIGHT))
        self._draw_buttons(canvas, self._buttons, now)

    def _draw_table(self, canvas: Canvas, room: Rect) -> None:
        say = self._state.settings.words
        lead = room.w * LABEL_PART
        width = (room.w - lead) / 3
        for column, look in enumerate(_LOOKS):
            x = room.x + lead + column * width
            dash, gap = look.dash
            for number in range(int((SWATCH + gap) // (dash + gap))):
                canvas.fill(Rect(x + number * (dash + gap), room.y + 17, dash, 6), look.color)
            style = theme.style(theme.SMALL, look.color, "bold")
            label(canvas, say(look.heading), x + SWATCH + 14, room.y, width - SWATCH - 34, style)
        y = room.y + 44
        for name, cells in self._table:
            label(canvas, name, room.x, y, lead - 12, theme.style(theme.CAPTION, theme.MUTED))
            for column, cell in enumerate(cells):
                differs = cell != cells[0]
                style = theme.style(theme.SMALL, theme.TEXT if differs else theme.MUTED, "bold" if differs else "sans")
                label(canvas, cell, room.x + lead + column * width, y, width - 20, style)
            y += ROW_HEIGHT

    def _rows(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return the facts of each version, row by row; a deleted version only says that it is deleted."""
        settings, wall = self._state.settings, self._state.wall()
        say = settings.words
        there = next(fence.center for fence in self._versions if fence is not None)

        def cells(words: Callable[[Geofence], str], gone: str = "") -> tuple[str, ...]:
            return tuple(gone if fence is None else words(fence) for fence in self._versions)

        def size(fence: Geofence) -> str:
            return f"{shape_words(summarise(fence, wall), settings)} · {size_words(fence, wall, settings)}"

        def place(fence: Geofence) -> str:
            away_m = distance_m(there, fence.center)
            if away_m < SAME_PLACE_M:
                return formats.place(there)
            return say("conflict.place.moved", length=formats.distance(away_m, settings.units))

        rows = [
            (say("conflict.row.name"), cells(lambda fence: fence.name, say("conflict.gone"))),
            (say("fence.kind"), cells(lambda fence: kind_words(fence, settings))),
            (say("fence.shape"), cells(size)),
            (say("conflict.row.place"), cells(place)),
            (say("fence.valid"), cells(lambda fence: validity_words(fence, settings))),
        ]
        return [row for row in rows if any(row[1])]

    def _draw_outlines(self, canvas: Canvas) -> None:
        view = self._state.viewport
        for version in _DRAWN:
            look = _LOOKS[version]
            for line in on_screen(self._paths[version], view):
                dash, gap = look.dash
                pieces = dashed(line, dash * view.scale, gap * view.scale) if gap else [line]
                for piece in pieces:
                    draw_cased(canvas, piece, look.color, view.scale)

    def _path(self, fence: Geofence | None) -> tuple[Path, ...]:
        index = self._state.fences.index
        return () if fence is None or index is None else projected(index.outline(fence))

    def _press(self, _input: Input, now: float) -> bool:
        self._navigator.pop()
        self._acts[self.focused]()
        left = self._versions[1] or self._versions[2]
        if left is not None:
            self._state.moves.fly_to(left, now, beside_sheet=False)
        return True
