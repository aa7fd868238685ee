"""The look of every screen: colours, type, sizes in design pixels (1080 lines), and motion."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from tvapp.ui.canvas import Color, Face, TextStyle

FONT_FILES: Final[dict[Face, str]] = {
    "sans": "fonts/IBMPlexSans-Regular.ttf",
    "bold": "fonts/IBMPlexSans-SemiBold.ttf",
    "mono": "fonts/JetBrainsMono-SemiBold.ttf",
    "icon": "fonts/Icons.ttf",
}
"""Where each face is, for `core.assets.asset`."""

# Colours ------------------------------------------------------------------------------------------------------------

PAGE: Final = Color(11, 17, 27)
"""Behind everything on screens without a map."""
PANEL: Final = Color(18, 27, 41)
RAISED: Final = Color(29, 42, 61)
"""A button or a row that could take the focus."""
FOCUSED: Final = Color(38, 66, 99)
"""The same with the focus (which ring, growth and bold text show as well)."""
LINE: Final = Color(50, 67, 92)
GLASS: Final = Color(13, 20, 31)
"""Chips and panels over the map: opaque, so that names below never show through, and cheap to draw."""
SCRIM: Final = Color(5, 9, 15, 168)
"""Over the map while a dialog asks."""

TEXT: Final = Color(237, 242, 248)
MUTED: Final = Color(172, 188, 207)
ACCENT: Final = Color(116, 200, 255)
GOOD: Final = Color(112, 217, 156)
WARN: Final = Color(255, 203, 92)
BAD: Final = Color(255, 141, 130)
ON_LIGHT: Final = Color(10, 18, 30)
EDGE: Final = Color(3, 6, 11)
"""The dark line around the focus ring and the crosshair, so that they stand out on a light map as well."""
PAPER: Final = Color(255, 255, 255)
"""The card behind the QR code; nothing else is this bright."""

# Sizes --------------------------------------------------------------------------------------------------------------

SAFE: Final = 0.05
"""Part of the width and height at each edge that a TV may cut off."""
GAP: Final = 16
PAD: Final = 32
RADIUS: Final = 18
RING: Final = 5
HINT_HEIGHT: Final = 52

CAPTION: Final = 24
SMALL: Final = 26
BODY: Final = 30
LEAD: Final = 34
HEADING: Final = 44
TITLE: Final = 60
CODE: Final = 120
CODE_MIN: Final = 96
QR_SIDE: Final = 672
"""Side of the QR code with its quiet zone: leaves 480 px and more for the code itself at 720 and 1080 lines."""

# Motion -------------------------------------------------------------------------------------------------------------

SLIDE_S: Final = 0.22
FOCUS_S: Final = 0.16
FOCUS_GROWTH: Final = 6
"""How far a focused thing grows beyond its box on each side."""
DRIFT_PX: Final = 4.0
DRIFT_PERIOD_S: Final = 47 * 60


def style(size: int, color: Color = TEXT, face: Face = "sans", halo: Color | None = None) -> TextStyle:
    """Return a text style."""
    return TextStyle(size, color, face, halo)


def ease_out(t: float) -> float:
    """Map 0 ... 1 to 0 ... 1, fast at first (cubic); clamped outside."""
    t = min(1.0, max(0.0, t))
    return 1.0 - (1.0 - t) ** 3


def drift(epoch_s: float) -> tuple[float, float]:
    """Return the offset of still elements at a wall time, which protects the panel from burn-in.

    It changes once a minute, in whole design pixels, and repeats only after many hours.
    """
    return _drift(epoch_s // 60 * 60)


@lru_cache(maxsize=2)
def _drift(minute: float) -> tuple[float, float]:
    x = DRIFT_PX * math.sin(2 * math.pi * minute / DRIFT_PERIOD_S)
    y = DRIFT_PX * math.sin(2 * math.pi * minute / (DRIFT_PERIOD_S * 0.618))
    return float(round(x)), float(round(y))
