"""Outlines of geofences as lines on the screen, drawn live."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tvapp.fences.model.fence import Ring
from tvapp.geo.mercator import project
from tvapp.mapview.layer_picture import corner
from tvapp.mapview.viewport import Viewport
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Color, Rect

CASING_PX = 9.0
LINE_PX = 5.0
SLIM_PX = 3.0
"""Widths in design pixels: a light line with a dark edge shows on any map."""

WHITE = Color(255, 255, 255)

Path = tuple[tuple[float, float], ...]
"""Points of the unit world, continuous across the date line."""


def projected(rings: Iterable[Ring]) -> tuple[Path, ...]:
    """Return rings as lines in the unit world."""
    return tuple(tuple(project(position) for position in ring) for ring in rings if ring)


def on_screen(paths: Sequence[Path], viewport: Viewport) -> Iterator[list[tuple[float, float]]]:
    """Yield lines in real pixels, each at the copy of the world that is nearest to the middle of the screen."""
    world, u0, v0 = viewport.world, viewport.u, viewport.v
    half_w, half_h = viewport.width / 2, viewport.height / 2
    for path in paths:
        middle = (min(u for u, _ in path) + max(u for u, _ in path)) / 2
        shift = math.floor(middle - u0 + 0.5)
        yield [(half_w + (u - shift - u0) * world, half_h + (v - v0) * world) for u, v in path]


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """An immutable line in the unit world; `u` and `v` are its western and northern ends."""

    path: Path
    u: float
    v: float
    width: float
    height: float


def outlines(rings: Iterable[Ring]) -> tuple[Outline, ...]:
    """Return the rings of a geofence as outlines."""
    return tuple(outline_of(path) for path in projected(rings))


def outline_of(path: Path) -> Outline:
    """Return a line of the unit world as an outline."""
    us, vs = [u for u, _ in path], [v for _, v in path]
    west, north = min(us), min(vs)
    return Outline(path, west, north, max(us) - west, max(vs) - north)


def draw_outline(canvas: Canvas, outline: Outline, view: Viewport, *, is_zooming: bool) -> None:
    """Draw a white line with a dark edge, at the copy of the world that is nearest to the middle of the screen.

    While the zoom changes it is another line in every frame, of hundreds of strokes: then it is slim, without the edge.
    """
    left, top = corner(view)
    shift = math.floor(outline.u + outline.width / 2 - view.u + 0.5)
    x = math.floor((outline.u - shift) * view.world + 0.5) - left
    y = math.floor(outline.v * view.world + 0.5) - top
    paint = _paint_slim if is_zooming else _paint_outline
    canvas.draw_cached(paint, outline, view.world, view.scale, at=(x, y))


def _paint_outline(canvas: Canvas, outline: Outline, world: float, scale: float) -> Rect:
    draw_cased(canvas, _points(outline, world), WHITE, scale)
    return _box(canvas, outline, world)


def _paint_slim(canvas: Canvas, outline: Outline, world: float, scale: float) -> Rect:
    canvas.polyline(_points(outline, world), WHITE, SLIM_PX * scale)
    return _box(canvas, outline, world)


def _points(outline: Outline, world: float) -> list[tuple[float, float]]:
    return [((u - outline.u) * world, (v - outline.v) * world) for u, v in outline.path]


def _box(canvas: Canvas, outline: Outline, world: float) -> Rect:
    box = Rect(0, 0, outline.width * world / canvas.scale, outline.height * world / canvas.scale)
    return box.inset(-CASING_PX)


def draw_cased(
    canvas: Canvas, points: Sequence[tuple[float, float]], color: Color, scale: float, width: float = LINE_PX
) -> None:
    """Draw a line with a dark edge through real pixels; `scale` is real pixels a design pixel, `width` is in these."""
    canvas.polyline(points, theme.EDGE, CASING_PX * scale, width * scale)
    canvas.polyline(points, color, width * scale)
