"""The hint line keeps to its strip."""

from __future__ import annotations

from tests.ui.fakes import font_metrics
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.screen import Hint
from tvapp.ui.widgets.hint_line import draw_hints, hint_box


def test_hints_that_do_not_fit_are_left_out_rather_than_drawn_over_something() -> None:
    canvas = RecordingCanvas(metrics=font_metrics)
    box = hint_box(canvas, over_map=True)
    draw_hints(canvas, box, [Hint("menu", "hint.back-to-map")] * 20, "en", over_map=True)
    assert canvas.texts
    assert max(drawn.rect.right for drawn in canvas.texts) <= box.right
