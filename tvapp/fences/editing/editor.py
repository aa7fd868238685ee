"""Drawing a new geofence under the crosshair: a circle, a polygon or a rectangle, as state machines.

Each is a `sketch.Sketch`. Edges are straight in longitude and latitude and go the short way round the earth; sizes are
measured on the ellipsoid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from tvapp.fences.editing.polygon_sketch import PolygonSketch
from tvapp.fences.editing.sketch import (
    Direction,
    Drawn,
    Measures,
    Outline,
    Placed,
    Reason,
    Refused,
    Role,
    Sketch,
    Stage,
    Step,
    Trace,
    continued,
    coordinates,
    off_map,
)
from tvapp.fences.editing.stepper import Stepper, round_value
from tvapp.fences.geojson.geometry import MAX_RADIUS_M, MIN_RADIUS_M
from tvapp.geo import geodesy
from tvapp.geo.local_plane import degree_m
from tvapp.geo.mercator import MAX_LATITUDE
from tvapp.geo.position import Position

SketchKind = Literal["circle", "polygon", "rectangle"]

START_PX = 120.0
"""About how large a new circle is, in design pixels."""

CIRCLE_SEGMENTS = 96

FLAT_M = 0.1
"""A rectangle with a shorter side encloses nothing one could see."""


def new_sketch(kind: SketchKind, crosshair: Position, resolution_m: float) -> Sketch:
    """Begin to draw; `resolution_m` is how many metres a design pixel is at the crosshair."""
    match kind:
        case "circle":
            return CircleSketch(crosshair, resolution_m)
        case "polygon":
            return PolygonSketch(crosshair, resolution_m)
        case "rectangle":
            return RectangleSketch(crosshair, resolution_m)


def circle_problem(center: Position, radius_m: float) -> Reason | None:
    """Say why a circle cannot be: it has to lie on the map, which ends at 85.05 degrees."""
    north = geodesy.destination(center, 0.0 if center.lat >= 0.0 else 180.0, radius_m)
    # Over the pole latitudes fall again, but there a centre cannot be.
    return "too-far" if abs(north.lat) > MAX_LATITUDE else None


def circle_measures(radius_m: float) -> Measures:
    """Return a circle's sizes. At 10 km the ellipsoid makes a millionth of a difference to the plane formulas."""
    return Measures(math.pi * radius_m * radius_m, math.tau * radius_m, radius_m)


def rectangle_ring(west: float, south: float, east: float, north: float) -> tuple[Position, ...]:
    """Return the closed outline of a rectangle, counter-clockwise from its south-west corner."""
    corners = Position(west, south), Position(east, south), Position(east, north), Position(west, north)
    return (*corners, corners[0])


def rectangle_sides_m(ring: Sequence[Position]) -> tuple[float, float]:
    """Return width, along the parallel in the middle, and height."""
    south_west, north_east = ring[0], ring[2]
    across_m, _ = degree_m((south_west.lat + north_east.lat) / 2.0)
    height_m = geodesy.distance_m(south_west, Position(south_west.lon, north_east.lat))
    return (north_east.lon - south_west.lon) * across_m, height_m


