"""Less work for SDL's software renderer where a picture is scaled and reaches beyond the screen.

It then scales the whole of it into a surface made for that, and copies what is to be seen: a map that is being zoomed
took twice as long as it does when only what is to be seen is scaled.
"""

from __future__ import annotations

from tvapp.core.image import PixelRect


def visible_part(src: PixelRect, dst: PixelRect, size: tuple[int, int]) -> tuple[PixelRect, PixelRect]:
    """Return which part of `src` to draw where, so that nothing beyond a screen of `size` is scaled.

    What is not scaled, or lies on the screen, stays as it is. Where the screen's edge runs through a pixel of the
    picture, that pixel is shown whole: at the edge the picture is off by less than one of its pixels.
    """
    sx, sy, sw, sh = src
    x, y, w, h = dst
    if (sw == w and sh == h) or (x >= 0 and y >= 0 and x + w <= size[0] and y + h <= size[1]):
        return src, dst
    sx, sw, x, w = _cut(sx, sw, x, w, size[0])
    sy, sh, y, h = _cut(sy, sh, y, h, size[1])
    return PixelRect(sx, sy, sw, sh), PixelRect(x, y, w, h)


def _cut(src: int, count: int, start: int, length: int, end: int) -> tuple[int, int, int, int]:
    """Do so along one axis: `count` pixels from `src` on go to `length` from `start` on, 0 to `end` are seen."""
    first, last = max(start, 0), min(start + length, end)
    if (first, last) == (start, start + length) or first >= last or length <= 0:
        return src, count, start, length
    skip = (first - start) * count // length
    until = -(-(last - start) * count // length)
    return src + skip, until - skip, first, last - first
