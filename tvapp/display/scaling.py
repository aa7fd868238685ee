"""Crops scaled pictures to the screen, to save SDL's software renderer work.

It scales a whole picture into a temporary surface and copies the visible part: a frame of a map that is being zoomed
then takes twice as long.
"""

from __future__ import annotations

from tvapp.core.image import PixelRect


def visible_part(src: PixelRect, dst: PixelRect, size: tuple[int, int]) -> tuple[PixelRect, PixelRect]:
    """Return the part of `src` that is visible on a screen of `size`, and where to draw it.

    A picture that is not scaled, or wholly on the screen, is not cropped. A pixel of the picture that the screen's edge
    cuts is kept: at the edge the picture is off by less than one of its pixels.
    """
    sx, sy, sw, sh = src
    x, y, w, h = dst
    if (sw == w and sh == h) or (x >= 0 and y >= 0 and x + w <= size[0] and y + h <= size[1]):
        return src, dst
    sx, sw, x, w = _cut(sx, sw, x, w, size[0])
    sy, sh, y, h = _cut(sy, sh, y, h, size[1])
    return PixelRect(sx, sy, sw, sh), PixelRect(x, y, w, h)


def _cut(src: int, count: int, start: int, length: int, end: int) -> tuple[int, int, int, int]:
    """Crop along one axis: `count` pixels from `src` on cover `length` from `start` on; 0 to `end` are visible."""
    first, last = max(start, 0), min(start + length, end)
    if (first, last) == (start, start + length) or first >= last or length <= 0:
        return src, count, start, length
    skip = (first - start) * count // length
    until = -(-(last - start) * count // length)
    return src + skip, until - skip, first, last - first
