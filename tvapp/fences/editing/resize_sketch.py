"""Resizing a fence with the arrows: its radius, its sides, or the whole of it in per cent."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal

from tvapp.fences.editing.circle_sketch import circle_measures
from tvapp.fences.editing.move_sketch import radius_of, subtype_of
from tvapp.fences.editing.preview import Preview, are_on_map
from tvapp.fences.editing.rectangle_sketch import rectangle_ring, rectangle_sides_m
from tvapp.fences.editing.sketch import (
    Direction,
    Drawn,
    Measures,
    Outline,
    Reason,
    Refused,
    Stage,
    Step,
    Trace,
    off_map,
)
from tvapp.fences.editing.stepper import Stepper
from tvapp.fences.geojson.geometry import MAX_RADIUS_M, MIN_RADIUS_M
from tvapp.fences.geojson.position_lists import with_moved_positions
from tvapp.fences.model.fence import Circle, Geofence, Polygon, Spot, is_area
from tvapp.geo import geodesy
from tvapp.geo.local_plane import Transform, degree_m
from tvapp.geo.polygon import centroid
from tvapp.geo.position import Position

ResizeMode = Literal["radius", "sides", "scale"]

MAX_SIDE_M = 1_000_000.0
LEAST_PERCENT, MOST_PERCENT = 10.0, 1_000.0
_MEASURED = 2_000
"""Most vertices for which a polygon is measured anew at each step."""


def resize_mode(fence: Geofence) -> ResizeMode | None:
    """Return how a fence is resized; None for a mixture of outlines and radii, and for what is no area."""
    if not all(map(is_area, fence.shapes)):
        return None
    polygons = [shape for shape in fence.shapes if isinstance(shape, Polygon)]
    if not polygons:
        return "radius"
    if len(polygons) < len(fence.shapes):
        return None
    return "sides" if fence.is_rectangle and _is_upright(polygons[0]) else "scale"


class ResizeSketch:
    """Arrows change the size about the middle; OK keeps it, Back first restores the old size.

    The arrows change the radius of a circle, spot or line (up and down in tens), the width and the height of a
    rectangle in metres, and the size of other polygons in per cent (up and down in tens).
    """

    def __init__(self, fence: Geofence, geometry: Mapping[str, Any]) -> None:
        self._fence, self._geometry = fence, geometry
        way = resize_mode(fence)
        if way is None:
            raise ValueError(f"{fence.id} has no one size")
        self._way: ResizeMode = way
        self._middle = _middle(fence)
        self._preview = Preview(fence, self._middle)
        self._original_traces = self._preview.traces("fixed")
        match way:
            case "radius":
                radius_m = radius_of(fence) or MIN_RADIUS_M
                # One that is beyond the limits for drawing stays as it is, and may become smaller.
                least_m, most_m = min(MIN_RADIUS_M, radius_m), max(MAX_RADIUS_M, radius_m)
                self._steppers = [Stepper(radius_m, least_m, most_m)]
            case "sides":
                self._steppers = [Stepper(side_m, 1.0, MAX_SIDE_M) for side_m in rectangle_sides_m(_upright(fence))]
            case "scale":
                self._steppers = [Stepper(100.0, LEAST_PERCENT, MOST_PERCENT)]
        self._before = [stepper.value for stepper in self._steppers]
        self._recompute()

    @property
    def way(self) -> ResizeMode:
        """Which size the arrows change."""
        return self._way

    @property
    def stage(self) -> Stage:
        return "resizing"

    @property
    def pans(self) -> bool:
        return False

    @property
    def is_changed(self) -> bool:
        return [stepper.value for stepper in self._steppers] != self._before

    @property
    def problem(self) -> Reason | None:
        return self._problem

    @property
    def measures(self) -> Measures:
        return self._measures

    @property
    def outline(self) -> Outline:
        """The fence in its new and its old size."""
        return Outline((*self._original_traces, *self._traces), (self._middle,))

    def aim(self, crosshair: Position, resolution_m: float) -> None:
        pass  # sizes do not depend on where the map is

    def place(self) -> Step:
        return self.finish()

    def take_back(self) -> bool:
        if not self.is_changed:
            return False
        for stepper, value in zip(self._steppers, self._before, strict=True):
            stepper.value = value
        self._recompute()
        return True

    def adjust(self, direction: Direction, held_s: float = 0.0) -> bool:
        up, upright = direction in ("right", "up"), direction in ("up", "down")
        if self._way == "sides":
            turned = self._steppers[1 if upright else 0].turn(up, held_s)
        else:
            turned = self._steppers[0].turn(up, held_s, coarse=upright)
        if turned:
            self._recompute()
        return turned

    def finish(self) -> Drawn | Refused:
        if self._problem is not None:
            return Refused(self._problem)
        if not self.is_changed:
            return Refused("unchanged")
        if self._way == "radius":
            return Drawn(dict(self._geometry), subtype_of(self._fence), self._steppers[0].value)
        return Drawn(with_moved_positions(self._geometry, self._middle, self._transfer), subtype_of(self._fence))

    @property
    def _transfer(self) -> Transform:
        shares = [stepper.value / before for stepper, before in zip(self._steppers, self._before, strict=True)]
        return Transform(self._middle, self._middle, shares[0], shares[-1])

    def _recompute(self) -> None:
        """Recompute outlines, sizes and the problem after a change of the size."""
        if self._way == "radius":
            radius_m = self._steppers[0].value
            traces = self._preview.traces("live", radius_m=radius_m)
            is_disc = len(self._fence.shapes) == 1 and isinstance(self._fence.shapes[0], Circle | Spot)
            self._measures = circle_measures(radius_m) if is_disc else Measures(radius_m=radius_m)
            self._problem: Reason | None = None
        else:
            transfer = self._transfer
            self._problem = off_map(map(transfer, self._preview.corners))
            traces = self._preview.traces("live", transfer)
            self._measures = self._measured(transfer)
        if self._problem is None and not are_on_map(traces):
            self._problem = "too-far"
        self._traces = traces if self._problem is None else tuple(Trace("crossing", each.points) for each in traces)

    def _measured(self, transfer: Transform) -> Measures:
        polygons = [shape for shape in self._fence.shapes if isinstance(shape, Polygon)]
        percent = self._steppers[0].value if self._way == "scale" else None
        if sum(len(ring) for shape in polygons for ring in shape.rings) > _MEASURED:
            return Measures(percent=percent)
        area_m2 = perimeter_m = 0.0
        for shape in polygons:
            for number, ring in enumerate(shape.rings):
                moved = tuple(map(transfer, ring))
                ring_m2 = geodesy.ring_area_m2(moved)
                area_m2 += -ring_m2 if number else ring_m2
                perimeter_m += geodesy.ring_perimeter_m(moved)
        if percent is not None:
            return Measures(area_m2, perimeter_m, percent=percent)
        width_m, height_m = (stepper.value for stepper in self._steppers)
        return Measures(area_m2, perimeter_m, sides_m=(width_m, height_m))


def _middle(fence: Geofence) -> Position:
    """Return the fixed point of the resizing."""
    shape = fence.shapes[0]
    if len(fence.shapes) == 1 and isinstance(shape, Polygon) and not shape.is_rectangle:
        return centroid(shape.rings[0])
    return fence.bounds.center


def _upright(fence: Geofence) -> tuple[Position, ...]:
    """Return the outline of a rectangle from its south-west corner on."""
    shape = fence.shapes[0]
    assert isinstance(shape, Polygon)
    lons, lats = [place.lon for place in shape.rings[0]], [place.lat for place in shape.rings[0]]
    return rectangle_ring(min(lons), min(lats), max(lons), max(lats))


def _is_upright(polygon: Polygon) -> bool:
    """Tell whether a rectangle's sides run along meridians and parallels; other tools make rotated ones."""
    ring = polygon.rings[0]
    if len(polygon.rings) != 1 or len(ring) != 5:
        return False
    lons, lats = [place.lon for place in ring], [place.lat for place in ring]
    across_m, along_m = degree_m(lats[0])
    slack_m = 0.01 * min((max(lons) - min(lons)) * across_m, (max(lats) - min(lats)) * along_m)
    apart = [min(abs(a.lon - b.lon) * across_m, abs(a.lat - b.lat) * along_m) for a, b in pairwise(ring)]
    return slack_m > 0.0 and max(apart) <= slack_m
