"""Drawing a rectangle whose sides run along meridians and parallels."""

from __future__ import annotations

from collections.abc import Sequence

from tvapp.fences.editing.sketch import (
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
from tvapp.geo.local_plane import degree_m
from tvapp.geo.position import Position

FLAT_M = 0.1
"""A rectangle with a shorter side is refused: it would be too flat to see."""


def rectangle_ring(west: float, south: float, east: float, north: float) -> tuple[Position, ...]:
    """Return the closed outline of a rectangle, counter-clockwise from its south-west corner."""
    corners = Position(west, south), Position(east, south), Position(east, north), Position(west, north)
    return (*corners, corners[0])


def rectangle_sides_m(ring: Sequence[Position]) -> tuple[float, float]:
    """Return the width, along the middle parallel, and the height."""
    south_west, north_east = ring[0], ring[2]
    across_m, _ = degree_m((south_west.lat + north_east.lat) / 2.0)
    height_m = geodesy.distance_m(south_west, Position(south_west.lon, north_east.lat))
    return (north_east.lon - south_west.lon) * across_m, height_m


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
        """Finish with the crosshair as the opposite corner."""
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
