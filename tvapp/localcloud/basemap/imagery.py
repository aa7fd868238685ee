"""Draws invented satellite imagery from the true shapes of land, water, parks, streets and houses."""

from __future__ import annotations

import numpy as np
import shapely
from PIL import Image, ImageFilter

from tvapp.localcloud.basemap import data
from tvapp.localcloud.basemap.data import KIND, SKETCHED
from tvapp.localcloud.basemap.noise import Field, Grid, blend, enlarged, grain, latitudes, step
from tvapp.localcloud.basemap.painter import Found, detail_mask, gather, shows_detail, world_parts
from tvapp.localcloud.basemap.palette import width
from tvapp.localcloud.basemap.tile_canvas import TILE, TileCanvas

BORDER = 64  # pixels around the tile, for what a blur reaches
BEND = 3.0e-5  # world units: how far the outlines of towns stray from a circle
# The least population that shows from above, up to a zoom.
SMALLEST = ((7, 150_000), (8, 60_000), (9, 30_000), (10, 15_000), (11, 10_000))
ROOFS = (
    (150, 146, 140),
    (122, 118, 114),
    (134, 108, 94),
    (162, 156, 148),
    (112, 124, 116),
    (140, 118, 102),
    (98, 96, 96),
    (172, 167, 160),
)
ASPHALT = (104, 102, 100)
GREENS = {"park": (74, 92, 52), "grass": (92, 108, 62), "wood": (48, 66, 38), "pitch": (96, 118, 70)}
PALE = {
    "plaza": (164, 158, 148),
    "square": (168, 160, 148),
    "pier": (150, 144, 134),
    "platform": (156, 152, 146),
    "parking": (122, 120, 118),
}


def paint_imagery(zoom: int, x: int, y: int) -> Image.Image:
    """Draw one tile."""
    coarse = Grid(zoom, x, y, border=2, step=2)
    mask = TileCanvas(zoom, x, y, (0,), 2, BORDER)
    parts = world_parts(mask)
    mask.areas(gather(parts, "land"), (255,))
    mask.areas(gather(parts, "water"), (0,))
    shape = mask.finished()
    land = _cropped(shape)
    close, far = (_blurred(shape, radius) for radius in (5, 24))
    sea = float(land.min()) < 1
    colour = enlarged(_sea(coarse, close, far)) if sea else np.zeros((TILE, TILE, 3), np.float32)
    if float(land.max()) > 0:
        ground = _ground(coarse)
        if zoom >= 6:
            ground = _towns(coarse, ground)
        if sea:
            ground = blend(ground, (138, 130, 104), (1 - step(0.6, 0.9, close)) * np.float32(0.4))
        colour = blend(colour, enlarged(ground), land)
        colour *= (1 + grain(x, y) * (land * np.float32(0.085) + np.float32(0.015)))[..., None]
    picture = Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8), "RGB")
    return _streets(zoom, x, y, coarse, picture) if zoom >= 12 else picture


def _blurred(shape: Image.Image, radius: int) -> Field:
    """Return a blurred mask on the coarse grid."""
    small = shape.reduce(2).filter(ImageFilter.GaussianBlur(radius / 2))
    inset = BORDER // 2 - 1
    inner = small.crop((inset, inset, small.width - inset, small.height - inset))
    return np.asarray(inner, dtype=np.float32) / np.float32(255)


def _cropped(picture: Image.Image) -> Field:
    inner = picture.crop((BORDER, BORDER, BORDER + TILE, BORDER + TILE))
    return np.asarray(inner, dtype=np.float32) / np.float32(255)


def _sea(grid: Grid, close: Field, far: Field) -> Field:
    z = grid.zoom
    swell = grid.fractal(max(2, z - 1), z + 5, 11, 0.6)
    basin = grid.fractal(2, 7, 5)
    colour = np.empty((len(grid.v), len(grid.u), 3), np.float32)
    colour[:] = (9, 26, 46)
    colour = blend(colour, (17, 44, 68), np.clip(basin * 0.5 + 0.35, 0, 1))
    colour = blend(colour, (30, 72, 88), far * np.float32(0.55))
    colour = blend(colour, (58, 104, 108), step(0.05, 0.6, close) * np.float32(0.4))
    return colour + (swell * np.float32(3.0 if z < 12 else 2.2))[..., None]


