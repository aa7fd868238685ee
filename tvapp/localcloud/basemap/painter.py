"""Draws the road map: ground, water, buildings, roads and railways."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image

from tvapp.localcloud.basemap import data
from tvapp.localcloud.basemap.data import KIND, REPLACED, SKETCHED, Layer
from tvapp.localcloud.basemap.palette import HYBRID, Palette, width
from tvapp.localcloud.basemap.tile_canvas import TILE, Geometries, TileCanvas

# Drawn in this order; each class's casing lies under every fill.
ROADS = (
    "steps",
    "cycleway",
    "path",
    "service",
    "pedestrian",
    "street",
    "tertiary",
    "secondary",
    "primary",
    "trunk",
    "motorway",
)
CASED = frozenset(ROADS[3:])
MAJOR = ("tertiary", "secondary", "primary", "trunk", "motorway")
GROUND = ("landuse", "wood", "park", "grass", "pitch", "parking", "square", "plaza", "rocks")
STREETS_FROM = 8
FADE_M = 90.0  # the extract's detail fades out over this distance inside its frame
EARTH_M = 40_075_016.7


class Found:
    """The features of a layer in one tile, by kind."""

    def __init__(self, layer: Layer, canvas: TileCanvas, *, without: int | None = None, margin: float = 48) -> None:
        numbers = layer.query(*canvas.bounds(margin))
        if without is not None:
            numbers = numbers[layer.rank[numbers] != without]
        self.layer = layer
        self.numbers = numbers
        self.kinds = layer.kind[numbers]

    def of(self, kind: str, rank: int | None = None) -> Geometries:
        """Return the geometries of one kind."""
        chosen = self.numbers[self.kinds == KIND[kind]]
        if rank is not None:
            chosen = chosen[self.layer.rank[chosen] == rank]
        found: Geometries = self.layer.geometries[chosen]
        return found


def world_parts(canvas: TileCanvas) -> tuple[Found, ...]:
    """Return the features of the world in a tile."""
    layers = data.world(canvas.zoom)
    without = REPLACED if len(layers) > 1 else None
    return tuple(Found(layer, canvas, without=without, margin=16) for layer in layers)


def gather(parts: tuple[Found, ...], kind: str) -> Geometries:
    """Return one kind out of several layers."""
    return np.concatenate([part.of(kind) for part in parts])


@lru_cache(maxsize=1)
def extract_frame() -> tuple[float, float, float, float]:
    """Return the box of the street extract: west, north, east, south in world units."""
    streets = data.layer("streets")
    own = streets.geometries[(streets.rank != SKETCHED) & (streets.kind != KIND["building"])]
    west, north, east, south = shapely.total_bounds(own)
    return float(west), float(north), float(east), float(south)


def paint_map(zoom: int, x: int, y: int, palette: Palette) -> Image.Image:
    """Draw the opaque map of one tile, without its names."""
    canvas = TileCanvas(zoom, x, y, palette.water)
    parts = world_parts(canvas)
    _shallows(canvas, parts, palette)
    canvas.areas(gather(parts, "land"), palette.land)
    canvas.areas(gather(parts, "water"), palette.water)
    if zoom >= 3:
        canvas.lines(gather(parts, "coast"), 0.9 if zoom < 9 else 1.2, palette.coast)
    if zoom >= 2:
        _borders(canvas, parts, palette)
    if zoom >= STREETS_FROM:
        _street_level(canvas, palette)
    return canvas.finished()


def paint_hybrid(zoom: int, x: int, y: int) -> Image.Image:
    """Draw borders and roads to lie over imagery."""
    canvas = TileCanvas(zoom, x, y, (*HYBRID.halo, 0))
    if zoom >= 2:
        borders = gather(world_parts(canvas), "border")
        canvas.lines(borders, 3.0, (*HYBRID.halo, 110))
        canvas.lines(borders, 1.3, (*HYBRID.border, 190))
    if zoom >= STREETS_FROM:
        found = Found(data.layer("streets"), canvas)
        for ink, more in (((*HYBRID.halo, 120), 1.6), ((246, 240, 222, 170), 0.0)):
            for kind in ("street", *MAJOR):
                wide = width(kind, zoom) * 0.62
                if wide:
                    canvas.lines(found.of(kind), wide + more, ink)
    return canvas.finished()


def _shallows(canvas: TileCanvas, parts: tuple[Found, ...], palette: Palette) -> None:
    """Lighten the water along the shore, a hint of a shelf."""
    coast = gather(parts, "coast")
    if canvas.zoom >= 4 and len(coast):
        canvas.lines(coast, 14 if canvas.zoom < 12 else 22, palette.shallow)


def _borders(canvas: TileCanvas, parts: tuple[Found, ...], palette: Palette) -> None:
    borders = gather(parts, "border")
    if canvas.zoom <= 4:
        canvas.lines(borders, 0.9 if canvas.zoom < 4 else 1.2, palette.border)
    else:
        canvas.lines(borders, 1.6, palette.border, dash=(9, 4))


def _street_level(canvas: TileCanvas, palette: Palette) -> None:
    found = Found(data.layer("streets"), canvas)
    if not len(found.numbers):
        return
    for geometries, area in ((found.of("park", SKETCHED), "park"), (found.of("wood", SKETCHED), "wood")):
        canvas.areas(geometries, palette.areas[area])
    if canvas.zoom < 13 or not shows_detail(canvas):
        _lines(canvas, found, palette, MAJOR)
        return
    plain = None
    mask = detail_mask(canvas)
    if mask is not None:
        image = canvas.image.copy()
        _lines(canvas, found, palette, MAJOR)
        plain = canvas.image
        canvas.image = image
        canvas.draw = type(canvas.draw)(image)
    _detail(canvas, found, palette)
    _lines(canvas, found, palette, ROADS)
    if plain is not None and mask is not None:
        plain.paste(canvas.image, (0, 0), mask)
        canvas.image = plain


def _detail(canvas: TileCanvas, found: Found, palette: Palette) -> None:
    for kind in GROUND:
        canvas.areas(found.of(kind), palette.areas[kind])
    canvas.areas(found.of("water"), palette.areas["water"])
    for kind in ("pier", "platform"):
        canvas.areas(found.of(kind), palette.areas[kind])
    if canvas.zoom >= 16:
        canvas.dots(found.of("tree"), 2.2 * 2.0 ** (canvas.zoom - 17), palette.tree)
    if canvas.zoom >= 14:
        edge = 1.0 if canvas.zoom >= 16 else 0.0
        canvas.areas(found.of("building"), palette.building, edge=palette.building_edge, edge_width=edge)


def _lines(canvas: TileCanvas, found: Found, palette: Palette, kinds: tuple[str, ...]) -> None:
    zoom = canvas.zoom
    canvas.lines(found.of("ferry"), width("ferry", zoom), palette.ferry, dash=(10, 8))
    wide = {kind: width(kind, zoom) for kind in kinds}
    local = {kind: canvas.local(found.of(kind), wide[kind] + 10) for kind in kinds if wide[kind]}
    for kind in kinds:
        if wide[kind] >= 2.6 and kind in CASED:
            canvas.stroke_local(local[kind], wide[kind] + (1.8 if zoom < 17 else 3.0), palette.roads[kind][1])
    for kind in kinds:
        if wide[kind]:
            dash = (5.0, 4.0) if kind == "path" else (2.5, 2.0)
            if kind in ("path", "steps") and zoom >= 17:
                canvas.lines(found.of(kind), wide[kind], palette.roads[kind][0], dash=dash)
            else:
                canvas.stroke_local(local[kind], wide[kind], palette.roads[kind][0])
    tram = width("tram", zoom)
    if tram:
        canvas.lines(found.of("tram"), tram, palette.tram)
    rail = width("rail", zoom)
    if rail:
        canvas.lines(found.of("rail"), rail, palette.rail)


def shows_detail(canvas: TileCanvas) -> bool:
    west, north, east, south = canvas.bounds()
    frame = extract_frame()
    return west < frame[2] and frame[0] < east and north < frame[3] and frame[1] < south


def detail_mask(canvas: TileCanvas) -> Image.Image | None:
    """Return how much of the street detail shows, or None where all of it does."""
    fade = _fade(canvas.zoom, canvas.x, canvas.y)
    if fade is None:
        return None
    return Image.fromarray(fade, "L").resize(canvas.image.size, Image.Resampling.BILINEAR)


def _fade(zoom: int, x: int, y: int) -> NDArray[np.uint8] | None:
    west, north, east, south = extract_frame()
    tiles = 2.0**zoom
    ramp = FADE_M / EARTH_M / 0.4975  # at Helsinki's latitude
    u = (x + (np.arange(TILE) + 0.5) / TILE) / tiles
    v = (y + (np.arange(TILE) + 0.5) / TILE) / tiles
    across = np.clip(np.minimum(u - west, east - u) / ramp, 0, 1)
    down = np.clip(np.minimum(v - north, south - v) / ramp, 0, 1)
    if across.min() >= 1 and down.min() >= 1:
        return None
    if across.max() <= 0 or down.max() <= 0:
        return np.zeros((TILE, TILE), np.uint8)
    soft = np.outer(down * down * (3 - 2 * down), across * across * (3 - 2 * across))
    return np.asarray(np.round(soft * 255), dtype=np.uint8)
