"""Treats the neighbourhood of a place as a plane: moves and scales shapes, outlines buffers, simplifies lines.

Good enough for previews that are drawn anew each frame. `index.line_buffer` makes exact buffers, with shapely.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tvapp.geo.geodesy import E2, A
from tvapp.geo.position import Position

_ROUND_STEPS = 12
"""Edges of the half-round end of a buffer."""


def degree_m(lat: float) -> tuple[float, float]:
    """Return how many metres a degree of longitude and one of latitude are (Snyder, eq. 4-18 and 4-19)."""
    phi = math.radians(lat)
    w2 = 1.0 - E2 * math.sin(phi) ** 2
    across = A * math.cos(phi) / math.sqrt(w2)
    along = A * (1.0 - E2) / (w2 * math.sqrt(w2))
    return math.radians(across), math.radians(along)


@dataclass(frozen=True, slots=True)
class Transform:
    """Moves places with `origin` to `target`; scales longitudes by `across` and latitudes by `along` about it."""

    origin: Position
    target: Position
    across: float = 1.0
    along: float = 1.0

    def __call__(self, place: Position) -> Position:
        # Subtract target and origin first: then a move straight east keeps every digit of the latitudes.
        lon = self.target.lon - self.origin.lon + place.lon
        lat = self.target.lat - self.origin.lat + place.lat
        if self.across != 1.0:
            lon = self.target.lon + (place.lon - self.origin.lon) * self.across
        if self.along != 1.0:
            lat = self.target.lat + (place.lat - self.origin.lat) * self.along
        return Position(lon, lat)


def size_keeping(origin: Position, target: Position) -> Transform:
    """Return the transform that moves a shape and keeps its size on the ground.

    Degrees of longitude become shorter towards the poles, so that a shape needs more of them there. One factor serves
    the whole shape: parallel edges stay parallel, and a rectangle stays a rectangle.
    """
    if origin.lat == target.lat:
        return Transform(origin, target)
    across, along = degree_m(origin.lat)
    across_there, along_there = degree_m(target.lat)
    return Transform(origin, target, across / across_there, along / along_there)


def buffer_outline(points: Sequence[Position], radius_m: float) -> tuple[Position, ...]:
    """Return the closed outline of the buffer of `radius_m` around a line, with round ends.

    An approximation for previews: at sharp bends it crosses itself.
    """
    places = [points[0], *(b for a, b in pairwise(points) if a != b)]
    if len(places) == 1:
        return _arc(places[0], 0.0, radius_m, 2 * _ROUND_STEPS)
    turns = [_direction(a, b) for a, b in pairwise(places)]
    outline = [_beside(places[0], turns[0], radius_m)]
    for there, heading in ((places, turns), (places[::-1], [turn + math.pi for turn in turns[::-1]])):
        for number, turn in enumerate(heading):
            if number:
                outline.append(_beside(there[number], turn, radius_m))
            outline.append(_beside(there[number + 1], turn, radius_m))
        outline.extend(_arc(there[-1], heading[-1], radius_m, _ROUND_STEPS)[1:])
    return (*outline[:-1], outline[0])


def simplified(points: Sequence[Position], most: int) -> tuple[Position, ...]:
    """Return a line or ring with at most `most` places (never fewer than its two ends), for a preview.

    Radial distance: places near the last kept one are dropped, with a growing distance until few enough are left.
    """
    if len(points) <= most:
        return tuple(points)
    lons, lats = [place.lon for place in points], [place.lat for place in points]
    width, height = max(lons) - min(lons), max(lats) - min(lats)
    reach = (width + height) / most
    if reach == 0.0:
        return points[0], points[-1]
    while True:
        kept = [points[0]]
        lon, lat = lons[0], lats[0]
        for number in range(1, len(points) - 1):
            if abs(lons[number] - lon) + abs(lats[number] - lat) >= reach:
                kept.append(points[number])
                lon, lat = lons[number], lats[number]
        kept.append(points[-1])
        if len(kept) <= most:
            return tuple(kept)
        reach *= 1.5


def _direction(a: Position, b: Position) -> float:
    """Return the direction of an edge on the ground, in radians counter-clockwise from east."""
    across, along = degree_m((a.lat + b.lat) / 2.0)
    return math.atan2((b.lat - a.lat) * along, (b.lon - a.lon) * across)


def _beside(place: Position, turn: float, radius_m: float) -> Position:
    """Return the place at `radius_m` to the right of `place`, looking in the direction `turn` (radians)."""
    across, along = degree_m(place.lat)
    return Position(
        place.lon + math.sin(turn) * radius_m / max(across, 1.0), place.lat - math.cos(turn) * radius_m / along
    )


def _arc(place: Position, turn: float, radius_m: float, steps: int) -> tuple[Position, ...]:
    """Return an arc around `place`, counter-clockwise from its right-hand side in steps of 180 degrees / 12."""
    return tuple(_beside(place, turn + math.pi * step / _ROUND_STEPS, radius_m) for step in range(steps + 1))