def _ground(grid: Grid) -> Field:
    """Ice, tundra, woods, fields, steppe and desert by latitude, bent by noise."""
    z = grid.zoom
    macro = grid.fractal(3, 10, 1, 0.55)
    meso = grid.fractal(max(5, z + 1), z + 5, 2, 0.6)
    lat = np.asarray(latitudes(grid.v), np.float32)[:, None] + macro * 7
    away = np.abs(lat)
    colour = np.empty((len(grid.v), len(grid.u), 3), np.float32)
    colour[:] = (58, 74, 40)
    colour = blend(colour, (44, 66, 34), step(18, 6, away) * np.float32(0.9))
    dry = step(10, 20, away) * (1 - step(31, 42, away)) * np.clip(0.7 + macro * 0.9, 0, 1)
    colour = blend(colour, (186, 158, 112), dry)
    colour = blend(
        colour, (122, 118, 74), step(30, 40, away) * (1 - step(46, 52, away)) * np.clip(0.3 + macro * 0.8, 0, 1)
    )
    colour = blend(colour, (48, 62, 40), step(52, 60, away) * np.float32(0.8))
    colour = blend(colour, (116, 112, 92), step(65, 71, away) * np.float32(0.85))
    colour = blend(colour, (234, 240, 245), step(73, 79, away))
    colour = blend(colour, (238, 243, 247), step(-60, -63, lat))
    woods = step(0.02, 0.35, meso)
    colour = blend(colour, colour * np.float32(0.74), woods * (1 - dry) * np.float32(0.8))
    fields = step(0.1, 0.5, -meso) * (1 - step(62, 68, away)) * (1 - dry)
    colour = blend(colour, (128, 122, 78), fields * np.float32(0.32))
    return colour * (1 + meso * np.float32(0.08))[..., None]


def _towns(grid: Grid, ground: Field) -> Field:
    """Turn the ground around settlements into roofs and gardens."""
    names = data.places()
    reach = np.sqrt(np.maximum(names.population, 300)) * 1.25e-7
    far = reach * 2.2 + BEND * 1.5  # beyond it a town is invisible, so leaving it out makes no seam
    smallest = next((people for zoom, people in SMALLEST if grid.zoom <= zoom), 0)
    near = (names.kind == data.CITY) & (names.population >= smallest)
    near &= (names.u > grid.u[0] - far) & (names.u < grid.u[-1] + far)
    near &= (names.v > grid.v[0] - far) & (names.v < grid.v[-1] + far)
    numbers = np.flatnonzero(near)
    if not len(numbers):
        return ground
    built = np.zeros((len(grid.v), len(grid.u)), np.float32)
    # Towns are no circles: bend the ground under them.
    bent_u = grid.u[None, :] + grid.fractal(11, 16, 61, 0.6) * BEND
    bent_v = grid.v[:, None] + grid.fractal(11, 16, 62, 0.6) * BEND
    for n in numbers.tolist():
        distance = ((bent_u - names.u[n]) ** 2 + (bent_v - names.v[n]) ** 2) / reach[n] ** 2
        built = np.maximum(built, 1 / (1 + distance * distance), dtype=np.float32)
    z = grid.zoom
    edge = grid.fractal(12, 18, 21, 0.62)
    built = step(0.22, 0.62, built + edge * np.clip(built * 6 - 0.3, 0, 1) * np.float32(0.45))
    if z < 12:
        speckle = grid.fractal(z + 5, z + 7, 22, 0.8)
        town = np.empty_like(ground)
        town[:] = (122, 116, 106)
        town *= (1 + speckle * np.float32(0.16))[..., None]
        return blend(ground, town, built * np.float32(0.62))
    return blend(ground, _quarter(grid, ground), built)


def _quarter(grid: Grid, ground: Field) -> Field:
    """Draw roofs, yards and trees of a town without data of its houses."""
    tones = np.array(ROOFS, np.float32)
    town = ground * np.float32(0.7) + np.array((34, 33, 30), np.float32)
    for size, degrees, seed, share in ((1.3e-6, 17, 23, 0.42), (8.5e-7, 17, 25, 0.3)):
        roof = grid.cells(size, degrees, seed)
        picked = tones[(roof * 977).astype(int) % len(ROOFS)]
        housed = Image.fromarray((roof * 7.31 % 1 < share).astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(1))
        town = blend(town, picked, np.asarray(housed, np.float32) / np.float32(255) * np.float32(0.42))
    avenue = np.minimum(_lane(grid, 9.0e-6, 17), _lane(grid, 5.5e-6, 107))
    town = blend(town, (104, 102, 98), (1 - avenue) * np.float32(0.5))
    return town * (1 + grid.fractal(17, 21, 27, 0.7) * np.float32(0.12))[..., None]


