"""Caring for the panel: dim it when nobody presses a key, leave it black outside of its hours. Pure.

Times are monotonic seconds unless they are called wall time. What a key does that finds the screen not awake:

- **Dimmed**, it acts. The picture is still there, the viewer saw what the key was going to do and pressed it for that.
- **Black**, it only wakes. Nobody can have meant what a key does on a screen that was not to be seen: OK might stand on
  *Delete*. So the whole press is swallowed: its repeats, its long form and its release too.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tvapp.core.week import LocalTime, Week
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui.theme import ease_out

Mode = Literal["awake", "dimmed", "blank"]

WOKEN_S = 600.0
"""How long a key wakes a screen outside of its hours where dimming sets no time."""
FIRST_AWAKE_S = 60.0
"""A screen that was just switched on shows itself for so long, whatever the hour: somebody may be standing there."""
FADE_S = 0.25
BLACK_OPACITY: dict[Mode, int] = {"awake": 0, "dimmed": 90, "blank": 255}
"""Opacity of the black over the picture: dimmed, names can still be read across the room."""
CLOCK_SET_SINCE = 1_735_689_600.0
"""A wall clock before 2025 was never set, so that it says nothing about the hours: the screen stays on."""
CLOCK_CHECK_S = 60.0
ALWAYS = Week()
"""No hours are set: day and night."""


@dataclass(frozen=True, slots=True)
class DimmingSettings:
    """`dim_after_s` 0: never; `awake` without spans: always."""

    dim_after_s: float = 0.0
    awake: Week = ALWAYS
    motion: bool = True
    local_time: LocalTime = time.localtime


@dataclass(frozen=True, slots=True)
class Change:
    """The mode is another one from now on, and why: `shown` is something that nobody needs to press a key for."""

    mode: Mode
    by: Literal["idle", "hours", "key", "shown"]


@dataclass(slots=True)
class Dimmer:
    """What the screen does now: `mode`, and how black it is. `since` is when it was switched on."""

    settings: DimmingSettings
    since: float
    mode: Mode = "awake"
    _last_key: float = field(init=False)
    _woken_until: float = field(init=False)
    _minute: float = -math.inf
    _in_hours: bool = True
    _touched: bool = False
    _fade_from: float = 0.0
    _fade_at: float = -math.inf
    _is_fading: bool = False
    _swallowed: set[Intent] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._last_key = self.since
        self._woken_until = self.since + FIRST_AWAKE_S

    @property
    def is_off(self) -> bool:
        """Tell whether nothing of the picture is to be seen."""
        return self.mode == "blank" and not self._is_fading

    def touch(self, now: float) -> None:
        """Note that somebody pressed some key."""
        self._touched = True
        self._last_key = now
        self._woken_until = now + (self.settings.dim_after_s or WOKEN_S)

    def passes(self, input_: Input, now: float, *, seen: bool = True) -> bool:
        """Take note of an input; False when it is not to act, because nobody could see what it would do.

        `seen` is False where the picture is not to be seen for another reason than this.
        """
        if input_.phase is Phase.PRESS:
            self._swallowed.discard(input_.intent)
            if self.mode == "blank" or not seen:
                self._swallowed.add(input_.intent)
            self.touch(now)
            return input_.intent not in self._swallowed
        is_swallowed = input_.intent in self._swallowed
        if input_.phase is Phase.RELEASE:
            self._swallowed.discard(input_.intent)
        return not is_swallowed

    def update(self, now: float, wall: float, is_busy: Callable[[], bool]) -> Change | None:
        """Advance; returns what changed. `is_busy` tells whether something is shown for somebody who presses no key.

        It is asked only where it matters, so that a frame of an awake screen costs a few comparisons.
        """
        idle_s, touched, begun = self.settings.dim_after_s, self._touched, False
        self._touched = False
        if self.settings.awake.spans:
            begun = self._hours_begin(wall)
        if begun or (idle_s and now >= self._last_key + idle_s and is_busy()):
            self._last_key = now
        former = self.mode
        by: Literal["idle", "hours", "key", "shown"]
        if not self._in_hours and now >= self._woken_until:
            self.mode, by = "blank", "hours"
        elif idle_s and now >= self._last_key + idle_s:
            self.mode, by = "dimmed", "idle"
        else:
            self.mode, by = "awake", "key" if touched else "hours" if begun else "shown"
        if self.mode == former:
            return None
        self._fade_from = self._opacity(former, now)
        self._fade_at = now
        self._is_fading = True
        return Change(self.mode, by)

    def advance(self, now: float) -> bool:
        """Tell whether a frame is needed for a change of brightness, its last one included."""
        if not self._is_fading:
            return False
        self._is_fading = self.settings.motion and now < self._fade_at + FADE_S
        return True

    def black_opacity(self, now: float) -> int:
        """Return how opaque the black over the picture is, 0 to 255."""
        return round(self._opacity(self.mode, now)) if self._is_fading else BLACK_OPACITY[self.mode]

    def next_wakeup(self, now: float, wall: float) -> float | None:
        """Tell when `update` has something to decide, or `advance` to move."""
        if self._is_fading:
            return now
        times = []
        if self.settings.dim_after_s and self.mode == "awake":
            times.append(self._last_key + self.settings.dim_after_s)
        if self.settings.awake.spans:
            if not self._in_hours and self.mode != "blank":
                times.append(self._woken_until)
            # Just after the wall clock's next minute: hours begin and end with one, and a clock may be set any time.
            times.append(now + CLOCK_CHECK_S - wall % CLOCK_CHECK_S + 0.01)
        return min(times, default=None)

    def _hours_begin(self, wall: float) -> bool:
        """Look at the clock on the wall, once a minute; True when the hours have just begun."""
        minute = wall // CLOCK_CHECK_S
        if minute == self._minute:
            return False
        self._minute = minute
        former = self._in_hours
        self._in_hours = wall < CLOCK_SET_SINCE or self.settings.awake.covers(wall, self.settings.local_time)
        return self._in_hours and not former

    def _opacity(self, mode: Mode, now: float) -> float:
        if not self.settings.motion or now >= self._fade_at + FADE_S:
            return BLACK_OPACITY[mode]
        part = ease_out((now - self._fade_at) / FADE_S)
        return self._fade_from + (BLACK_OPACITY[mode] - self._fade_from) * part
