"""One layer of the map: from the tiles that are there to textured quads on the screen.

The plan (which tile fills which cells) is made anew only when the range of cells or the tiles change. While the map
only moves, a frame costs one pass over the plan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import NamedTuple

from tvapp.core.image import PixelRect
from tvapp.mapview.layers import Layer
from tvapp.mapview.viewport import TILE_SIZE, Viewport, tile_side
from tvapp.tiles.pyramid import Part, TileRange, cover, visible_range
from tvapp.tiles.tile import TileImage

TileKey = tuple[str, int, int, int]
"""The key of a tile's texture: tileset, z, wrapped x, y."""

FADE_S = 0.15


class Quad(NamedTuple):
    """A box on the screen to fill with (the part `src` of) the texture `key`."""

    key: TileKey
    dst: PixelRect
    src: PixelRect | None
    alpha: int


@dataclass(slots=True, eq=False)
class Texture:
    """What the model knows of a tile whose pixels are on the renderer (or that is empty)."""

    key: TileKey
    left: int = 0
    top: int = 0
    width: int = 0
    height: int = 0
    size: int = 512
    revision: int = 0
    serial: int = 0
    """Changes with the pixels."""
    is_merged: bool = False
    """Its pixels are part of a composed cell, and its own texture was released."""
    is_stale: bool = False
    """A newer one is requested or on its way."""
    fade_from: float | None = None
    """When it began to fade in; None when it is fully shown."""

    @property
    def is_empty(self) -> bool:
        """Tell whether it is wholly transparent: nothing to draw, but nothing is missing."""
        return self.width == 0

    @property
    def is_whole(self) -> bool:
        """Tell whether no margin was cut off."""
        return self.width == self.size and self.height == self.size

    def show(self, content: TileImage, serial: int, revision: int, *, is_stale: bool) -> None:
        """Show other pixels from now on: take in their size and place."""
        image = content.image
        self.left, self.top, self.size = content.left, content.top, content.size
        self.width, self.height = (image.width, image.height) if image is not None else (0, 0)
        self.serial, self.revision, self.is_stale, self.is_merged = serial, revision, is_stale, False


class _PlannedPart(NamedTuple):
    """A part of the plan, with all that does not change while the map moves.

    `i0` ... `j1` index the edges of `level`; `trim` is (width, height, left, top, right, bottom): the box drawn,
    within the part's box in the texture's pixels.
    """

    key: TileKey
    level: int
    i0: int
    j0: int
    i1: int
    j1: int
    src: PixelRect | None
    trim: tuple[int, int, int, int, int, int] | None
    fading: Texture | None
    under: Texture | None


_Placed = tuple[TileKey, int, int, int, int, PixelRect | None, Texture | None, Texture | None]
"""A part at one zoom: left, top, width and height in world pixels; source box, texture fading in, texture below it."""


def tile_zoom(layer: Layer, viewport: Viewport) -> int:
    """Return the zoom of the tiles that a layer shows in a viewport."""
    return within_zooms(layer, natural_zoom(layer, viewport))


def within_zooms(layer: Layer, zoom: int) -> int:
    """Return the zoom nearest to `zoom` that a layer has tiles of."""
    return min(max(zoom, layer.min_zoom), layer.max_zoom)


def natural_zoom(layer: Layer, viewport: Viewport) -> int:
    """Return the zoom of the tiles that a layer would show in a viewport if it had tiles for all zooms."""
    return math.floor(viewport.zoom + _zooms_below(layer, viewport.scale) + 0.5)


def tile_px(layer: Layer, scale: float) -> int:
    """Return the side in pixels to decode tiles of a layer to: their own, or less where a whole zoom shows less.

    Never more: enlarging is the renderer's work and would only take memory.
    """
    depth = math.floor(_zooms_below(layer, scale) + 0.5)
    return max(1, min(TILE_SIZE, round(math.ldexp(tile_side(scale), -depth))))


