"""The shapes of geofences as arrays (numpy): discs, and polygons in Web Mercator world units, ring after ring.

A disc stays centre and radius; a line becomes the polygons of its buffer, or a ring there and back where it is no
area; longitudes may run over the date line.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tvapp.fences.index.projection import EQUATOR_M, disc_axes, project_many
from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon, Shape, Spot, is_area
from tvapp.geo.position import Position

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.intp]
Bools: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ShapeArrays:
    """One row for each part. Its rings are `first_ring[part]` to `first_ring[part + 1]`, holes after the outline.

    A ring is rows `starts[ring]` to `starts[ring + 1]` of `points`, the last the same as the first.
    """

    owner: Ints
    """The number of the fence that the part belongs to."""
    lon: Floats
    lat: Floats
    radius_m: Floats
    """NaN for polygons."""
    boxes: Floats
    """West, north, east, south, in world units."""
    area_m2: Floats
    first_ring: Ints
    starts: Ints
    points: Floats

    def __len__(self) -> int:
        return len(self.owner)

    def rings(self, part: int) -> list[Floats]:
        """Return the rings of one part."""
        rings = range(self.first_ring.item(part), self.first_ring.item(part + 1))
        return [self.points[self.starts.item(ring) : self.starts.item(ring + 1)] for ring in rings]

    def point_count(self, part: int) -> int:
        """Return the number of points of one part."""
        first, last = self.first_ring.item(part), self.first_ring.item(part + 1)
        return self.starts.item(last) - self.starts.item(first)

    def rings_of(self, parts: Ints) -> tuple[Ints, Ints]:
        """Return the numbers of the rings of some parts, in order, and how many rings each part has."""
        first = self.first_ring[parts]
        counts = self.first_ring[parts + 1] - first
        return _stretches(first, counts), counts

    def points_of(self, rings: Ints) -> tuple[Floats, Ints]:
        """Return the points of some rings, one after the other, and how many points each ring has."""
        first = self.starts[rings]
        sizes = self.starts[rings + 1] - first
        return self.points.take(_stretches(first, sizes), axis=0), sizes

    def kept(self, chosen: Bools, numbers: Ints) -> ShapeArrays:
        """Return the chosen parts; `numbers` maps the old numbers of fences to the new ones."""
        counts, sizes = np.diff(self.first_ring), np.diff(self.starts)
        rings = np.repeat(chosen, counts)
        return ShapeArrays(
            numbers[self.owner[chosen]],
            self.lon[chosen],
            self.lat[chosen],
            self.radius_m[chosen],
            self.boxes[chosen],
            self.area_m2[chosen],
            offsets(counts[chosen]),
            offsets(sizes[rings]),
            self.points[np.repeat(rings, sizes)],
        )

    def followed_by(self, more: ShapeArrays) -> ShapeArrays:
        """Return these parts and others after them."""
        return ShapeArrays(
            np.concatenate([self.owner, more.owner]),
            np.concatenate([self.lon, more.lon]),
            np.concatenate([self.lat, more.lat]),
            np.concatenate([self.radius_m, more.radius_m]),
            np.concatenate([self.boxes, more.boxes]),
            np.concatenate([self.area_m2, more.area_m2]),
            np.concatenate([self.first_ring, more.first_ring[1:] + self.first_ring[-1]]),
            np.concatenate([self.starts, more.starts[1:] + self.starts[-1]]),
            np.concatenate([self.points, more.points]),
        )


def offsets(counts: Ints) -> Ints:
    """Return the offsets of consecutive stretches of these lengths: 0, then where each ends.

    >>> offsets(np.array([3, 2])).tolist()
    [0, 3, 5]
    """
    result = np.zeros(len(counts) + 1, dtype=np.intp)
    np.cumsum(counts, out=result[1:])
    return result


def _stretches(first: Ints, counts: Ints) -> Ints:
    """Return, for each n, `counts[n]` consecutive numbers from `first[n]` on."""
    after = offsets(counts)
    return np.arange(after[-1]) + np.repeat(first - after[:-1], counts)


def arrays_of(fences: Sequence[Geofence], numbers: Iterable[int]) -> ShapeArrays:
    """Return the parts of the fences of these numbers."""
    gathering = _Gathering()
    for number in numbers:
        for shape in fences[number].shapes:
            gathering.add(number, shape)
    return gathering.parts()


def there_and_back(points: tuple[Position, ...]) -> tuple[Position, ...]:
    """Return a line as a ring that encloses nothing, of at least five points: fewer would not be drawn."""
    if len(points) == 2:
        (one, other) = points
        points = one, Position((one.lon + other.lon) / 2, (one.lat + other.lat) / 2), other
    return (*points, *points[-2::-1])


class _Gathering:
    """Collects numbers in `array`s: numpy takes long to read lists of a hundred thousand."""

    def __init__(self) -> None:
        self._disc_owner = array("q")
        self._discs = array("d")
        self._owner = array("q")
        """Of polygons."""
        self._counts: list[int] = []
        self._rings: list[bytes] = []
        self._swept_owner = array("q")
        self._swept: list[list[Floats]] = []

    def add(self, number: int, shape: Shape) -> None:
        match shape:
            case Circle(center=center, radius_m=radius_m) | Spot(point=center, radius_m=radius_m):
                self._disc_owner.append(number)
                self._discs.extend((center.lon, center.lat, radius_m))
            case Polygon():
                self._owner.append(number)
                self._counts.append(len(shape.packed))
                self._rings += shape.packed
            case Line(points=points) if not is_area(shape):
                self._owner.append(number)
                self._counts.append(1)
                self._rings += Polygon((there_and_back(points),)).packed
            case Line(points=points, radius_m=radius_m):
                # Deferred: only lines need shapely, which takes 50 ms and megabytes to import.
                from tvapp.fences.index.line_buffer import buffered

                polygons = buffered(points, radius_m)
                self._swept_owner.extend([number] * len(polygons))
                self._swept += polygons

    def parts(self) -> ShapeArrays:
        lon, lat, radius_m = np.frombuffer(self._discs).reshape(-1, 3).T
        rings, sizes = _projected(self._rings)
        buffered = [ring for rings in self._swept for ring in rings]
        counts = np.array([*self._counts, *(len(rings) for rings in self._swept)], dtype=np.intp)
        starts = offsets(np.array([*sizes, *(len(ring) for ring in buffered)], dtype=np.intp))
        points = np.concatenate([rings, *buffered])
        boxes, areas = _measured(points, starts, offsets(counts))
        nothing = np.full(len(counts), np.nan)
        return ShapeArrays(
            np.array(self._disc_owner + self._owner + self._swept_owner, dtype=np.intp),
            np.concatenate([lon, nothing]),
            np.concatenate([lat, nothing]),
            np.concatenate([radius_m, nothing]),
            np.concatenate([_disc_boxes(lon, lat, radius_m), boxes]),
            np.concatenate([math.pi * radius_m**2, areas]),
            np.concatenate([np.zeros(len(lon), dtype=np.intp), offsets(counts)]),
            starts,
            points,
        )


def _projected(rings: Sequence[bytes]) -> tuple[Floats, Sequence[int]]:
    """Return the points of packed rings in world units, long edges densified, and how many points each ring has."""
    sizes: Sequence[int] = [len(ring) // 16 for ring in rings]
    lonlat = np.frombuffer(b"".join(rings), dtype=np.float64).reshape(-1, 2)
    if len(lonlat):
        steps = np.abs(np.diff(lonlat, axis=0))
        long = (steps[:, 1] > 1.0) & (steps[:, 0] > 0.0)
        long[offsets(np.array(sizes))[1:-1] - 1] = False  # from ring to ring
        if long.any():
            pieces = [_densified(ring) for ring in np.split(lonlat, offsets(np.array(sizes))[1:-1])]
            sizes, lonlat = [len(piece) for piece in pieces], np.concatenate(pieces)
    return np.stack(project_many(lonlat[:, 0], lonlat[:, 1]), axis=1), sizes


def _densified(ring: Floats) -> Floats:
    """Add vertices to long slanting edges, which are straight in degrees (RFC 7946, 3.1.1) and curved in Mercator."""
    edges = np.diff(ring, axis=0)
    steps = np.where(edges[:, 0] == 0.0, 1, np.maximum(1, np.ceil(np.abs(edges[:, 1])))).astype(np.intp)
    share = (np.arange(steps.sum()) - np.repeat(offsets(steps)[:-1], steps)) / np.repeat(steps, steps)
    between = np.repeat(ring[:-1], steps, axis=0) + np.repeat(edges, steps, axis=0) * share[:, None]
    return np.concatenate([between, ring[-1:]])


def _disc_boxes(lon: Floats, lat: Floats, radius_m: Floats) -> Floats:
    u, v = project_many(lon, lat)
    wide, high = disc_axes(lat, radius_m)
    # A circle is egg-shaped in Mercator, above all near the poles: a little larger than its axes say.
    more = 1.0 + radius_m / 6.3e6 * np.abs(np.tan(np.radians(lat)))
    wide, high = np.minimum(wide * more, 0.5), np.minimum(high * more, 0.5)
    return np.stack([u - wide, v - high, u + wide, v + high], axis=1)


def _measured(points: Floats, starts: Ints, first_ring: Ints) -> tuple[Floats, Floats]:
    """Return the boxes of polygons and their areas in square metres."""
    if len(first_ring) == 1:
        return np.empty((0, 4)), np.empty(0)
    outer = first_ring[:-1]
    low = np.minimum.reduceat(points, starts[:-1])[outer]
    high = np.maximum.reduceat(points, starts[:-1])[outer]
    # Relative to each ring's first point: small rings would lose their digits in products of whole coordinates.
    own = points - np.repeat(points[starts[:-1]], np.diff(starts), axis=0)
    doubled = np.zeros(len(points))
    doubled[:-1] = own[:-1, 0] * own[1:, 1] - own[1:, 0] * own[:-1, 1]
    doubled[starts[1:] - 1] = 0.0  # from ring to ring
    areas = np.abs(np.add.reduceat(doubled, starts[:-1])) / 2
    holes = np.ones(len(areas), dtype=bool)
    holes[outer] = False
    areas[holes] *= -1.0
    # Mercator is conformal: areas grow by 1 / cos^2 of the latitude, and cos = sech of the isometric latitude.
    cosine = 1.0 / np.cosh(math.pi * (1.0 - (low[:, 1] + high[:, 1])))
    return np.concatenate([low, high], axis=1), np.add.reduceat(areas, outer) * (EQUATOR_M * cosine) ** 2
