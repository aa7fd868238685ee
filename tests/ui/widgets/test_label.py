"""Text that fits its box, and wrapping without lost words."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.fakes import font_metrics
from tvapp.ui import theme
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.widgets.label import fit, wrap

STYLE = theme.style(theme.BODY)
CANVAS = RecordingCanvas(metrics=font_metrics)


@settings(max_examples=60)
@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=60), st.integers(60, 600)
)
def test_fitted_text_fits(text: str, width: int) -> None:
    shown = fit(CANVAS, text, STYLE, width)
    assert CANVAS.measure(shown, STYLE)[0] <= width
    assert shown == text or shown.endswith("…")


@settings(max_examples=60)
@given(st.lists(st.text("abcdefgWM", min_size=1, max_size=30), max_size=12), st.integers(120, 600), st.integers(1, 4))
def test_wrapped_text_fits_and_keeps_its_words_in_order(words: list[str], width: int, most: int) -> None:
    text = " ".join(words)
    lines = wrap(CANVAS, text, STYLE, width, most)
    assert len(lines) <= most
    assert all(CANVAS.measure(line, STYLE)[0] <= width for line in lines)
    if not any(line.endswith("…") for line in lines):
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
