"""Summarises a geofence as numbers and keys, from which the screen makes words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from tvapp.fences.model import measures
from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon, Shape, Spot, is_area
from tvapp.fences.model.validity import Period, State
from tvapp.geo import geodesy

ShapeKey = Literal["circle", "spot", "line", "rectangle", "polygon", "several", "mark", "path"]
"""A mark is a point that is no area, a path such a line."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A fence at one moment. `length_m` is that of its lines, `radius_m` that of all its circles, spots and lines.

    Areas and lengths are on the ellipsoid; overlapping parts count twice. They are None for a detailed fence that no
    worker has measured yet (`measures`). `changes_at` and `expires` are seconds since 1970 UTC.
    """

    shape: ShapeKey
    parts: int
    radius_m: float | None
    area_m2: float | None
    perimeter_m: float | None
    length_m: float | None
    vertices: int
    holes: int
    state: State
    changes_at: float | None
    expires: float | None
    periods: tuple[Period, ...]


def summarise(fence: Geofence, now: float) -> Summary:
    """Return the summary of a fence at `now`, within a few milliseconds."""
    radii = {shape.radius_m for shape in fence.shapes if not isinstance(shape, Polygon)}
    polygons = [shape for shape in fence.shapes if isinstance(shape, Polygon)]
    lines = [shape for shape in fence.shapes if isinstance(shape, Line)]
    measured = measures.known(fence.shapes)
    area_m2 = perimeter_m = length_m = None
    if measured is not None:
        area_m2, perimeter_m, length_m = measured.area_m2, measured.perimeter_m, measured.length_m
    elif not measures.is_detailed(fence.shapes):
        sizes = [_measure(shape) for shape in fence.shapes]
        area_m2, perimeter_m = sum(area for area, _ in sizes), sum(perimeter for _, perimeter in sizes)
        length_m = sum(geodesy.path_length_m(line.points) for line in lines) if lines else None
    return Summary(
        shape=_key(fence.shapes[0]) if len(fence.shapes) == 1 else "several",
        parts=len(fence.shapes),
        radius_m=radii.pop() if len(radii) == 1 else None,
        area_m2=area_m2,
        perimeter_m=perimeter_m,
        length_m=length_m,
        vertices=sum(shape.point_count - len(shape.packed) for shape in polygons)
        + sum(len(line.points) for line in lines),
        holes=sum(len(shape.packed) - 1 for shape in polygons),
        state=fence.state(now),
        changes_at=fence.validity.next_change(now),
        expires=fence.validity.expires,
        periods=fence.validity.periods,
    )


def _key(shape: Shape) -> ShapeKey:
    match shape:
        case Circle():
            return "circle"
        case Spot():
            return "spot" if is_area(shape) else "mark"
        case Line():
            return "line" if is_area(shape) else "path"
        case Polygon(is_rectangle=is_rectangle):
            return "rectangle" if is_rectangle else "polygon"


def _measure(shape: Shape) -> tuple[float, float]:
    """Return area and perimeter; none of what is no area."""
    if not is_area(shape):
        return 0.0, 0.0
    match shape:
        case Circle(radius_m=radius_m) | Spot(radius_m=radius_m):
            return math.pi * radius_m**2, 2 * math.pi * radius_m
        case Line(points=points, radius_m=radius_m):
            length_m = geodesy.path_length_m(points)
            return 2 * radius_m * length_m + math.pi * radius_m**2, 2 * length_m + 2 * math.pi * radius_m
        case Polygon(rings=rings):
            areas = [abs(geodesy.ring_area_m2(ring)) for ring in rings]
            return areas[0] - sum(areas[1:]), sum(geodesy.ring_perimeter_m(ring) for ring in rings)
