"""Web Mercator (EPSG:3857): stateless arithmetic between degrees, the unit world and tiles.

The unit world is the square [0, 1] x [0, 1]: `u` grows eastwards from 180° west, `v` southwards from the north
edge. World pixels are the unit world times `world_size`.
"""

from __future__ import annotations

import math

from tvapp.geo.position import Bounds, Position

MAX_LATITUDE = 85.05112878
"""Where the square ends (Azure Maps, "Zoom levels and tile grid")."""

EQUATOR_M = 40_075_016.685578488
"""Length of the WGS 84 equator, 2 pi 6378137 m."""

_FOUR_PI = 4.0 * math.pi
_RADIANS = math.pi / 180.0


def world_size(zoom: float, tile_size: int = 512) -> float:
    """Return the width of the world in pixels.

    >>> world_size(1)
    1024.0
    """
    return tile_size * math.exp2(zoom)


def project(position: Position) -> tuple[float, float]:
    """Return the place in the unit world. Longitudes beyond +-180 give a `u` outside 0 ... 1.

    Latitudes beyond the square are put on its edge.

    >>> project(Position(0.0, 0.0))
    (0.5, 0.5)
    """
    lat = position.lat
    if lat >= MAX_LATITUDE:
        return position.lon / 360.0 + 0.5, 0.0
    if lat <= -MAX_LATITUDE:
        return position.lon / 360.0 + 0.5, 1.0
    sine = math.sin(lat * _RADIANS)
    return position.lon / 360.0 + 0.5, 0.5 - math.log((1.0 + sine) / (1.0 - sine)) / _FOUR_PI


def unproject(u: float, v: float) -> Position:
    """Return the place at (`u`, `v`) of the unit world; the longitude is not normalised."""
    lat = math.atan(math.sinh((1.0 - 2.0 * v) * math.pi)) / _RADIANS
    return Position((u - 0.5) * 360.0, lat)


def ground_resolution(lat: float, zoom: float, tile_size: int = 512) -> float:
    """Return metres a pixel at a latitude.

    >>> round(ground_resolution(0.0, 0), 1)
    78271.5
    """
    return EQUATOR_M * math.cos(lat * _RADIANS) / world_size(zoom, tile_size)


def tile_bounds(z: int, x: int, y: int) -> Bounds:
    """Return the ground that a tile covers; `x` may lie outside 0 ... 2^z - 1.

    >>> tile_bounds(1, 0, 0).east
    0.0
    """
    n = 1 << z
    x %= n
    return Bounds(
        west=x / n * 360.0 - 180.0,
        south=unproject(0.0, (y + 1) / n).lat,
        east=(x + 1) / n * 360.0 - 180.0,
        north=unproject(0.0, y / n).lat,
    )
