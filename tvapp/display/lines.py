"""Makes thick lines from lines of one pixel, the only ones that SDL's renderer draws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import atan2, hypot, pi, tau

Point = tuple[float, float]
Segment = tuple[float, float, float, float]
Stroke = tuple[int, int, int, int]

TOLERANCE_PX = 0.4
"""A smaller deviation of a line is not visible."""


def thin_out(points: Sequence[Point], tolerance_px: float = TOLERANCE_PX) -> list[Point]:
    """Leave out points while the line stays within the tolerance; the first and the last stay.

    A curve whose total turn is less than pi is nowhere further from its chord than a quarter of its length times that
    turn. Hand-written, because shapely's `simplify` takes five times as long for 1,000 points, within a frame.
    """
    if len(points) < 3:
        return list(points)
    kept = [points[0]]
    x, y = points[0]
    heading: float | None = None
    length = turned = 0.0
    for point in points[1:]:
        dx, dy = point[0] - x, point[1] - y
        step = hypot(dx, dy)
        if step == 0:
            continue
        angle = atan2(dy, dx)
        turn = 0.0 if heading is None else abs((angle - heading + pi) % tau - pi)
        if (length + step) * (turned + turn) > 4 * tolerance_px:
            kept.append((x, y))
            length = turned = turn = 0.0
        length, turned, heading = length + step, turned + turn, angle
        x, y = point
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


def strokes(segment: Segment, thickness: float, core: float = 0.0) -> tuple[list[Stroke], list[Stroke]]:
    """Return the lines of one pixel that make a thick one: the full ones, and the half-covered ones at its edges.

    Lines are stacked vertically where the segment is rather flat, else horizontally, so that there are no gaps. Lines
    that a line of thickness `core` will hide are left out.
    """
    x0, y0, x1, y1 = segment
    dx, dy = abs(x1 - x0), abs(y1 - y0)
    length = hypot(dx, dy)
    flat = dx >= dy
    wider = length / (dx if flat else dy) if length else 1.0
    count = max(1, round(thickness * wider))
    first = -(count - 1) / 2
    hidden = core * wider / 2 - 1
    full = [_moved(segment, first + step, flat) for step in range(count) if abs(first + step) >= hidden]
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
