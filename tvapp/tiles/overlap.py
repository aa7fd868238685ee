"""Which tiles the drawing of a geofence overlaps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tvapp.geo.mercator import project
from tvapp.geo.position import Bounds, Position

MARGIN = 1 / 16
"""How far the drawing of a geofence may reach beyond its bounds, in tiles: outlines and glyphs of 32 px."""


def touches(bounds: Sequence[Bounds]) -> Callable[[int, int, int], bool]:
    """Return a test for tiles, by zoom, column and row, that touch any of the boxes, drawn margin included."""
    boxes = []
    for box in bounds:
        west, north = project(Position(box.west, box.north))
        south = project(Position(box.west, box.south))[1]
        boxes.append((west, box.lon_span / 360.0, north, south))

    def test(z: int, x: int, y: int) -> bool:
        unit = 1.0 / (1 << z)
        left, span = (x - MARGIN) * unit, (1.0 + 2.0 * MARGIN) * unit
        top, bottom = (y - MARGIN) * unit, (y + 1.0 + MARGIN) * unit
        return any(
            north <= bottom and south >= top and ((left - west) % 1.0 <= width or (west - left) % 1.0 <= span)
            for west, width, north, south in boxes
        )

    return test
