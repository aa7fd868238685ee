"""Drawing a polygon corner by corner; crossing edges are shown before the corner is dropped."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.fences.editing.sketch import (
    LARGEST_SPAN,
    Direction,
    Drawn,
    Measures,
    Outline,
    Placed,
    Reason,
    Refused,
    Role,
    Stage,
    Step,
    Trace,
    continued,
    coordinates,
    off_map,
)
from tvapp.geo import geodesy
from tvapp.geo.mercator import MAX_LATITUDE
from tvapp.geo.polygon import oriented
from tvapp.geo.position import Position
from tvapp.geo.segments import Edges, densified, folds_back

MAX_VERTICES = 1_000
"""Corners of a polygon drawn by hand."""

REACH_PX = 28.0
"""Distance to the first corner, in design pixels, within which OK closes the polygon."""

_FLAT_M2 = 0.01
_SAME_M = 0.1
# A second press of OK while the map glides to rest is not meant as another corner.


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The judgement on an edge: the problem, the edges it crosses, and the places."""

    problem: Reason | None = None
    crossed: frozenset[int] = frozenset()
    places: tuple[Position, ...] = ()


_FINE = _Verdict()


@dataclass(frozen=True, slots=True)
class _Aim:
    """The next corner under the crosshair, and the judgements on its edges.

    `live` is the edge from the last corner, `closing` the one on to the first corner.
    """

    at: Position
    closes: bool = False
    live: _Verdict = _FINE
    closing: _Verdict = _FINE


