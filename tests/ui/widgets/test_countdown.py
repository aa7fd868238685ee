"""The bar of a countdown."""

from __future__ import annotations

from tvapp.ui import theme
from tvapp.ui.canvas import Rect
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.widgets.countdown import draw_countdown


def test_a_countdown_gets_shorter_and_changes_its_colour_at_the_end() -> None:
    widths = []
    for part in (1.0, 0.5, 0.1):
        canvas = RecordingCanvas()
        draw_countdown(canvas, Rect(0, 0, 1000, 10), part)
        widths.append((canvas.shapes[-1].rect.w, canvas.shapes[-1].color))
    assert widths == [(1000, theme.ACCENT), (500, theme.ACCENT), (100, theme.WARN)]
