"""Thick lines out of thin ones: SDL's renderer draws lines of one pixel only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import hypot

Point = tuple[float, float]
Segment = tuple[float, float, float, float]
Stroke = tuple[int, int, int, int]

NEAR_PX = 1.5
"""Points closer than this to the one before do not change what one sees."""


def thin_out(points: Sequence[Point], near_px: float = NEAR_PX) -> list[Point]:
    """Leave out points that are next to the one before; the first and the last stay."""
    kept: list[Point] = []
    for point in points:
        if not kept or abs(point[0] - kept[-1][0]) >= near_px or abs(point[1] - kept[-1][1]) >= near_px:
            kept.append(point)
    if len(points) > 1 and kept[-1] != points[-1]:
        kept.append(points[-1])
    return kept


def clip_segment(segment: Segment, width: float, height: float, margin: float) -> Segment | None:
    """Cut a segment to the screen and `margin` around it (Liang and Barsky 1984); None when it is wholly outside.

    >>> clip_segment((-100.0, 5.0, 100.0, 5.0), 50, 10, 0)
    (0.0, 5.0, 50.0, 5.0)
    """
    x0, y0, x1, y1 = segment
    dx, dy = x1 - x0, y1 - y0
    enter, leave = 0.0, 1.0
    for p, q in (
        (-dx, x0 + margin),
        (dx, width + margin - x0),
        (-dy, y0 + margin),
        (dy, height + margin - y0),
    ):
        if p == 0:
            if q < 0:
                return None
        elif p < 0:
            enter = max(enter, q / p)
        else:
            leave = min(leave, q / p)
    if enter > leave:
        return None
    return x0 + enter * dx, y0 + enter * dy, x0 + leave * dx, y0 + leave * dy


def visible_segments(points: Sequence[Point], width: float, height: float, margin: float) -> Iterator[Segment]:
    """Yield the parts of a polyline that are on the screen."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if (cut := clip_segment((x0, y0, x1, y1), width, height, margin)) is not None:
            yield cut


def strokes(segment: Segment, thickness: float) -> tuple[list[Stroke], list[Stroke]]:
    """Return the lines of one pixel that make a thick one: the full ones, and the half-covered ones at its edges.

    Lines are stacked upright or sideways, whichever is further from the line's direction: so there are no gaps.
    """
    x0, y0, x1, y1 = segment
    dx, dy = abs(x1 - x0), abs(y1 - y0)
    length = hypot(dx, dy)
    flat = dx >= dy
    across = thickness * length / (dx if flat else dy) if length else thickness
    count = max(1, round(across))
    first = -(count - 1) / 2
    full = [_moved(segment, first + step, flat) for step in range(count)]
    if count == 1:
        return full, []
    return full, [_moved(segment, first - 1, flat), _moved(segment, first + count, flat)]


def _moved(segment: Segment, by: float, flat: bool) -> Stroke:
    x0, y0, x1, y1 = segment
    if flat:
        return int(x0), int(y0 + by), int(x1), int(y1 + by)
    return int(x0 + by), int(y0), int(x1 + by), int(y1)


def on_screen(points: Iterable[Point], width: float, height: float) -> Iterator[Point]:
    """Yield the points that are on the screen."""
    for x, y in points:
        if 0 <= x <= width and 0 <= y <= height:
            yield x, y
