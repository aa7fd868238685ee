"""Contrast of colours as in WCAG 2.1."""

from __future__ import annotations

from tvapp.ui.canvas import Color


def luminance(color: Color) -> float:
    """Return the relative luminance of a colour (WCAG 2.1)."""
    parts = [channel / 255 for channel in color[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: Color, b: Color) -> float:
    """Return the contrast ratio of two opaque colours (WCAG 2.1): 1 to 21."""
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def blend(over: Color, under: Color) -> Color:
    """Return the opaque colour that `over` gives on top of `under`."""
    part = over.a / 255
    mixed = [round(o * part + u * (1 - part)) for o, u in zip(over[:3], under[:3], strict=True)]
    return Color(mixed[0], mixed[1], mixed[2])
