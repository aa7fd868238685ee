"""The spatial index over the parts of geofences, in Web Mercator world units (numpy).

A worker builds it; several threads may read it. Discs stay centre and radius, all other shapes become polygons.
Longitudes may run over the date line, so queries look one world to either side.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tvapp.fences.index import shape_arrays
from tvapp.fences.index.polygon_distance import distance
from tvapp.fences.index.projection import EQUATOR_M, project_many, to_positions
from tvapp.fences.index.rtree import PackedRTree
from tvapp.fences.index.shape_arrays import Floats, Ints, ShapeArrays
from tvapp.fences.model import style
from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon, Ring, Spot, is_area
from tvapp.fences.model.validity import ALWAYS, State
from tvapp.geo import geodesy
from tvapp.geo.position import Position

STATES: tuple[State, ...] = ("active", "unknown", "out-of-hours", "upcoming", "expired")
MOST_AT_A_PLACE = 64
MOST_MEASURED_POINTS = 200_000
"""Points of polygons that a look-up measures, the smallest areas first: more take longer than a frame may."""
_MOST_CANDIDATES = 512
_MARK_M = 1.0
"""Radius of the outline of a point that is no area."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Parts that may touch a box: their numbers, and how many worlds further east to draw each."""

    parts: Ints
    shift: Floats


