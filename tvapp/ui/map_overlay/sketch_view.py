"""Draws a sketch on the map: its lines by role, its corners, its errors; and names its sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tvapp.fences.editing.sketch import Measures, Outline, Role, Stage
from tvapp.mapview.viewport import Viewport
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.outline import LINE_PX, Path, draw_cased, on_screen, projected
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.label import draw_icon
from tvapp.ui.words import formats

DASHES: dict[Role, tuple[float, float]] = {"closing": (6.0, 14.0), "crossing": (22.0, 12.0)}
"""Dash and gap in design pixels: a wrong edge, and one that is not there yet, can be told without colour too."""
COLORS: dict[Role, Color] = {
    "fixed": Color(255, 255, 255),
    "live": theme.ACCENT,
    "closing": theme.ACCENT,
    "crossing": theme.BAD,
}
VERTEX_PX = 9.0
APART_PX = 14.0
"""A corner nearer than this to the one before would overlap it."""
MOST_DASHES = 400
"""Limit for a single line: a line across the whole screen has some hundred."""

ScreenLine = list[tuple[float, float]]


class SketchView:
    """Caches the projection of lines that stay the same."""

    def __init__(self) -> None:
        self._projected: dict[int, tuple[object, tuple[Path, ...]]] = {}

    def draw(self, canvas: Canvas, outline: Outline, view: Viewport) -> None:
        """Draw an outline over the map."""
        projections: dict[int, tuple[object, tuple[Path, ...]]] = {}
        order: dict[Role, int] = {"fixed": 0, "closing": 1, "live": 2, "crossing": 3}
        for trace in sorted(outline.traces, key=lambda trace: order[trace.role]):
            known = self._projected.get(id(trace.points))
            paths = known[1] if known is not None and known[0] is trace.points else projected((trace.points,))
            projections[id(trace.points)] = trace.points, paths
            for line in on_screen(paths, view):
                self._draw_line(canvas, line, trace.role, view)
        self._projected = projections
        last = (-math.inf, -math.inf)
        for number, vertex in enumerate(outline.vertices):
            # While reshaping, the numbering may begin at any corner.
            is_first = number == 0 and outline.current is None
            is_current = number == outline.current
            x, y = view.to_screen(vertex)
            x, y = x / view.scale, y / view.scale
            is_apart = abs(x - last[0]) >= APART_PX or abs(y - last[1]) >= APART_PX
            if number == 0 or is_current or is_apart:
                draw_vertex(canvas, x, y, is_first=is_first, is_current=is_current)
                last = x, y
        for crossing in outline.crossings:
            x, y = view.to_screen(crossing)
            x, y = x / view.scale, y / view.scale
            canvas.panel(Rect(x - 20, y - 20, 40, 40), theme.EDGE, 20)
            draw_icon(canvas, "circle-x", x, y, 36, theme.BAD)

    def _draw_line(self, canvas: Canvas, line: ScreenLine, role: Role, view: Viewport) -> None:
        dash = DASHES.get(role)
        pieces: Iterator[ScreenLine] = iter([line])
        if dash is not None:
            pieces = dashed(within(line, view), dash[0] * view.scale, dash[1] * view.scale)
        width = LINE_PX * (1.4 if role == "crossing" else 1.0)
        for piece in pieces:
            draw_cased(canvas, piece, COLORS[role], view.scale, width)


def draw_vertex(canvas: Canvas, x: float, y: float, *, is_first: bool, is_current: bool) -> None:
    """Draw a corner at design pixels: the first as a ring, because OK on it closes the outline; the current larger."""
    if not (-40 < x < canvas.width + 40 and -40 < y < canvas.height + 40):
        return
    radius = VERTEX_PX * (1.7 if is_current else 1.0)
    box = Rect(x - radius, y - radius, 2 * radius, 2 * radius)
    canvas.panel(box.inset(-4), theme.EDGE, radius + 4)
    canvas.panel(box, theme.ACCENT if is_current else Color(255, 255, 255), radius)
    if is_first:
        inner = radius * 0.45
        canvas.panel(Rect(x - inner, y - inner, 2 * inner, 2 * inner), theme.EDGE, inner)


def within(line: ScreenLine, view: Viewport) -> ScreenLine:
    """Return a line of two points clipped to the screen and a margin; longer lines as they are."""
    if len(line) != 2:
        return line
    (ax, ay), (bx, by) = line
    low, high = 0.0, 1.0
    for start, delta, size in ((ax, bx - ax, view.width), (ay, by - ay, view.height)):
        for edge, sign in ((-100.0, -1.0), (size + 100.0, 1.0)):
            # Liang and Barsky: the parts of the line on the inner side of each edge.
            along, room = sign * delta, sign * (edge - start)
            if along == 0.0:
                if room < 0.0:
                    return []
            elif along > 0.0:
                high = min(high, room / along)
            else:
                low = max(low, room / along)
    if low >= high:
        return []
    return [(ax + (bx - ax) * part, ay + (by - ay) * part) for part in (low, high)]


def dashed(line: Sequence[tuple[float, float]], drawn: float, left_out: float) -> Iterator[ScreenLine]:
    """Yield the dashes of a line.

    >>> [[round(x) for x, _ in dash] for dash in dashed([(0, 0), (25, 0)], 10, 5)]
    [[0, 10], [15, 25]]
    """
    piece: ScreenLine = []
    is_drawn, left, count = True, drawn, 0
    for (ax, ay), (bx, by) in pairwise(line):
        length = math.hypot(bx - ax, by - ay)
        at = 0.0
        if is_drawn and not piece:
            piece = [(ax, ay)]
        while length - at > left and count < MOST_DASHES:
            at += left
            point = (ax + (bx - ax) * at / length, ay + (by - ay) * at / length)
            if is_drawn:
                yield [*piece, point]
                count += 1
                piece, is_drawn, left = [], False, left_out
            else:
                piece, is_drawn, left = [point], True, drawn
        left -= length - at
        if is_drawn:
            piece.append((bx, by))
    if is_drawn and len(piece) > 1:
        yield piece


def size_parts(measures: Measures, stage: Stage, settings: UiSettings) -> list[tuple[str, str]]:
    """Return the sizes of a sketch as icon and words, the most important first."""
    say, units = settings.words, settings.units
    parts: list[tuple[str, str]] = []
    if measures.radius_m is not None:
        parts.append(("ruler", say("sketch.radius", length=formats.exact_distance(measures.radius_m, units))))
    if measures.sides_m is not None:
        width, height = (formats.distance(side, units) for side in measures.sides_m)
        parts.append(("ruler", say("sketch.sides", width=width, height=height)))
    if measures.percent is not None:
        parts.append(("expand", say("sketch.percent", percent=round(measures.percent))))
    if measures.edge_m is not None:
        key = "sketch.way" if stage == "moving" else "sketch.edge"
        parts.append(("ruler", say(key, length=formats.distance(measures.edge_m, units))))
    if measures.area_m2 is not None and measures.area_m2 > 0:
        parts.append(("square", formats.area(measures.area_m2, units)))
    if measures.perimeter_m:
        parts.append(("route", say("sketch.outline", length=formats.distance(measures.perimeter_m, units))))
    return parts
