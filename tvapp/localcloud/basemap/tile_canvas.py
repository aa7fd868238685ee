"""The canvas of a tile: drawn larger and scaled down at the end, for smooth edges."""

from __future__ import annotations

from typing import Literal

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from shapely.geometry.base import BaseGeometry

TILE = 512
OVERSAMPLING = 3

Geometries = NDArray[np.object_]
Ink = tuple[int, ...]


class TileCanvas:
    """A square of the world at `zoom`, in pixels of TILE * factor."""

    def __init__(self, zoom: int, x: int, y: int, background: Ink, factor: int = OVERSAMPLING, border: int = 0) -> None:
        self.zoom, self.x, self.y, self.factor, self.border = zoom, x, y, factor, border
        self.size = (TILE + 2 * border) * factor
        mode = {1: "L", 3: "RGB", 4: "RGBA"}[len(background)]
        self.image = Image.new(mode, (self.size, self.size), background[0] if mode == "L" else background)
        self.draw = ImageDraw.Draw(self.image)

    def bounds(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """Return west, north, east, south in world units; `margin` in pixels of a 512 tile."""
        tiles = 2.0**self.zoom
        edge = (margin + self.border) / TILE
        return (
            (self.x - edge) / tiles,
            (self.y - edge) / tiles,
            (self.x + 1 + edge) / tiles,
            (self.y + 1 + edge) / tiles,
        )

    def local(self, geometries: Geometries, margin: float) -> Geometries:
        """Bring geometries from world units to our pixels, cut `margin` tile pixels outside the tile."""
        if not len(geometries):
            return geometries
        cut = shapely.clip_by_rect(geometries, *self.bounds(margin))
        cut = shapely.get_parts(cut[~shapely.is_empty(cut)])
        tile = TILE * self.factor
        scale = 2.0**self.zoom * tile
        inset = self.border * self.factor
        origin = np.array([self.x * tile - inset, self.y * tile - inset], dtype=np.float64)
        return np.asarray(shapely.set_coordinates(cut, shapely.get_coordinates(cut) * scale - origin))

    def areas(self, geometries: Geometries, ink: Ink, *, edge: Ink | None = None, edge_width: float = 0.0) -> None:
        """Fill polygons given in world units."""
        pixels = self.local(geometries, 8)
        self.fill(pixels, ink)
        if edge is not None and edge_width and len(pixels):
            self.stroke_local(shapely.get_parts(shapely.boundary(pixels)), edge_width, edge)

    def fill(self, pixels: Geometries, ink: Ink) -> None:
        """Fill polygons given in our pixels."""
        pixels = pixels[shapely.get_dimensions(pixels) == 2] if len(pixels) else pixels
        if not len(pixels):
            return
        holed = shapely.get_num_interior_rings(pixels) > 0
        self._rings(pixels[~holed], ink)
        for shape in pixels[holed]:
            self._holed(shape, ink)

    def _rings(self, pixels: Geometries, ink: Ink) -> None:
        if not len(pixels):
            return
        coordinates, index = shapely.get_coordinates(pixels, return_index=True)
        starts = np.flatnonzero(np.diff(index, prepend=-1))
        flat = (coordinates - 0.5).ravel().tolist()
        ends = [*starts[1:].tolist(), len(coordinates)]
        colour = self._fill(ink)
        polygon = self.draw.polygon
        for start, end in zip(starts.tolist(), ends, strict=True):
            if end - start >= 3:
                polygon(flat[2 * start : 2 * end], fill=colour)

    def _holed(self, shape: shapely.Polygon, ink: Ink) -> None:
        """Fill the outline, then put back what was seen through the holes."""
        kept = [(hole, self._window(hole)) for hole in shape.interiors]
        before = [(hole, window, self.image.crop(window)) for hole, window in kept if window is not None]
        self.draw.polygon((np.asarray(shape.exterior.coords) - 0.5).ravel().tolist(), fill=self._fill(ink))
        for hole, window, picture in before:
            mask = Image.new("L", picture.size, 0)
            origin = np.array([window[0] + 0.5, window[1] + 0.5])
            ImageDraw.Draw(mask).polygon((np.asarray(hole.coords) - origin).ravel().tolist(), fill=255)
            self.image.paste(picture, window[:2], mask)

    def _window(self, ring: shapely.LinearRing) -> tuple[int, int, int, int] | None:
        west, north, east, south = ring.bounds
        left, top = max(int(west) - 1, 0), max(int(north) - 1, 0)
        right, bottom = min(int(east) + 2, self.size), min(int(south) + 2, self.size)
        return (left, top, right, bottom) if right > left and bottom > top else None

    def _fill(self, ink: Ink) -> Ink | int:
        return ink[0] if self.image.mode == "L" else ink

    def lines(
        self,
        geometries: Geometries,
        width: float,
        ink: Ink,
        *,
        dash: tuple[float, float] | None = None,
        flat: bool = False,
    ) -> None:
        """Stroke lines given in world units; widths and dashes in pixels of a 512 tile."""
        if dash is None:
            self.stroke_local(self.local(geometries, width + 8), width, ink, flat=flat)
        else:
            self.stroke_local(self._dashed(geometries, dash, width + 8), width, ink, flat=True)

    def stroke_local(self, pixels: Geometries, width: float, ink: Ink, *, flat: bool = False) -> None:
        """Stroke lines given in our pixels."""
        if not len(pixels):
            return
        pixels = shapely.simplify(pixels, 0.25 * self.factor)
        radius = max(width * self.factor / 2, 0.5)
        cap: Literal["flat", "round"] = "flat" if flat else "round"
        strokes = shapely.buffer(pixels, radius, quad_segs=2 if radius < 4 else 5, cap_style=cap)
        self.fill(shapely.get_parts(strokes), ink)

    def _dashed(self, geometries: Geometries, dash: tuple[float, float], margin: float) -> Geometries:
        """Cut lines into dashes, counted from the line's own start so that neighbouring tiles agree."""
        scale = 2.0**self.zoom * TILE * self.factor
        on, period = dash[0] * self.factor / scale, sum(dash) * self.factor / scale
        rect = self.bounds(margin)
        pieces: list[BaseGeometry] = []
        for line in geometries:
            for part in shapely.get_parts(shapely.clip_by_rect(line, *rect)):
                ends = sorted(shapely.line_locate_point(line, shapely.points(shapely.get_coordinates(part)[[0, -1]])))
                numbers = range(int(ends[0] // period), int(ends[1] // period) + 1)
                pieces += [shapely.ops.substring(line, number * period, number * period + on) for number in numbers]
        found = np.array(pieces, dtype=object)
        return self.local(found[shapely.length(found) > 0], margin) if pieces else found

    def dots(self, geometries: Geometries, radius: float, ink: Ink) -> None:
        """Draw discs around points given in world units."""
        pixels = self.local(geometries, radius + 4)
        reach = radius * self.factor
        for x, y in shapely.get_coordinates(pixels):
            self.draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=ink)

    def finished(self) -> Image.Image:
        """Return the picture at its true size."""
        if self.factor == 1:
            return self.image
        if self.image.mode == "RGBA":
            side = self.size // self.factor
            return self.image.resize((side, side), Image.Resampling.BOX)  # weighs colours by their opacity
        return self.image.reduce(self.factor)