class PolygonSketch:
    """OK drops a corner, OK on the first one closes; Back takes the last one away.

    A corner whose edge crosses another is refused at once. The closing edge may cross others until the end, or no
    spiral could be drawn: the crossing is shown, and only closing is refused.
    """

    def __init__(self, crosshair: Position, resolution_m: float) -> None:
        self._crosshair = crosshair
        self._reach_m = REACH_PX * resolution_m
        self._corners: tuple[Position, ...]
        self._length_m: list[float] = []
        self._set(())

    @property
    def corners(self) -> tuple[Position, ...]:
        """The corners dropped so far, longitudes continuous."""
        return self._corners

    @property
    def stage(self) -> Stage:
        if not self._corners:
            return "first-corner"
        return "closing" if self._aim.closes else "next-corner"

    @property
    def pans(self) -> bool:
        return True

    @property
    def is_changed(self) -> bool:
        return bool(self._corners)

    @property
    def problem(self) -> Reason | None:
        return self._aim.live.problem

    @property
    def measures(self) -> Measures | None:
        corners, aim = self._corners, self._aim
        if not corners:
            return None
        edge_m = geodesy.distance_m(corners[-1], aim.at)
        rest_m = geodesy.distance_m(aim.at, corners[0]) if len(corners) > 1 else 0.0
        # The area of the corners is known; the crosshair adds or removes a triangle.
        area_m2 = abs(self._area_m2 + geodesy.signed_ring_area_m2((corners[-1], aim.at, corners[0])))
        problems = {aim.live.problem, aim.closing.problem}
        is_plain = problems <= {None, "same-place", "too-many", "flat"}
        return Measures(area_m2 if is_plain else None, self._length_m[-1] + edge_m + rest_m, edge_m=edge_m)

    @property
    def outline(self) -> Outline:
        corners, aim = self._corners, self._aim
        traces = [Trace("fixed", self._fixed)] if len(corners) > 1 else []
        if corners:
            role: Role = "live" if aim.live.problem in (None, "same-place") else "crossing"
            traces.append(Trace(role, densified((corners[-1], aim.at))))
        if len(corners) > 1 and not aim.closes:
            role = "closing" if aim.closing.problem in (None, "flat") else "crossing"
            traces.append(Trace(role, densified((aim.at, continued(corners[0], aim.at)))))
        crossed = sorted(aim.live.crossed | aim.closing.crossed)
        traces += [Trace("crossing", densified(corners[edge : edge + 2])) for edge in crossed]
        return Outline(tuple(traces), corners, crossings=aim.live.places + aim.closing.places)

    def aim(self, crosshair: Position, resolution_m: float) -> None:
        self._crosshair, self._reach_m = crosshair, REACH_PX * resolution_m
        self._aim = self._aimed()

    def place(self) -> Step:
        aim = self._aim
        if aim.closes:
            return self.finish()
        if aim.live.problem is not None:
            return Refused(aim.live.problem, aim.live.places)
        self._set((*self._corners, aim.at))
        return Placed()

    def take_back(self) -> bool:
        if not self._corners:
            return False
        self._set(self._corners[:-1])
        return True

    def adjust(self, direction: Direction, held_s: float = 0.0) -> bool:
        return False

    def finish(self) -> Drawn | Refused:
        """Close the outline from the last corner to the first one."""
        if len(self._corners) < 3:
            return Refused("too-few")
        closing = self._closed_from(self._corners[-1])
        if closing.problem is not None:
            return Refused(closing.problem, closing.places)
        ring = oriented((*self._corners, self._corners[0]))
        return Drawn({"type": "Polygon", "coordinates": [coordinates(ring)]})

    def _set(self, corners: tuple[Position, ...]) -> None:
        self._corners = corners
        self._edges = Edges(corners)
        self._fixed = densified(corners)
        # Keep the length up to each corner and the area of the corners, so that a frame adds the crosshair only.
        del self._length_m[max(0, len(corners) - 1) :]
        if corners:
            step_m = geodesy.distance_m(*corners[-2:]) if self._length_m else 0.0
            self._length_m.append((self._length_m or [0.0])[-1] + step_m)
        self._area_m2 = geodesy.signed_ring_area_m2(corners)
        lons = [corner.lon for corner in corners]
        self._west, self._east = min(lons, default=0.0), max(lons, default=0.0)
        self._aim = self._aimed()

    def _aimed(self) -> _Aim:
        """Return the next corner under the crosshair, judged against the corners so far."""
        corners = self._corners
        if not corners:
            return _Aim(self._crosshair.normalised(), live=_Verdict(off_map((self._crosshair,))))
        at = continued(self._crosshair, corners[-1])
        if len(corners) >= 3 and geodesy.distance_m(at, corners[0]) <= self._reach_m:
            return _Aim(continued(corners[0], at), True, self._closed_from(corners[-1]))
        live = self._extended_to(at)
        if len(corners) < 2 or live.problem == "same-place":
            return _Aim(at, live=live)
        return _Aim(at, live=live, closing=self._closed_from(at))

    def _extended_to(self, at: Position) -> _Verdict:
        """Judge the edge from the last corner to a place."""
        corners = self._corners
        if geodesy.distance_m(at, corners[-1]) < _SAME_M:
            return _Verdict("same-place")
        if len(corners) >= MAX_VERTICES:
            return _Verdict("too-many")
        if abs(at.lat) > MAX_LATITUDE:
            return _Verdict("too-far")
        if max(at.lon, self._east) - min(at.lon, self._west) >= 360.0:
            return _Verdict("too-large")
        last = len(corners) - 2
        if last >= 0 and folds_back(corners[-2], corners[-1], at):
            return _Verdict("crossing", frozenset((last,)), (at,))
        return _crossed(self._edges, corners[-1], at, (last,))

    def _closed_from(self, at: Position) -> _Verdict:
        """Judge the edge from a place, the last corner or one after it, to the first corner."""
        corners = self._corners
        first = corners[0]
        if continued(first, at) != first:
            return _Verdict("pole")
        if max(at.lon, self._east) - min(at.lon, self._west) >= LARGEST_SPAN:
            return _Verdict("too-large")
        is_last = at == corners[-1]
        before = corners[-2] if is_last else corners[-1]
        if folds_back(at, first, corners[1]) or folds_back(before, at, first):
            area_m2 = self._area_m2 + geodesy.signed_ring_area_m2((corners[-1], at, first))
            if abs(area_m2) < _FLAT_M2:
                return _Verdict("flat")
            # Overlapping edges share more than one place; the edge to the crosshair is not fixed yet.
            fixed = {0} if folds_back(at, first, corners[1]) else {len(corners) - 2} if is_last else set()
            return _Verdict("crossing", frozenset(fixed), (first,))
        return _crossed(self._edges, at, first, (0, len(corners) - 2) if is_last else (0,))


def _crossed(edges: Edges, a: Position, b: Position, but: tuple[int, ...]) -> _Verdict:
    found = edges.crossed_by(a, b, but)
    if not found:
        return _FINE
    return _Verdict("crossing", frozenset(each.edge for each in found), tuple(each.at for each in found))
