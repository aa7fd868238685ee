"""A number that arrows change: by one step when tapped, in growing steps over round values while held."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

_STEPS = (500, 200, 100, 50, 20, 10, 5, 2, 1)
_SHARE = 10
"""A fast step is at most a tenth of the value: from 1 to 10,000 takes 114 steps, and the viewer can stop in time."""
_ONE_BY_ONE_S = 1.0
_HALF_FAST_S = 1.6
_STEPS_A_SECOND = 18.0
_LONGEST_REPEAT_S = 0.1
# The wait before the first repeat, or a stall, must not become a leap of the value.


@dataclass(slots=True)
class Stepper:
    """A value between `least` and `most` in whole steps of 1. Held from 1 it reaches 10,000 in less than 8 s."""

    value: float
    least: float
    most: float
    _held_s: float = field(default=0.0, repr=False)
    _due: float = field(default=0.0, repr=False)

    def turn(self, up: bool, held_s: float = 0.0, coarse: bool = False) -> bool:
        """Change the value by one step, or by the steps due after a hold of `held_s`; coarse steps are tenfold.

        The value lands on multiples of the step. Returns False at the end of the range.
        """
        before = self.value
        for _ in range(self._count(held_s)):
            self._step(up, held_s, coarse)
        return self.value != before

    def _count(self, held_s: float) -> int:
        """Return the number of steps due, by time and not by key repeats, of which slow frames bring fewer."""
        elapsed = held_s - self._held_s
        self._held_s = held_s
        if held_s <= 0.0 or elapsed <= 0.0:
            self._due = 0.0
            return 1
        self._due += min(elapsed, _LONGEST_REPEAT_S) * _STEPS_A_SECOND
        count = int(self._due)
        self._due -= count
        return count

    def _step(self, up: bool, held_s: float, coarse: bool) -> None:
        least_step = 10 if coarse else 1
        # Downwards use the step of the values below, or 100 would be left in steps of 10 and reached in steps of 5.
        share = (self.value if up else math.nextafter(self.value, 0.0)) / _SHARE
        step = max(next((size for size in _STEPS if size <= share), 1), least_step)
        if held_s < _ONE_BY_ONE_S:
            step = least_step
        elif held_s < _HALF_FAST_S:
            step = max(next(size for size in _STEPS if size <= max(step / 8, 1)), least_step)
        whole = math.floor(self.value / step) + 1 if up else math.ceil(self.value / step) - 1
        self.value = min(max(float(whole * step), self.least), self.most)


def round_value(near: float, least: float, most: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20, 50 ... that is not above `near`, within the range.

    >>> round_value(287.0, 1.0, 10_000.0)
    200.0
    """
    if near <= least:
        return least
    power = 10.0 ** math.floor(math.log10(near))
    digit = next(digit for digit in (5.0, 2.0, 1.0) if digit * power <= near * (1 + 1e-9))
    return min(digit * power, most)
