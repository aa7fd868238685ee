"""Text that fits: one line with an ellipsis, several lines wrapped, icons, text in the middle of a box."""

from __future__ import annotations

from dataclasses import replace
from unicodedata import combining

from tvapp.text.shaping import JOINERS, RIGHT_TO_LEFT_MARK, is_right_to_left
from tvapp.ui.canvas import Anchor, Canvas, Color, Rect, TextStyle
from tvapp.ui.icons import icon

ELLIPSIS = "…"
LINE_SPACING = 1.08
"""Line height of wrapped text, as part of the font's own."""


def fit(canvas: Canvas, text: str, style: TextStyle, width: float) -> str:
    """Return `text`, cut with an ellipsis where it is wider than `width`."""
    if canvas.measure(text, style)[0] <= width:
        return text
    low, high = 0, min(len(text), 400)
    while low < high:
        middle = (low + high + 1) // 2
        if canvas.measure(text[:middle].rstrip() + ELLIPSIS, style)[0] <= width:
            low = middle
        else:
            high = middle - 1
    return text[: _whole(text, low)].rstrip() + ELLIPSIS


def _whole(text: str, at: int) -> int:
    """Return where to cut at or before a place, so that a letter keeps its marks."""
    if text.isascii():
        return at
    while 0 < at < len(text) and (text[at] in JOINERS or combining(text[at])):
        at -= 1
    return at


def shrink(canvas: Canvas, text: str, style: TextStyle, width: float, smallest: int) -> TextStyle:
    """Return the style with the largest size from its own down to `smallest` at which `text` fits `width`."""
    size = style.size
    while size > smallest and canvas.measure(text, replace(style, size=size))[0] > width:
        size -= 2
    return replace(style, size=max(size, smallest))


def wrap(canvas: Canvas, text: str, style: TextStyle, width: float, most: int = 99) -> list[str]:
    """Break `text` at spaces into lines of at most `width`; the last of `most` lines ends with an ellipsis."""
    if is_right_to_left(text):
        # Each line runs as the paragraph does, whatever it begins with.
        found = _wrapped(canvas, text, style, width, most)
        return [line if is_right_to_left(line) else RIGHT_TO_LEFT_MARK + line for line in found]
    return _wrapped(canvas, text, style, width, most)


def _wrapped(canvas: Canvas, text: str, style: TextStyle, width: float, most: int) -> list[str]:
    lines: list[str] = []
    current = ""
    pieces = text.split()
    for index, word in enumerate(pieces):
        longer = f"{current} {word}" if current else word
        if canvas.measure(longer, style)[0] <= width:
            current = longer
            continue
        if len(lines) == most - 1:
            lines.append(fit(canvas, " ".join([current, *pieces[index:]]).strip(), style, width))
            return lines
        if current:
            lines.append(current)
        while canvas.measure(word, style)[0] > width and len(lines) < most - 1:
            head = _head(canvas, word, style, width)
            lines.append(head)
            word = word[len(head) :]
        current = word
    if current:
        lines.append(fit(canvas, current, style, width))
    return lines


def _head(canvas: Canvas, word: str, style: TextStyle, width: float) -> str:
    count = 1
    while count < len(word) and canvas.measure(word[: count + 1], style)[0] <= width:
        count += 1
    return word[: max(1, _whole(word, count))]


def label(canvas: Canvas, text: str, x: float, y: float, width: float, style: TextStyle) -> float:
    """Draw one line no wider than `width`; returns its width."""
    shown = fit(canvas, text, style, width)
    canvas.text(shown, x, y, style)
    return canvas.measure(shown, style)[0]


def paragraph(canvas: Canvas, text: str, x: float, y: float, width: float, style: TextStyle, most: int = 99) -> float:
    """Draw wrapped text with its left edge at `x`; returns the y below it."""
    return _lines(canvas, wrap(canvas, text, style, width, most), x, y, style, "left")


def centred_paragraph(
    canvas: Canvas, text: str, middle: float, y: float, width: float, style: TextStyle, most: int = 99
) -> float:
    """Draw wrapped text, each line around `middle`; returns the y below it."""
    return _lines(canvas, wrap(canvas, text, style, width, most), middle, y, style, "center")


def _lines(canvas: Canvas, lines: list[str], x: float, y: float, style: TextStyle, anchor: Anchor) -> float:
    step = canvas.measure("x", style)[1] * LINE_SPACING
    for line in lines:
        canvas.text(line, x, y, style, anchor)
        y += step
    return y


def paragraph_height(canvas: Canvas, text: str, width: float, style: TextStyle, most: int = 99) -> float:
    """Return the height that `paragraph` will take."""
    return len(wrap(canvas, text, style, width, most)) * canvas.measure("x", style)[1] * LINE_SPACING


def in_middle(canvas: Canvas, text: str, box: Rect, style: TextStyle, anchor: Anchor = "center") -> None:
    """Draw one line in the vertical middle of a box, cut to its width."""
    shown = fit(canvas, text, style, box.w)
    height = canvas.measure(shown, style)[1]
    x = {"left": box.x, "center": box.center[0], "right": box.right}[anchor]
    canvas.text(shown, x, box.center[1] - height / 2, style, anchor)


def draw_icon(canvas: Canvas, name: str, center_x: float, center_y: float, size: int, color: Color) -> None:
    """Draw an icon around a point."""
    canvas.text(icon(name), center_x, center_y - size / 2, TextStyle(size, color, "icon"), "center")
