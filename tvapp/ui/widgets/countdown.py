"""A bar that gets shorter as time runs out."""

from __future__ import annotations

from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Rect

LOW_PART = 0.15
"""Below this part of the whole the bar turns into the colour of a warning."""


def draw_countdown(canvas: Canvas, box: Rect, part: float) -> None:
    """Draw what is left (`part`, 0 to 1) as a rounded bar."""
    part = min(1.0, max(0.0, part))
    radius = box.h / 2
    canvas.panel(box, theme.LINE, radius)
    width = round(box.w * part)
    if width >= box.h:
        canvas.panel(Rect(box.x, box.y, width, box.h), theme.ACCENT if part > LOW_PART else theme.WARN, radius)
