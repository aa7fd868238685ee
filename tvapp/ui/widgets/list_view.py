"""The visible rows of a list and its scrolling: arithmetic that costs the same at any length."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from tvapp.remote.intents import Input, Intent, Phase

AHEAD = 1.0
"""Rows kept visible beyond the focused one, so that the viewer sees that the list continues."""
FASTER = ((1.2, 1), (2.5, 3), (4.5, 10), (7.0, 40))
"""Until a hold is so many seconds long, a repeat moves by so many rows: thousands would take minutes otherwise."""
FASTEST = 200


@dataclass(slots=True)
class ListView:
    """The focused row and the scroll position, both in rows."""

    count: int = 0
    index: int = 0
    _top: float = 0.0
    _from: float = 0.0

    def resize(self, count: int, rows: float) -> None:
        """Take the number of rows and how many fit on the screen; the focused one stays in view."""
        self.count = count
        self.index = min(max(0, self.index), max(0, count - 1))
        last_top = max(0.0, count - rows)
        ahead = min(AHEAD, max(0.0, (rows - 1) / 2))
        low, high = self.index + 1 + ahead - rows, self.index - ahead
        self._top = min(max(min(max(self._top, low), high), 0.0), last_top)

    def move(self, input_: Input) -> bool:
        """Move the focus up or down, faster the longer the key is held; False at the end of the list."""
        step = 1 if input_.phase is Phase.PRESS else stride(input_.held_s)
        goal = self.index + (step if input_.intent is Intent.DOWN else -step)
        goal = min(max(0, goal), max(0, self.count - 1))
        if goal == self.index:
            return False
        self.index = goal
        return True

    def start_scroll(self, shown_top: float) -> None:
        """Remember the position from which the list scrolls."""
        self._from = shown_top

    def top(self, part: float) -> float:
        """Return the first visible row (with a fraction) at a part, 0 to 1, of the scroll."""
        return self._from + (self._top - self._from) * part

    def visible(self, top: float, rows: float) -> range:
        """Return the rows to draw when the list stands at `top`."""
        return range(max(0, int(top)), min(self.count, ceil(top + rows)))


def stride(held_s: float) -> int:
    """Return how many rows one repeat moves after a hold of `held_s`.

    >>> stride(0.5), stride(3.0)
    (1, 10)
    """
    return next((rows for until, rows in FASTER if held_s < until), FASTEST)
