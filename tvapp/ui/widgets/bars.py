"""Bars with their values written out: columns over time, and rows of shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.widgets.label import fit, in_middle, shrink

VALUE_HEIGHT = 38.0
LABEL_HEIGHT = 38.0
WIDEST = 110.0
LEAST_HEIGHT = 4.0
"""Of a column that is not zero: it must not look like one that is."""
ROW_HEIGHT = 62.0
BAR_HEIGHT = 12.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its value as a number and in words, and the name of its time. `is_open`: its time has not ended."""

    value: int
    words: str
    label: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: its name, its value in words, and its part of the whole (0 to 1).

    `short` is a name for where the name is too long.
    """

    name: str
    words: str
    part: float
    color: Color = theme.ACCENT
    short: str = ""


def draw_columns(canvas: Canvas, box: Rect, columns: Sequence[Column]) -> None:
    """Draw columns side by side, the highest as high as the box allows; an open one is hollow."""
    if not columns:
        return
    most = max(column.value for column in columns)
    ground = box.bottom - LABEL_HEIGHT
    height = ground - box.y - VALUE_HEIGHT
    canvas.fill(Rect(box.x, ground, box.w, 2), theme.LINE)
    for column, slot in zip(columns, layout.spread(box, len(columns), 8), strict=True):
        tall = max(LEAST_HEIGHT, height * column.value / most) if column.value else 0.0
        width = min(WIDEST, slot.w)
        bar = Rect(slot.center[0] - width / 2, ground - tall, width, tall)
        if tall:
            _draw_column(canvas, bar, is_open=column.is_open)
        value_style = theme.style(theme.SMALL, theme.TEXT if column.value else theme.MUTED, "bold")
        value_style = shrink(canvas, column.words, value_style, slot.w + 6, theme.CAPTION)
        in_middle(canvas, column.words, Rect(slot.x - 3, bar.y - VALUE_HEIGHT, slot.w + 6, VALUE_HEIGHT), value_style)
        label_style = theme.style(theme.CAPTION, theme.MUTED)
        in_middle(canvas, column.label, Rect(slot.x - 3, ground + 2, slot.w + 6, LABEL_HEIGHT), label_style)


def _draw_column(canvas: Canvas, bar: Rect, *, is_open: bool) -> None:
    radius = min(8.0, bar.h / 2)
    if is_open and bar.h > 3 * LEAST_HEIGHT:
        canvas.panel(bar, theme.FOCUSED, radius)
        canvas.ring(bar, theme.MUTED, 3, radius)
    else:
        canvas.panel(bar, theme.MUTED if is_open else theme.ACCENT, radius)


def draw_bars(canvas: Canvas, box: Rect, bars: Sequence[Bar]) -> float:
    """Draw rows from the top, each a line of text over a bar; returns the y below them."""
    y = box.y
    name_style, value_style = theme.style(theme.SMALL), theme.style(theme.SMALL, face="bold")
    for bar in bars:
        value_width = canvas.measure(bar.words, value_style)[0]
        width = box.w - value_width - 24
        fits = not bar.short or canvas.measure(bar.name, name_style)[0] <= width
        canvas.text(fit(canvas, bar.name if fits else bar.short, name_style, width), box.x, y, name_style)
        canvas.text(bar.words, box.right, y, value_style, "right")
        track = Rect(box.x, y + 38, box.w, BAR_HEIGHT)
        canvas.panel(track, theme.RAISED, BAR_HEIGHT / 2)
        width = max(BAR_HEIGHT, track.w * min(1.0, bar.part)) if bar.part > 0 else 0.0
        if width:
            canvas.panel(Rect(track.x, track.y, width, BAR_HEIGHT), bar.color, BAR_HEIGHT / 2)
        y += ROW_HEIGHT
    return y
