"""Finds geofences by place: a spatial index over their parts in Web Mercator world units (shapely, numpy).

Built on a worker; reading it from several threads is safe. Discs stay centre and radius, everything else becomes
polygons; longitudes may run over the date line, which queries answer by looking one world to either side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

from tvapp.fences import style
from tvapp.fences.model import Circle, Geofence, Line, Polygon, Ring, Spot
from tvapp.fences.planar import EQUATOR_M, disc_axes, metres_apart, project_many, to_positions
from tvapp.fences.sweep import swept
from tvapp.fences.validity import ALWAYS, State
from tvapp.geo import geodesy
from tvapp.geo.position import Bounds, Position

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.intp]

STATES: tuple[State, ...] = ("active", "out-of-hours", "upcoming", "expired")
MOST_AT_A_PLACE = 64
_MOST_CANDIDATES = 512
_COARSE_FROM = 48
"""Rings with fewer vertices are not worth simplifying."""
_STEEP_LATITUDE = 84.0


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Parts that may touch a box: which, and how many worlds to the east they are to be drawn."""

    parts: Ints
    shift: Floats


class FenceIndex:
    """A spatial index over geofences. `fences` keeps the order they were given in."""

    def __init__(self, fences: Sequence[Geofence]) -> None:
        self.fences = tuple(fences)
        self._number = {fence.id: number for number, fence in enumerate(self.fences)}
        build = _Builder()
        for number, fence in enumerate(self.fences):
            build.add(number, fence)
        build.finish()
        self.owner: Ints = build.owner
        self.is_disc = build.is_disc
        self.lon: Floats = build.lon
        self.lat: Floats = build.lat
        self.radius_m: Floats = build.radius_m
        self.boxes: Floats = build.boxes
        self.rings: list[list[Floats]] = build.rings
        self._polygons = build.polygons
        self._tree = shapely.STRtree(_box_array(self.boxes))
        count = len(self.fences)
        self.area_m2 = np.zeros(count)
        np.add.at(self.area_m2, self.owner, build.area_m2)
        self.largest = np.zeros(count)
        """Per fence: the longer side of its largest part, in world units."""
        sides = np.maximum(self.boxes[:, 2] - self.boxes[:, 0], self.boxes[:, 3] - self.boxes[:, 1])
        np.maximum.at(self.largest, self.owner, sides)
        self.rank = np.empty(count, dtype=np.intp)
        """Per fence: its place when the largest is drawn first."""
        self.rank[np.lexsort((np.arange(count), -self.area_m2))] = np.arange(count)
        slots = {kind: style.slot(kind) for kind in {fence.kind for fence in self.fences}}
        self.slot = np.array([slots[fence.kind] for fence in self.fences], dtype=np.intp)
        # The state holds from `since` up to, not including, `until`; most fences have no times at all.
        always = np.array([fence.validity is ALWAYS or fence.validity == ALWAYS for fence in self.fences], dtype=bool)
        self._state = np.zeros(count, dtype=np.intp)
        self._since = np.where(always, -np.inf, np.inf)
        self._until = np.where(always, np.inf, -np.inf)
        self._coarse: dict[tuple[int, int, int], Floats] = {}
        self.kept: dict[str, object] = {}
        """What others derive from the index and want to keep as long as it lives."""
        self._tree.query(shapely.box(0, 0, 0, 0))  # the tree is built at its first use

    def __len__(self) -> int:
        return len(self.fences)

    def at(self, position: Position, now_s: float, tolerance_m: float = 0.0) -> tuple[Geofence, ...]:
        """Return the fences at a place: those that hold it, smallest first, then those within `tolerance_m`.

        At most MOST_AT_A_PLACE. Of two of one size the one that counts now comes first. Safe on the main thread.
        """
        place = position.normalised()
        (u, v) = (float(value[0]) for value in project_many(np.array([place.lon]), np.array([place.lat])))
        reach = tolerance_m / (EQUATOR_M * max(math.cos(math.radians(place.lat)), 0.01)) * 1.01 + 1e-12
        found = self.parts_in(u - reach, v - reach, u + reach, v + reach)
        if not len(found.parts):
            return ()
        order = np.argsort(self.area_m2[self.owner[found.parts]], kind="stable")[:_MOST_CANDIDATES]
        parts, shift = found.parts[order], found.shift[order]
        apart = np.full(len(parts), np.inf)
        discs = self.is_disc[parts]
        if discs.any():
            some = parts[discs]
            if abs(place.lat) > _STEEP_LATITUDE:
                centres = [Position(self.lon[part], self.lat[part]) for part in some]
                distance = np.array([geodesy.distance_m(place, centre) for centre in centres])
            else:
                distance = metres_apart(place, self.lon[some], self.lat[some])
            apart[discs] = np.maximum(distance - self.radius_m[some], 0.0)
        for at in np.flatnonzero(~discs):
            polygon, x = self._polygons[parts[at]], u - shift[at]
            if shapely.intersects_xy(polygon, x, v):
                apart[at] = 0.0
            elif tolerance_m > 0:
                units = float(shapely.distance(polygon, shapely.Point(x, v)))
                apart[at] = units * EQUATOR_M * math.cos(math.radians(place.lat))
        nearest: dict[int, float] = {}
        for owner, metres in zip(self.owner[parts].tolist(), apart.tolist(), strict=True):
            if metres <= tolerance_m:
                nearest[owner] = min(metres, nearest.get(owner, math.inf))
        states = dict(zip(nearest, self.states(np.array(list(nearest), dtype=np.intp), now_s).tolist(), strict=True))
        owners = sorted(nearest, key=lambda owner: (nearest[owner], self.area_m2[owner], states[owner], owner))
        return tuple(self.fences[owner] for owner in owners[:MOST_AT_A_PLACE])

    def in_bounds(self, bounds: Bounds) -> tuple[Geofence, ...]:
        """Return the fences whose boxes touch `bounds`, largest first."""
        return tuple(self.fences[owner] for owner in self.owners_in(bounds).tolist())

    def owners_in(self, bounds: Bounds) -> Ints:
        """Return the numbers of the fences that `in_bounds` gives."""
        us, vs = project_many(np.array([bounds.west, bounds.west]), np.array([bounds.north, bounds.south]))
        found = self.parts_in(float(us[0]), float(vs[0]), float(us[0]) + bounds.lon_span / 360.0, float(vs[1]))
        owners = np.unique(self.owner[found.parts])
        return owners[np.argsort(self.rank[owners])]

    def parts_in(self, west: float, north: float, east: float, south: float) -> Found:
        """Return the parts whose boxes touch a box of world units, in whichever of three worlds."""
        shifts = np.array([-1.0, 0.0, 1.0])
        boxes = np.array([[west, north, east, south]]) - shifts[:, None] * np.array([[1.0, 0.0, 1.0, 0.0]])
        worlds, parts = self._tree.query(_box_array(boxes))
        return Found(parts, shifts[worlds])

    def number(self, fence_id: str) -> int | None:
        """Return the place of a fence in `fences`."""
        return self._number.get(fence_id)

    def states(self, owners: Ints, now_s: float) -> Ints:
        """Return, for fences by number, the places of their states at `now_s` in STATES."""
        stale = owners[(now_s < self._since[owners]) | (now_s >= self._until[owners])]
        for owner in set(stale.tolist()):
            validity = self.fences[owner].validity
            until = validity.next_change(now_s)
            self._state[owner] = STATES.index(validity.state(now_s))
            self._since[owner] = now_s
            self._until[owner] = math.inf if until is None else until
        return self._state[owners]

    def outline(self, fence: Geofence) -> tuple[Ring, ...]:
        """Return the rings to draw around a selected fence: closed, longitudes continuous."""
        rings: list[Ring] = []
        for shape in fence.shapes:
            match shape:
                case Circle(center=center, radius_m=radius_m) | Spot(point=center, radius_m=radius_m):
                    rings.append(geodesy.circle_ring(center, radius_m, 96))
                case Polygon():
                    rings.extend(shape.rings)
                case Line(points=points, radius_m=radius_m):
                    for polygon in swept(points, radius_m):
                        rings.extend(to_positions(ring) for ring in _ring_arrays(polygon))
        return tuple(rings)

    def rings_for(self, part: int, zoom: int, unit: float) -> list[Floats]:
        """Return a part's rings with no more detail than a third of `unit` (world units a pixel)."""
        return [self._coarser(part, number, zoom, unit, ring) for number, ring in enumerate(self.rings[part])]

    def _coarser(self, part: int, number: int, zoom: int, unit: float, ring: Floats) -> Floats:
        if len(ring) < _COARSE_FROM:
            return ring
        key = (part, number, zoom)
        known = self._coarse.get(key)
        if known is None:
            line = shapely.simplify(shapely.LineString(ring), unit / 3, preserve_topology=False)
            coarse = shapely.get_coordinates(line)
            # Keeping the original, where little is gained, costs no memory.
            known = coarse if 4 <= len(coarse) < 0.7 * len(ring) else ring
            self._coarse[key] = known
        return known