def _zooms_below(layer: Layer, scale: float) -> float:
    """Return how many zooms deeper than the view's a layer's tiles are shown in their own size.

    Geofences are drawn in the size of the base's text on a small screen, and finely on a large one.
    """
    if layer.has_text or (layer.role == "fences" and scale < 1.0):
        return 0.0
    return math.log2(scale)


def corner(viewport: Viewport) -> tuple[int, int]:
    """Return the screen's upper left corner in world pixels.

    Whole pixels for all layers, so that a tile keeps its size while the map pans.
    """
    left = math.floor(viewport.u * viewport.world - viewport.width / 2.0 + 0.5)
    top = math.floor(viewport.v * viewport.world - viewport.height / 2.0 + 0.5)
    return left, top


def cells_in_view(layer: Layer, viewport: Viewport) -> TileRange:
    """Return the cells of a layer's grid that a viewport shows."""
    return cells_at(tile_zoom(layer, viewport), viewport)


def cells_at(z: int, viewport: Viewport) -> TileRange:
    """Return the cells of the grid at a zoom that a viewport shows."""
    left, top = corner(viewport)
    return visible_range(z, left, top, viewport.width, viewport.height, math.ldexp(viewport.world, -z))


class LayerPicture:
    """The plan of one layer, and its quads."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.cells: TileRange | None = None
        self.dirty = True
        self.holes = 0
        self.used: set[TileKey] = set()
        """The tiles that the plan draws."""
        self.is_fading = False
        self.solid: list[Part[Texture]] = []
        """The parts of the plan that do not fade in."""
        self._planned: list[_PlannedPart] = []
        self._ops: list[_PlannedPart] = []
        self._levels: set[int] = set()
        self._placed: list[_Placed] | None = None
        self._placed_at = 0.0

    def shows(self, key: TileKey) -> bool:
        """Tell whether a tile is in view, and of the zoom that is shown."""
        cells = self.cells
        return cells is not None and cells.z == key[1] and cells.shows(key[2], key[3])

    def plan(
        self, cells: TileRange, find: Callable[[int, int, int], Texture | None], loaded_zooms: Container[int]
    ) -> None:
        """Work out what fills `cells`."""
        opaque = self.layer.is_opaque
        covered = cover(cells, find, _is_fading, loaded_zooms, fade_from_nothing=not opaque)
        self.cells = cells
        self.dirty = False
        self.holes = covered.holes
        self.is_fading = bool(covered.fading)
        self.used = {part.tile.key for part in covered.solid}
        self.used.update(part.tile.key for part in covered.fading)
        ops = [_op(part, cells, opaque) for part in covered.solid if part.tile.width]
        ops += [_op(part, cells, opaque, fades=True) for part in covered.fading if part.tile.width]
        self.solid = covered.solid
        self._planned = self._ops = [op for op in ops if op is not None]
        self._placed = None
        self._levels = {op.level for op in self._ops}

    def leave_out(self, hides: Callable[[int, int, int, int, int], bool]) -> None:
        """Draw only the parts whose cells are not hidden; `hides` takes zoom, x0, y0, x1, y1 (ends exclusive)."""
        cells = self.cells
        if cells is None:
            return
        z, x, y = cells.z, cells.x0, cells.y0
        self._placed = None
        self._ops = [
            op
            for op in self._planned
            if not hides(
                z + op.level,
                (x << op.level) + op.i0,
                (y << op.level) + op.j0,
                (x << op.level) + op.i1,
                (y << op.level) + op.j1,
            )
        ]
        self._levels = {op.level for op in self._ops}

    @property
    def is_complete(self) -> bool:
        """Tell whether every cell is filled wholly and without fading."""
        return not (self.dirty or self.holes or self.is_fading)

    def draw(self, viewport: Viewport, now: float, quads: list[Quad]) -> None:
        """Append the quads of this layer."""
        cells = self.cells
        if cells is None or not self._ops:
            return
        if self._placed is None or self._placed_at != viewport.world:
            self._placed, self._placed_at = self._place(cells, viewport.world), viewport.world
        left, top = corner(viewport)
        full = round(255 * self.layer.opacity)
        add = quads.append
        for key, x, y, w, h, src, fading, under in self._placed:
            alpha = full
            if fading is not None:
                alpha = int(full * _shown(fading, now))
            elif under is not None:
                alpha = full - int(full * _shown(under, now))
            add(Quad(key, PixelRect(x - left, y - top, w, h), src, alpha))

    def _place(self, cells: TileRange, world: float) -> list[_Placed]:
        """Return where each part lies in world pixels, which changes with the zoom only."""
        columns, rows = {}, {}
        for level in self._levels:
            edge = math.ldexp(world, -(cells.z + level))
            columns[level] = _edges(cells.x0 << level, cells.x1 << level, edge)
            rows[level] = _edges(cells.y0 << level, cells.y1 << level, edge)
        xs, ys = columns.get(0, _NO_EDGES), rows.get(0, _NO_EDGES)
        placed: list[_Placed] = []
        for key, level, i0, j0, i1, j1, src, trim, fading, under in self._ops:
            if level:
                lx, ly = columns[level], rows[level]
                x0, y0, x1, y1 = lx[i0], ly[j0], lx[i1], ly[j1]
            else:
                x0, y0, x1, y1 = xs[i0], ys[j0], xs[i1], ys[j1]
            if trim is not None:
                w, h, a, b, c, d = trim
                x0, x1 = x0 + (2 * a * (x1 - x0) + w) // (2 * w), x0 + (2 * c * (x1 - x0) + w) // (2 * w)
                y0, y1 = y0 + (2 * b * (y1 - y0) + h) // (2 * h), y0 + (2 * d * (y1 - y0) + h) // (2 * h)
                if x1 <= x0 or y1 <= y0:
                    continue
            placed.append((key, x0, y0, x1 - x0, y1 - y0, src, fading, under))
        return placed


_NO_EDGES: list[int] = []


def _edges(first: int, last: int, edge: float) -> list[int]:
    """Return where the cells' borders are in world pixels: rounded once, shared by both neighbours.

    Powers of two keep the products exact, so that a cell's border is the same at every level.
    """
    floor = math.floor
    return [floor(k * edge + 0.5) for k in range(first, last + 1)]


def _is_fading(texture: Texture) -> bool:
    return texture.fade_from is not None


def _shown(texture: Texture, now: float) -> float:
    """Return how far a tile has faded in, 0 to 1."""
    if texture.fade_from is None:
        return 1.0
    return min(max((now - texture.fade_from) / FADE_S, 0.0), 1.0)


def _op(part: Part[Texture], cells: TileRange, opaque: bool, *, fades: bool = False) -> _PlannedPart | None:
    """Work out a part's source box; None where only the cut-off margin of the tile would be drawn."""
    texture, level, x0, y0, x1, y1, depth, under = part
    ox, oy = cells.x0 << level, cells.y0 << level
    size = texture.size
    src: PixelRect | None = None
    trim = None
    if depth or not texture.is_whole:
        inside = (1 << depth) - 1
        px0, px1 = (x0 & inside) * size >> depth, ((x0 & inside) + x1 - x0) * size >> depth
        py0, py1 = (y0 & inside) * size >> depth, ((y0 & inside) + y1 - y0) * size >> depth
        left, top = max(px0, texture.left), max(py0, texture.top)
        right, bottom = min(px1, texture.left + texture.width), min(py1, texture.top + texture.height)
        if left >= right or top >= bottom:
            return None
        if (left, top, right, bottom) != (px0, py0, px1, py1):
            trim = (px1 - px0, py1 - py0, left - px0, top - py0, right - px0, bottom - py0)
        if (right - left, bottom - top) != (texture.width, texture.height):
            src = PixelRect(left - texture.left, top - texture.top, right - left, bottom - top)
    return _PlannedPart(
        texture.key,
        level,
        x0 - ox,
        y0 - oy,
        x1 - ox,
        y1 - oy,
        src,
        trim,
        texture if fades else None,
        None if opaque else under,
    )
