"""Draws shaded relief: invented hills on true land."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from tvapp.localcloud.basemap.noise import Grid, blend, latitudes, step
from tvapp.localcloud.basemap.painter import gather, world_parts
from tvapp.localcloud.basemap.tile_canvas import TILE, TileCanvas

BORDER = 64


def paint_relief(zoom: int, x: int, y: int) -> Image.Image:
    """Draw one tile."""
    grid = Grid(zoom, x, y, border=1)
    mask = TileCanvas(zoom, x, y, (0,), 2, BORDER)
    parts = world_parts(mask)
    mask.areas(gather(parts, "land"), (255,))
    mask.areas(gather(parts, "water"), (0,))
    shape = mask.finished()
    inner = (BORDER, BORDER, BORDER + TILE, BORDER + TILE)
    land = np.asarray(shape.crop(inner), np.float32) / np.float32(255)
    shelf = np.asarray(shape.filter(ImageFilter.GaussianBlur(18)).crop(inner), np.float32) / np.float32(255)
    height = grid.fractal(3, 12, 71, 0.6)
    ridged = 1 - np.abs(grid.fractal(4, 13, 72, 0.62))
    height = np.asarray(height * 0.5 + ridged * 0.5, np.float32)
    light = (height[1:-1, 2:] - height[1:-1, :-2]) + (height[2:, 1:-1] - height[:-2, 1:-1])
    shade = np.clip(1 + light * np.float32(5.0), 0.62, 1.3)
    high = step(0.25, 0.95, height[1:-1, 1:-1])
    lat = np.abs(np.asarray(latitudes(grid.v[1:-1]), np.float32))[:, None] + np.zeros((1, TILE), np.float32)
    colour = np.empty((TILE, TILE, 3), np.float32)
    colour[:] = (196, 206, 172)
    colour = blend(colour, (224, 212, 178), step(14, 24, lat) * (1 - step(32, 44, lat)))
    colour = blend(colour, (206, 190, 160), high * np.float32(0.8))
    colour = blend(colour, (238, 240, 240), step(66, 76, lat))
    colour = colour * np.asarray(shade, np.float32)[..., None]
    sea = np.empty_like(colour)
    sea[:] = (150, 182, 204)
    sea = blend(sea, (184, 210, 222), shelf * np.float32(0.8))
    return Image.fromarray(np.clip(blend(sea, colour, land), 0, 255).astype(np.uint8), "RGB")
