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
from tvapp.fences.index.shape_arrays import Floats, Ints, ShapeArrays, offsets
from tvapp.fences.index.simplification import simplified, stretches_within
from tvapp.fences.model import style
from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon, Ring, Spot, is_area
from tvapp.fences.model.measures import DETAILED_POINTS, is_detailed
from tvapp.fences.model.validity import ALWAYS, State
from tvapp.geo import geodesy
from tvapp.geo.position import Position

STATES: tuple[State, ...] = ("active", "unknown", "out-of-hours", "upcoming", "expired")
MOST_AT_A_PLACE = 64
MOST_MEASURED_POINTS = 200_000
"""Points of polygons that a look-up measures, the smallest areas first: more take longer than a frame may."""
MOST_OUTLINE_POINTS = 1_000
MOST_OUTLINE_PIECES = 100
"""Points and pieces of the outline of a selected fence: it is drawn live."""
_MOST_COARSENINGS = 16
_MOST_CANDIDATES = 512
MOST_PAINTS = 8
"""Colours of their own that fences may have: drawing uses 255 colours in all, 15 for each of these."""
_MARK_M = 1.0
"""Radius of the outline of a point that is no area."""
_FAR_M, _NEAR_M = 500_000.0, 250_000.0
"""A fence further from home than the one that, the other way round, would be nearer than the other seems swapped."""
_ENOUGH_FOR_A_MIDDLE = 3


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
        self.paints: tuple[style.Paint, ...] = () if older is None else older.paints
        """Colours that fences state, in the order of their indices behind those of the palette."""
        for number in fresh.tolist():
            if (paint := self.fences[number].paint) is not None:
                self.palette_index[number] = self._index_of_paint(paint)
                continue
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

    def _index_of_paint(self, paint: style.Paint) -> int:
        """Return the index of colours; when none is free, that of the most similar ones."""
        if paint not in self.paints and len(self.paints) < MOST_PAINTS:
            self.paints = (*self.paints, paint)
        if paint in self.paints:
            return len(style.PALETTE) + self.paints.index(paint)
        lines = [*style.PALETTE, *(each.line for each in self.paints)]
        return min(range(len(lines)), key=lambda at: style.difference(lines[at], paint.line))

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
                apart = distance(self.parts.rings(part), x, v, reach) * unit_m
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

    def seem_swapped(self, home: Position | None) -> tuple[frozenset[str], Position | None]:
        """Return the ids of fences whose longitude and latitude seem to be swapped, and the place that tells.

        They lie far from `home`, without it from the middle of all fences, and would be near it the other way round.
        """
        if not len(self) or (home is None and len(self) < _ENOUGH_FOR_A_MIDDLE):
            return frozenset(), None
        boxes = self.parts.boxes
        us, vs = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
        lons = (us - 0.5) * 360.0
        lats = np.degrees(np.arctan(np.sinh(2 * math.pi * (0.5 - vs))))
        if home is None:
            home = Position(float(np.median(lons)), float(np.median(lats)))
        here, there = _apart_m(lons, lats, home), _apart_m(lats, lons, home)
        is_swapped = (np.abs(lons) <= 90.0) & (here > _FAR_M) & (there < _NEAR_M)
        owners = set(self.parts.owner[is_swapped].tolist()) - set(self.parts.owner[~is_swapped].tolist())
        return frozenset(self.fences[owner].id for owner in owners), home if owners else None

    def outline_in(
        self, fence: Geofence, box: tuple[float, float, float, float], tolerance: float
    ) -> tuple[Floats, ...]:
        """Return the lines of a fence's border that touch a box of world units, no finer than can be seen.

        `box` is west, north, east, south; `tolerance` in world units, coarser where there would be more points than
        MOST_OUTLINE_POINTS.
        """
        number = self.number(fence.id)
        if number is None:
            return ()
        rings, _ = self.parts.rings_of(np.flatnonzero(self.parts.owner == number))
        points, sizes = stretches_within(*self.parts.points_of(rings), box)
        for _ in range(_MOST_COARSENINGS):
            if not len(points):
                return ()
            points, sizes = simplified(points, sizes, tolerance)
            if len(points) <= MOST_OUTLINE_POINTS:
                break
            tolerance *= 2
        starts = offsets(sizes)
        if len(points) > MOST_OUTLINE_POINTS or len(sizes) > MOST_OUTLINE_PIECES:
            # Pieces of few points stay as they are: of thousands the largest ones count.
            first = starts[:-1]
            spans = np.maximum.reduceat(points, first) - np.minimum.reduceat(points, first)
            order = np.argsort(-spans.max(axis=1), kind="stable")
            order = order[np.cumsum(sizes[order]) <= MOST_OUTLINE_POINTS][:MOST_OUTLINE_PIECES]
        else:
            order = np.arange(len(sizes))
        return tuple(points[starts[at] : starts[at + 1]] for at in order.tolist())

    def detailed(self) -> tuple[Geofence, ...]:
        """Return the fences that are detailed (`model.measures`)."""
        sizes = np.diff(self.parts.starts)
        counts = np.zeros(len(self), dtype=np.intp)
        per_part = np.diff(self.parts.first_ring)
        np.add.at(counts, np.repeat(self.parts.owner, per_part), sizes)
        # A disc is one point in its shape and none here; a line has more points here than in its shape.
        np.add.at(counts, self.parts.owner, per_part == 0)
        found = (self.fences[at] for at in np.flatnonzero(counts > DETAILED_POINTS).tolist())
        return tuple(fence for fence in found if is_detailed(fence.shapes))

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


def _apart_m(lons: Floats, lats: Floats, place: Position) -> Floats:
    """Return about how far places are from another, on a sphere."""
    a, b = np.radians(lats), math.radians(place.lat)
    half = np.sin((a - b) / 2) ** 2 + np.cos(a) * math.cos(b) * np.sin(np.radians(lons - place.lon) / 2) ** 2
    return np.asarray(2 * geodesy.A * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


def _former_numbers(fences: Sequence[Geofence], older: Sequence[Geofence]) -> Ints:
    """Return for each of the fences its number in `older`, where that holds the same object; else -1."""
    number = {id(fence): at for at, fence in enumerate(older)}
    # Popped, so that an object that is there twice is copied once.
    return np.fromiter((number.pop(id(fence), -1) for fence in fences), dtype=np.intp, count=len(fences))
