"""The hint line at the lower left, which says what keys do."""

from __future__ import annotations

from collections.abc import Sequence

from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.screen import Hint, HintKey
from tvapp.ui.widgets.label import draw_icon, fit, in_middle
from tvapp.ui.widgets.surface import glass
from tvapp.ui.words.lookup import words

KEY_ICONS: dict[HintKey, str] = {
    "arrows": "move",
    "left-right": "move-horizontal",
    "up-down": "move-vertical",
    "right": "arrow-right",
}
KEY_WORDS: dict[HintKey, str] = {
    "ok": "key.ok",
    "hold-ok": "key.hold-ok",
    "back": "key.back",
    "menu": "key.menu",
    "zoom": "key.zoom",
    "play": "key.play",
    "any": "key.any",
}
CAP_HEIGHT = 38.0
BETWEEN = 30.0


MAP_PART = 0.55
"""Part of the width that the hint line may use over the map; the rest belongs to the attribution."""


def hint_box(canvas: Canvas, *, over_map: bool) -> Rect:
    """Return the strip that the hint line may use."""
    safe = layout.safe_area(canvas)
    page = layout.content(canvas)
    x, width = (safe.x, safe.w * MAP_PART) if over_map else (page.x, page.w)
    return Rect(x, safe.bottom - theme.HINT_HEIGHT, width, theme.HINT_HEIGHT)


def draw_hints(canvas: Canvas, box: Rect, hints: Sequence[Hint], language: str, *, over_map: bool) -> None:
    """Draw the hints from the left, the most important first; those that do not fit are left out."""
    canvas.draw_cached(_paint, box, tuple(hints), language, over_map)


def _paint(canvas: Canvas, box: Rect, hints: tuple[Hint, ...], language: str, over_map: bool) -> Rect:
    style = theme.style(theme.CAPTION, theme.TEXT if over_map else theme.MUTED)
    cap_style = theme.style(theme.CAPTION, theme.TEXT, "bold")
    placed: list[tuple[Hint, str, float, float]] = []
    inner = box.x + (18 if over_map else 0)
    x = inner
    for hint in hints:
        cap = words(KEY_WORDS[hint.key], language) if hint.key in KEY_WORDS else ""
        cap_width = canvas.measure(cap, cap_style)[0] + 22 if cap else CAP_HEIGHT
        text = fit(canvas, words(hint.words, language), style, box.w)
        width = cap_width + 12 + canvas.measure(text, style)[0]
        if x + width > box.right - 18:
            break
        placed.append((hint, text, x, cap_width))
        x += width + BETWEEN
    if not placed:
        return Rect(box.x, box.y, 0, 0)
    used = Rect(box.x, box.y, x - BETWEEN + 18 - box.x, box.h)
    if over_map:
        glass(canvas, used, 14)
    middle = box.center[1]
    for hint, text, left, cap_width in placed:
        cap_box = Rect(left, middle - CAP_HEIGHT / 2, cap_width, CAP_HEIGHT)
        canvas.panel(cap_box, theme.LINE, 10)
        if hint.key in KEY_WORDS:
            in_middle(canvas, words(KEY_WORDS[hint.key], language), cap_box, cap_style)
        else:
            draw_icon(canvas, KEY_ICONS[hint.key], *cap_box.center, theme.CAPTION + 2, theme.TEXT)
        in_middle(canvas, text, Rect(left + cap_width + 12, box.y, box.w, box.h), style, "left")
    return used
