"""Protects the panel: dims it when no key is pressed, and blanks it outside of its hours.

Times are monotonic seconds unless they are called wall time. A key that finds the screen not awake:

- **Dimmed**: the key acts. The picture is still visible, so the viewer saw what the key would do.
- **Blank**: the key only wakes the screen. The viewer could not see what it would do: the focus might be on *Delete*.
  So the whole press is swallowed: its repeats, its long form and its release too.
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
"""A screen that was just switched on stays awake this long at any hour: the person who did it stands in front of it."""
FADE_S = 0.25
BLACK_OPACITY: dict[Mode, int] = {"awake": 0, "dimmed": 90, "blank": 255}
"""Opacity of the black over the picture. Dimmed, names can still be read across the room."""
CLOCK_SET_SINCE = 1_735_689_600.0
"""A wall clock before 2025 was never set and says nothing about the hours: the screen stays on."""
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
    """The new mode and its cause. `shown`: the screen shows something that is watched without pressing keys."""

    mode: Mode
    by: Literal["idle", "hours", "key", "desk", "shown"]


@dataclass(slots=True)
class Dimmer:
    """The mode of the screen and its brightness. `since` is when the screen was switched on."""

    settings: DimmingSettings
    since: float
    mode: Mode = "awake"
    _last_key: float = field(init=False)
    _woken_until: float = field(init=False)
    _minute: float = -math.inf
    _in_hours: bool = True
    _touched: Literal["", "key", "desk"] = ""
    _fade_from: float = 0.0
    _fade_at: float = -math.inf
    _is_fading: bool = False
    _swallowed: set[Intent] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._last_key = self.since
        self._woken_until = self.since + FIRST_AWAKE_S

    @property
    def is_off(self) -> bool:
        """Tell whether nothing of the picture is visible."""
        return self.mode == "blank" and not self._is_fading

    def touch(self, now: float, by: Literal["key", "desk"] = "key") -> None:
        """Note that a key was pressed, or that somebody at a desk wants the screen awake."""
        self._touched = by
        self._last_key = now
        self._woken_until = now + (self.settings.dim_after_s or WOKEN_S)

    def passes(self, input_: Input, now: float, *, seen: bool = True) -> bool:
        """Note an input; False when it must not act, because its effect was not visible beforehand.

        `seen` is False where the picture is hidden for another reason.
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
        """Advance to `now`; return the change of mode, if any.

        `is_busy` tells whether the screen shows something that is watched without pressing keys. It is called only
        where it matters, so that a frame of an awake screen costs a few comparisons.
        """
        idle_s, touched, begun = self.settings.dim_after_s, self._touched, False
        self._touched = ""
        if self.settings.awake.spans:
            begun = self._hours_begin(wall)
        if begun or (idle_s and now >= self._last_key + idle_s and is_busy()):
            self._last_key = now
        former = self.mode
        by: Literal["idle", "hours", "key", "desk", "shown"]
        if not self._in_hours and now >= self._woken_until:
            self.mode, by = "blank", "hours"
        elif idle_s and now >= self._last_key + idle_s:
            self.mode, by = "dimmed", "idle"
        else:
            self.mode, by = "awake", touched or ("hours" if begun else "shown")
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
        """Return when `update` has something to decide, or `advance` needs a frame."""
        if self._is_fading:
            return now
        times = []
        if self.settings.dim_after_s and self.mode == "awake":
            times.append(self._last_key + self.settings.dim_after_s)
        if self.settings.awake.spans:
            if not self._in_hours and self.mode != "blank":
                times.append(self._woken_until)
            # Just after the next minute of the wall clock, which may be set any time: hours begin and end at a minute.
            times.append(now + CLOCK_CHECK_S - wall % CLOCK_CHECK_S + 0.01)
        return min(times, default=None)

    def _hours_begin(self, wall: float) -> bool:
        """Check the hours once a minute; True when they have just begun."""
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