class FenceIndex:
    """A spatial index over geofences. `fences` keeps the order they were given in."""

    def __init__(self, fences: Sequence[Geofence], older: FenceIndex | None = None) -> None:
        """Index the fences. Rows of objects that an `older` index has too are copied: after an edit most of them."""
        self.fences = tuple(fences)
        count = len(self.fences)
        former = _former_numbers(self.fences, () if older is None else older.fences)
        fresh = np.flatnonzero(former < 0)
        self.parts: ShapeArrays = shape_arrays.arrays_of(self.fences, fresh.tolist())
        self.palette_index: Ints = np.empty(count, dtype=np.intp)
        if older is not None:
            kept = np.flatnonzero(former >= 0)
            numbers = np.full(len(older), -1)
            numbers[former[kept]] = kept
            self.parts = older.parts.kept(numbers[older.parts.owner] >= 0, numbers).followed_by(self.parts)
            self.palette_index[kept] = older.palette_index[former[kept]]
        indices: dict[str, int] = {}
        for number in fresh.tolist():
            kind = self.fences[number].kind
            if (palette_index := indices.get(kind)) is None:
                palette_index = indices[kind] = style.palette_index(kind)
            self.palette_index[number] = palette_index
        boxes, owner = self.parts.boxes, self.parts.owner
        self._tree = PackedRTree(boxes)
        self._span = boxes[:, 0].min(initial=math.inf).item(), boxes[:, 2].max(initial=-math.inf).item()
        self.area_m2: Floats = np.zeros(count)
        np.add.at(self.area_m2, owner, self.parts.area_m2)
        self.largest_side: Floats = np.zeros(count)
        """Per fence: the longer side of its largest part, in world units."""
        np.maximum.at(self.largest_side, owner, (boxes[:, 2:] - boxes[:, :2]).max(axis=1))
        self.rank: Ints = np.empty(count, dtype=np.intp)
        """Per fence: its place in drawing order, the largest first."""
        self.rank[np.argsort(-self.area_m2, kind="stable")] = np.arange(count)
        # The state holds from `since` up to, not including, `until`; most fences have no times at all.
        always = np.fromiter((fence.validity is ALWAYS for fence in self.fences), dtype=bool, count=count)
        self._state = np.zeros(count, dtype=np.int8)
        self._since = np.where(always, -np.inf, np.inf)
        self._until = np.where(always, np.inf, -np.inf)
        self._centers: dict[int, tuple[Position, float, float]] = {}
        self.lasting_cache: dict[str, object] = {} if older is None else older.lasting_cache
        """Cache of other modules that is handed on from one index to the next."""
        self.cache: dict[str, object] = {}
        """Cache of other modules that lives as long as this index."""

    def __len__(self) -> int:
        return len(self.fences)

    def at(self, position: Position, now_s: float, tolerance_m: float = 0.0) -> tuple[Geofence, ...]:
        """Return the fences at a place: those that contain it, smallest first, then those within `tolerance_m`."""
        return tuple(fence for fence, _ in self.distances_at(position, now_s, tolerance_m))

    def distances_at(
        self, position: Position, now_s: float, tolerance_m: float = 0.0
    ) -> tuple[tuple[Geofence, float], ...]:
        """Return the fences at a place as `at` does, each with its distance in metres; 0 for those that contain it.

        At most MOST_AT_A_PLACE. Of two of the same size the one that counts now comes first. Keeps the GIL, because the
        main thread calls it each frame (see `polygon_distance`); measures at most MOST_MEASURED_POINTS and one polygon.
        """
        place = position.normalised()
        lon, lat = np.array([place.lon]), np.array([place.lat])
        u, v = (value.item() for value in project_many(lon, lat))
        unit_m = EQUATOR_M * math.cos(math.radians(place.lat))
        reach = tolerance_m / max(unit_m, EQUATOR_M * 0.01) * 1.01 + 1e-12
        found = [
            (self.parts.owner.item(part), part, u - shift)
            for shift in self._worlds(u - reach, u + reach)
            for part in self._tree.near(u - reach - shift, v - reach, u + reach - shift, v + reach)
        ]
        if len(found) > _MOST_CANDIDATES:
            found = heapq.nsmallest(_MOST_CANDIDATES, found, key=lambda each: self.area_m2.item(each[0]))
        nearest: dict[int, float] = {}
        measured = 0
        if len(found) > 1:
            found.sort(key=lambda each: self.area_m2.item(each[0]))
        for owner, part, x in found:
            radius_m = self.parts.radius_m.item(part)
            if math.isnan(radius_m):
                if measured > MOST_MEASURED_POINTS:
                    continue
                measured += self.parts.point_count(part)
                apart = distance(self.parts.rings(part), x, v) * unit_m
            else:
                center = Position(self.parts.lon.item(part), self.parts.lat.item(part))
                apart = max(geodesy.distance_m(place, center) - radius_m, 0.0)
            if apart <= tolerance_m and apart <= nearest.get(owner, math.inf):
                nearest[owner] = apart

        def key(owner: int) -> tuple[float, float, int, int]:
            return nearest[owner], self.area_m2.item(owner), self._state_of(owner, now_s), owner

        return tuple((self.fences[owner], nearest[owner]) for owner in sorted(nearest, key=key)[:MOST_AT_A_PLACE])

    def parts_in(self, west: float, north: float, east: float, south: float) -> Found:
        """Return the parts whose boxes touch a box of world units, in any of three worlds; in no order."""
        worlds = self._worlds(west, east)
        found = [self._tree.touching(west - shift, north, east - shift, south) for shift in worlds]
        if len(found) == 1:
            return Found(found[0], np.full(len(found[0]), worlds[0]))
        everywhere = np.concatenate([np.empty(0, dtype=np.intp), *found])
        return Found(everywhere, np.repeat(np.array(worlds), [len(each) for each in found]))

    def _worlds(self, west: float, east: float) -> list[float]:
        """Return by how many worlds parts may have to be shifted to lie between two meridians."""
        left, right = self._span
        return [shift for shift in (-1.0, 0.0, 1.0) if left <= east - shift and west - shift <= right]

    def number(self, fence_id: str) -> int | None:
        """Return the place of a fence in `fences`."""
        return next((number for number, fence in enumerate(self.fences) if fence.id == fence_id), None)

    def states(self, owners: Ints, now_s: float) -> Ints:
        """Return, for fences by number, the places of their states at `now_s` in STATES."""
        for owner in set(owners[(now_s < self._since[owners]) | (now_s >= self._until[owners])].tolist()):
            self._state_of(owner, now_s)
        return self._state[owners].astype(np.intp)

    def _state_of(self, owner: int, now_s: float) -> int:
        if not self._since.item(owner) <= now_s < self._until.item(owner):
            validity = self.fences[owner].validity
            until = validity.next_change(now_s)
            self._state[owner] = STATES.index(validity.state(now_s))
            self._since[owner] = now_s
            self._until[owner] = math.inf if until is None else until
        return self._state.item(owner)

    def stated_until(self, owners: Ints) -> float:
        """Return the first time at which one of these fences may leave the state that `states` has just returned."""
        return float(self._until[owners].min(initial=math.inf))

    def center(self, owner: int) -> tuple[Position, float, float]:
        """Return the position of a fence's name, by number, also in world units (u, v); computed once."""
        known = self._centers.get(owner)
        if known is None:
            center = self.fences[owner].center
            us, vs = project_many(np.array([center.lon]), np.array([center.lat]))
            known = self._centers[owner] = center, us.item(), vs.item()
        return known

    def outline(self, fence: Geofence) -> tuple[Ring, ...]:
        """Return the rings to draw around a selected fence: closed, longitudes continuous."""
        rings: list[Ring] = []
        for shape in fence.shapes:
            match shape:
                case Circle(center=center, radius_m=radius_m) | Spot(point=center, radius_m=radius_m):
                    rings.append(geodesy.circle_ring(center, radius_m or _MARK_M, 96))
                case Polygon():
                    rings.extend(shape.rings)
                case Line(points=points) if not is_area(shape):
                    rings.append(shape_arrays.there_and_back(points))
                case Line(points=points, radius_m=radius_m):
                    from tvapp.fences.index.line_buffer import buffered

                    rings.extend(to_positions(ring) for polygon in buffered(points, radius_m) for ring in polygon)
        return tuple(rings)


def _former_numbers(fences: Sequence[Geofence], older: Sequence[Geofence]) -> Ints:
    """Return for each of the fences its number in `older`, where that holds the same object; else -1."""
    number = {id(fence): at for at, fence in enumerate(older)}
    # Popped, so that an object that is there twice is copied once.
    return np.fromiter((number.pop(id(fence), -1) for fence in fences), dtype=np.intp, count=len(fences))
