"""Distances measured in another way: PROJ's azimuthal equidistant projection about the place, edges in small steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import pyproj
import shapely

from tvapp.geo.position import Position

GEOD = pyproj.Geod(ellps="WGS84")


def plane_line(line: Sequence[Position], place: Position, steps: int = 60) -> list[tuple[float, float]]:
    """Return a line, straight in longitude and latitude, in metres east and north of `place`, which are true."""
    lons: list[float] = [line[0].lon]
    lats: list[float] = [line[0].lat]
    for a, b in pairwise(line):
        lons += [a.lon + (b.lon - a.lon) * step / steps for step in range(1, steps + 1)]
        lats += [a.lat + (b.lat - a.lat) * step / steps for step in range(1, steps + 1)]
    project = pyproj.Proj(proj="aeqd", lat_0=place.lat, lon_0=place.lon, ellps="WGS84")
    x, y = project(lons, lats)
    return list(zip(x, y, strict=True))


def distance_to_lines_m(lines: Iterable[Sequence[Position]], place: Position, steps: int = 60) -> float:
    origin = shapely.Point(0.0, 0.0)
    return min(float(shapely.LineString(plane_line(line, place, steps)).distance(origin)) for line in lines)


def is_in_polygon(rings: Sequence[Sequence[Position]], place: Position, steps: int = 60) -> bool:
    outer, *holes = (plane_line(ring, place, steps) for ring in rings)
    return bool(shapely.Polygon(outer, holes).contains(shapely.Point(0.0, 0.0)))


def distance_m(a: Position, b: Position) -> float:
    return float(GEOD.inv(a.lon, a.lat, b.lon, b.lat)[2])


def step(place: Position, bearing_deg: float, distance_m: float) -> Position:
    lon, lat, _ = GEOD.fwd(place.lon, place.lat, bearing_deg, distance_m)
    return Position(float(lon), float(lat))