def _lane(grid: Grid, spacing: float, degrees: float) -> Field:
    """Return 0 on evenly spaced lines, 1 between them."""
    turn = np.radians(degrees)
    along = (grid.u[None, :] * np.cos(turn) + grid.v[:, None] * np.sin(turn)) / spacing
    off = np.abs(along - np.round(along)) * spacing / max(grid.pixel, 2.5e-7)
    return np.asarray(np.clip(off - 0.6, 0, 1), np.float32)


def _streets(zoom: int, x: int, y: int, coarse: Grid, picture: Image.Image) -> Image.Image:
    canvas = TileCanvas(zoom, x, y, (0, 0, 0), 2)
    found = Found(data.layer("streets"), canvas)
    if not len(found.numbers):
        return picture
    canvas.image.paste(picture.resize(canvas.image.size, Image.Resampling.BILINEAR))
    canvas.areas(found.of("park", SKETCHED), GREENS["wood"])
    for kind in ("tertiary", "secondary", "primary", "trunk", "motorway"):
        lines = found.of(kind, SKETCHED)
        if width(kind, zoom):
            canvas.lines(lines, max(width(kind, zoom) * 0.8, 1.0), ASPHALT)
    mask = detail_mask(canvas) if shows_detail(canvas) else None
    if shows_detail(canvas) and zoom >= 13:
        before = canvas.image.copy() if mask is not None else None
        _detail(canvas, found)
        if before is not None and mask is not None:
            before.paste(canvas.image, (0, 0), mask)
            canvas.image = before
    uneven = enlarged(coarse.fractal(zoom + 2, zoom + 5, 42))
    pixels = np.asarray(canvas.finished(), dtype=np.float32)
    pixels = pixels * (1 + grain(x, y) * np.float32(0.05) + uneven * np.float32(0.06))[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def _detail(canvas: TileCanvas, found: Found) -> None:
    for kind in ("wood", "park", "grass", "pitch"):
        canvas.areas(found.of(kind), GREENS[kind])
    for kind, ink in PALE.items():
        canvas.areas(found.of(kind), ink)
    canvas.areas(found.of("water"), (30, 66, 76))
    zoom = canvas.zoom
    for kind in ("path", "service", "pedestrian", "street", "tertiary", "secondary", "primary"):
        wide = width(kind, zoom)
        if wide:
            canvas.lines(found.of(kind), wide * 0.85, (150, 142, 128) if kind in ("path", "pedestrian") else ASPHALT)
    if width("rail", zoom):
        canvas.lines(found.of("rail"), max(width("rail", zoom) * 2.2, 2), (112, 100, 90))
        canvas.lines(found.of("rail"), width("rail", zoom) * 0.6, (140, 134, 130))
    if zoom >= 15:
        trees = found.of("tree")
        canvas.dots(trees, 2.6 * 2.0 ** (zoom - 17), (50, 64, 36))
        canvas.dots(trees, 1.6 * 2.0 ** (zoom - 17), (70, 86, 48))
    _houses(canvas, found)


def _houses(canvas: TileCanvas, found: Found) -> None:
    layer = found.layer
    numbers = found.numbers[found.kinds == KIND["building"]]
    drop = 7.0e-8 * 2.0**canvas.zoom * TILE * canvas.factor  # the shadow of a house of five storeys
    shadows = canvas.local(layer.geometries[numbers], 40)
    canvas.fill(shapely.transform(shadows, lambda xy: xy + np.array([drop * 0.7, -drop])), (52, 52, 54))
    for number in numbers.tolist():
        tone = ROOFS[(number * 2654435761 >> 7) % len(ROOFS)]
        shape = layer.geometries[number : number + 1]
        canvas.areas(shape, tone)
        if canvas.zoom >= 16:
            pixels = canvas.local(shape, 40)
            ridge = shapely.buffer(pixels, -3.5e-8 * 2.0**canvas.zoom * TILE * canvas.factor, join_style="mitre")
            ridge = shapely.get_parts(ridge[~shapely.is_empty(ridge)])
            canvas.fill(ridge, tuple(min(255, round(level * 1.09)) for level in tone))
