"""The preview of a fence while it is moved or resized: outlines simple enough to be drawn anew each frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tvapp.fences.editing.sketch import Role, Trace
from tvapp.fences.geojson.position_lists import nearest_turn
from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon, Spot
from tvapp.geo.geodesy import circle_ring
from tvapp.geo.local_plane import buffer_outline, simplified
from tvapp.geo.mercator import MAX_LATITUDE
from tvapp.geo.position import Position
from tvapp.geo.segments import densified

MOST_PLACES = 1_000
_MOST_PARTS = 64
_SEGMENTS = 64
_MARK_M = 1.0
"""Radius of the outline of a point that is no area."""


class Preview:
    """The simplified shapes of a fence, on the turn round the earth that is nearest to a place."""

    def __init__(self, fence: Geofence, near: Position) -> None:
        shapes = fence.shapes[:_MOST_PARTS]
        count = sum(len(shape.rings) if isinstance(shape, Polygon) else 1 for shape in shapes)
        most = max(12, MOST_PLACES // max(count, 1))
        self.discs: list[tuple[Position, float]] = []
        self.lines: list[tuple[tuple[Position, ...], float]] = []
        self.rings: list[tuple[Position, ...]] = []
        self.corners = _corners(fence, near)
        """South-west and north-east of all vertices and centres."""
        for shape in shapes:
            match shape:
                case Circle(center=center, radius_m=radius_m) | Spot(point=center, radius_m=radius_m):
                    self.discs.append((nearest_turn((center,), near)[0], radius_m))
                case Line(points=points, radius_m=radius_m):
                    self.lines.append((nearest_turn(simplified(points, most), near), radius_m))
                case Polygon(rings=rings):
                    self.rings += [nearest_turn(simplified(ring, most), near) for ring in rings[: MOST_PLACES // 12]]

    def traces(
        self, role: Role, move: Callable[[Position], Position] | None = None, radius_m: float | None = None
    ) -> tuple[Trace, ...]:
        """Return the outlines to draw, moved by `move` and with the radius `radius_m` where given."""
        paths: list[tuple[Position, ...]] = [
            circle_ring(_moved((center,), move)[0], radius_m or own_m or _MARK_M, _SEGMENTS)
            for center, own_m in self.discs
        ]
        for points, own_m in self.lines:
            path, wide_m = _moved(points, move), radius_m or own_m
            paths.append(buffer_outline(path, wide_m) if wide_m else (*path, *path[-2::-1]))
        paths += [_moved(ring, move) for ring in self.rings]
        return tuple(Trace(role, densified(path)) for path in paths)


def are_on_map(traces: Iterable[Trace]) -> bool:
    """Tell whether all outlines lie on the map, which ends at 85.05 degrees."""
    return all(abs(place.lat) <= MAX_LATITUDE for trace in traces for place in trace.points)


def _corners(fence: Geofence, near: Position) -> tuple[Position, Position]:
    lons: list[float] = []
    lats: list[float] = []
    for shape in fence.shapes:
        match shape:
            case Circle(center=place) | Spot(point=place):
                places: tuple[Position, ...] = (place,)
            case Line(points=points):
                places = points
            case Polygon(rings=rings):
                places = rings[0]
        lons += [place.lon for place in nearest_turn(places, near)]
        lats += [place.lat for place in places]
    return Position(min(lons), min(lats)), Position(max(lons), max(lats))


def _moved(places: tuple[Position, ...], move: Callable[[Position], Position] | None) -> tuple[Position, ...]:
    return places if move is None else tuple(map(move, places))
