"""Sizes in design pixels (1080 lines), colours, type and motion: the one look of every screen."""

from __future__ import annotations

from typing import Final

from tvapp.ui.canvas import Color, Face, TextStyle

FONT_FILES: Final[dict[Face, str]] = {
    "sans": "fonts/IBMPlexSans-Regular.ttf",
    "bold": "fonts/IBMPlexSans-SemiBold.ttf",
    "mono": "fonts/JetBrainsMono-SemiBold.ttf",
    "icon": "fonts/Icons.ttf",
}
"""Where each face is, for `core.assets.asset`."""
