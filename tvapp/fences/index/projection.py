"""Projects whole arrays to Web Mercator world units (numpy): `geo.mercator` for thousands of fences at once."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tvapp.geo import geodesy
from tvapp.geo.position import Position

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.intp]

EQUATOR_M = 2 * math.pi * geodesy.A
_FURTHEST_LATITUDE = 89.9
# Beyond the edge of the map, so that a shape at a pole is not squeezed onto that edge.


def project_many(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return world units (u east, v south, the map is 0 to 1); longitudes beyond +-180 lie beyond 0 and 1."""
    radians = np.radians(np.clip(lat, -_FURTHEST_LATITUDE, _FURTHEST_LATITUDE))
    return lon / 360.0 + 0.5, 0.5 - np.arcsinh(np.tan(radians)) / (2 * math.pi)


def to_positions(coords: Floats) -> tuple[Position, ...]:
    """Return the positions of (u, v) rows."""
    lon = (coords[:, 0] - 0.5) * 360.0
    lat = np.degrees(np.arctan(np.sinh(2 * math.pi * (0.5 - coords[:, 1]))))
    return tuple(Position(x, y) for x, y in zip(lon.tolist(), lat.tolist(), strict=True))


def radii_of_curvature(lat: Floats) -> tuple[Floats, Floats]:
    """Return the radii north-south (M) and east-west (N) of WGS 84, in metres."""
    w2 = 1.0 - geodesy.E2 * np.sin(np.radians(lat)) ** 2
    return geodesy.A * (1.0 - geodesy.E2) / w2**1.5, geodesy.A / np.sqrt(w2)


def disc_axes(lat: Floats, radius_m: Floats) -> tuple[Floats, Floats]:
    """Return half the width and half the height of circles on the ground, in world units."""
    north_south, east_west = radii_of_curvature(lat)
    cosine = np.maximum(np.cos(np.radians(lat)), 1e-3)
    return radius_m / (east_west * cosine * 2 * math.pi), radius_m / (north_south * cosine * 2 * math.pi)


def disc_rings(lon: Floats, lat: Floats, radius_m: Floats, segments: Ints) -> Floats:
    """Return closed rings of (u, v) around circles on the ground, one after the other, right to 0.2 m at 10 km.

    Ring n has `segments[n]` + 1 points.
    """
    sizes = segments + 1
    place = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    angle = 2 * math.pi * (place % np.repeat(segments, sizes)) / np.repeat(segments, sizes)
    m, n = (np.repeat(radii, sizes) for radii in radii_of_curvature(lat))
    phi = np.radians(lat)
    lon, lat, radius_m = np.repeat(lon, sizes), np.repeat(lat, sizes), np.repeat(radius_m, sizes)
    tangent, cosine = np.repeat(np.tan(phi), sizes), np.repeat(np.maximum(np.cos(phi), 1e-3), sizes)
    north, east = radius_m * np.cos(angle), radius_m * np.sin(angle)
    d_lat = north / m - east * east * tangent / (2 * m * n)
    d_lon = east / (n * cosine) * (1.0 + north * tangent / m)
    return np.stack(project_many(lon + np.degrees(d_lon), lat + np.degrees(d_lat)), axis=1)
