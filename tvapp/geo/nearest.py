"""Finds the place on lines that is nearest to a given place, anywhere on the earth: also over the date line and a pole.

Edges are straight in longitude and latitude (RFC 7946, 3.1.1), so they are curves on the ground. Places are compared by
the chord through the earth (Cartesian coordinates on WGS 84): the result is right to centimetres up to 500 km, and to
0.1 % up to 10,000 km. Hand-written because shapely measures in the plane only.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from tvapp.geo.geodesy import E2, A
from tvapp.geo.position import Position

FINE_M = 0.001
"""How much further than the nearest place the result may be ..."""
FINE_SHARE = 1e-5
"""... or this share of the distance, if that is more."""

_RADIANS = math.pi / 180.0
_BEND_M = 6.5e6 / 8.0
# An arc leaves its chord by an eighth of its second derivative, whose unit on the ellipsoid is at most 6.5e6 m
# (the larger radius of curvature, and room for how it changes with the latitude).

_Point = tuple[float, float, float]


class NearestPoint(NamedTuple):
    """The place on some lines that is nearest to a given place, and the two ends of its edge."""

    place: Position
    start: Position
    end: Position


class _Piece(NamedTuple):
    """A part of an edge. `low` is the least distance it can have, `bend` the most it can leave its chord; in metres."""

    low: float
    order: int
    part: float
    bend: float
    start: Position
    end: Position
    edge: tuple[Position, Position]


def nearest_point(lines: Iterable[Sequence[Position]], place: Position) -> NearestPoint | None:
    """Return the place on any of the lines that is nearest to `place`; None where the lines have no edges.

    Longitudes of each line are continuous, and may be whole turns away from those of `place`. Rings repeat their first
    place. Takes about 2 microseconds for each edge.

    >>> nearest_point([[Position(179.0, 1.0), Position(181.0, 1.0)]], Position(-179.5, 1.0)).place
    Position(lon=180.5, lat=1.0)
    """
    origin = _cartesian(place, (0.0, 0.0, 0.0))
    reach = math.inf
    open_pieces: list[_Piece] = []
    for line in lines:
        points = [_cartesian(point, origin) for point in line]
        for (start, end), (a, b) in zip(pairwise(line), pairwise(points), strict=True):
            part, away, bend = _approach(start, end, a, b)
            if away - bend < reach:
                open_pieces.append(_Piece(away - bend, len(open_pieces), part, bend, start, end, (start, end)))
                reach = min(reach, away + bend)
    heapq.heapify(open_pieces)
    order = len(open_pieces)
    while open_pieces:
        piece = heapq.heappop(open_pieces)
        fine = max(FINE_M, FINE_SHARE * (piece.low + piece.bend))
        # No other piece can be nearer than `low`, and this one is at most twice its bend further away than that.
        if piece.bend <= fine:
            return NearestPoint(_between(piece.start, piece.end, piece.part), *piece.edge)
        middle = _between(piece.start, piece.end, 0.5)
        ends = [_cartesian(point, origin) for point in (piece.start, middle, piece.end)]
        for (start, end), (a, b) in zip(pairwise((piece.start, middle, piece.end)), pairwise(ends), strict=True):
            part, away, bend = _approach(start, end, a, b)
            if away - bend <= reach:
                order += 1
                heapq.heappush(open_pieces, _Piece(away - bend, order, part, bend, start, end, piece.edge))
                reach = min(reach, away + bend)
    return None


def _cartesian(place: Position, origin: _Point) -> _Point:
    """Return earth-centred coordinates on WGS 84 less those of `origin`, in metres."""
    lat, lon = place.lat * _RADIANS, place.lon * _RADIANS
    sin_lat, cos_lat = math.sin(lat), math.cos(lat)
    n = A / math.sqrt(1.0 - E2 * sin_lat * sin_lat)
    out = n * cos_lat
    return out * math.cos(lon) - origin[0], out * math.sin(lon) - origin[1], n * (1.0 - E2) * sin_lat - origin[2]


def _approach(start: Position, end: Position, a: _Point, b: _Point) -> tuple[float, float, float]:
    """Return where on its chord an edge is nearest to the origin (0 to 1), the distance there, and its bend."""
    ax, ay, az = a
    dx, dy, dz = b[0] - ax, b[1] - ay, b[2] - az
    square = dx * dx + dy * dy + dz * dz
    part = -(ax * dx + ay * dy + az * dz) / square if square else 0.0
    part = 0.0 if part < 0.0 else min(part, 1.0)
    x, y, z = ax + part * dx, ay + part * dy, az + part * dz
    rise, turn = abs(end.lat - start.lat) * _RADIANS, abs(end.lon - start.lon) * _RADIANS
    # The cosine of any latitude of the edge is at most that of the end nearer to the equator, and the rise if it lies
    # on both sides.
    widest = math.cos(min(abs(start.lat), abs(end.lat)) * _RADIANS) + rise
    return part, math.sqrt(x * x + y * y + z * z), _BEND_M * (rise * (rise + 2.0 * turn) + turn * turn * widest)


def _between(start: Position, end: Position, part: float) -> Position:
    if part in (0.0, 1.0):
        return end if part else start
    return Position(start.lon + part * (end.lon - start.lon), start.lat + part * (end.lat - start.lat))
