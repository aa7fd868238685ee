"""The card of a geofence: name, state, and rows of facts."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.fences.model import style as fence_style
from tvapp.fences.model.fence import Geofence
from tvapp.fences.model.validity import State
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Color, Rect, TextStyle
from tvapp.ui.icons import icon
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.label import LINE_SPACING, fit, wrap
from tvapp.ui.words.fence_descriptions import detail_rows, state_words

LABEL_PART = 0.3
ROW_LINE = 36.0
FOOTER = 44.0
WARNING_LINES = 6
STATE_ICONS: dict[State, tuple[str, Color]] = {
    "active": ("circle-check", theme.GOOD),
    "unknown": ("circle-alert", theme.WARN),
    "out-of-hours": ("clock", theme.WARN),
    "upcoming": ("calendar-clock", theme.WARN),
    "expired": ("calendar-x", theme.MUTED),
}


def kind_color(fence: Geofence, state: State) -> Color:
    """Return the colour that the fence has on the map."""
    return Color(*fence_style.style(fence.kind, state, fence.paint).line)


def draw_mark(canvas: Canvas, fence: Geofence, state: State, x: float, y: float, size: float) -> None:
    """Draw the kind's colour as a disc; as a ring while the geofence is not valid."""
    color = kind_color(fence, state)
    disc = Rect(x - size / 2, y - size / 2, size, size)
    if state == "active":
        canvas.panel(disc, color, size / 2)
    else:
        canvas.ring(disc, color, 5, size / 2)


@dataclass(frozen=True, slots=True, eq=False)
class FenceCard:
    """A geofence laid out: lines of text (icons too) with their places, and how high all of it is."""

    fence: Geofence
    state: State
    texts: tuple[tuple[str, float, float, TextStyle], ...]
    mark: tuple[float, float]
    rule: Rect
    height: float

    def draw(self, canvas: Canvas) -> None:
        draw_mark(canvas, self.fence, self.state, *self.mark, 32)
        canvas.fill(self.rule, theme.LINE)
        for text, x, y, style in self.texts:
            canvas.text(text, x, y, style)


def lay_out(
    canvas: Canvas, fence: Geofence, box: Rect, now_s: float, settings: UiSettings, footer: str = "", warning: str = ""
) -> FenceCard:
    """Lay out the facts of a geofence in a box, a warning first; a last line counts those that do not fit."""
    state = fence.state(now_s)
    texts: list[tuple[str, float, float, TextStyle]] = []
    x, y, width = box.x, box.y, box.w

    def put(text: str, left: float, style: TextStyle, most: int) -> float:
        below = y
        for line in wrap(canvas, text, style, box.right - left, most):
            texts.append((line, left, below, style))
            below += canvas.measure("x", style)[1] * LINE_SPACING
        return below

    y = put(fence.name or settings.words("fence.unnamed"), x + 52, theme.style(theme.HEADING, face="bold"), 2) + 6
    icon_name, color = STATE_ICONS[state]
    texts.append((icon(icon_name), x - 1, y + 3, TextStyle(34, color, "icon")))
    y = put(state_words(fence, now_s, settings), x + 52, theme.style(theme.BODY, color), 2) + 12
    if warning:
        texts.append((icon("circle-alert"), x - 1, y, TextStyle(34, theme.WARN, "icon")))
        y = put(warning, x + 52, theme.style(theme.CAPTION, theme.WARN), WARNING_LINES) + 12
    rule = Rect(x, y, width, 2)
    y += 18
    bottom = box.bottom - (FOOTER if footer else 0.0)
    label_style = theme.style(theme.CAPTION, theme.MUTED)
    value_style = theme.style(theme.SMALL)
    label_width = width * LABEL_PART
    rows = detail_rows(fence, now_s, settings)
    for index, (name, value) in enumerate(rows):
        lines = wrap(canvas, value, value_style, width - label_width, 2) or [""]
        left_over = len(rows) - index
        if y + len(lines) * ROW_LINE > bottom - (ROW_LINE if left_over > 1 else 0):
            texts.append((settings.words("fence.more", count=left_over), x, y, label_style))
            y += ROW_LINE
            break
        if name:
            texts.append((fit(canvas, name, label_style, label_width - 16), x, y + 2, label_style))
        texts += [(line, x + label_width, y + number * ROW_LINE, value_style) for number, line in enumerate(lines)]
        y += len(lines) * ROW_LINE + 6
    if footer:
        style = theme.style(theme.CAPTION, theme.ACCENT)
        texts.append((fit(canvas, footer, style, width), x, y + 8, style))
        y += FOOTER
    return FenceCard(fence, state, tuple(texts), (x + 16, box.y + 30), rule, y - box.y)
