"""Surfaces: cards, glass panels, buttons, and the focus ring."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.widgets.label import draw_icon, fit, in_middle


def card(canvas: Canvas, box: Rect, color: Color = theme.PANEL, radius: float = theme.RADIUS) -> None:
    """Draw a panel with a fine edge."""
    canvas.panel(box, color, radius)
    canvas.ring(box, theme.LINE.faded(0.8), 2, radius)


def glass(canvas: Canvas, box: Rect, radius: float = theme.RADIUS) -> None:
    """Draw a dark, nearly opaque panel over the map."""
    canvas.panel(box, theme.GLASS, radius)
    canvas.ring(box, Color(255, 255, 255, 26), 1.5, radius)


def grown(box: Rect, growth: float) -> Rect:
    """Return the box of a focused element; `growth` goes from 0 to 1 as the focus arrives."""
    return box.inset(-theme.FOCUS_GROWTH * growth)


def focus_ring(canvas: Canvas, box: Rect, radius: float = theme.RADIUS) -> None:
    """Draw the focus ring: light inside, dark outside, so that it shows on any ground."""
    canvas.ring(box.inset(-3), theme.EDGE, 3, radius + 3)
    canvas.ring(box, theme.ACCENT, theme.RING, radius)


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `danger` colours an action that cannot be undone."""

    key: str
    label: str
    icon: str = ""
    danger: bool = False

    def width(self, canvas: Canvas) -> float:
        """Return how wide the button wants to be."""
        text = canvas.measure(self.label, theme.style(theme.BODY, face="bold"))[0]
        return text + 2 * theme.PAD + (theme.BODY + 22 if self.icon else 0)

    def draw(self, canvas: Canvas, box: Rect, focused: bool, growth: float = 1.0) -> None:
        """Draw the button into a box (at least 64 high)."""
        body = grown(box, growth) if focused else box
        canvas.panel(body, theme.FOCUSED if focused else theme.RAISED, theme.RADIUS)
        color = theme.BAD if self.danger else theme.TEXT
        style = theme.style(theme.BODY, color, "bold")
        icon_width = theme.BODY + 14 if self.icon else 0
        shown = fit(canvas, self.label, style, box.w - theme.PAD - icon_width)
        width = canvas.measure(shown, style)[0]
        left = body.center[0] - (width + icon_width) / 2
        if self.icon:
            draw_icon(canvas, self.icon, left + theme.BODY / 2 + 2, body.center[1], theme.BODY + 4, color)
        in_middle(canvas, shown, Rect(left + icon_width, body.y, width + 1, body.h), style, "left")
        if focused:
            focus_ring(canvas, body)


def scrim(canvas: Canvas, opacity: float = 1.0) -> None:
    """Darken everything below a dialog."""
    canvas.fill(Rect(0, 0, canvas.width, canvas.height), theme.SCRIM.faded(opacity))
