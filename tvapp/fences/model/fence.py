"""The geofence: shapes on the ground, a name, and when it counts. Immutable values."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from tvapp.fences.model import extent, measures
from tvapp.fences.model.interior import point_inside
from tvapp.fences.model.pages import Excerpt
from tvapp.fences.model.style import Paint
from tvapp.fences.model.validity import ALWAYS, State, Validity
from tvapp.geo.position import Bounds, Position

Ring: TypeAlias = tuple[Position, ...]
"""A closed ring (first position = last). Longitudes are continuous: beyond +-180 where it crosses the date line."""


class Circle(msgspec.Struct, frozen=True, gc=False):
    """All places within `radius_m` of `center`."""

    center: Position
    radius_m: float

    @property
    def point_count(self) -> int:
        return 1

    @property
    def bounds(self) -> Bounds:
        return extent.around((self.center,), self.radius_m)


class Spot(msgspec.Struct, frozen=True, gc=False):
    """A point of interest and all places within `radius_m` of it; with a radius of 0 a mark, which is no area."""

    point: Position
    radius_m: float

    @property
    def point_count(self) -> int:
        return 1

    @property
    def bounds(self) -> Bounds:
        return extent.around((self.point,), self.radius_m)


@dataclass(frozen=True, slots=True)
class Line:
    """All places within `radius_m` of a line (longitudes continuous); with a radius of 0 no area."""

    points: tuple[Position, ...]
    radius_m: float

    @property
    def point_count(self) -> int:
        return len(self.points)

    @property
    def bounds(self) -> Bounds:
        return extent.around(self.points, self.radius_m)


@dataclass(frozen=True, slots=True, init=False)
class Polygon:
    """The ground inside the first ring and outside all others (the holes).

    `packed` holds each ring as native doubles, longitude before latitude: a sixth of the memory of positions.
    """

    packed: tuple[bytes, ...]
    is_rectangle: bool
    __match_args__ = ("rings", "is_rectangle")

    def __init__(self, rings: Iterable[Iterable[Position]], is_rectangle: bool = False) -> None:
        packed = (array("d", [part for point in ring for part in (point.lon, point.lat)]) for ring in rings)
        self._set(tuple(ring.tobytes() for ring in packed), is_rectangle)

    @classmethod
    def of(cls, packed: tuple[bytes, ...], is_rectangle: bool = False) -> Polygon:
        """Return a polygon of packed rings."""
        polygon = cls.__new__(cls)
        polygon._set(packed, is_rectangle)
        return polygon

    def _set(self, packed: tuple[bytes, ...], is_rectangle: bool) -> None:
        object.__setattr__(self, "packed", packed)
        object.__setattr__(self, "is_rectangle", is_rectangle)

    @property
    def point_count(self) -> int:
        return sum(len(ring) for ring in self.packed) // _POINT_BYTES

    @property
    def rings(self) -> tuple[Ring, ...]:
        return tuple(_unpacked(ring) for ring in self.packed)

    @property
    def bounds(self) -> Bounds:
        outer = memoryview(self.packed[0]).cast("d").tolist()
        lons, lats = outer[::2], outer[1::2]
        return extent.bounds(min(lons), max(min(lats), -90.0), max(lons), min(max(lats), 90.0))


_POINT_BYTES = 16


def _unpacked(ring: bytes) -> Ring:
    places = memoryview(ring).cast("d").tolist()
    return tuple(map(Position, places[::2], places[1::2]))


Shape: TypeAlias = Circle | Polygon | Line | Spot


def is_area(shape: Shape) -> bool:
    """Tell whether a shape covers any ground; lines and spots without a radius do not."""
    return isinstance(shape, Polygon) or shape.radius_m > 0.0


class Geofence(msgspec.Struct, frozen=True):
    """A named area.

    `id` is unique on this screen; `geometry_id` is that of the file, which two fences may share. `stored` is the
    GeoJSON Feature as it was read, feature number `number` of `source`. `notes` say what was guessed or left out.
    `paint` holds the colours that the Feature states. `is_editable` is False where the Feature does not stand byte for
    byte in its file, as GeoJSON.
    Properties are computed on demand, because few of a hundred thousand fences need them.
    """

    id: str
    name: str
    shapes: tuple[Shape, ...]
    kind: str = ""
    validity: Validity = ALWAYS
    source: str = ""
    geometry_id: str = ""
    number: int = 0
    stored: bytes | Excerpt = b""
    notes: tuple[str, ...] = ()
    is_editable: bool = True
    paint: Paint | None = None

    def __post_init__(self) -> None:
        if not self.shapes:
            raise ValueError("a geofence has at least one shape")

    @property
    def raw(self) -> bytes:
        """The GeoJSON Feature byte for byte."""
        return bytes(self.stored)

    @property
    def properties(self) -> Mapping[str, object]:
        """The Feature's `properties`, decoded; empty where it has none."""
        raw = self.raw
        stated = msgspec.json.decode(raw, type=_Stated).properties if raw else None
        return stated if isinstance(stated, dict) else {}

    @property
    def bounds(self) -> Bounds:
        """The smallest box around all its shapes."""
        if len(self.shapes) == 1:
            return self.shapes[0].bounds
        if (known := measures.known(self.shapes)) is not None:
            return known.bounds
        return bounds_of(self.shapes)

    @property
    def center(self) -> Position:
        """A place inside the largest shape, for the fence's name and for flying there."""
        if (known := measures.known(self.shapes)) is not None:
            return known.center
        return center_of(self.shapes, lambda polygon: point_inside(polygon.rings))

    @property
    def is_rectangle(self) -> bool:
        """Whether the fence is one polygon of subType Rectangle."""
        return len(self.shapes) == 1 and isinstance(self.shapes[0], Polygon) and self.shapes[0].is_rectangle

    def state(self, now: float) -> State:
        """Return whether the fence counts at `now` (seconds since 1970 UTC)."""
        return self.validity.state(now)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or feature that is not shown. `feature` names it; "" stands for the whole of `source`."""

    source: str
    reason: str
    feature: str = ""


class _Stated(msgspec.Struct):
    properties: object = None


def bounds_of(shapes: tuple[Shape, ...]) -> Bounds:
    """Return the smallest box around shapes."""
    around = extent.union(shape.bounds for shape in shapes)
    assert around is not None
    return around


def center_of(shapes: tuple[Shape, ...], inside: Callable[[Polygon], Position]) -> Position:
    """Return a place inside the largest of some shapes; `inside` finds one in a polygon."""
    largest = max(shapes, key=lambda shape: shape.bounds.lon_span * (shape.bounds.north - shape.bounds.south))
    match largest:
        case Circle(center=center):
            return center
        case Spot(point=point):
            return point
        case Line(points=points):
            return points[len(points) // 2].normalised()
        case Polygon():
            return inside(largest).normalised()
