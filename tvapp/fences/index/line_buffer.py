"""Buffers lines: the ground within a distance of a line, as polygons in Web Mercator (shapely)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import shapely

from tvapp.fences.index.projection import EQUATOR_M, Floats, project_many
from tvapp.geo.position import Position

_MOST_LATITUDE = 0.1
"""Degrees that one piece may span: within it the scale of Mercator changes by 0.3 % at 60 degrees."""
_MOST_PIECES = 20_000


def buffered(points: Sequence[Position], radius_m: float) -> list[list[Floats]]:
    """Return the buffer of `radius_m` around a line as polygons: closed rings of (u, v), holes after the outline."""
    pieces = _pieces(points)
    lines = []
    widths = np.empty(len(pieces))
    for number, piece in enumerate(pieces):
        lon = np.array([point.lon for point in piece])
        lat = np.array([point.lat for point in piece])
        coords = np.stack(project_many(lon, lat), axis=1)
        lines.append(shapely.LineString(coords))
        middle = math.radians(max(-89.0, min(89.0, (float(lat.min()) + float(lat.max())) / 2)))
        widths[number] = radius_m / (EQUATOR_M * math.cos(middle))
    areas = shapely.buffer(np.array(lines, dtype=object), widths, quad_segs=12)
    whole = areas[0] if len(areas) == 1 else shapely.union_all(areas)
    parts = shapely.get_parts(whole).tolist()
    return [_rings(part) for part in parts if isinstance(part, shapely.Polygon) and part.area > 0]


def _rings(polygon: shapely.Polygon) -> list[Floats]:
    return [shapely.get_coordinates(ring) for ring in (polygon.exterior, *polygon.interiors)]


def _pieces(points: Sequence[Position]) -> list[list[Position]]:
    """Cut a line where its latitude has changed by _MOST_LATITUDE. Neighbours share a position."""
    span = max(point.lat for point in points) - min(point.lat for point in points)
    if span <= _MOST_LATITUDE:
        return [list(points)]
    pieces: list[list[Position]] = []
    piece = [points[0]]
    south = north = points[0].lat
    # A line from pole to pole needs 1,800 cuts. A line that zigzags more than that gets longer pieces.
    travel = sum(abs(b.lat - a.lat) for a, b in pairwise(points))
    most = max(_MOST_LATITUDE, travel / _MOST_PIECES)
    for a, b in pairwise(points):
        steps = max(1, math.ceil(abs(b.lat - a.lat) / most))
        for step in range(1, steps + 1):
            point = Position(a.lon + (b.lon - a.lon) * step / steps, a.lat + (b.lat - a.lat) * step / steps)
            if max(north, point.lat) - min(south, point.lat) > most * 1.0001 and len(piece) > 1:
                pieces.append(piece)
                piece = [piece[-1]]
                south = north = piece[0].lat
            piece.append(point)
            south, north = min(south, point.lat), max(north, point.lat)
    pieces.append(piece)
    return pieces
