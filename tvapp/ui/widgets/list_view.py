"""Which rows of a long list are on the screen, and how it scrolls: arithmetic only, whatever its length."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from tvapp.remote.intents import Input, Intent, Phase

AHEAD = 1.0
"""Rows kept visible beyond the focused one, so that one sees where it goes on."""
FASTER = ((1.2, 1), (2.5, 3), (4.5, 10), (7.0, 40))
"""Up to this long a hold moves by so many rows a repeat; a list of thousands would take minutes otherwise."""
FASTEST = 200


@dataclass(slots=True)
class ListView:
    """The focused row and the scroll position, both in rows."""

    count: int = 0
    index: int = 0
    _top: float = 0.0
    _from: float = 0.0

    def resize(self, count: int, rows: float) -> None:
        """Take the number of entries and how many fit on the screen; the focused one stays in view."""
        self.count = count
        self.index = min(max(0, self.index), max(0, count - 1))
        last_top = max(0.0, count - rows)
        ahead = min(AHEAD, max(0.0, (rows - 1) / 2))
        low, high = self.index + 1 + ahead - rows, self.index - ahead
        self._top = min(max(min(max(self._top, low), high), 0.0), last_top)

    def move(self, input_: Input) -> bool:
        """Go up or down, faster the longer the key is held; False when already at the end."""
        step = 1 if input_.phase is Phase.PRESS else stride(input_.held_s)
        goal = self.index + (step if input_.intent is Intent.DOWN else -step)
        goal = min(max(0, goal), max(0, self.count - 1))
        if goal == self.index:
            return False
        self.index = goal
        return True

    def start_scroll(self, shown_top: float) -> None:
        """Remember where the list stands before it moves."""
        self._from = shown_top

    def top(self, part: float) -> float:
        """Return the first visible row (with a fraction) at a part, 0 to 1, of the scroll."""
        return self._from + (self._top - self._from) * part

    def visible(self, top: float, rows: float) -> range:
        """Return the entries to draw when the list stands at `top`."""
        return range(max(0, int(top)), min(self.count, ceil(top + rows)))


def stride(held_s: float) -> int:
    """Return how many rows one repeat moves after a hold of `held_s`.

    >>> stride(0.5), stride(3.0)
    (1, 10)
    """
    return next((rows for until, rows in FASTER if held_s < until), FASTEST)
