"""What a geofence is: shapes on the ground, a name, and when it counts. Immutable values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tvapp.fences import extent
from tvapp.fences.interior import point_inside
from tvapp.fences.validity import ALWAYS, State, Validity
from tvapp.geo.position import Bounds, Position

Ring: TypeAlias = tuple[Position, ...]
"""A closed outline (first position = last). Longitudes are continuous: beyond +-180 where it crosses the date line."""


@dataclass(frozen=True, slots=True)
class Circle:
    """All places within `radius_m` of `center`."""

    center: Position
    radius_m: float

    @property
    def bounds(self) -> Bounds:
        return extent.around((self.center,), self.radius_m)


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of interest and what lies within `radius_m` of it."""

    point: Position
    radius_m: float

    @property
    def bounds(self) -> Bounds:
        return extent.around((self.point,), self.radius_m)


@dataclass(frozen=True, slots=True)
class Line:
    """All places within `radius_m` of a line (longitudes continuous)."""

    points: tuple[Position, ...]
    radius_m: float

    @property
    def bounds(self) -> Bounds:
        return extent.around(self.points, self.radius_m)


@dataclass(frozen=True, slots=True)
class Polygon:
    """The ground inside the first ring and outside all others (the holes)."""

    rings: tuple[Ring, ...]
    is_rectangle: bool = False

    @property
    def bounds(self) -> Bounds:
        return extent.around(self.rings[0])


Shape: TypeAlias = Circle | Polygon | Line | Spot


@dataclass(frozen=True, slots=True)
class Geofence:
    """A named area.

    `id` is unique on this screen; `geometry_id` is what the file says, which two fences may share. `raw` is the
    GeoJSON Feature byte for byte as it was read, feature number `number` of `source`. `notes` say what had to be
    guessed or left out.
    """

    id: str
    name: str
    shapes: tuple[Shape, ...]
    kind: str = ""
    validity: Validity = ALWAYS
    properties: Mapping[str, object] = field(default_factory=dict, hash=False)
    source: str = ""
    geometry_id: str = ""
    number: int = 0
    raw: bytes = field(default=b"", repr=False)
    notes: tuple[str, ...] = ()
    bounds: Bounds = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.shapes:
            raise ValueError("a geofence has at least one shape")
        boxes = [shape.bounds for shape in self.shapes]
        around = boxes[0] if len(boxes) == 1 else extent.union(boxes)
        object.__setattr__(self, "bounds", around)

    @property
    def center(self) -> Position:
        """A place inside the fence, for its name and for flying there; in its largest shape."""
        shape = max(self.shapes, key=lambda shape: _span(shape.bounds))
        match shape:
            case Circle(center=center):
                return center
            case Spot(point=point):
                return point
            case Line(points=points):
                return points[len(points) // 2].normalised()
            case Polygon(rings=rings):
                return point_inside(rings).normalised()

    @property
    def is_rectangle(self) -> bool:
        """Tell whether the fence is one polygon that was drawn as a rectangle."""
        return len(self.shapes) == 1 and isinstance(self.shapes[0], Polygon) and self.shapes[0].is_rectangle

    def state(self, now: float) -> State:
        """Return whether the fence counts at `now` (seconds since 1970 UTC)."""
        return self.validity.state(now)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or feature that is not shown. `feature` names it ("" stands for the whole of `source`)."""

    source: str
    reason: str
    feature: str = ""


def _span(box: Bounds) -> float:
    return box.lon_span * (box.north - box.south)
