"""Draws the sheet at the left edge that drawer, details and layers share."""

from __future__ import annotations

from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.widgets.label import draw_icon, label

TITLE_HEIGHT = 84.0


def draw_sheet(canvas: Canvas, width: float, opened: float) -> Rect:
    """Draw a sheet from the left edge, `width` wide inside the safe area; returns the room above the hint line.

    `opened` goes from 0 to 1 while it slides in.
    """
    safe = layout.safe_area(canvas)
    right = safe.x + width + theme.PAD
    offset = -(1 - opened) * right
    canvas.fill(Rect(offset, 0, right, canvas.height), theme.PAGE)
    canvas.fill(Rect(offset + right, 0, 2, canvas.height), theme.LINE)
    return Rect(safe.x + offset, safe.y, width, safe.h - theme.HINT_HEIGHT - theme.GAP)


def draw_title(canvas: Canvas, room: Rect, icon: str, title: str, extra: str = "") -> Rect:
    """Draw the title of a sheet; returns the room below it."""
    draw_icon(canvas, icon, room.x + 24, room.y + 32, 46, theme.ACCENT)
    extra_style = theme.style(theme.SMALL, theme.MUTED)
    extra_width = canvas.measure(extra, extra_style)[0] if extra else 0.0
    style = theme.style(theme.HEADING, face="bold")
    label(canvas, title, room.x + 66, room.y + 2, room.w - 82 - extra_width, style)
    if extra:
        canvas.text(extra, room.right, room.y + 20, extra_style, "right")
    return Rect(room.x, room.y + TITLE_HEIGHT, room.w, room.h - TITLE_HEIGHT)


def draw_scroll_bar(canvas: Canvas, room: Rect, top: float, total: int, rows: float) -> None:
    """Draw the scroll bar of a list of `total` rows, `rows` of which fit; nothing where all fit."""
    if total <= rows:
        return
    height = max(48.0, room.h * rows / total)
    y = room.y + (room.h - height) * top / (total - rows)
    canvas.panel(Rect(room.right + 20, y, 6, height), theme.LINE, 3)
