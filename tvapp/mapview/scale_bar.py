"""The scale bar: a round length on the ground, and how long that is on the screen."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

Units = Literal["metric", "imperial"]

FOOT_M = 0.3048
MILE_M = 1609.344


class ScaleBar(NamedTuple):
    """A bar of `length_px` pixels that stands for `label`."""

    length_px: float
    label: str


def scale_bar(m_per_px: float, max_width_px: float, units: Units) -> ScaleBar:
    """Return the longest round bar (1, 2 or 5 times a power of ten) that is at most `max_width_px` wide.

    >>> scale_bar(10.0, 130.0, "metric")
    ScaleBar(length_px=100.0, label='1 km')
    """
    room_m = max(m_per_px * max_width_px, 1e-3)
    if units == "metric":
        unit_m, name = (1000.0, "km") if room_m >= 1000.0 else (1.0, "m")
    else:
        unit_m, name = (MILE_M, "mi") if room_m >= MILE_M else (FOOT_M, "ft")
    amount = round_down(room_m / unit_m)
    return ScaleBar(amount * unit_m / m_per_px, f"{amount:,g} {name}".replace(",", "\u2009"))


def round_down(amount: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not above `amount`.

    >>> round_down(499.0)
    200.0
    """
    power = 10.0 ** math.floor(math.log10(amount) + 1e-12)
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= amount * (1 + 1e-12) or step == 1.0)