class _Builder:
    """Gathers parts as plain lists, then turns them into arrays at once: fast for a hundred thousand fences."""

    def __init__(self) -> None:
        self._disc_owner: list[int] = []
        self._disc: list[tuple[float, float, float]] = []
        self._ring_lonlat: list[float] = []
        self._ring_ends: list[int] = []
        self._polygon_owner: list[int] = []
        self._polygon_rings: list[int] = []
        self._swept: list[tuple[int, shapely.Polygon]] = []

    def add(self, number: int, fence: Geofence) -> None:
        for shape in fence.shapes:
            match shape:
                case Circle(center=center, radius_m=radius_m) | Spot(point=center, radius_m=radius_m):
                    self._disc_owner.append(number)
                    self._disc.append((center.lon, center.lat, radius_m))
                case Polygon(rings=rings):
                    self._polygon_owner.append(number)
                    self._polygon_rings.append(len(rings))
                    for ring in rings:
                        for point in _densified(ring):
                            self._ring_lonlat.append(point.lon)
                            self._ring_lonlat.append(point.lat)
                        self._ring_ends.append(len(self._ring_lonlat) // 2)
                case Line(points=points, radius_m=radius_m):
                    self._swept.extend((number, polygon) for polygon in swept(points, radius_m))

    def finish(self) -> None:
        discs = np.array(self._disc, dtype=np.float64).reshape(-1, 3)
        lonlat = np.array(self._ring_lonlat, dtype=np.float64).reshape(-1, 2)
        coords = np.stack(project_many(lonlat[:, 0], lonlat[:, 1]), axis=1)
        ring_arrays = np.split(coords, self._ring_ends[:-1]) if self._ring_ends else []
        polygons: list[shapely.Polygon] = []
        self.rings: list[list[Floats]] = [[] for _ in self._disc]
        if ring_arrays:
            sizes = np.diff([0, *self._ring_ends])
            linear = np.asarray(shapely.linearrings(coords, indices=np.repeat(np.arange(len(sizes)), sizes)))
            of_polygon = np.repeat(np.arange(len(self._polygon_rings)), self._polygon_rings)
            polygons.extend(np.asarray(shapely.polygons(linear, indices=of_polygon)).tolist())
            start = 0
            for count in self._polygon_rings:
                self.rings.append(ring_arrays[start : start + count])
                start += count
        for _, polygon in self._swept:
            polygons.append(polygon)
            self.rings.append(_ring_arrays(polygon))
        disc_count = len(discs)
        owners = [*self._disc_owner, *self._polygon_owner, *(number for number, _ in self._swept)]
        self.owner = np.array(owners, dtype=np.intp)
        self.is_disc = np.arange(len(owners)) < disc_count
        self.lon, self.lat, self.radius_m = (np.full(len(owners), np.nan) for _ in range(3))
        self.lon[:disc_count], self.lat[:disc_count], self.radius_m[:disc_count] = discs.T
        self.polygons: list[shapely.Polygon | None] = [*([None] * disc_count), *polygons]
        self.boxes = np.concatenate([_disc_boxes(discs), _polygon_boxes(polygons)])
        self.area_m2 = np.concatenate([math.pi * discs[:, 2] ** 2, _polygon_areas(polygons)])


def _box_array(rows: Floats) -> npt.NDArray[np.object_]:
    return np.asarray(shapely.box(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3]), dtype=object)


