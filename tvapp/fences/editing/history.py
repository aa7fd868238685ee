"""Undo and redo of confirmed changes, for the whole session and across uploads.

Undoing is a change like any other: it goes through the outbox, and its `before` is the fence as it is now, so that it
reverts no edit made elsewhere unnoticed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from tvapp.fences.model.change import Change

MOST_STEPS = 200

Current: TypeAlias = Callable[[str, str], bytes | None]
"""Returns the current Feature of a fence, by source and geometryId; None where it was deleted."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The next step of undo or redo: the key of the edit's label, and the fence's name.

    `is_stale`: the fence was changed elsewhere since; going on would revert that too.
    """

    label_key: str
    name: str
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class _Edit:
    change: Change
    label_key: str
    name: str


class History:
    """The changes made on this screen, and those that were undone.

    A step that would change nothing, because the fence has that state already, is skipped and dropped.
    """

    def __init__(self) -> None:
        self._done: deque[_Edit] = deque(maxlen=MOST_STEPS)
        self._undone: list[_Edit] = []

    def record(self, change: Change, label_key: str, name: str) -> None:
        """Add a change that the viewer confirmed. Changes undone before it can no longer be redone."""
        self._done.append(_Edit(change, label_key, name))
        self._undone.clear()

    def next_undo(self, current: Current) -> Offer | None:
        """Return the next step of `undo`; None where there is none."""
        return _offer(reversed(self._done), current, is_undo=True)

    def next_redo(self, current: Current) -> Offer | None:
        """Return the next step of `redo`; None where there is none."""
        return _offer(reversed(self._undone), current, is_undo=False)

    def undo(self, new_id: str, at: float, current: Current) -> Change | None:
        """Return the change, with the id `new_id`, that reverts the last one; None where there is none.

        Its `before` is the fence as it is now, its `after` the fence before the reverted change.
        """
        while self._done:
            edit = self._done.pop()
            inverse = _towards(edit.change, edit.change.before, new_id, at, current)
            if inverse is not None:
                self._undone.append(edit)
                return inverse
        return None

    def redo(self, new_id: str, at: float, current: Current) -> Change | None:
        """Return the change, with the id `new_id`, that repeats the last undone one; None where there is none."""
        while self._undone:
            edit = self._undone.pop()
            again = _towards(edit.change, edit.change.after, new_id, at, current)
            if again is not None:
                self._done.append(edit)
                return again
        return None

    def relocate(self, old_source: str, new_source: str, geometry_id: str) -> None:
        """Follow a fence that the store keeps under another source than the one it was sent with."""

        def moved(edit: _Edit) -> _Edit:
            change = edit.change
            if (change.source, change.geometry_id) != (old_source, geometry_id):
                return edit
            return replace(edit, change=replace(change, source=new_source))

        self._done = deque(map(moved, self._done), maxlen=MOST_STEPS)
        self._undone = [moved(edit) for edit in self._undone]

    def clear(self) -> None:
        """Forget everything, for another account."""
        self._done.clear()
        self._undone.clear()


def _towards(change: Change, after: bytes, new_id: str, at: float, current: Current) -> Change | None:
    """Return the change of a fence from its current state to `after`; None where it has that state."""
    now = current(change.source, change.geometry_id) or b""
    if now == after:
        return None
    return Change(new_id, change.source, change.geometry_id, now, after, change.number, at)


def _offer(edits: Iterable[_Edit], current: Current, *, is_undo: bool) -> Offer | None:
    for edit in edits:
        change = edit.change
        left, wanted = (change.after, change.before) if is_undo else (change.before, change.after)
        now = current(change.source, change.geometry_id) or b""
        if now != wanted:
            return Offer(edit.label_key, edit.name, now != left)
    return None
