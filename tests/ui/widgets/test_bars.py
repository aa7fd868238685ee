"""Bars: as high as their values, never as nothing for something."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tvapp.ui import theme
from tvapp.ui.canvas import Rect
from tvapp.ui.recording import DrawnShape, RecordingCanvas
from tvapp.ui.widgets.bars import LEAST_HEIGHT, Bar, Column, draw_bars, draw_columns

BOX = Rect(100, 100, 1000, 300)


def column(value: int, *, is_open: bool = False) -> Column:
    return Column(value, str(value), f"t{value}", is_open)


def drawn(*columns: Column) -> tuple[RecordingCanvas, list[DrawnShape]]:
    canvas = RecordingCanvas()
    draw_columns(canvas, BOX, columns)
    return canvas, [shape for shape in canvas.shapes if shape.kind == "panel"]


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=12))
def test_columns_are_as_high_as_their_values_and_stay_in_the_box(values: list[int]) -> None:
    canvas, panels = drawn(*map(column, values))
    assert len(panels) == sum(value > 0 for value in values)
    heights = [panel.rect.h for panel in panels]
    assert all(height >= LEAST_HEIGHT for height in heights)
    by_value = sorted(zip((value for value in values if value), heights, strict=True))
    assert [height for _, height in by_value] == sorted(heights)
    for text in canvas.texts:
        assert BOX.y - 1 <= text.rect.y
        assert text.rect.bottom <= BOX.bottom + 1
    for panel in panels:
        assert BOX.x <= panel.rect.x
        assert panel.rect.right <= BOX.right + 0.001


def test_the_value_stands_right_above_its_column() -> None:
    canvas, panels = drawn(column(10), column(5))
    tops = [panel.rect.y for panel in panels]
    values = [text for text in canvas.texts if text.text in ("10", "5")]
    assert [text.rect.bottom <= top for text, top in zip(values, tops, strict=True)] == [True, True]
    assert tops[0] < tops[1]


def test_a_time_that_has_not_ended_looks_different_without_its_colour() -> None:
    canvas, _ = drawn(column(10), column(9, is_open=True))
    assert [shape.kind for shape in canvas.shapes].count("ring") == 1


def test_nothing_at_all_is_a_row_of_zeros() -> None:
    canvas, panels = drawn(column(0), column(0))
    assert panels == []
    assert canvas.sentences().count("0") == 2


def test_rows_have_name_and_value_and_a_bar_of_their_part() -> None:
    canvas = RecordingCanvas()
    below = draw_bars(canvas, Rect(0, 0, 600, 300), [Bar("a", "90", 0.9), Bar("b", "0", 0.0), Bar("c", "9999", 7.0)])
    bars = [shape.rect.w for shape in canvas.shapes if shape.color == theme.ACCENT]
    assert bars == [540.0, 600.0]
    assert {"a", "90", "b", "0", "c", "9999"} == set(canvas.sentences())
    assert below > 0


def test_a_long_name_leaves_room_for_its_value() -> None:
    canvas = RecordingCanvas()
    draw_bars(canvas, Rect(0, 0, 400, 100), [Bar("x" * 200, "1 234 567", 1.0)])
    name, value = canvas.texts
    assert name.text.endswith("…")
    assert name.rect.right < value.rect.x
