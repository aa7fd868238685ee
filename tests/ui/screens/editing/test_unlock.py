"""The lock before editing: a pattern of arrows, shown as dots; the action behind it runs exactly once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ui.editing import BACK, DOWN, EDITABLE, LEFT, MENU, OK, RIGHT, UP, Editing, point
from tvapp.remote.pattern import LONGEST, STAYS_OPEN_S, delay_s
from tvapp.ui import theme
from tvapp.ui.messages import LockKnown, PatternChecked

LOCKED = replace(EDITABLE, has_lock=True)
PATTERN = (UP, UP, LEFT, RIGHT, DOWN)


def locked(*, wrong_tries: int | None = 0) -> Editing:
    tv = Editing(point(), settings=LOCKED)
    if wrong_tries is not None:
        tv.send(LockKnown(wrong_tries))
    return tv


def asked(tv: Editing) -> list[object]:
    return [what for name, what in tv.actions.asked if name == "try_pattern"]


def dots(tv: Editing) -> int:
    return sum(shape.color == theme.TEXT and shape.rect.w < 30 for shape in tv.draw().shapes if shape.kind == "panel")


def unlock(tv: Editing) -> None:
    tv.press(*PATTERN, OK)
    tv.send(PatternChecked(right=True))


def test_drawing_asks_for_the_pattern_and_begins_once_it_was_right() -> None:
    tv = locked()
    tv.start_drawing("circle")
    assert tv.screen == "unlock"
    tv.press(*PATTERN, OK)
    assert asked(tv) == [("up up left right down", 1)]
    assert tv.shows("One moment")
    tv.send(PatternChecked(right=True))
    assert tv.screen == "sketch"
    assert tv.stack.depth == 2
    tv.wait(1.0)
    assert tv.stack.depth == 2


def test_changing_asks_for_the_pattern_and_opens_once() -> None:
    tv = locked()
    tv.press(OK, OK)
    tv.choose("edit")
    assert tv.screen == "unlock"
    unlock(tv)
    tv.wait(1.0)
    assert (tv.screen, tv.stack.depth) == ("edit", 2)


def test_arrows_are_shown_as_dots_and_back_takes_the_last_away_and_then_leaves() -> None:
    tv = locked()
    tv.start_drawing("circle")
    tv.press(UP, LEFT, UP)
    assert dots(tv) == 3
    assert "Undo" in tv.hints()
    tv.press(BACK)
    assert dots(tv) == 2
    tv.press(BACK, BACK)
    assert dots(tv) == 0
    assert "Cancel" in tv.hints()
    tv.press(BACK)
    assert tv.screen == "map"
    assert asked(tv) == []


def test_no_more_arrows_are_taken_than_a_pattern_may_have() -> None:
    tv = locked()
    tv.start_drawing("circle")
    tv.press(*(UP,) * (LONGEST + 3))
    assert dots(tv) == LONGEST


def test_a_short_pattern_is_not_tried_and_the_viewer_is_told() -> None:
    tv = locked()
    tv.start_drawing("circle")
    tv.press(UP, UP, OK)
    assert asked(tv) == []
    assert tv.shows("A pattern has 4 arrows or more")
    assert dots(tv) == 2
    tv.press(UP)
    assert not tv.shows("A pattern has 4 arrows or more")


def test_a_wrong_pattern_is_reported_cleared_and_runs_nothing() -> None:
    tv = locked()
    tv.start_drawing("circle")
    tv.press(*PATTERN, OK)
    tv.send(PatternChecked(right=False))
    assert tv.screen == "unlock"
    assert tv.shows("That was not the pattern")
    assert dots(tv) == 0
    assert not tv.stack.contains("sketch")


def test_wrong_patterns_cost_a_wait_that_runs_down() -> None:
    tv = locked(wrong_tries=3)
    tv.start_drawing("circle")
    assert delay_s(3) == 5.0
    tv.send(LockKnown(5))
    assert tv.shows("Wait 1:00 before the next try.")
    tv.press(*PATTERN, OK)
    assert asked(tv) == []
    tv.wait(20.0)
    assert tv.shows("Wait 0:")
    tv.wait(60.0)
    assert not tv.shows("Wait ")
    tv.press(OK)
    assert len(asked(tv)) == 1


def test_no_pattern_is_tried_before_the_number_of_wrong_tries_is_known() -> None:
    tv = locked(wrong_tries=None)
    tv.start_drawing("circle")
    tv.press(*PATTERN, OK)
    assert asked(tv) == []
    assert tv.shows("One moment")


def test_an_open_lock_stays_open_during_edits_and_locks_after_a_while() -> None:
    tv = locked()
    tv.start_drawing("circle")
    unlock(tv)
    tv.press(BACK)
    tv.start_drawing("rectangle")
    assert tv.screen == "sketch"
    tv.press(BACK)
    tv.wait(STAYS_OPEN_S + 1)
    tv.start_drawing("rectangle")
    assert tv.screen == "unlock"


def test_undo_is_locked_too_and_happens_once() -> None:
    tv = locked()
    tv.start_drawing("circle")
    unlock(tv)
    tv.press(OK, OK)
    tv.choose("depot", "always")
    tv.wait(STAYS_OPEN_S + 1)
    tv.press(BACK, MENU)
    tv.choose("draw", "undo")
    assert tv.screen == "unlock"
    assert len(tv.changes) == 1
    unlock(tv)
    tv.wait(1.0)
    assert [change.kind for change in tv.changes] == ["add", "delete"]


@pytest.mark.parametrize("key", ["changes"])
def test_looking_at_the_changes_needs_no_pattern(key: str) -> None:
    tv = locked()
    tv.press(MENU)
    tv.choose("draw", key)
    assert tv.screen == "changes"
