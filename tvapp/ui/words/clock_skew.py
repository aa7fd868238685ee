"""What is told of a clock that is wrong: the same words on the map and while signing in."""

from __future__ import annotations

import math

from tvapp.ui.settings import UiSettings
from tvapp.ui.words.formats import rounded_duration


def clock_title(skew_s: float, settings: UiSettings) -> str:
    """Return how wrong the clock is; `skew_s` as in `core.clock.ClockSkewed`."""
    if math.isinf(skew_s):
        return settings.words("clock.behind.unknown")
    return settings.words("clock.behind" if skew_s > 0 else "clock.ahead", time=rounded_duration(abs(skew_s)))


def clock_advice(settings: UiSettings) -> str:
    """Return what to do about it."""
    return settings.words("clock.advice")