class CircleSketch:
    """OK fixes the centre, arrows turn the radius, OK again is the end; Back frees the centre.

    >>> sketch = CircleSketch(Position(24.94, 60.17), resolution_m=2.4)
    >>> _ = sketch.place(), sketch.adjust("right")
    >>> sketch.finish().radius_m
    201.0
    """

    def __init__(self, crosshair: Position, resolution_m: float) -> None:
        self._crosshair = crosshair
        self._center: Position | None = None
        self._dial = Stepper(MIN_RADIUS_M, MIN_RADIUS_M, MAX_RADIUS_M)
        self._is_turned = False
        self._ring: tuple[Position, float, tuple[Position, ...]] | None = None
        self.aim(crosshair, resolution_m)

    @property
    def stage(self) -> Stage:
        return "centre" if self._center is None else "radius"

    @property
    def pans(self) -> bool:
        return self._center is None

    @property
    def is_changed(self) -> bool:
        return self._center is not None

    @property
    def center(self) -> Position:
        """Where the middle is, or would be."""
        return self._crosshair if self._center is None else self._center

    @property
    def radius_m(self) -> float:
        """The radius now; a round one that suits the view until the viewer turns it."""
        return self._dial.value

    @property
    def problem(self) -> Reason | None:
        return circle_problem(self.center, self.radius_m)

    @property
    def measures(self) -> Measures:
        return circle_measures(self.radius_m)

    @property
    def outline(self) -> Outline:
        key = self.center, self.radius_m
        if self._ring is None or self._ring[:2] != key:
            self._ring = (*key, geodesy.circle_ring(*key, CIRCLE_SEGMENTS))
        return Outline((Trace("crossing" if self.problem else "live", self._ring[2]),), (self.center,))

    def aim(self, crosshair: Position, resolution_m: float) -> None:
        self._crosshair = crosshair
        if self._center is None and not self._is_turned:
            self._dial.value = round_value(START_PX * resolution_m, MIN_RADIUS_M, MAX_RADIUS_M)

    def place(self) -> Step:
        if self._center is not None:
            return self.finish()
        self._center = self._crosshair.normalised()
        return Placed()

    def take_back(self) -> bool:
        if self._center is None:
            return False
        self._center = None
        return True

    def adjust(self, direction: Direction, held_s: float = 0.0) -> bool:
        """Turn the radius: left and right by a metre, up and down by ten; held, in ever larger steps."""
        if self._center is None:
            return False
        self._is_turned = True
        return self._dial.turn(direction in ("right", "up"), held_s, coarse=direction in ("up", "down"))

    def finish(self) -> Drawn | Refused:
        problem = self.problem
        if problem is not None:
            return Refused(problem)
        center = self.center.normalised()
        return Drawn({"type": "Point", "coordinates": [center.lon, center.lat]}, "Circle", self.radius_m)


class RectangleSketch:
    """OK fixes a corner, OK again the opposite one; sides run along meridians and parallels."""

    def __init__(self, crosshair: Position, resolution_m: float) -> None:
        self._crosshair = crosshair
        self._corner: Position | None = None

    @property
    def stage(self) -> Stage:
        return "first-corner" if self._corner is None else "opposite-corner"

    @property
    def pans(self) -> bool:
        return True

    @property
    def is_changed(self) -> bool:
        return self._corner is not None

    @property
    def problem(self) -> Reason | None:
        if self._corner is None:
            return off_map((self._crosshair,))
        return off_map(self._ring) or ("flat" if min(self._sides_m) < FLAT_M else None)

    @property
    def measures(self) -> Measures | None:
        if self._corner is None:
            return None
        ring = self._ring
        return Measures(geodesy.ring_area_m2(ring), geodesy.ring_perimeter_m(ring), sides_m=self._sides_m)

    @property
    def outline(self) -> Outline:
        if self._corner is None:
            return Outline()
        role: Role = "crossing" if self.problem in ("too-far", "too-large") else "live"
        return Outline((Trace(role, self._ring),), (self._corner, self._opposite))

    def aim(self, crosshair: Position, resolution_m: float) -> None:
        self._crosshair = crosshair

    def place(self) -> Step:
        if self._corner is not None:
            return self.finish()
        if (problem := self.problem) is not None:
            return Refused(problem)
        self._corner = self._crosshair.normalised()
        return Placed()

    def take_back(self) -> bool:
        if self._corner is None:
            return False
        self._corner = None
        return True

    def adjust(self, direction: Direction, held_s: float = 0.0) -> bool:
        return False

    def finish(self) -> Drawn | Refused:
        """Be done with the crosshair as the opposite corner."""
        if self._corner is None:
            return Refused("too-few")
        if (problem := self.problem) is not None:
            return Refused(problem)
        return Drawn({"type": "Polygon", "coordinates": [coordinates(self._ring)]}, "Rectangle")

    @property
    def _opposite(self) -> Position:
        return self._crosshair if self._corner is None else continued(self._crosshair, self._corner)

    @property
    def _ring(self) -> tuple[Position, ...]:
        a, b = self._corner or self._crosshair, self._opposite
        return rectangle_ring(min(a.lon, b.lon), min(a.lat, b.lat), max(a.lon, b.lon), max(a.lat, b.lat))

    @property
    def _sides_m(self) -> tuple[float, float]:
        return rectangle_sides_m(self._ring)
