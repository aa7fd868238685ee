"""Moving a whole fence with the crosshair, and copying it beside itself.

A moved fence keeps its size on the ground: circles keep their radius, outlines are stretched in longitude, because
degrees become shorter towards the poles. Only geometry collections, which `feature.moved` moves, keep their degrees.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tvapp.fences.editing.preview import Preview, are_on_map
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
    continued,
    off_map,
)
from tvapp.fences.geojson.position_lists import with_moved_positions
from tvapp.fences.model.fence import Circle, Geofence, Polygon
from tvapp.geo.geodesy import distance_m
from tvapp.geo.local_plane import Transform, degree_m, size_keeping
from tvapp.geo.position import Position

_ASIDE = 0.3
"""Offset of a copy, in widths of its fence."""
_LEAST_ASIDE_M = 3.0
_STILL_M = 0.05


class MoveSketch:
    """The fence follows the map's crosshair, OK puts it down.

    It keeps its offset from the crosshair, so that the move begins without a jump.
    """

    def __init__(self, fence: Geofence, geometry: Mapping[str, Any], crosshair: Position, resolution_m: float) -> None:
        self._fence, self._geometry = fence, geometry
        self._anchor = fence.bounds.center
        self._start = self._at = continued(crosshair, self._anchor)
        self._preview = Preview(fence, self._anchor)
        self._original_traces = self._preview.traces("fixed")
        self._transfer = Transform(self._anchor, self._anchor)
        self._traces = self._preview.traces("live")
        self._problem: Reason | None = None

    @property
    def stage(self) -> Stage:
        return "moving"

    @property
    def pans(self) -> bool:
        return True

    @property
    def is_changed(self) -> bool:
        return distance_m(self._transfer.origin, self._transfer.target) > _STILL_M

    @property
    def problem(self) -> Reason | None:
        return self._problem

    @property
    def shift(self) -> tuple[float, float]:
        """The move in degrees east and north, as `feature.moved` wants it for a collection."""
        there, here = self._transfer.target, self._transfer.origin
        return there.lon - here.lon, there.lat - here.lat

    @property
    def measures(self) -> Measures:
        return Measures(edge_m=distance_m(self._transfer.origin, self._transfer.target))

    @property
    def outline(self) -> Outline:
        """The fence at its new and at its old place."""
        moved = self._traces if self._problem is None else tuple(Trace("crossing", t.points) for t in self._traces)
        return Outline((*self._original_traces, *moved), (self._transfer.target,))

    def aim(self, crosshair: Position, resolution_m: float) -> None:
        at = continued(crosshair, self._at)
        if at == self._at:
            return
        self._at = at
        anchor = self._anchor
        target = Position(anchor.lon + at.lon - self._start.lon, anchor.lat + at.lat - self._start.lat)
        if abs(target.lat) >= 89.0:
            # So near to a pole the preview would be distorted beyond use.
            self._problem = "too-far"
            return
        is_stretched = self._geometry.get("type") != "GeometryCollection"
        self._transfer = size_keeping(anchor, target) if is_stretched else Transform(anchor, target)
        self._traces = self._preview.traces("live", self._transfer)
        self._problem = off_map(map(self._transfer, self._preview.corners))
        if self._problem is None and not are_on_map(self._traces):
            self._problem = "too-far"

    def place(self) -> Step:
        return self.finish()

    def take_back(self) -> bool:
        return False

    def adjust(self, direction: Direction, held_s: float = 0.0) -> bool:
        return False

    def finish(self) -> Drawn | Refused:
        if self._problem is not None:
            return Refused(self._problem)
        if not self.is_changed:
            return Refused("unchanged")
        return _sent(self._fence, self._geometry, self._transfer)


def duplicated(fence: Geofence, geometry: Mapping[str, Any]) -> Drawn:
    """Return a fence's geometry a little further east, so that both are visible."""
    middle = fence.bounds.center
    return _sent(fence, geometry, Transform(middle, Position(middle.lon + copy_offset_deg(fence), middle.lat)))


def copy_offset_deg(fence: Geofence) -> float:
    """Return the offset to the east, in degrees, of a copy of a fence."""
    least = _LEAST_ASIDE_M / max(degree_m(fence.bounds.center.lat)[0], 1.0)
    return max(fence.bounds.lon_span * _ASIDE, least)


def subtype_of(fence: Geofence) -> str:
    """Return the subType for a fence's Feature."""
    if any(isinstance(shape, Circle) for shape in fence.shapes):
        return "Circle"
    rectangles = [isinstance(shape, Polygon) and shape.is_rectangle for shape in fence.shapes]
    return "Rectangle" if any(rectangles) else ""


def radius_of(fence: Geofence) -> float | None:
    """Return the radius for a fence's Feature, which all its circles, spots and lines share; None for mere marks."""
    radii = (shape.radius_m for shape in fence.shapes if not isinstance(shape, Polygon))
    return next(radii, 0.0) or None


def _sent(fence: Geofence, geometry: Mapping[str, Any], transfer: Transform) -> Drawn:
    there = dataclasses.replace(transfer, target=transfer.target.normalised())
    return Drawn(with_moved_positions(geometry, transfer.origin, there), subtype_of(fence), radius_of(fence))
