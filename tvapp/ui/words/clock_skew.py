"""The words for a wrong clock, the same on the map and during sign-in."""

from __future__ import annotations

import math

from tvapp.ui.settings import UiSettings
from tvapp.ui.words.formats import rounded_duration


def clock_title(skew_s: float, settings: UiSettings) -> str:
    """Return the title, with the size of the error; `skew_s` as in `core.clock.ClockSkewed`."""
    if math.isinf(skew_s):
        return settings.words("clock.behind.unknown")
    return settings.words("clock.behind" if skew_s > 0 else "clock.ahead", time=rounded_duration(abs(skew_s)))


def clock_advice(settings: UiSettings) -> str:
    """Return the advice."""
    return settings.words("clock.advice")
