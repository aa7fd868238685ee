"""Finds the border of polygons on the ground, without the sides that exist on a flat map only.

GeoJSON cuts an area at the date line into two polygons (RFC 7946, 3.1.9), and a ring round a pole runs along the edge
of the map and back. Such sides are no border: they come in pairs on one meridian, with the area on both sides, or lie
at a pole, which is one place. Hand-written because shapely knows neither a date line nor poles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from tvapp.geo.polygon import Ring, signed_area
from tvapp.geo.position import Position

_DIGITS = 9
"""Decimals to which two longitudes in degrees are the same meridian: a tenth of a millimetre."""

Rings = Sequence[Ring]


@dataclass(frozen=True, slots=True)
class Area:
    """Polygons that are one area on the ground, and the lines of its border."""

    polygons: tuple[Rings, ...]
    border: tuple[Sequence[Position], ...]


class _Side(NamedTuple):
    """A side along a meridian, and the number of its polygon."""

    south: float
    north: float
    polygon: int


@dataclass(slots=True)
class _Meridian:
    """The sides on one meridian: those with the area to their west, and those with the area to their east."""

    west: list[_Side] = field(default_factory=list)
    east: list[_Side] = field(default_factory=list)


def areas(polygons: Sequence[Rings]) -> tuple[Area, ...]:
    """Return the areas of polygons (closed rings, the outer one first); halves cut at the date line become one area.

    Polygons that overlap or touch elsewhere stay apart.
    """
    meridians = _meridians(polygons)
    links = [
        (one.polygon, other.polygon)
        for each in meridians.values()
        for one in each.west
        for other in each.east
        if max(one.south, other.south) < min(one.north, other.north)
    ]
    if not links and not any(_reaches_a_pole(ring) for rings in polygons for ring in rings):
        return tuple(Area((rings,), tuple(rings)) for rings in polygons)
    left = [[line for ring in rings for line in _unseamed(ring, meridians)] for rings in polygons]
    for lon, each in meridians.items():
        for side in _less(each.west, each.east) + _less(each.east, each.west):
            left[side.polygon].append((Position(lon, side.south), Position(lon, side.north)))
    return tuple(
        Area(tuple(polygons[number] for number in group), tuple(line for number in group for line in left[number]))
        for group in _groups(len(polygons), links)
    )


def _meridians(polygons: Sequence[Rings]) -> dict[float, _Meridian]:
    """Return the sides on the date line, and for a ring that reaches a pole those on any meridian."""
    found: dict[float, _Meridian] = {}
    for number, rings in enumerate(polygons):
        for index, ring in enumerate(rings):
            everywhere = _reaches_a_pole(ring)
            sides = [(a, b) for a, b in pairwise(ring) if a.lon == b.lon and (everywhere or a.lon % 360.0 == 180.0)]
            if not sides:
                continue
            # The area is on the left of a counter-clockwise outer ring.
            is_left = (signed_area(ring) > 0.0) is (index == 0)
            for a, b in sides:
                meridian = found.setdefault(_meridian(a.lon), _Meridian())
                beside = meridian.west if (b.lat > a.lat) is is_left else meridian.east
                beside.append(_Side(min(a.lat, b.lat), max(a.lat, b.lat), number))
    return found


def _meridian(lon: float) -> float:
    return round(lon % 360.0, _DIGITS) % 360.0


def _reaches_a_pole(ring: Ring) -> bool:
    return any(abs(place.lat) == 90.0 for place in ring)


def _unseamed(ring: Ring, meridians: dict[float, _Meridian]) -> list[Sequence[Position]]:
    """Return a ring as lines, without its sides on those meridians and at the poles."""
    lines: list[Sequence[Position]] = []
    line: list[Position] = []
    for a, b in pairwise(ring):
        at_pole = abs(a.lat) == 90.0 and a.lat == b.lat
        if at_pole or (a.lon == b.lon and _meridian(a.lon) in meridians):
            line = []
        elif line:
            line.append(b)
        else:
            line = [a, b]
            lines.append(line)
    return lines


def _less(sides: list[_Side], others: list[_Side]) -> list[_Side]:
    """Return the sides less the stretches that others cover."""
    left = sides
    for other in others:
        left = [
            part
            for side in left
            for part in (
                side._replace(north=min(side.north, other.south)),
                side._replace(south=max(side.south, other.north)),
            )
            if part.south < part.north
        ]
    return left


def _groups(count: int, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return the numbers below `count` in groups; linked numbers share a group."""
    leader = list(range(count))
    for one, other in links:
        first, second = sorted((leader[one], leader[other]))
        if first != second:
            leader = [first if each == second else each for each in leader]
    return [[number for number in range(count) if leader[number] == first] for first in sorted(set(leader))]
