"""Positions and bounding boxes in WGS 84 degrees, longitude before latitude (RFC 7946, 3.1.1).

They are msgspec structs because there may be hundreds of thousands: made four times faster than data classes, and a
third smaller.
"""

from __future__ import annotations

import msgspec


class Position(msgspec.Struct, frozen=True, order=True, gc=False):
    """A place on the earth: `lon` in degrees east, `lat` in degrees north."""

    lon: float
    lat: float

    def normalised(self) -> Position:
        """Return the same place with a longitude in [-180, 180).

        >>> Position(190.0, 10.0).normalised()
        Position(lon=-170.0, lat=10.0)
        """
        if -180.0 <= self.lon < 180.0:
            return self
        return Position((self.lon + 180.0) % 360.0 - 180.0, self.lat)


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """A bounding box; `west` > `east` means that it crosses the date line."""

    west: float
    south: float
    east: float
    north: float

    @property
    def crosses_date_line(self) -> bool:
        return self.west > self.east

    @property
    def lon_span(self) -> float:
        """Width in degrees, 0 to 360."""
        return self.east - self.west if self.east >= self.west else self.east - self.west + 360.0

    @property
    def center(self) -> Position:
        """The middle of the box, in degrees."""
        return Position(self.west + self.lon_span / 2, (self.south + self.north) / 2).normalised()

    def contains(self, position: Position) -> bool:
        """Tell whether a place lies in the box, edges included."""
        if not self.south <= position.lat <= self.north:
            return False
        return (position.lon - self.west) % 360.0 <= self.lon_span

    def intersects(self, other: Bounds) -> bool:
        """Tell whether two boxes share a place, edges included."""
        if self.south > other.north or other.south > self.north:
            return False
        east_of_me = (other.west - self.west) % 360.0
        return east_of_me <= self.lon_span or 360.0 - east_of_me <= other.lon_span

    def union(self, other: Bounds) -> Bounds:
        """Return the smallest box that contains both, the shorter of the two ways round the earth."""
        south, north = min(self.south, other.south), max(self.north, other.north)
        eastwards = max(self.lon_span, (other.west - self.west) % 360.0 + other.lon_span)
        westwards = max(other.lon_span, (self.west - other.west) % 360.0 + self.lon_span)
        west, span = (self.west, eastwards) if eastwards <= westwards else (other.west, westwards)
        return _box(west, span, south, north)


def _box(west: float, span: float, south: float, north: float) -> Bounds:
    if span >= 360.0:
        return Bounds(-180.0, south, 180.0, north)
    east = west + span
    if west >= -180.0 and east <= 180.0:
        return Bounds(west, south, east, north)
    west = (west + 180.0) % 360.0 - 180.0
    east = west + span
    return Bounds(west, south, east if east <= 180.0 else east - 360.0, north)
