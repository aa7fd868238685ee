"""Draws overlays with invented data: rain, clouds, traffic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray
from PIL import Image
from shapely.geometry.base import BaseGeometry

from tvapp.localcloud.basemap import data
from tvapp.localcloud.basemap.data import KIND, Floats
from tvapp.localcloud.basemap.noise import Field, Grid, enlarged, step
from tvapp.localcloud.basemap.palette import width
from tvapp.localcloud.basemap.tile_canvas import Geometries, TileCanvas
from tvapp.localcloud.basemap.tilesets import Look

START = (0.7535131, 0.0038143)  # chosen so that it rains a little in Helsinki and in Redmond
DRIFT = (6.0e-5, -1.6e-5)  # how far the weather moves in one step, in world units
RAIN = (
    (0.0, (120, 200, 150, 0)),
    (0.16, (92, 190, 130, 120)),
    (0.36, (46, 158, 82, 170)),
    (0.54, (236, 218, 88, 190)),
    (0.7, (240, 152, 48, 205)),
    (0.85, (214, 58, 48, 215)),
    (1.0, (158, 40, 120, 225)),
)
CLOUD = (
    (0.0, (190, 198, 208, 0)),
    (0.35, (196, 203, 212, 70)),
    (0.7, (226, 231, 237, 150)),
    (0.88, (246, 248, 250, 190)),
    (1.0, (150, 205, 240, 205)),
)
FREE, SLOW, JAM, STOPPED = 0, 1, 2, 3
FLOW: dict[Look, tuple[tuple[int, int, int], ...]] = {
    "light": ((76, 175, 96), (240, 176, 46), (222, 74, 58), (140, 26, 32)),
    "dark": ((62, 150, 92), (222, 160, 52), (224, 82, 66), (150, 34, 44)),
}
BUSY = ("tertiary", "secondary", "primary", "trunk", "motorway")
STRETCH = 7.0e-6  # world units: about 140 m at Helsinki


def paint_radar(zoom: int, x: int, y: int, moment: int) -> Image.Image:
    """Draw rain."""
    grid = Grid(zoom, x, y, border=2, step=2)
    shift = (START[0] + DRIFT[0] * moment, START[1] + DRIFT[1] * moment)
    fronts = grid.fractal(5, 9, 101, 0.55, shift)
    cells = grid.fractal(8, 14, 102, 0.6, shift)
    strength = step(0.30, 1.05, fronts + cells * np.float32(0.34))
    return _coloured(strength, RAIN)


def paint_infrared(zoom: int, x: int, y: int, moment: int) -> Image.Image:
    """Draw clouds."""
    grid = Grid(zoom, x, y, border=2, step=2)
    shift = (START[0] + DRIFT[0] * moment, START[1] + DRIFT[1] * moment)
    decks = grid.fractal(3, 8, 101, 0.6, shift)
    wisps = grid.fractal(7, 14, 104, 0.62, shift)
    return _coloured(step(0.05, 1.1, decks + wisps * np.float32(0.3)), CLOUD)


def _coloured(strength: Field, scale: tuple[tuple[float, tuple[int, int, int, int]], ...]) -> Image.Image:
    stops = [stop for stop, _ in scale]
    table = np.stack(
        [np.interp(np.linspace(0, 1, 1024), stops, [ink[part] for _, ink in scale]) for part in range(4)], axis=1
    )
    pixels = table.astype(np.uint8)[(enlarged(strength) * 1023).astype(np.int32)]
    return Image.fromarray(pixels, "RGBA")


@dataclass(frozen=True, slots=True)
class _Stretches:
    geometries: Geometries
    bounds: Floats
    kind: NDArray[np.uint8]
    flow: NDArray[np.uint8]


@lru_cache(maxsize=1)
def _stretches() -> _Stretches:
    """Cut the main roads into stretches and give each its flow."""
    streets = data.layer("streets")
    geometries: list[BaseGeometry] = []
    kinds: list[int] = []
    flows: list[int] = []
    for number in np.flatnonzero(np.isin(streets.kind, [KIND[kind] for kind in BUSY])).tolist():
        line = streets.geometries[number]
        count = max(1, round(line.length / STRETCH))
        for part in range(count):
            piece = shapely.ops.substring(line, part / count, (part + 1) / count, normalized=True)
            middle = piece.interpolate(0.5, normalized=True)
            geometries.append(piece)
            kinds.append(int(streets.kind[number]))
            flows.append(_flow(middle.x, middle.y))
    found = np.array(geometries, dtype=object)
    return _Stretches(found, shapely.bounds(found), np.array(kinds, np.uint8), np.array(flows, np.uint8))


def _flow(u: float, v: float) -> int:
    """Invent how the traffic flows at a place: mostly well, badly in a few knots."""
    wave = np.sin(u * 7.1e5) + np.sin(v * 9.3e5 + 1.3) + 0.6 * np.sin((u + v) * 2.3e6)
    return FREE if wave < 0.75 else SLOW if wave < 1.5 else JAM if wave < 2.15 else STOPPED


def paint_traffic(zoom: int, x: int, y: int, look: Look, *, only_slow: bool = False) -> Image.Image:
    """Draw how the traffic flows on the main roads."""
    canvas = TileCanvas(zoom, x, y, (*FLOW[look][FREE], 0), 2)
    west, north, east, south = canvas.bounds(40)
    if zoom >= 9:
        all_of = _stretches()
        box = all_of.bounds
        near = (box[:, 0] < east) & (box[:, 2] > west) & (box[:, 1] < south) & (box[:, 3] > north)
        for kind in BUSY:
            wide = width(kind, zoom)
            if not wide:
                continue
            for flow in range(SLOW if only_slow else FREE, STOPPED + 1):
                chosen = near & (all_of.kind == KIND[kind]) & (all_of.flow == flow)
                thick = max(wide * 0.55, 1.8)
                canvas.lines(all_of.geometries[chosen], thick, (*FLOW[look][flow], 235))
    return canvas.finished()
