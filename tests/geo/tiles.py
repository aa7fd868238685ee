"""The ground under a tile, for tests that compare places with tiles."""

from __future__ import annotations

from tvapp.geo.mercator import unproject
from tvapp.geo.position import Bounds


def tile_bounds(z: int, x: int, y: int) -> Bounds:
    """Return the ground that a tile covers; `x` may lie outside 0 ... 2^z - 1."""
    n = 1 << z
    x %= n
    return Bounds(
        west=x / n * 360.0 - 180.0,
        south=unproject(0.0, (y + 1) / n).lat,
        east=(x + 1) / n * 360.0 - 180.0,
        north=unproject(0.0, y / n).lat,
    )
