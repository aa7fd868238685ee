"""Undo and redo across uploads, against a store that others may write to as well."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tvapp.fences.editing.history import MOST_STEPS, History, Offer
from tvapp.fences.model.change import Change


@dataclass
class Shown:
    """The fences on this screen by source and geometryId, and changes made to them."""

    fences: dict[tuple[str, str], bytes] = field(default_factory=dict)
    made: int = 0

    def current(self, source: str, geometry_id: str) -> bytes | None:
        return self.fences.get((source, geometry_id))

    def apply(self, change: Change) -> None:
        key = change.source, change.geometry_id
        assert self.fences.get(key, b"") == change.before
        if change.after:
            self.fences[key] = change.after
        else:
            del self.fences[key]

    def edit(self, history: History, after: bytes, geometry_id: str = "a", label: str = "edit") -> Change:
        self.made += 1
        before = self.fences.get(("s", geometry_id), b"")
        change = Change(f"c{self.made}", "s", geometry_id, before, after, 3, float(self.made))
        self.apply(change)
        history.record(change, label, f"Fence {geometry_id}")
        return change


def test_undo_restores_the_state_before_and_redo_the_state_after() -> None:
    shown, history = Shown({("s", "a"): b"old"}), History()
    shown.edit(history, b"new", label="move")
    assert history.next_undo(shown.current) == Offer("move", "Fence a")
    inverse = history.undo("u", 9.0, shown.current)
    assert inverse == Change("u", "s", "a", b"new", b"old", 3, 9.0)
    shown.apply(inverse)
    assert history.next_undo(shown.current) is None
    assert history.next_redo(shown.current) == Offer("move", "Fence a")
    assert history.redo("r", 10.0, shown.current) == Change("r", "s", "a", b"old", b"new", 3, 10.0)


def test_undoing_an_addition_deletes_and_undoing_a_deletion_adds_again_under_the_same_id() -> None:
    shown, history = Shown(), History()
    shown.edit(history, b"made", label="add")
    shown.edit(history, b"", label="delete")
    added = history.undo("u1", 0.0, shown.current)
    assert added is not None
    assert (added.kind, added.source, added.geometry_id, added.after) == ("add", "s", "a", b"made")
    shown.apply(added)
    deleted = history.undo("u2", 0.0, shown.current)
    assert deleted is not None
    assert (deleted.kind, deleted.before) == ("delete", b"made")


def test_an_edit_made_elsewhere_makes_the_undo_stale_and_is_its_before() -> None:
    shown, history = Shown({("s", "a"): b"old"}), History()
    shown.edit(history, b"mine")
    shown.fences["s", "a"] = b"theirs"
    assert history.next_undo(shown.current) == Offer("edit", "Fence a", is_stale=True)
    inverse = history.undo("u", 0.0, shown.current)
    assert inverse is not None
    assert (inverse.before, inverse.after) == (b"theirs", b"old")


def test_undoing_an_edit_of_a_fence_deleted_elsewhere_brings_it_back() -> None:
    shown, history = Shown({("s", "a"): b"old"}), History()
    shown.edit(history, b"mine")
    del shown.fences["s", "a"]
    inverse = history.undo("u", 0.0, shown.current)
    assert inverse is not None
    assert (inverse.kind, inverse.after) == ("add", b"old")


def test_a_step_with_nothing_left_to_undo_is_passed_over() -> None:
    shown, history = Shown({("s", "b"): b"old"}), History()
    shown.edit(history, b"new", "b", "rename")
    shown.edit(history, b"made", "a", "add")
    del shown.fences["s", "a"]
    assert history.next_undo(shown.current) == Offer("rename", "Fence b")
    inverse = history.undo("u", 0.0, shown.current)
    assert inverse is not None
    assert inverse.geometry_id == "b"
    assert history.undo("u2", 0.0, shown.current) is None


def test_a_new_edit_drops_the_steps_to_redo() -> None:
    shown, history = Shown({("s", "a"): b"0"}), History()
    shown.edit(history, b"1")
    inverse = history.undo("u", 0.0, shown.current)
    assert inverse is not None
    shown.apply(inverse)
    shown.edit(history, b"2")
    assert history.redo("r", 0.0, shown.current) is None
    assert history.next_redo(shown.current) is None


def test_a_fence_that_the_store_named_is_undone_under_its_new_name() -> None:
    history = History()
    history.record(Change("c", "", "a", b"", b"made"), "add", "Depot 3")
    history.record(Change("d", "", "other", b"", b"other"), "add", "Depot 4")
    history.relocate("", "udid-1", "a")
    fences = {("udid-1", "a"): b"made", ("", "other"): b"other"}
    undone = [history.undo(f"u{n}", 0.0, lambda *key: fences.get(key)) for n in range(2)]
    assert [change.source for change in undone if change] == ["", "udid-1"]
    history.relocate("udid-1", "udid-2", "a")
    redone = history.redo("r", 0.0, lambda *_: None)
    assert redone is not None
    assert (redone.kind, redone.source) == ("add", "udid-2")


def test_the_oldest_steps_are_forgotten() -> None:
    shown, history = Shown({("s", "a"): b"start"}), History()
    for number in range(MOST_STEPS + 5):
        shown.edit(history, b"%d" % number)
    undone = 0
    while (change := history.undo("u", 0.0, shown.current)) is not None:
        shown.apply(change)
        undone += 1
    assert undone == MOST_STEPS
    assert shown.fences["s", "a"] == b"4"


def test_nothing_is_left_for_the_next_account() -> None:
    shown, history = Shown(), History()
    shown.edit(history, b"1")
    shown.edit(history, b"2")
    history.undo("u", 0.0, shown.current)
    history.clear()
    assert history.undo("u", 0.0, shown.current) is None
    assert history.redo("r", 0.0, shown.current) is None


class UndoRedo(RuleBasedStateMachine):
    """Alone on a store, undo and redo walk through exactly the states there were."""

    def __init__(self) -> None:
        super().__init__()
        self.shown, self.history = Shown(), History()
        self.past: list[dict[tuple[str, str], bytes]] = [{}]
        self.at = 0

    @rule(geometry_id=st.sampled_from("abc"), after=st.sampled_from([b"", b"1", b"2", b"3"]))
    def edit(self, geometry_id: str, after: bytes) -> None:
        if self.shown.fences.get(("s", geometry_id), b"") == after:
            return
        self.shown.edit(self.history, after, geometry_id)
        self.past[self.at + 1 :] = [dict(self.shown.fences)]
        self.at += 1

    @precondition(lambda self: self.at > 0)
    @rule()
    def undo(self) -> None:
        change = self.history.undo("u", 0.0, self.shown.current)
        assert change is not None
        self.shown.apply(change)
        self.at -= 1

    @precondition(lambda self: self.at < len(self.past) - 1)
    @rule()
    def redo(self) -> None:
        change = self.history.redo("r", 0.0, self.shown.current)
        assert change is not None
        self.shown.apply(change)
        self.at += 1

    @invariant()
    def the_screen_is_as_it_was(self) -> None:
        assert self.shown.fences == self.past[self.at]

    @invariant()
    def offers_match(self) -> None:
        undo, redo = self.history.next_undo(self.shown.current), self.history.next_redo(self.shown.current)
        assert (undo is not None) is (self.at > 0)
        assert (redo is not None) is (self.at < len(self.past) - 1)
        assert not any(offer.is_stale for offer in (undo, redo) if offer is not None)


TestUndoRedo = UndoRedo.TestCase
TestUndoRedo.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_a_step_with_nothing_left_to_redo_is_passed_over() -> None:
    shown, history = Shown({("s", "a"): b"0", ("s", "b"): b"0"}), History()
    shown.edit(history, b"1", "a")
    shown.edit(history, b"1", "b")
    for number in range(2):
        inverse = history.undo(f"u{number}", 0.0, shown.current)
        assert inverse is not None
        shown.apply(inverse)
    shown.fences["s", "a"] = b"1"
    assert history.next_redo(shown.current) == Offer("edit", "Fence b")
    again = history.redo("r", 0.0, shown.current)
    assert again is not None
    assert again.geometry_id == "b"
    shown.apply(again)
    # What was passed over is gone: undo goes back to b only.
    assert history.redo("r2", 0.0, shown.current) is None
    inverse = history.undo("u3", 0.0, shown.current)
    assert inverse is not None
    assert inverse.geometry_id == "b"
    assert history.undo("u4", 0.0, shown.current) is None


def test_a_redo_over_an_edit_made_elsewhere_is_stale() -> None:
    shown, history = Shown({("s", "a"): b"0"}), History()
    shown.edit(history, b"1")
    inverse = history.undo("u", 0.0, shown.current)
    assert inverse is not None
    shown.apply(inverse)
    assert history.next_redo(shown.current) == Offer("edit", "Fence a", is_stale=False)
    shown.fences["s", "a"] = b"theirs"
    assert history.next_redo(shown.current) == Offer("edit", "Fence a", is_stale=True)


def test_a_fence_that_moves_to_another_source_is_followed_in_both_directions() -> None:
    shown, history = Shown({("s", "a"): b"0", ("s", "b"): b"0"}), History()
    shown.edit(history, b"1", "a")
    shown.edit(history, b"1", "b")
    inverse = history.undo("u", 0.0, shown.current)
    assert inverse is not None
    shown.apply(inverse)
    shown.fences = {("t", "a"): b"1", ("t", "b"): b"0"}
    history.relocate("s", "t", "a")
    history.relocate("s", "t", "b")
    history.relocate("other", "x", "a")
    undo, redo = history.undo("u2", 0.0, shown.current), history.redo("r", 0.0, shown.current)
    assert undo is not None
    assert redo is not None
    assert (undo.source, undo.geometry_id, undo.before) == ("t", "a", b"1")
    history.clear()
    assert history.next_undo(shown.current) is history.next_redo(shown.current) is None
