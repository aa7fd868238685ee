"""The neighbourhood of a place as a plane: degrees in metres, shapes moved and scaled, outlines of corridors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tvapp.geo.geodesy import E2, A
from tvapp.geo.position import Position

_ROUND_STEPS = 12
"""Edges of a corridor's half-round end."""


def degree_m(lat: float) -> tuple[float, float]:
    """Return how many metres a degree of longitude and one of latitude are (Snyder, eq. 4-18 and 4-19)."""
    phi = math.radians(lat)
    w2 = 1.0 - E2 * math.sin(phi) ** 2
    across = A * math.cos(phi) / math.sqrt(w2)
    along = A * (1.0 - E2) / (w2 * math.sqrt(w2))
    return math.radians(across), math.radians(along)


@dataclass(frozen=True, slots=True)
class Transform:
    """Puts places from around `origin` to around `target`, `across` and `along` times as far from it in degrees."""

    origin: Position
    target: Position
    across: float = 1.0
    along: float = 1.0

    def __call__(self, place: Position) -> Position:
        # Differences of the middles first: a move straight east leaves latitudes as they are, to the last digit.
        lon = self.target.lon - self.origin.lon + place.lon
        lat = self.target.lat - self.origin.lat + place.lat
        if self.across != 1.0:
            lon = self.target.lon + (place.lon - self.origin.lon) * self.across
        if self.along != 1.0:
            lat = self.target.lat + (place.lat - self.origin.lat) * self.along
        return Position(lon, lat)


def size_keeping(origin: Position, target: Position) -> Transform:
    """Return the transfer that keeps a shape as large on the ground as it was.

    Away from the equator degrees of longitude become shorter, so that more of them are needed. One factor serves the
    whole shape: parallel edges stay parallel, and a rectangle stays one.
    """
    if origin.lat == target.lat:
        return Transform(origin, target)
    across, along = degree_m(origin.lat)
    across_there, along_there = degree_m(target.lat)
    return Transform(origin, target, across / across_there, along / along_there)


def buffer_outline(points: Sequence[Position], radius_m: float) -> tuple[Position, ...]:
    """Return a closed outline around a line at about `radius_m`, with round ends.

    A quick picture: at sharp bends it crosses itself.
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
    """Return a line or ring with at most about `most` places, for a quick picture: those near the last kept one go."""
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
    """Return the angle of an edge on the ground, counter-clockwise from east."""
    across, along = degree_m((a.lat + b.lat) / 2.0)
    return math.atan2((b.lat - a.lat) * along, (b.lon - a.lon) * across)


def _beside(place: Position, turn: float, radius_m: float) -> Position:
    """Return the place to the right of one that is passed in a direction."""
    across, along = degree_m(place.lat)
    return Position(
        place.lon + math.sin(turn) * radius_m / max(across, 1.0), place.lat - math.cos(turn) * radius_m / along
    )


def _arc(place: Position, turn: float, radius_m: float, steps: int) -> tuple[Position, ...]:
    """Return places around one, from its right-hand side on counter-clockwise in steps of 180 degrees / 12."""
    return tuple(_beside(place, turn + math.pi * step / _ROUND_STEPS, radius_m) for step in range(steps + 1))
