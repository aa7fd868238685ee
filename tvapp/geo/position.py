"""Positions on the earth and boxes of them, in WGS 84 degrees, longitude before latitude (RFC 7946, 3.1.1)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place: `lon` in degrees east, `lat` in degrees north."""

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


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box from (`west`, `south`) to (`east`, `north`); `west` > `east` means that it crosses the date line."""

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
