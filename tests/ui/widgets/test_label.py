"""Text that fits its box, and wrapping without lost words."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.fakes import font_metrics
from tvapp.ui import theme
from tvapp.ui.canvas import Anchor, Rect
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.widgets.label import (
    LINE_SPACING,
    centred_paragraph,
    draw_icon,
    fit,
    in_middle,
    label,
    paragraph,
    paragraph_height,
    shrink,
    wrap,
)

STYLE = theme.style(theme.BODY)
CANVAS = RecordingCanvas(metrics=font_metrics)
ANCHORS: tuple[Anchor, ...] = ("left", "center", "right")


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


def test_a_text_that_fits_exactly_is_not_cut() -> None:
    width = CANVAS.measure("Depot", STYLE)[0]
    assert fit(CANVAS, "Depot", STYLE, width) == "Depot"
    assert fit(CANVAS, "Depot", STYLE, width - 0.01).endswith("…")


def test_a_cut_text_keeps_as_much_as_fits() -> None:
    text = "x" * 300
    shown = fit(CANVAS, text, STYLE, 300.0)
    longer = "x" * len(shown) + "…"
    assert CANVAS.measure(longer, STYLE)[0] > 300.0
    assert "…" not in shown[:-1]


def test_no_blank_stands_before_the_ellipsis() -> None:
    canvas = RecordingCanvas()
    room = canvas.measure("abc …", STYLE)[0]
    assert fit(canvas, "abc defghijk", STYLE, room) == "abc…"


def test_a_text_shrinks_in_steps_of_two_down_to_the_smallest_size() -> None:
    canvas = RecordingCanvas()
    width = canvas.measure("word", theme.style(30))[0]
    assert shrink(canvas, "word", theme.style(30), width, 20).size == 30
    assert shrink(canvas, "word", theme.style(30), width - 0.01, 20).size == 28
    assert shrink(canvas, "word", theme.style(30), 1.0, 21).size == 21


def test_words_break_only_where_they_are_wider_than_a_line() -> None:
    canvas = RecordingCanvas()
    width = canvas.measure("ab cd", STYLE)[0]
    assert wrap(canvas, "ab cd ef", STYLE, width) == ["ab cd", "ef"]
    assert wrap(canvas, "ab cdefghij", STYLE, width) == ["ab", "cdefg", "hij"]
    assert wrap(canvas, "ab cdefghij kl", STYLE, width, 2)[-1].endswith("…")
    assert wrap(canvas, "", STYLE, width) == []


def test_lines_of_a_paragraph_follow_each_other() -> None:
    canvas = RecordingCanvas()
    step = canvas.measure("x", STYLE)[1] * LINE_SPACING
    width = canvas.measure("ab cd", STYLE)[0]
    below = paragraph(canvas, "ab cd ef", 10.0, 20.0, width, STYLE)
    assert [(drawn.text, drawn.rect.x, drawn.rect.y) for drawn in canvas.texts] == [
        ("ab cd", 10.0, 20.0),
        ("ef", 10.0, 20.0 + step),
    ]
    assert below == 20.0 + 2 * step
    assert paragraph_height(canvas, "ab cd ef", width, STYLE) == 2 * step


def test_lines_of_a_centred_paragraph_lie_around_its_middle() -> None:
    canvas = RecordingCanvas()
    centred_paragraph(canvas, "ab cd ef", 100.0, 20.0, canvas.measure("ab cd", STYLE)[0], STYLE)
    assert [drawn.rect.center[0] for drawn in canvas.texts] == [100.0, 100.0]


def test_a_text_stands_in_the_middle_of_a_box_at_each_anchor() -> None:
    box = Rect(100.0, 200.0, 300.0, 80.0)
    for anchor in ANCHORS:
        canvas = RecordingCanvas()
        in_middle(canvas, "word", box, STYLE, anchor)
        (drawn,) = canvas.texts
        assert drawn.rect.center[1] == 240.0
        edge = {"left": drawn.rect.x, "center": drawn.rect.center[0], "right": drawn.rect.right}[anchor]
        assert edge == {"left": 100.0, "center": 250.0, "right": 400.0}[anchor]


def test_a_label_returns_the_width_of_what_it_drew() -> None:
    canvas = RecordingCanvas()
    assert label(canvas, "word", 5.0, 6.0, 400.0, STYLE) == canvas.measure("word", STYLE)[0]
    (drawn,) = canvas.texts
    assert (drawn.text, drawn.rect.x, drawn.rect.y) == ("word", 5.0, 6.0)


def test_an_icon_lies_around_its_middle() -> None:
    canvas = RecordingCanvas()
    draw_icon(canvas, "check", 100.0, 200.0, 40, theme.TEXT)
    (drawn,) = canvas.texts
    assert drawn.rect == Rect(80.0, 180.0, 40.0, 40.0)
