"""The outline of a geofence as lines on the screen, drawn live for the one that is selected."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tvapp.fences.model import Circle, Geofence, Line, Polygon, Spot
from tvapp.geo.geodesy import circle_ring
from tvapp.geo.mercator import EQUATOR_M, project
from tvapp.geo.position import Position
from tvapp.mapview.viewport import Viewport

Path = tuple[tuple[float, float], ...]
"""Points of the unit world, continuous across the date line."""

CIRCLE_STEPS = 96
CAP_STEPS = 12
SMALLEST_RADIUS_M = 1.0


def outline_paths(fence: Geofence) -> tuple[Path, ...]:
    """Return the closed lines around a fence, holes included."""
    paths: list[Path] = []
    for shape in fence.shapes:
        match shape:
            case Circle(center=center, radius_m=radius):
                paths.append(_projected(circle_ring(center, radius, CIRCLE_STEPS)))
            case Spot(point=point, radius_m=radius):
                paths.append(_projected(circle_ring(point, max(radius, SMALLEST_RADIUS_M), CIRCLE_STEPS)))
            case Line(points=points, radius_m=radius):
                paths.append(_around(_projected(points), _unit_radius(points, radius)))
            case Polygon(rings=rings):
                paths.extend(_projected(ring) for ring in rings)
    return tuple(paths)


def on_screen(paths: Sequence[Path], viewport: Viewport) -> Iterator[list[tuple[float, float]]]:
    """Yield the lines in real pixels, each at the copy of the world that is nearest to the middle of the screen."""
    world, u0, v0 = viewport.world, viewport.u, viewport.v
    half_w, half_h = viewport.width / 2, viewport.height / 2
    for path in paths:
        middle = (min(u for u, _ in path) + max(u for u, _ in path)) / 2
        shift = math.floor(middle - u0 + 0.5)
        yield [(half_w + (u - shift - u0) * world, half_h + (v - v0) * world) for u, v in path]


def _projected(points: Sequence[Position]) -> Path:
    return tuple(project(point) for point in points)


def _unit_radius(points: Sequence[Position], radius_m: float) -> float:
    lat = points[len(points) // 2].lat
    return max(radius_m, SMALLEST_RADIUS_M) / (EQUATOR_M * max(0.05, math.cos(math.radians(lat))))


def _around(line: Path, radius: float) -> Path:
    """Return the closed line at `radius` around an open one, with round ends."""
    points = [point for index, point in enumerate(line) if index == 0 or point != line[index - 1]]
    if len(points) < 2:
        return _arc(points[0], 0.0, radius, 2 * math.pi)
    angles = [math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in pairwise(points)]
    forth = list(_beside(points, angles, radius))
    back = list(_beside(points[::-1], [angle + math.pi for angle in reversed(angles)], radius))
    end = _arc(points[-1], angles[-1] - math.pi / 2, radius, math.pi)
    start = _arc(points[0], angles[0] + math.pi / 2, radius, math.pi)
    return (*forth, *end, *back, *start, forth[0])


def _beside(
    points: Sequence[tuple[float, float]], angles: Sequence[float], radius: float
) -> Iterator[tuple[float, float]]:
    for index, (u, v) in enumerate(points):
        before = angles[max(0, index - 1)]
        after = angles[min(index, len(angles) - 1)]
        for angle in (before, after) if before != after else (after,):
            yield u + radius * math.sin(angle), v - radius * math.cos(angle)


def _arc(center: tuple[float, float], start: float, radius: float, sweep: float) -> Path:
    steps = range(CAP_STEPS + 1)
    angles = [start + sweep * step / CAP_STEPS for step in steps]
    return tuple((center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle)) for angle in angles)
