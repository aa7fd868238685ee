"""Lists of any length: the focused row stays in view, and a long hold gets there in time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui.widgets.list_view import ListView, stride


@given(st.integers(0, 10_000), st.integers(0, 12_000), st.floats(1, 12))
def test_the_focused_row_is_always_in_view(count: int, index: int, rows: float) -> None:
    view = ListView(count, index)
    view.resize(count, rows)
    top = view.top(1.0)
    assert top >= 0
    if count:
        assert view.index in view.visible(top, rows)
        assert top <= max(0, view.index)
        assert view.index + 1 <= top + rows + 1e-6
    assert len(view.visible(top, rows)) <= rows + 2


def test_a_list_stops_at_its_ends() -> None:
    view = ListView(3)
    assert not view.move(Input(Intent.UP))
    for _ in range(2):
        assert view.move(Input(Intent.DOWN))
    assert not view.move(Input(Intent.DOWN))


@pytest.mark.parametrize(
    ("held_s", "rows"),
    [(0.0, 1), (1.19, 1), (1.2, 3), (2.49, 3), (2.5, 10), (4.49, 10), (4.5, 40), (6.99, 40), (7.0, 200), (60.0, 200)],
)
def test_a_longer_hold_moves_further(held_s: float, rows: int) -> None:
    assert stride(held_s) == rows
    view = ListView(1000, 500)
    assert view.move(Input(Intent.DOWN, Phase.REPEAT, held_s))
    assert view.index == 500 + rows
    assert view.move(Input(Intent.UP, Phase.REPEAT, held_s))
    assert view.index == 500


def test_a_press_moves_by_one_row_however_long_the_hold_before_it() -> None:
    view = ListView(100, 50)
    view.move(Input(Intent.DOWN, Phase.PRESS, 9.0))
    assert view.index == 51


def test_a_long_stride_ends_at_the_last_row() -> None:
    view = ListView(100, 50)
    assert view.move(Input(Intent.DOWN, Phase.REPEAT, 60.0))
    assert view.index == 99
    assert view.move(Input(Intent.UP, Phase.REPEAT, 60.0))
    assert view.index == 0


def test_an_empty_list_has_no_row_to_move_to() -> None:
    view = ListView()
    assert not view.move(Input(Intent.DOWN))
    view.resize(0, 5)
    assert (view.index, view.top(1.0), view.visible(0.0, 5.0)) == (0, 0.0, range(0))


def test_the_focus_stays_in_a_list_that_gets_shorter() -> None:
    view = ListView(10, 9)
    view.resize(4, 5)
    assert view.index == 3


@pytest.mark.parametrize(
    ("start", "index", "top"),
    [(0, 3, 0.0), (0, 4, 1.0), (0, 8, 5.0), (0, 9, 5.0), (9, 6, 5.0), (9, 5, 4.0), (9, 1, 0.0), (9, 0, 0.0)],
)
def test_a_row_stays_visible_beyond_the_focused_one(start: int, index: int, top: float) -> None:
    view = ListView(10, start)
    view.resize(10, 5)
    view.index = index
    view.resize(10, 5)
    assert view.top(1.0) == top


def test_a_window_of_two_rows_keeps_half_a_row_beyond_the_focused_one() -> None:
    view = ListView(10, 5)
    view.resize(10, 2)
    assert view.top(1.0) == 4.5


def test_scrolling_goes_from_where_the_list_was_to_where_it_will_be() -> None:
    view = ListView(100, 0)
    view.resize(100, 5)
    view.start_scroll(view.top(1.0))
    view.index = 50
    view.resize(100, 5)
    assert (view.top(0.0), view.top(0.5), view.top(1.0)) == (0.0, 23.5, 47.0)
    view.start_scroll(23.5)
    assert view.top(0.0) == 23.5


def test_rows_that_are_cut_at_the_edges_are_drawn_too() -> None:
    view = ListView(100)
    assert view.visible(3.5, 5.0) == range(3, 9)
    assert view.visible(3.0, 5.0) == range(3, 8)
    assert view.visible(-0.5, 5.0) == range(5)
    assert view.visible(97.0, 5.0) == range(97, 100)
