"""Spatial focus: choice by geometry, memory of groups, the boundary of dialogs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.remote.intents import ARROWS, Intent
from tvapp.ui.canvas import Rect
from tvapp.ui.focus import Focus, Group, Leaf, choose, leaves

UP, DOWN, LEFT, RIGHT = Intent.UP, Intent.DOWN, Intent.LEFT, Intent.RIGHT


def grid(columns: int, rows: int) -> tuple[Leaf, ...]:
    return tuple(
        Leaf(f"{column},{row}", Rect(column * 200, row * 120, 180, 100))
        for row in range(rows)
        for column in range(columns)
    )


def test_an_arrow_goes_to_the_neighbour_in_the_same_row_even_if_something_else_is_nearer() -> None:
    origin = Rect(0, 0, 100, 100)
    assert choose(origin, [Rect(400, 0, 100, 100), Rect(120, 130, 100, 100)], RIGHT) == 0


def test_an_arrow_goes_to_something_askew_when_nothing_is_straight_ahead() -> None:
    assert choose(Rect(0, 0, 100, 100), [Rect(300, 500, 100, 100)], RIGHT) == 0


def test_an_arrow_goes_nowhere_when_nothing_lies_that_way() -> None:
    assert choose(Rect(0, 0, 100, 100), [Rect(300, 0, 100, 100)], LEFT) is None


def test_every_place_of_a_grid_can_be_reached_from_every_other() -> None:
    root = Group("grid", grid(4, 3))
    for start in leaves(root):
        seen, frontier = {start.key}, [start.key]
        while frontier:
            key = frontier.pop()
            for direction in ARROWS:
                focus = Focus()
                focus.place(root)
                focus.set(key)
                focus.move(direction)
                if focus.focused not in seen:
                    seen.add(focus.focused)
                    frontier.append(focus.focused)
        assert len(seen) == 12


@pytest.mark.parametrize(("there", "back"), [(UP, DOWN), (DOWN, UP), (LEFT, RIGHT), (RIGHT, LEFT)])
def test_the_opposite_arrow_undoes_a_move_in_a_grid(there: Intent, back: Intent) -> None:
    focus = Focus()
    focus.place(Group("grid", grid(3, 3)))
    focus.set("1,1")
    assert focus.move(there)
    assert focus.move(back)
    assert focus.focused == "1,1"


def test_a_group_remembers_where_its_focus_was() -> None:
    top = Group("top", tuple(Leaf(f"t{n}", Rect(n * 200, 0, 180, 100)) for n in range(4)))
    bottom = Group("bottom", tuple(Leaf(f"b{n}", Rect(n * 200, 200, 180, 100)) for n in range(3)))
    focus = Focus()
    focus.place(Group("all", (top, bottom)))
    focus.set("t3")
    focus.move(DOWN)
    focus.move(LEFT)
    focus.move(UP)
    assert focus.focused == "t3"
    focus.move(DOWN)
    assert focus.focused == "b1"


def test_a_ring_goes_on_at_the_other_end() -> None:
    focus = Focus()
    focus.place(Group("ring", grid(5, 1), wraps_x=True))
    focus.set("0,0")
    assert focus.move(LEFT)
    assert focus.focused == "4,0"
    assert focus.move(RIGHT)
    assert focus.focused == "0,0"


def test_arrows_do_not_leave_a_dialog() -> None:
    dialog = Group("dialog", (Leaf("yes", Rect(0, 0, 100, 80)), Leaf("no", Rect(120, 0, 100, 80))), modal=True)
    focus = Focus()
    focus.place(Group("all", (dialog, Leaf("outside", Rect(500, 0, 100, 80)))))
    focus.set("no")
    assert not focus.move(RIGHT)
    assert focus.focused == "no"


def test_the_nearest_leaf_takes_over_when_the_focused_one_goes_away() -> None:
    focus = Focus()
    focus.place(Group("grid", grid(3, 1)))
    focus.set("2,0")
    focus.place(Group("grid", grid(2, 1)))
    assert focus.focused == "1,0"


def test_the_focus_returns_after_the_tree_was_empty() -> None:
    focus = Focus()
    focus.place(Group("grid", grid(3, 1)))
    focus.set("1,0")
    focus.place(Group("grid", ()))
    focus.place(Group("grid", grid(3, 1)))
    assert focus.focused == "1,0"


BOXES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 20), st.integers(1, 9), st.integers(1, 6)), min_size=1, max_size=9
)


@settings(max_examples=60)
@given(boxes=BOXES, moves=st.lists(st.sampled_from(sorted(ARROWS, key=lambda i: i.value)), max_size=12))
def test_in_any_layout_exactly_one_leaf_has_the_focus(
    boxes: list[tuple[int, int, int, int]], moves: list[Intent]
) -> None:
    root = Group("any", tuple(Leaf(str(n), Rect(*(40.0 * side for side in box))) for n, box in enumerate(boxes)))
    focus = Focus()
    focus.place(root)
    for move in moves:
        before = focus.focused
        moved = focus.move(move)
        assert focus.focused in focus.leaf_keys()
        assert moved == (focus.focused != before)


@settings(max_examples=60)
@given(boxes=BOXES)
def test_a_move_never_goes_against_its_arrow(boxes: list[tuple[int, int, int, int]]) -> None:
    rects = [Rect(*(40.0 * side for side in box)) for box in boxes]
    for direction in ARROWS:
        index = choose(rects[0], rects[1:], direction)
        if index is None:
            continue
        chosen, origin = rects[1:][index], rects[0]
        ahead = {
            LEFT: chosen.right <= origin.x + 1,
            RIGHT: chosen.x >= origin.right - 1,
            UP: chosen.bottom <= origin.y + 1,
            DOWN: chosen.y >= origin.bottom - 1,
        }
        assert ahead[direction]


def test_a_move_without_a_goal_says_so_and_leaves_the_focus_where_it_is() -> None:
    focus = Focus()
    focus.place(Group("outer", (Group("inner", grid(2, 1)),)))
    focus.set("1,0")
    assert not focus.move(RIGHT)
    assert focus.focused == "1,0"


def test_without_a_leaf_nothing_has_the_focus_and_no_arrow_moves() -> None:
    focus = Focus()
    focus.place(Group("outer", (Group("inner", ()),)))
    assert focus.focused == ""
    assert focus.leaf_keys() == ()
    assert not focus.move(RIGHT)
    focus.set("elsewhere")
    assert focus.focused == ""


@pytest.mark.parametrize("arrow", [UP, DOWN, LEFT, RIGHT])
def test_of_two_boxes_straight_ahead_the_better_aligned_one_is_next(arrow: Intent) -> None:
    def box(along: float, across: float) -> Rect:
        x, y = {RIGHT: (along, across), LEFT: (-along, across), DOWN: (across, along), UP: (across, -along)}[arrow]
        return Rect(x, y, 100, 100)

    assert choose(box(0, 0), [box(200, 60), box(200, 20)], arrow) == 1
    assert choose(box(0, 0), [box(200, -60), box(200, 20)], arrow) == 1
    assert choose(box(0, 0), [box(200, 0), box(199, 0)], arrow) == 1


def test_a_pixel_to_the_side_costs_as_much_as_three_ahead() -> None:
    origin = Rect(0, 0, 100, 100)
    far = Rect(300, 100.5, 100, 100)
    assert choose(origin, [far, Rect(200, 133, 100, 100)], RIGHT) == 1
    assert choose(origin, [far, Rect(200, 134, 100, 100)], RIGHT) == 0


def test_a_box_straight_ahead_wins_over_one_askew_unless_it_is_very_far() -> None:
    origin, askew = Rect(0, 0, 100, 100), Rect(100, 100, 100, 100)
    assert choose(origin, [askew, Rect(499, 0, 100, 100)], RIGHT) == 1
    assert choose(origin, [askew, Rect(501, 0, 100, 100)], RIGHT) == 0


def test_neighbours_may_overlap_by_a_pixel() -> None:
    origin = Rect(0, 0, 100, 100)
    assert choose(origin, [Rect(99, 0, 100, 100)], RIGHT) == 0
    assert choose(origin, [Rect(98, 0, 100, 100)], RIGHT) is None


def test_a_ring_goes_on_with_the_first_of_the_same_row() -> None:
    for arrow, key in ((RIGHT, "0,1"), (LEFT, "2,1")):
        focus = Focus()
        focus.place(Group("grid", grid(3, 2), wraps_x=True))
        focus.set("2,1" if arrow is RIGHT else "0,1")
        assert focus.move(arrow)
        assert focus.focused == key


def test_a_column_goes_on_with_the_first_of_the_same_column() -> None:
    for arrow, key in ((DOWN, "1,0"), (UP, "1,2")):
        focus = Focus()
        focus.place(Group("grid", grid(2, 3), wraps_y=True))
        focus.set("1,2" if arrow is DOWN else "1,0")
        assert focus.move(arrow)
        assert focus.focused == key


def test_a_ring_goes_on_along_its_own_axis_only() -> None:
    focus = Focus()
    focus.place(Group("row", grid(3, 1), wraps_x=True))
    assert not focus.move(DOWN)
    focus.place(Group("column", grid(1, 3), wraps_y=True))
    assert not focus.move(RIGHT)


def test_a_ring_without_others_in_line_stays() -> None:
    focus = Focus()
    focus.place(Group("askew", (Leaf("a", Rect(0, 0, 100, 100)), Leaf("b", Rect(-300, 300, 100, 100))), wraps_x=True))
    focus.set("b")
    focus.place(Group("alone", (Leaf("b", Rect(0, 0, 100, 100)), Leaf("below", Rect(0, 300, 100, 100))), wraps_x=True))
    assert not focus.move(RIGHT)


def test_a_group_without_a_memory_is_entered_at_the_nearest_leaf() -> None:
    top = Group("top", (Leaf("t", Rect(400, 0, 180, 100)),))
    bottom = Group("bottom", tuple(Leaf(f"b{n}", Rect(n * 200, 200, 180, 100)) for n in range(4)))
    empty = Group("empty", (Group("void", ()),))
    focus = Focus()
    focus.place(Group("all", (top, empty, bottom)))
    focus.set("t")
    assert focus.move(DOWN)
    assert focus.focused == "b2"


def test_the_box_of_a_leaf_is_known_while_it_is_in_the_tree() -> None:
    focus = Focus()
    focus.place(Group("grid", grid(2, 1)))
    assert focus.rect("1,0") == Rect(200, 0, 180, 100)
    assert focus.rect("2,0") is None


def test_a_group_has_the_box_around_its_leaves() -> None:
    assert Group("grid", grid(2, 2)).rect == Rect(0, 0, 380, 220)
    assert Group("shifted", (Leaf("a", Rect(10, 20, 30, 40)),)).rect == Rect(10, 20, 30, 40)
    assert Group("empty", ()).rect == Rect(0, 0, 0, 0)


def test_the_nearest_leaf_is_measured_in_both_directions() -> None:
    focus = Focus()
    gone, near, far = Rect(500, 500, 10, 10), Rect(530, 540, 10, 10), Rect(500, 560, 10, 10)
    focus.place(Group("all", (Leaf("gone", gone),)))
    focus.place(Group("all", (Leaf("far", far), Leaf("near", near))))
    assert focus.focused == "near"
    focus = Focus()
    focus.place(Group("all", (Leaf("gone", gone),)))
    focus.place(Group("all", (Leaf("far", Rect(560, 500, 10, 10)), Leaf("near", Rect(460, 470, 10, 10)))))
    assert focus.focused == "near"


def test_the_nearest_leaf_is_measured_from_where_the_focused_one_was_last() -> None:
    focus = Focus()
    focus.place(Group("all", (Leaf("moving", Rect(0, 0, 10, 10)),)))
    focus.place(Group("all", (Leaf("moving", Rect(500, 0, 10, 10)),)))
    focus.place(Group("all", (Leaf("left", Rect(0, 0, 10, 10)), Leaf("right", Rect(490, 0, 10, 10)))))
    assert focus.focused == "right"
