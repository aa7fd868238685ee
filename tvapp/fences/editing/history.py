"""Undo and redo of confirmed changes, for the whole session and across uploads.

Undoing is a change like any other: it goes through the outbox, and it is made against the fence as it is now, so that
it collides with nobody who changed it meanwhile without being seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from tvapp.fences.model.change import Change

MOST_STEPS = 200

Current: TypeAlias = Callable[[str, str], bytes | None]
"""Returns the Feature of a fence as this screen has it now, by source and geometryId; None when it is gone."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What undoing or redoing would do next: the key of the edit's label, and the fence's name.

    `is_stale`: somebody else has changed the fence since; going on would take that back too.
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
    """The changes that were made on this screen, and those of them that were undone.

    A step that would change nothing any more (its fence is already as it would become) is passed over and forgotten.
    """

    def __init__(self) -> None:
        self._done: deque[_Edit] = deque(maxlen=MOST_STEPS)
        self._undone: list[_Edit] = []

    def record(self, change: Change, label_key: str, name: str) -> None:
        """Take in a change that the viewer confirmed. What was undone before it cannot be redone any more."""
        self._done.append(_Edit(change, label_key, name))
        self._undone.clear()

    def next_undo(self, current: Current) -> Offer | None:
        """Return what `undo` would do; None when there is nothing to undo."""
        return _offer(reversed(self._done), current, is_undo=True)

    def next_redo(self, current: Current) -> Offer | None:
        """Return what `redo` would do; None when there is nothing to redo."""
        return _offer(reversed(self._undone), current, is_undo=False)

    def undo(self, new_id: str, at: float, current: Current) -> Change | None:
        """Return the change that takes the last one back, to be sent with the id `new_id`; None: there is none.

        Its before is the fence as it is now, its after what there was before the change that is taken back.
        """
        while self._done:
            edit = self._done.pop()
            inverse = _towards(edit.change, edit.change.before, new_id, at, current)
            if inverse is not None:
                self._undone.append(edit)
                return inverse
        return None

    def redo(self, new_id: str, at: float, current: Current) -> Change | None:
        """Return the change that brings the last undone one back, to be sent with the id `new_id`."""
        while self._undone:
            edit = self._undone.pop()
            again = _towards(edit.change, edit.change.after, new_id, at, current)
            if again is not None:
                self._done.append(edit)
                return again
        return None

    def relocate(self, old_source: str, new_source: str, geometry_id: str) -> None:
        """Take note that a store keeps a fence under another name than the one it was sent with."""

        def moved(edit: _Edit) -> _Edit:
            change = edit.change
            if (change.source, change.geometry_id) != (old_source, geometry_id):
                return edit
            return replace(edit, change=replace(change, source=new_source))

        self._done = deque(map(moved, self._done), maxlen=MOST_STEPS)
        self._undone = [moved(edit) for edit in self._undone]

    def clear(self) -> None:
        """Forget everything: somebody else signs in."""
        self._done.clear()
        self._undone.clear()


def _towards(change: Change, after: bytes, new_id: str, at: float, current: Current) -> Change | None:
    """Return the change from what a fence is now to what it was at one end of a change; None when it is that."""
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
