"""Boxes of a layout: the safe area, the page, rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Rect

WIDEST = 2200.0
"""Widest content, in design pixels: on a very wide screen it stays together in the middle."""


def screen(canvas: Canvas) -> Rect:
    """Return the whole screen."""
    return Rect(0, 0, canvas.width, canvas.height)


def safe_area(canvas: Canvas) -> Rect:
    """Return the inner 90 % of the screen, which every TV shows."""
    return _safe_area(canvas.width, canvas.height)


@lru_cache(maxsize=4)
def _safe_area(width: float, height: float) -> Rect:
    return Rect(0, 0, width, height).inset(width * theme.SAFE, height * theme.SAFE)


def content(canvas: Canvas) -> Rect:
    """Return the area of a full page: the safe area above the hint line, at most `WIDEST` wide."""
    safe = safe_area(canvas)
    width = min(safe.w, WIDEST)
    return Rect(safe.x + (safe.w - width) / 2, safe.y, width, safe.h - theme.HINT_HEIGHT - theme.GAP)


def centred(outer: Rect, width: float, height: float) -> Rect:
    """Return a box of the given size in the middle of `outer`, made smaller where it does not fit."""
    width, height = min(width, outer.w), min(height, outer.h)
    return Rect(outer.x + (outer.w - width) / 2, outer.y + (outer.h - height) / 2, width, height)


def row(start: Rect, widths: Sequence[float], gap: float = theme.GAP) -> list[Rect]:
    """Return boxes side by side from the left edge of `start`, each as high as it.

    >>> [box.x for box in row(Rect(0, 0, 100, 10), [20, 30], 5)]
    [0, 25]
    """
    boxes = []
    x = start.x
    for width in widths:
        boxes.append(Rect(x, start.y, width, start.h))
        x += width + gap
    return boxes


def spread(outer: Rect, count: int, gap: float = theme.GAP) -> list[Rect]:
    """Divide a box into `count` equal columns."""
    width = (outer.w - gap * (count - 1)) / count
    return row(outer, [width] * count, gap)