def _disc_boxes(discs: Floats) -> Floats:
    lon, lat, radius_m = discs.T
    u, v = project_many(lon, lat)
    wide, high = disc_axes(lat, radius_m)
    # The egg shape of a circle in Mercator, near the poles above all: a little more than its axes.
    more = 1.0 + radius_m / 6.3e6 * np.abs(np.tan(np.radians(np.clip(lat, -89.0, 89.0))))
    wide, high = np.minimum(wide * more, 0.5), np.minimum(high * more, 0.5)
    return np.stack([u - wide, v - high, u + wide, v + high], axis=1)


def _polygon_boxes(polygons: list[shapely.Polygon]) -> Floats:
    return np.asarray(shapely.bounds(np.array(polygons, dtype=object)), dtype=np.float64).reshape(-1, 4)


def _polygon_areas(polygons: list[shapely.Polygon]) -> Floats:
    geometries = np.array(polygons, dtype=object)
    boxes = _polygon_boxes(polygons)
    # Mercator is true to shape: areas grow by 1 / cos^2 of the latitude, cos = sech of the isometric latitude.
    cosine = 1.0 / np.cosh(math.pi * (1.0 - (boxes[:, 1] + boxes[:, 3])))
    return np.asarray(shapely.area(geometries), dtype=np.float64).reshape(-1) * (EQUATOR_M * cosine) ** 2


def _ring_arrays(polygon: shapely.Polygon) -> list[Floats]:
    return [shapely.get_coordinates(ring) for ring in (polygon.exterior, *polygon.interiors)]


def _densified(ring: Ring) -> Sequence[Position]:
    """Add vertices to long slanting edges: straight in degrees (RFC 7946, 3.1.1) is curved in Mercator."""
    if all(abs(a.lat - b.lat) <= 1.0 or a.lon == b.lon for a, b in pairwise(ring)):
        return ring
    points = [ring[0]]
    for a, b in pairwise(ring):
        steps = 1 if a.lon == b.lon else max(1, math.ceil(abs(b.lat - a.lat)))
        points.extend(
            Position(a.lon + (b.lon - a.lon) * step / steps, a.lat + (b.lat - a.lat) * step / steps)
            for step in range(1, steps + 1)
        )
    return points
