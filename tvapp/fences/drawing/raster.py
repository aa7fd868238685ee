"""Draws geofences into transparent map tiles, on a worker (Pillow, numpy).

Everything is drawn without smoothing at two or three times the size, each pixel holding the number of an ink; then
strips are coloured and averaged. Numbers instead of colours make drawing cheap, and overlapping fences of one colour
stay clear. No single call into C works on more than a strip or a few thousand edges, so that the thread that draws gets
its turn.
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
from tvapp.fences.drawing.drawn_tiles import DrawnTiles
from tvapp.fences.drawing.inks import CASING, FILL, FINE, FINE_OF_MANY, LINE, ROLES, develop
from tvapp.fences.drawing.strokes import Path, clip, clip_half, dashes, smooth_paths
from tvapp.fences.index.fence_index import STATES, FenceIndex
from tvapp.fences.index.projection import disc_axes, disc_rings, project_many
from tvapp.fences.index.shape_arrays import Floats, Ints, offsets
from tvapp.fences.index.simplification import simplified
from tvapp.fences.model import style
from tvapp.tiles.tile import TILE_SIZE, TileId, TileImage

_CELL_PX = 14.0
"""Tiny fences within one square of this size share a dot, in design pixels."""
_MARGIN_PX = 48.0
"""How far around a tile fences are looked at: a cell of dots, and half an outline, in design pixels."""
_DISC_ELLIPSE_PX = 160.0
_MOST_EDGES = 1_200
_STRIP_PX = 128
_FEW_POINTS = 64
_CROWD = 400
"""Parts about a tile from which on it is drawn with FINE_OF_MANY."""
_DENSE = 1.5
"""Real pixels per design pixel from which on every tile is."""
_FAR = 64
"""Tiles around the one that is drawn: whole numbers of fine pixels in 32 bits reach ten thousand."""


_STEP = 8
"""Fences drawn between two looks at whether a frame is due."""


def rasterise(
    index: FenceIndex,
    tile: TileId,
    now_s: float,
    size: int = TILE_SIZE,
    scale: float = 1.0,
    let_pass: Callable[[], None] = lambda: None,
) -> TileImage:
    """Draw what of the fences lies in a tile; `scale` is how many of its pixels are a design pixel.

    `let_pass` is called between small steps: it lets frames go first.
    """
    edge = 1 << tile.z
    unit = 1.0 / (edge * size)
    margin = _MARGIN_PX * scale * unit
    west, north = (tile.x % edge) / edge, tile.y / edge
    span = 1.0 / edge
    found = index.parts_in(west - margin, north - margin, west + span + margin, north + span + margin)
    if not len(found.parts):
        return TileImage(None, size=size)
    sheet = _Sheet(index, west, north, unit, size, scale, len(found.parts), let_pass)
    sheet.draw(found.parts, found.shift, now_s)
    return develop(sheet.ink, sheet.detail, size, scale, let_pass)


@dataclass(frozen=True, slots=True, eq=False)
class FenceRasteriser:
    """Draws tiles of one state of the geofences, on workers."""

    index: FenceIndex
    revision: int
    scale: float
    clock: Clock
    drawn: DrawnTiles
    let_pass: Callable[[], None] = lambda: None

    def rasterise(self, tile: TileId, size: int) -> TileImage:
        known = self.drawn.get(tile, self.revision)
        if known is not None and known.size == size:
            return known
        content = rasterise(self.index, tile, self.clock.wall(), size, self.scale, self.let_pass)
        self.drawn.put(tile, self.revision, content)
        return content


class _Ring(NamedTuple):
    """A ring in fine pixels, unclosed; it is clipped where it `is_wide`: too far around the tile for its points."""

    points: Floats
    is_wide: bool


class _Outline(NamedTuple):
    """What is drawn around a part: `at` is its place among those that are drawn; a disc has no ring but its ellipse."""

    at: int
    ring: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """How the parts look that are drawn, by place."""

    inks: list[int]
    dash_px: list[tuple[float, float] | None]
    slim: list[bool]
    ellipses: Floats
    """Left, top, right, bottom of discs."""


class _Sheet:
    """One tile being drawn, in fine pixels."""

    def __init__(
        self,
        index: FenceIndex,
        west: float,
        north: float,
        unit: float,
        size: int,
        scale: float,
        count: int,
        let_pass: Callable[[], None],
    ) -> None:
        """`count` is how many parts there are about to draw."""
        self._index = index
        self._let_pass = let_pass
        self._west, self._north = west, north
        self._unit = unit
        self.detail = FINE_OF_MANY if count > _CROWD or scale >= _DENSE else FINE
        self._fine = self.detail / unit
        self._scale = scale
        self._edge = size * self.detail
        self.ink = Pillow.new("L", (self._edge, self._edge))
        self._pen = ImageDraw.Draw(self.ink)
        self._widths = [self._width(style.LINE_PX), self._width(style.SLIM_LINE_PX)]
        self._slack = float(self._widths[0][1] + 4 * self.detail)
        self._low, self._high = -self._slack, self._edge + self._slack
        self._styles = [style.style_of_index(0, state) for state in STATES]
        self._dashed = np.array([look.dash_px is not None for look in self._styles])

    def _width(self, line_px: float) -> tuple[int, int]:
        """Return the width of an outline and of its casing, in fine pixels."""
        line = max(2, round(line_px * self._scale * self.detail))
        return line, line + 2 * max(1, round(style.CASING_PX * self._scale * self.detail))

    def draw(self, parts: Ints, shift: Floats, now_s: float) -> None:
        index = self._index
        owners = index.parts.owner[parts]
        unique, back = np.unique(owners, return_inverse=True)
        states = index.states(unique, now_s)[back]
        inks = (index.slot[owners] * len(STATES) + states) * ROLES
        design_px = self._scale * self._unit
        largest = index.largest[owners]
        tiny = largest < style.TINY_PX * design_px
        whole = np.flatnonzero(~tiny & self._is_seen(parts, shift))
        # Parts of one fence in their order, so that neighbouring tiles agree.
        order = whole[np.lexsort((parts[whole], index.rank[owners[whole]]))]
        if len(order):
            is_slim = largest[order] < style.SMALL_PX * design_px
            self._stroke(*self._fill(parts[order], shift[order], states[order], inks[order], is_slim))
        some = np.flatnonzero(tiny)
        if len(some):
            self._dots(parts[some], shift[some], states[some], inks[some])

    def _is_seen(self, parts: Ints, shift: Floats) -> npt.NDArray[np.bool_]:
        """Tell which parts reach into the tile, half an outline included: only dots gather what lies around it."""
        boxes = self._index.parts.boxes[parts] - [self._west, self._north, self._west, self._north]
        boxes[:, 0::2] += shift[:, None]
        boxes *= self._fine
        inside = np.stack([boxes[:, :2] <= self._edge + self._slack, boxes[:, 2:] >= -self._slack])
        return np.asarray(inside.all(axis=(0, 2)))

    def _fill(
        self, chosen: Ints, shift: Floats, states: Ints, inks: Ints, is_slim: npt.NDArray[np.bool_]
    ) -> tuple[_Look, list[_Outline]]:
        parts = self._index.parts
        lon, lat, radius_m = parts.lon[chosen], parts.lat[chosen], parts.radius_m[chosen]
        wide, high = disc_axes(lat, radius_m)
        us, vs = project_many(lon, lat)
        xs, ys = (us + shift - self._west) * self._fine, (vs - self._north) * self._fine
        rx, ry = wide * self._fine, high * self._fine
        ellipses = np.stack([xs - rx, ys - ry, xs + rx, ys + ry], axis=1)
        plain = (rx <= _DISC_ELLIPSE_PX * self.detail) & ~self._dashed[states]
        dash_px = [look.dash_px for look in self._styles]
        look = _Look(inks.tolist(), [dash_px[state] for state in states.tolist()], is_slim.tolist(), ellipses)
        rings = self._rings(chosen, shift, ~plain)
        # What is no disc has no numbers for an ellipse, and is not drawn as one.
        boxes = np.floor(np.where(plain[:, None], ellipses, 0.0)).astype(np.intp).tolist()
        outlines: list[_Outline] = []
        for at, (is_ellipse, box, ink) in enumerate(zip(plain.tolist(), boxes, look.inks, strict=True)):
            if not at % _STEP:
                self._let_pass()
            if is_ellipse:
                self._pen.ellipse(box, fill=ink + FILL)
                outlines.append(_Outline(at))
                continue
            near = self._fill_polygon(rings[at], ink)
            # Dashes are counted from the first point: they need the whole ring.
            drawn = [ring.points for ring in rings[at]] if look.dash_px[at] else near
            outlines += [_Outline(at, ring) for ring in drawn]
        return look, outlines

    def _rings(self, chosen: Ints, shift: Floats, wanted: npt.NDArray[np.bool_]) -> dict[int, list[_Ring]]:
        """Return the unclosed rings of some parts in fine pixels, by place in `chosen`."""
        parts = self._index.parts
        radius_m = parts.radius_m[chosen]
        discs = np.flatnonzero(wanted & ~np.isnan(radius_m))
        polygons = np.flatnonzero(wanted & np.isnan(radius_m))
        rings, counts = parts.rings_of(chosen[polygons])
        points, sizes = simplified(*parts.points_of(rings), self._unit / self.detail)
        places = np.concatenate([np.repeat(polygons, counts), discs])
        if len(discs):
            some = chosen[discs]
            # Segments so short that the arc rises above its chord by a fifth of a fine pixel.
            sides = (parts.boxes[some, 2] - parts.boxes[some, 0]) * self._fine
            segments = np.clip(np.ceil(math.pi * np.sqrt(sides / 0.8)), 24, 4096).astype(np.intp)
            around = disc_rings(parts.lon[some], parts.lat[some], parts.radius_m[some], segments)
            points, sizes = np.concatenate([points, around]), np.concatenate([sizes, segments + 1])
        result: dict[int, list[_Ring]] = {at: [] for at in np.flatnonzero(wanted).tolist()}
        if not len(points):
            return result
        points[:, 0] += np.repeat(shift[places] - self._west, sizes)
        points[:, 1] -= self._north
        # Pillow cuts fractions off towards zero, which left of the tile and above it would move things by a fine pixel.
        np.floor(np.multiply(points, self._fine, out=points), out=points)
        starts = offsets(sizes)[:-1]
        # Few points cost more to clip than to draw, unless they are so far away that 32-bit floats lose fractions.
        reach = np.where(sizes <= _FEW_POINTS, self._edge * _FAR, self._slack)[:, None]
        low, high = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
        is_wide = np.concatenate([low < -reach, high > self._edge + reach], axis=1).any(axis=1)
        rows = zip(places.tolist(), starts.tolist(), sizes.tolist(), np.asarray(is_wide).tolist(), strict=True)
        for at, start, size, wide in rows:
            result[at].append(_Ring(points[start : start + size - 1], wide))
        return result

    def _fill_polygon(self, rings: Sequence[_Ring], ink: int) -> list[Floats]:
        """Fill a polygon and return its rings as far as they are near the tile."""
        clipped: list[Floats] = []
        for number, ring in enumerate(rings):
            inner = np.floor(clip(ring.points, self._low, self._high)) if ring.is_wide else ring.points
            if len(inner) >= 3:
                clipped.append(inner)
            elif number == 0:
                return []
        if len(clipped) == 1:
            self._polygon(self._pen, clipped[0], ink + FILL)
        else:
            self._fill_with_holes(clipped, ink + FILL)
        return clipped

    def _fill_with_holes(self, rings: Sequence[Floats], ink: int) -> None:
        # Drawn apart, so that a hole shows the fence below.
        low = np.clip(np.floor(rings[0].min(axis=0)), 0, self._edge).astype(int)
        high = np.clip(np.ceil(rings[0].max(axis=0)) + 1, 0, self._edge).astype(int)
        width, height = int(high[0] - low[0]), int(high[1] - low[1])
        if width <= 0 or height <= 0:
            return
        mask = Pillow.new("L", (width, height))
        pen = ImageDraw.Draw(mask)
        self._polygon(pen, rings[0] - low, 255)
        for hole in rings[1:]:
            self._polygon(pen, hole - low, 0)
        self.ink.paste(ink, (int(low[0]), int(low[1]), int(high[0]), int(high[1])), mask)

    def _polygon(self, pen: ImageDraw.ImageDraw, ring: Floats, ink: int) -> None:
        if len(ring) <= _MOST_EDGES:
            _polygon(pen, ring, ink)
            return
        # Pillow looks at every edge in every row: rows by the strip keep one call short.
        strip = _STRIP_PX * self.detail
        for top in range(0, self._edge, strip):
            piece = clip_half(clip_half(ring, 1, float(top), 1.0), 1, float(top + strip), -1.0)
            if len(piece) >= 3:
                _polygon(pen, piece, ink)

    def _stroke(self, look: _Look, outlines: list[_Outline]) -> None:
        whole = [ring for at, ring in outlines if ring is not None and not look.dash_px[at]]
        paths = iter(smooth_paths(whole, self._widths[0][0]))
        out = np.array([[-1.0, -1.0, 1.0, 1.0]])
        slim = np.array(look.slim)
        around = []
        for role in (1, 0):
            width = np.where(slim, self._widths[1][role], self._widths[0][role])
            boxes = np.floor(np.nan_to_num(look.ellipses + out * width[:, None] / 2))
            around.append(boxes.astype(np.intp).tolist())
        casings, lines = around
        for number, (at, ring) in enumerate(outlines):
            if not number % _STEP:
                self._let_pass()
            line, cased = self._widths[look.slim[at]]
            ink, dash_px = look.inks[at], look.dash_px[at]
            if ring is None:
                self._pen.ellipse(casings[at], outline=ink + CASING, width=cased)
                self._pen.ellipse(lines[at], outline=ink + LINE, width=line)
            elif dash_px is None:
                path = next(paths)
                self._polyline(path, ink + CASING, cased)
                self._polyline(path, ink + LINE, line)
            else:
                drawn, gap = (value * self._scale * self.detail for value in dash_px)
                pieces = dashes(ring, drawn, gap, self._low, self._high)
                for piece in pieces:
                    _line(self._pen, piece, ink + CASING, cased)
                for piece in pieces:
                    _line(self._pen, piece, ink + LINE, line)

    def _polyline(self, path: Path, ink: int, width: int) -> None:
        for start in range(0, len(path) - 1, _MOST_EDGES):
            _line(self._pen, path[start : start + _MOST_EDGES + 1], ink, width)

    def _dots(self, parts: Ints, shift: Floats, states: Ints, inks: Ints) -> None:
        """Mark tiny fences, one dot for those that share a cell of the world; the first to count is the one shown."""
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
            x, y = float(u[at] - self._west) * self._fine, float(v[at] - self._north) * self._fine
            # A crowd gets a slightly larger dot, up to half as large again.
            radius = style.DOT_PX * self._scale * self.detail * (1.0 + min(0.5, math.log10(count) / 4))
            ink, look = int(inks[at]), self._styles[int(states[at])]
            casing = radius + style.CASING_PX * self._scale * self.detail
            self._pen.ellipse(_floored(x - casing, y - casing, x + casing, y + casing), fill=ink + CASING)
            self._pen.ellipse(_floored(x - radius, y - radius, x + radius, y + radius), fill=ink + LINE)
            if look.hollow:
                inner = radius * 0.5
                self._pen.ellipse(_floored(x - inner, y - inner, x + inner, y + inner), fill=ink + CASING)


def _polygon(pen: ImageDraw.ImageDraw, ring: Floats, ink: int) -> None:
    pen.polygon(ring.astype(np.float32), fill=ink)  # type: ignore[arg-type]  # takes buffers


def _floored(left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
    return math.floor(left), math.floor(top), math.floor(right), math.floor(bottom)


def _line(pen: ImageDraw.ImageDraw, path: Path, ink: int, width: int) -> None:
    pen.line(path, fill=ink, width=width)  # type: ignore[arg-type]
