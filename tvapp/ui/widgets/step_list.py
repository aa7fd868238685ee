"""The steps of the connection as a list: what works, what fails, what waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Color, Face, Rect
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.label import draw_icon, in_middle
from tvapp.ui.widgets.surface import card

if TYPE_CHECKING:
    from tvapp.core.connection_steps import Step, StepState

WIDTH = 640.0
ROW = 66.0
PAD = 22.0
STATE_WIDTH = 110.0

_LOOKS: dict[StepState, tuple[str, Color, Color]] = {
    "ok": ("circle-check", theme.GOOD, theme.MUTED),
    "now": ("circle-dot", theme.ACCENT, theme.TEXT),
    "failed": ("circle-x", theme.BAD, theme.TEXT),
    "waiting": ("circle", theme.MUTED, theme.MUTED),
}
"""The icon, its colour, and the colour of the words."""


def height(steps: Sequence[Step]) -> float:
    """Return the height of the list."""
    return len(steps) * ROW + 2 * PAD


def draw_steps(canvas: Canvas, box: Rect, steps: Sequence[Step], settings: UiSettings) -> None:
    """Draw the list on a card."""
    card(canvas, box)
    row = Rect(box.x, box.y + PAD, box.w, ROW)
    for step in steps:
        name, mark, color = _LOOKS[step.state]
        if step.state == "failed":
            canvas.panel(row.inset(12, 4), theme.RAISED, theme.RADIUS)
        draw_icon(canvas, name, row.x + 54, row.center[1], 40, mark)
        face: Face = "bold" if step.state in ("failed", "now") else "sans"
        label_box = Rect(row.x + 92, row.y, row.w - 92 - 32 - STATE_WIDTH, row.h)
        in_middle(canvas, settings.words(f"step.{step.name}"), label_box, theme.style(theme.BODY, color, face), "left")
        state_box = Rect(row.right - 32 - STATE_WIDTH, row.y, STATE_WIDTH, row.h)
        state_style = theme.style(theme.CAPTION, mark)
        in_middle(canvas, settings.words(f"step.state.{step.state}"), state_box, state_style, "right")
        row = row.moved(0, ROW)
