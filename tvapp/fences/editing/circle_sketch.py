"""Drawing a circle under the crosshair."""

from __future__ import annotations

import math

from tvapp.fences.editing.sketch import (
    Direction,
    Drawn,
    Measures,
    Outline,
    Placed,
    Reason,
    Refused,
    Stage,
    Step,
    Trace,
)
from tvapp.fences.editing.stepper import Stepper, round_value
from tvapp.fences.geojson.geometry import MAX_RADIUS_M, MIN_RADIUS_M
from tvapp.geo import geodesy
from tvapp.geo.mercator import MAX_LATITUDE
from tvapp.geo.position import Position

START_PX = 120.0
"""Approximate radius of a new circle, in design pixels."""

CIRCLE_SEGMENTS = 96


def problem_of_circle(center: Position, radius_m: float) -> Reason | None:
    """Return the reason why a circle is impossible: it must lie on the map, which ends at 85.05 degrees."""
    north = geodesy.destination(center, 0.0 if center.lat >= 0.0 else 180.0, radius_m)
    # Beyond a pole latitudes fall again, but no centre lies that near to a pole.
    return "too-far" if abs(north.lat) > MAX_LATITUDE else None


def circle_measures(radius_m: float) -> Measures:
    """Return a circle's sizes. At 10 km the ellipsoid makes a millionth of a difference to the plane formulas."""
    return Measures(math.pi * radius_m * radius_m, math.tau * radius_m, radius_m)


class CircleSketch:
    """OK fixes the centre, arrows change the radius, OK again finishes; Back frees the centre.

    >>> sketch = CircleSketch(Position(24.94, 60.17), resolution_m=2.4)
    >>> _ = sketch.place(), sketch.adjust("right")
    >>> sketch.finish().radius_m
    201.0
    """

    def __init__(self, crosshair: Position, resolution_m: float) -> None:
        self._crosshair = crosshair
        self._center: Position | None = None
        self._stepper = Stepper(MIN_RADIUS_M, MIN_RADIUS_M, MAX_RADIUS_M)
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
        """The fixed centre, else the crosshair."""
        return self._crosshair if self._center is None else self._center

    @property
    def radius_m(self) -> float:
        """The radius; a round value that suits the view until the viewer changes it."""
        return self._stepper.value

    @property
    def problem(self) -> Reason | None:
        return problem_of_circle(self.center, self.radius_m)

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
            self._stepper.value = round_value(START_PX * resolution_m, MIN_RADIUS_M, MAX_RADIUS_M)

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
        """Change the radius: left and right by a metre, up and down by ten; in growing steps while held."""
        if self._center is None:
            return False
        self._is_turned = True
        return self._stepper.turn(direction in ("right", "up"), held_s, coarse=direction in ("up", "down"))

    def finish(self) -> Drawn | Refused:
        problem = self.problem
        if problem is not None:
            return Refused(problem)
        center = self.center.normalised()
        return Drawn({"type": "Point", "coordinates": [center.lon, center.lat]}, "Circle", self.radius_m)
