"""The rows of a list on a sheet: which are drawn, which has the focus, and how they scroll."""

from __future__ import annotations

import pytest

from tvapp.remote.intents import Input, Intent
from tvapp.ui import theme
from tvapp.ui.canvas import Rect
from tvapp.ui.motion import Motion
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.screens.panels.rows import ROW_HEIGHT, Rows, RowWords, draw_row

ROOM = Rect(100.0, 200.0, 600.0, 5 * ROW_HEIGHT + 40.0)


def drawn(rows: Rows, count: int, *, fills: bool, now: float = 0.0) -> dict[int, Rect]:
    """Draw a list; returns the boxes of its rows."""
    boxes: dict[int, Rect] = {}
    rows.draw(RecordingCanvas(), ROOM, count, boxes.__setitem__, now, fills=fills)
    return boxes


def test_rows_have_their_height_or_share_the_whole_room() -> None:
    loose = drawn(Rows(Motion(enabled=False)), 20, fills=False)
    assert list(loose) == [0, 1, 2, 3, 4]
    assert loose[0] == Rect(80.0, 200.0, 632.0, ROW_HEIGHT - 8)
    assert loose[4].y == 200.0 + 4 * ROW_HEIGHT
    filling = drawn(Rows(Motion(enabled=False)), 20, fills=True)
    assert list(filling) == [0, 1, 2, 3, 4]
    assert filling[4].bottom + 8 == pytest.approx(ROOM.bottom)


def test_a_room_that_is_too_low_still_shows_a_row() -> None:
    boxes: dict[int, Rect] = {}
    low = Rect(0.0, 0.0, 600.0, ROW_HEIGHT / 2)
    Rows(Motion(enabled=False)).draw(RecordingCanvas(), low, 3, boxes.__setitem__, 0.0, fills=False)
    assert list(boxes) == [0]


def test_the_list_scrolls_with_the_focus_and_takes_a_moment_for_it() -> None:
    rows = Rows(Motion())
    drawn(rows, 20, fills=False)
    for _ in range(3):
        assert rows.move(Input(Intent.DOWN), 20, 0.0)
    assert rows.index == 3
    assert min(drawn(rows, 20, fills=False, now=1.0)) == 0
    assert rows.move(Input(Intent.DOWN), 20, 1.0)
    assert drawn(rows, 20, fills=False, now=1.0)[4].y == 200.0 + 4 * ROW_HEIGHT
    assert drawn(rows, 20, fills=False, now=1.0 + theme.FOCUS_S)[4].y == 200.0 + 3 * ROW_HEIGHT


def test_at_its_end_the_focus_stays() -> None:
    rows = Rows(Motion(enabled=False))
    rows.focus(4, 5)
    assert not rows.move(Input(Intent.DOWN), 5, 0.0)
    assert rows.move(Input(Intent.UP), 5, 0.0)
    assert rows.index == 3


def test_rows_are_clipped_to_the_list() -> None:
    canvas = RecordingCanvas()

    def draw_one(index: int, box: Rect) -> None:
        draw_row(canvas, box, RowWords(f"row {index}"), focused=False)

    Rows(Motion(enabled=False)).draw(canvas, ROOM, 20, draw_one, 0.0, fills=False)
    clip = canvas.texts[0].clip
    assert clip is not None
    assert (clip.y, clip.bottom) == (ROOM.y - theme.RING, ROOM.y + 5 * ROW_HEIGHT)
    canvas.text("after", 0.0, 0.0, theme.style(theme.BODY))
    assert canvas.texts[-1].clip is None


def test_a_row_without_a_detail_has_its_name_in_the_middle() -> None:
    canvas = RecordingCanvas()
    box = Rect(0.0, 0.0, 600.0, 80.0)
    draw_row(canvas, box, RowWords("name"), focused=False)
    (name,) = canvas.texts
    assert name.rect.center[1] == pytest.approx(40.0, abs=1)
    canvas.clear()
    draw_row(canvas, box, RowWords("name", "detail", indent=72, detail_indent=34), focused=False)
    name, detail = canvas.texts
    assert (name.rect.x, detail.rect.x) == (72.0, 106.0)
    assert name.rect.bottom <= detail.rect.y
    assert not canvas.shapes


def test_words_that_are_too_long_leave_room_for_the_mark_of_the_focus() -> None:
    canvas = RecordingCanvas()
    box = Rect(0.0, 0.0, 600.0, 80.0)
    draw_row(canvas, box, RowWords("n" * 200, "d" * 200, detail_indent=34), focused=True)
    name, detail, chevron = canvas.texts
    assert name.text.endswith("…")
    assert detail.text.endswith("…")
    assert max(name.rect.right, detail.rect.right) <= 600.0 - 64 < chevron.rect.x + 18
    assert [shape.kind for shape in canvas.shapes] == ["panel", "ring", "ring"]
