"""Tells which geofences contain a position, and its distance to their borders, as Azure's geofence service did.

Distances are along the ground on WGS 84 to the nearest border, negative inside; good to a few millimetres up to some
kilometres, to 0.1 % beyond. Edges are straight in longitude and latitude (RFC 7946, 3.1.1). No state is kept between
calls.

A fence of several shapes covers the union of them, and its distance is the minimum of theirs: outside, that of the
nearest shape; where shapes overlap, that of the one whose border is furthest away. The same holds for a line, the union
of circles along it. So in overlaps and on the inner side of a bend the border of the union may be further away than the
distance, never nearer. Polygons cut at the date line count as one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon, Spot
from tvapp.geo.borders import Area, areas
from tvapp.geo.geodesy import bearing_deg, destination, distance_m
from tvapp.geo.nearest import NearestPoint, nearest_point
from tvapp.geo.polygon import contains
from tvapp.geo.position import Position

SEARCH_BUFFER_M = 50.0
"""Azure's default."""
MAX_SEARCH_BUFFER_M = 500.0
BEYOND_M = 999.0
"""Stands for "outside, further than the search buffer"; negative for "inside, deeper than it"."""

_ON_THE_LINE_M = 0.001
_NEAR_POLE = 89.999_999_999_999
# A ring round a pole runs along the edge of the map, and a place exactly on an edge may count either way.

_Part: TypeAlias = Area | Circle | Spot | Line


@dataclass(frozen=True, slots=True)
class Nearness:
    """A position relative to one fence: metres to its border, negative inside, and the nearest place on the border.

    The distance is BEYOND_M, or its negative, where it exceeds the search buffer; the place is always the true one.
    """

    fence: Geofence
    distance_m: float
    nearest: Position

    @property
    def is_inside(self) -> bool:
        """Tell whether the fence contains the position; its border belongs to it. Marks and lines contain nothing."""
        return self.distance_m <= 0.0


@dataclass(frozen=True, slots=True)
class Containment:
    """A position relative to fences at one time, each list in the order of the input.

    `expired` and `invalid_period` hold the fences that do not count then, because they have expired, or because none of
    their periods covers the time; `unknown` those whose times could not be read. They are not evaluated.
    """

    evaluated: tuple[Nearness, ...] = ()
    expired: tuple[Geofence, ...] = ()
    invalid_period: tuple[Geofence, ...] = ()
    unknown: tuple[Geofence, ...] = ()

    @property
    def inside(self) -> tuple[Geofence, ...]:
        """The fences that count and contain the position."""
        return tuple(each.fence for each in self.evaluated if each.is_inside)


def locate(
    fences: Iterable[Geofence], place: Position, now: float, search_buffer_m: float = SEARCH_BUFFER_M
) -> Containment:
    """Evaluate `place` against the fences at `now` (seconds since 1970 UTC).

    Raises:
        ValueError: the search buffer is not from 0 to MAX_SEARCH_BUFFER_M metres.
    """
    if not 0.0 <= search_buffer_m <= MAX_SEARCH_BUFFER_M:
        raise ValueError(f"a search buffer is from 0 to {MAX_SEARCH_BUFFER_M:g} m")
    evaluated: list[Nearness] = []
    expired, invalid_period, unknown = [], [], []
    for fence in fences:
        state = fence.state(now)
        if state == "expired":
            expired.append(fence)
        elif state == "unknown":
            unknown.append(fence)
        elif state != "active":
            invalid_period.append(fence)
        else:
            metres, nearest = signed_distance(fence, place)
            if abs(metres) > search_buffer_m:
                metres = BEYOND_M if metres > 0.0 else -BEYOND_M
            evaluated.append(Nearness(fence, metres, nearest))
    return Containment(tuple(evaluated), tuple(expired), tuple(invalid_period), tuple(unknown))


def signed_distance(fence: Geofence, place: Position) -> tuple[float, Position]:
    """Return metres from `place` to the fence's border, negative inside, and the nearest place on the border.

    Takes about 2 ms for 1,000 vertices. The whole earth has no border: minus infinity, and `place`.
    """
    found = [(*_measure(part, place), part) for part in _parts(fence)]
    metres, foot, part = min(found, key=lambda each: each[0])
    return metres, _border(part, foot, place).normalised()


def containing(fences: Iterable[Geofence], place: Position) -> tuple[Geofence, ...]:
    """Return the fences that contain `place`, whether they count now or not.

    Much cheaper than `locate`: the bounding box rules most fences out.
    """
    return tuple(
        fence
        for fence in fences
        if fence.bounds.contains(place) and any(_is_inside(part, place) for part in _parts(fence))
    )


def _parts(fence: Geofence) -> list[_Part]:
    parts: list[_Part] = [each for each in fence.shapes if not isinstance(each, Polygon)]
    polygons = [shape.rings for shape in fence.shapes if isinstance(shape, Polygon)]
    return [*parts, *areas(polygons)] if polygons else parts


def _is_inside(part: _Part, place: Position) -> bool:
    match part:
        case Area(polygons=polygons):
            lat = min(max(place.lat, -_NEAR_POLE), _NEAR_POLE)
            place = Position(place.normalised().lon, lat)
            return any(contains(rings, place) for rings in polygons)
        case Circle(center=center, radius_m=radius_m) | Spot(point=center, radius_m=radius_m):
            return 0.0 < radius_m >= distance_m(center, place)
        case Line(points=points, radius_m=radius_m):
            foot = nearest_point([points], place)
            return foot is not None and 0.0 < radius_m >= distance_m(foot.place, place)


def _measure(part: _Part, place: Position) -> tuple[float, NearestPoint | None]:
    """Return metres to the border, negative inside, and the nearest place on the edges of a part."""
    match part:
        case Area(border=border):
            foot = nearest_point(border, place)
            metres = math.inf if foot is None else distance_m(place, foot.place)
            return -metres if _is_inside(part, place) else metres, foot
        case Circle(center=center, radius_m=radius_m) | Spot(point=center, radius_m=radius_m):
            return _beyond(distance_m(center, place), radius_m), None
        case Line(points=points, radius_m=radius_m):
            foot = nearest_point([points], place)
            return (math.inf if foot is None else _beyond(distance_m(foot.place, place), radius_m)), foot


def _beyond(metres: float, radius_m: float) -> float:
    """Return how far beyond a radius a place is; for what is no area, never less than a millimetre."""
    return metres - radius_m if radius_m > 0.0 else max(metres, _ON_THE_LINE_M)


def _border(part: _Part, foot: NearestPoint | None, place: Position) -> Position:
    """Return the place on a part's border that is nearest to `place`."""
    match part:
        case Circle(center=center, radius_m=radius_m) | Spot(point=center, radius_m=radius_m):
            return destination(center, bearing_deg(center, place), radius_m)
        case _ if foot is None:
            return place
        case Line(radius_m=radius_m):
            if distance_m(foot.place, place) > _ON_THE_LINE_M:
                direction = bearing_deg(foot.place, place)
            else:
                direction = bearing_deg(foot.start, foot.end) + 90.0
            return destination(foot.place, direction, radius_m)
        case Area():
            return foot.place
