"""Draws geofences into transparent map tiles, on a worker (Pillow, numpy).

Supersampled: everything is drawn without anti-aliasing at two or three times the size in indexed colours, then resolved
to pixels (`color_index`). Indexed colours make drawing cheap, and fences of one colour that overlap do not add up. No
call into C works on more than a strip or a few thousand edges: it holds the GIL, which the main thread needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageDraw

from tvapp.core.clock import Clock
from tvapp.fences.drawing.color_index import CASING, FILL, LINE, ROLES, SUBPIXELS, SUBPIXELS_IN_CROWDS, resolve
from tvapp.fences.drawing.raster_cache import RasterCache
from tvapp.fences.drawing.strokes import Path, clip, clip_half, dashes, smooth_paths
from tvapp.fences.index.fence_index import STATES, FenceIndex
from tvapp.fences.index.projection import disc_axes, disc_rings, project_many
from tvapp.fences.index.shape_arrays import Floats, Ints, offsets
from tvapp.fences.index.simplification import simplified
from tvapp.fences.model import style
from tvapp.tiles.tile import TILE_SIZE, TileId, TileImage

_CELL_PX = 14.0
"""Tiny fences within one square of this side share a dot, in design pixels."""
_MARGIN_PX = 48.0
"""Fences this far around a tile reach into it: a cell of dots and half an outline, in design pixels."""
_DISC_ELLIPSE_PX = 160.0
"""Discs up to this radius are drawn as ellipses, larger ones as rings."""
_MOST_EDGES = 1_200
_STRIP_PX = 128
_FEW_POINTS = 64
_CROWD = 400
"""A tile with more parts around it is drawn with SUBPIXELS_IN_CROWDS."""
_DENSE = 1.5
"""From this many real pixels per design pixel on, so is every tile."""
_FAR = 64
"""A ring of few points is clipped where it reaches this many tiles away: 32-bit floats hold whole subpixels for ten
thousand."""
_STEP = 8
"""Fences drawn between two calls of `yield_to_frame`."""


def rasterise(
    index: FenceIndex,
    tile: TileId,
    now_s: float,
    size: int = TILE_SIZE,
    scale: float = 1.0,
    yield_to_frame: Callable[[], None] = lambda: None,
) -> TileImage:
    """Draw the fences in a tile of `size` pixels; `scale` is the number of its pixels per design pixel.

    `yield_to_frame` is called between small steps and returns once no frame is due.
    """
    edge = 1 << tile.z
    unit = 1.0 / (edge * size)
    margin = _MARGIN_PX * scale * unit
    west, north = (tile.x % edge) / edge, tile.y / edge
    span = 1.0 / edge
    found = index.parts_in(west - margin, north - margin, west + span + margin, north + span + margin)
    if not len(found.parts):
        return TileImage(None, size=size)
    subpixels = SUBPIXELS_IN_CROWDS if len(found.parts) > _CROWD or scale >= _DENSE else SUBPIXELS
    drawing = _TileDrawing(index, _Frame(west, north, unit, size, scale), subpixels, yield_to_frame)
    drawing.draw(found.parts, found.shift, now_s)
    return resolve(drawing.image, subpixels, size, scale, yield_to_frame, index.paints)


@dataclass(frozen=True, slots=True, eq=False)
class FenceRasteriser:
    """Draws the tiles of one revision of the geofences, on workers."""

    index: FenceIndex
    revision: int
    scale: float
    clock: Clock
    cache: RasterCache
    yield_to_frame: Callable[[], None] = lambda: None

    def rasterise(self, tile: TileId, size: int) -> TileImage:
        cached = self.cache.get(tile, self.revision)
        if cached is not None and cached.size == size:
            return cached
        content = rasterise(self.index, tile, self.clock.wall(), size, self.scale, self.yield_to_frame)
        self.cache.put(tile, self.revision, content)
        return content


class _Frame(NamedTuple):
    """The tile in the world: its north-west corner and the side of a pixel, in widths of the world."""

    west: float
    north: float
    unit: float
    size: int
    scale: float


class _Ring(NamedTuple):
    """A ring in subpixels, without a last point that repeats the first; clipped where it `is_wide`: too far outside."""

    points: Floats
    is_wide: bool


class _Outline(NamedTuple):
    """An outline to draw around the part at place `at`; an ellipse has no ring."""

    at: int
    ring: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Looks:
    """How each part looks that is drawn."""

    colors: list[int]
    """Colour indices before the role is added."""
    dash_px: list[tuple[float, float] | None]
    slim: list[bool]
    ellipses: Floats
    """Left, top, right and bottom of discs."""


class _TileDrawing:
    """One tile being drawn, in subpixels."""

    def __init__(
        self,
        index: FenceIndex,
        frame: _Frame,
        subpixels: int,
        yield_to_frame: Callable[[], None],
    ) -> None:
        self._index = index
        self._yield_to_frame = yield_to_frame
        self._west, self._north = frame.west, frame.north
        self._unit = frame.unit
        self._subpixels = subpixels
        self._per_world = subpixels / frame.unit
        self._scale = frame.scale
        self._edge = frame.size * subpixels
        self.image = Pillow.new("L", (self._edge, self._edge))
        """Pixels are colour indices."""
        self._draw = ImageDraw.Draw(self.image)
        self._widths = [self._width(style.LINE_PX), self._width(style.SLIM_LINE_PX)]
        self._slack = float(self._widths[0][1] + 4 * self._subpixels)
        self._low, self._high = -self._slack, self._edge + self._slack
        self._styles = [style.style_of_index(0, state) for state in STATES]
        self._dashed = np.array([look.dash_px is not None for look in self._styles])

    def _width(self, line_px: float) -> tuple[int, int]:
        """Return the widths of an outline and of its casing, in subpixels."""
        line = max(2, round(line_px * self._scale * self._subpixels))
        return line, line + 2 * max(1, round(style.CASING_PX * self._scale * self._subpixels))

    def draw(self, parts: Ints, shift: Floats, now_s: float) -> None:
        index = self._index
        owners = index.parts.owner[parts]
        unique, back = np.unique(owners, return_inverse=True)
        states = index.states(unique, now_s)[back]
        colors = (index.palette_index[owners] * len(STATES) + states) * ROLES
        design_px = self._scale * self._unit
        largest = index.largest_side[owners]
        tiny = largest < style.TINY_PX * design_px
        whole = np.flatnonzero(~tiny & self._is_seen(parts, shift))
        # Parts of one fence in their order, so that neighbouring tiles agree.
        order = whole[np.lexsort((parts[whole], index.rank[owners[whole]]))]
        if len(order):
            is_slim = largest[order] < style.SMALL_PX * design_px
            self._stroke(*self._fill(parts[order], shift[order], states[order], colors[order], is_slim))
        some = np.flatnonzero(tiny)
        if len(some):
            self._dots(parts[some], shift[some], states[some], colors[some])

    def _is_seen(self, parts: Ints, shift: Floats) -> npt.NDArray[np.bool_]:
        """Tell which parts reach into the tile, half an outline included; those around it count for dots only."""
        boxes = self._index.parts.boxes[parts] - [self._west, self._north, self._west, self._north]
        boxes[:, 0::2] += shift[:, None]
        boxes *= self._per_world
        inside = np.stack([boxes[:, :2] <= self._edge + self._slack, boxes[:, 2:] >= -self._slack])
        return np.asarray(inside.all(axis=(0, 2)))

    def _fill(
        self, chosen: Ints, shift: Floats, states: Ints, colors: Ints, is_slim: npt.NDArray[np.bool_]
    ) -> tuple[_Looks, list[_Outline]]:
        parts = self._index.parts
        lon, lat, radius_m = parts.lon[chosen], parts.lat[chosen], parts.radius_m[chosen]
        wide, high = disc_axes(lat, radius_m)
        us, vs = project_many(lon, lat)
        xs, ys = (us + shift - self._west) * self._per_world, (vs - self._north) * self._per_world
        rx, ry = wide * self._per_world, high * self._per_world
        ellipses = np.stack([xs - rx, ys - ry, xs + rx, ys + ry], axis=1)
        plain = (rx <= _DISC_ELLIPSE_PX * self._subpixels) & ~self._dashed[states]
        dash_px = [look.dash_px for look in self._styles]
        looks = _Looks(colors.tolist(), [dash_px[state] for state in states.tolist()], is_slim.tolist(), ellipses)
        rings = self._rings(chosen, shift, ~plain)
        # Polygons have NaN here.
        boxes = np.floor(np.where(plain[:, None], ellipses, 0.0)).tolist()
        outlines: list[_Outline] = []
        for at, (is_ellipse, box, color) in enumerate(zip(plain.tolist(), boxes, looks.colors, strict=True)):
            if not at % _STEP:
                self._yield_to_frame()
            if is_ellipse:
                self._draw.ellipse(box, fill=color + FILL)
                outlines.append(_Outline(at))
                continue
            near = self._fill_polygon(rings[at], color)
            # Dashes are counted from the first point: they need the whole ring.
            drawn = [ring.points for ring in rings[at]] if looks.dash_px[at] else near
            outlines += [_Outline(at, ring) for ring in drawn]
        return looks, outlines

    def _rings(self, chosen: Ints, shift: Floats, wanted: npt.NDArray[np.bool_]) -> dict[int, list[_Ring]]:
        """Return the rings of the wanted parts, by place in `chosen`; all polygons are wanted."""
        parts = self._index.parts
        radius_m = parts.radius_m[chosen]
        is_polygon = np.isnan(radius_m)
        discs, polygons = np.flatnonzero(wanted & ~is_polygon), np.flatnonzero(is_polygon)
        rings, counts = parts.rings_of(chosen[polygons])
        points, sizes = simplified(*parts.points_of(rings), self._unit / self._subpixels)
        places = np.concatenate([np.repeat(polygons, counts), discs])
        if len(discs):
            some = chosen[discs]
            # Segments so short that the arc rises above its chord by a fifth of a subpixel.
            sides = (parts.boxes[some, 2] - parts.boxes[some, 0]) * self._per_world
            segments = np.clip(np.ceil(math.pi * np.sqrt(sides / 0.8)), 24, 4096).astype(np.intp)
            around = disc_rings(parts.lon[some], parts.lat[some], parts.radius_m[some], segments)
            points, sizes = np.concatenate([points, around]), np.concatenate([sizes, segments + 1])
        result: dict[int, list[_Ring]] = {at: [] for at in np.flatnonzero(wanted).tolist()}
        if not len(points):
            return result
        points[:, 0] += np.repeat(shift[places] - self._west, sizes)
        points[:, 1] -= self._north
        # Pillow truncates towards zero, which would move points left of the tile and above it by a subpixel.
        np.floor(np.multiply(points, self._per_world, out=points), out=points)
        starts = offsets(sizes)[:-1]
        # A ring of few points costs more to clip than to draw; but far away, 32-bit floats are not precise enough.
        reach = np.where(sizes <= _FEW_POINTS, self._edge * _FAR, self._slack)[:, None]
        low, high = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
        is_wide = np.concatenate([low < -reach, high > self._edge + reach], axis=1).any(axis=1)
        rows = zip(places.tolist(), starts.tolist(), sizes.tolist(), np.asarray(is_wide).tolist(), strict=True)
        for at, start, size, wide in rows:
            result[at].append(_Ring(points[start : start + size - 1], wide))
        return result

    def _fill_polygon(self, rings: Sequence[_Ring], color: int) -> list[Floats]:
        """Fill a polygon and return its rings, clipped to the surroundings of the tile."""
        clipped: list[Floats] = []
        for number, ring in enumerate(rings):
            inner = np.floor(clip(ring.points, self._low, self._high)) if ring.is_wide else ring.points
            if len(inner) >= 3:
                clipped.append(inner)
            elif number == 0:
                return []
        if len(clipped) == 1:
            self._polygon(self._draw, clipped[0], color + FILL)
        else:
            self._fill_with_holes(clipped, color + FILL)
        return clipped

    def _fill_with_holes(self, rings: Sequence[Floats], color: int) -> None:
        # Drawn into a mask of its own, so that a hole shows the fence below.
        low = np.clip(np.floor(rings[0].min(axis=0)), 0, self._edge).astype(int)
        high = np.clip(np.ceil(rings[0].max(axis=0)) + 1, 0, self._edge).astype(int)
        width, height = int(high[0] - low[0]), int(high[1] - low[1])
        mask = Pillow.new("L", (width, height))
        pen = ImageDraw.Draw(mask)
        self._polygon(pen, rings[0] - low, 255)
        for hole in rings[1:]:
            self._polygon(pen, hole - low, 0)
        self.image.paste(color, (int(low[0]), int(low[1]), int(high[0]), int(high[1])), mask)

    def _polygon(self, pen: ImageDraw.ImageDraw, ring: Floats, color: int) -> None:
        if len(ring) <= _MOST_EDGES:
            _polygon(pen, ring, color)
            return
        # Pillow looks at every edge in every row: strips keep each call short.
        strip = _STRIP_PX * self._subpixels
        for top in range(0, self._edge, strip):
            piece = clip_half(clip_half(ring, 1, float(top), 1.0), 1, float(top + strip), -1.0)
            if len(piece) >= 3:
                _polygon(pen, piece, color)

    def _stroke(self, looks: _Looks, outlines: list[_Outline]) -> None:
        whole = [ring for at, ring in outlines if ring is not None and not looks.dash_px[at]]
        paths = iter(smooth_paths(whole, self._widths[0][0]))
        out = np.array([[-1.0, -1.0, 1.0, 1.0]])
        slim = np.array(looks.slim)
        around = []
        for role in (1, 0):
            width = np.where(slim, self._widths[1][role], self._widths[0][role])
            around.append(np.floor(np.nan_to_num(looks.ellipses + out * width[:, None] / 2)).tolist())
        casings, lines = around
        for number, (at, ring) in enumerate(outlines):
            if not number % _STEP:
                self._yield_to_frame()
            line, cased = self._widths[looks.slim[at]]
            color, dash_px = looks.colors[at], looks.dash_px[at]
            if ring is None:
                self._draw.ellipse(casings[at], outline=color + CASING, width=cased)
                self._draw.ellipse(lines[at], outline=color + LINE, width=line)
            elif dash_px is None:
                path = next(paths)
                self._polyline(path, color + CASING, cased)
                self._polyline(path, color + LINE, line)
            else:
                drawn, gap = (value * self._scale * self._subpixels for value in dash_px)
                pieces = dashes(ring, drawn, gap, self._low, self._high)
                for piece in pieces:
                    _line(self._draw, piece, color + CASING, cased)
                for piece in pieces:
                    _line(self._draw, piece, color + LINE, line)

    def _polyline(self, path: Path, color: int, width: int) -> None:
        for start in range(0, len(path) - 1, _MOST_EDGES):
            _line(self._draw, path[start : start + _MOST_EDGES + 1], color, width)

    def _dots(self, parts: Ints, shift: Floats, states: Ints, colors: Ints) -> None:
        """Draw tiny fences as dots; those that share a cell of the world share a dot in the colour of the first."""
        index = self._index
        boxes = index.parts.boxes[parts]
        u = (boxes[:, 0] + boxes[:, 2]) / 2 + shift
        v = (boxes[:, 1] + boxes[:, 3]) / 2
        cell = _CELL_PX * self._scale * self._unit
        columns, lines = np.floor(u / cell).astype(np.int64), np.floor(v / cell).astype(np.int64)
        order = np.lexsort((parts, index.rank[index.parts.owner[parts]], states, columns, lines))
        change = np.flatnonzero(np.diff(columns[order]) | np.diff(lines[order])) + 1
        first = np.concatenate([[0], change])
        counts = np.diff([*first.tolist(), len(order)])
        for at, count in zip(order[first].tolist(), counts.tolist(), strict=True):
            x, y = float(u[at] - self._west) * self._per_world, float(v[at] - self._north) * self._per_world
            # The more fences share a dot the larger it is, up to half as large again.
            radius = style.DOT_PX * self._scale * self._subpixels * (1.0 + min(0.5, math.log10(count) / 4))
            color, look = int(colors[at]), self._styles[int(states[at])]
            casing = radius + style.CASING_PX * self._scale * self._subpixels
            self._draw.ellipse(_floored(x - casing, y - casing, x + casing, y + casing), fill=color + CASING)
            self._draw.ellipse(_floored(x - radius, y - radius, x + radius, y + radius), fill=color + LINE)
            if look.hollow:
                inner = radius * 0.5
                self._draw.ellipse(_floored(x - inner, y - inner, x + inner, y + inner), fill=color + CASING)


def _polygon(pen: ImageDraw.ImageDraw, ring: Floats, color: int) -> None:
    pen.polygon(ring.astype(np.float32), fill=color)  # type: ignore[arg-type]  # takes buffers


def _floored(left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
    return math.floor(left), math.floor(top), math.floor(right), math.floor(bottom)


def _line(pen: ImageDraw.ImageDraw, path: Path, color: int, width: int) -> None:
    pen.line(path, fill=color, width=width)  # type: ignore[arg-type]
