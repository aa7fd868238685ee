"""Web Mercator (EPSG:3857): stateless arithmetic between degrees and the unit world.

The unit world is the square [0, 1] x [0, 1]: `u` grows eastwards from 180° west, `v` southwards from the north
edge. World pixels at a zoom are the unit world times the width of all its tiles.
"""

from __future__ import annotations

import math

from tvapp.geo.position import Position

MAX_LATITUDE = 85.05112878
"""Where the square ends (Azure Maps, "Zoom levels and tile grid")."""

EQUATOR_M = 40_075_016.685578488
"""Length of the WGS 84 equator, 2 pi 6378137 m."""

_FOUR_PI = 4.0 * math.pi
_RADIANS = math.pi / 180.0


def project(position: Position) -> tuple[float, float]:
    """Return the position in the unit world. Longitudes beyond +-180 give a `u` outside 0 ... 1.

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
