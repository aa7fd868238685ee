"""Draws geofences into transparent map tiles, on a worker (Pillow, numpy).

Everything is drawn without smoothing at three times the size, each pixel holding the number of an ink; then blocks are
coloured and averaged. Numbers instead of colours make drawing cheap, and overlapping fences of one colour stay clear.
No single call into C works on more than a block or a few thousand edges, so that the thread that draws gets its turn.
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
from tvapp.fences import style
from tvapp.fences.index import STATES, FenceIndex, Floats, Ints
from tvapp.fences.inks import CASING, FILL, FINE, LINE, ROLES, develop
from tvapp.fences.planar import disc_axes, disc_ring, project_many
from tvapp.fences.strokes import Path, clip, clip_half, dashes, smooth_paths
from tvapp.tiles.tile import TILE_SIZE, TileId, TileImage

_CELL_PX = 14.0
"""Tiny fences within one square of this size share a dot, in design pixels."""
_MARGIN_PX = 48.0
"""How far around a tile fences are looked at: a cell of dots, and half an outline, in design pixels."""
_DISC_ELLIPSE_PX = 160.0
_MOST_EDGES = 1_200
_STRIP_PX = 128


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
    sheet = _Sheet(index, tile.z, west, north, unit, size, scale, let_pass)
    sheet.draw(found.parts, found.shift, now_s)
    return develop(sheet.ink, size, scale, let_pass)


@dataclass(frozen=True, slots=True, eq=False)
class FenceRasteriser:
    """Draws tiles of one state of the geofences, on workers."""

    index: FenceIndex
    revision: int
    scale: float
    clock: Clock
    let_pass: Callable[[], None] = lambda: None

    def rasterise(self, tile: TileId) -> TileImage:
        return rasterise(self.index, tile, self.clock.wall(), scale=self.scale, let_pass=self.let_pass)


class _Ring(NamedTuple):
    """A ring in fine pixels, unclosed; `is_inside` the tile's surroundings it need not be clipped."""

    points: Floats
    is_inside: bool


@dataclass(slots=True)
class _Outline:
    ink: int
    slim: bool
    dash_px: tuple[float, float] | None = None
    box: tuple[float, float, float, float] | None = None
    ring: Floats | None = None
    path: Path | None = None


class _Sheet:
    """One tile being drawn, in fine pixels."""

    def __init__(
        self,
        index: FenceIndex,
        zoom: int,
        west: float,
        north: float,
        unit: float,
        size: int,
        scale: float,
        let_pass: Callable[[], None],
    ) -> None:
        self._index = index
        self._let_pass = let_pass
        self._zoom = zoom
        self._west, self._north = west, north
        self._unit = unit
        self._fine = FINE / unit
        self._scale = scale
        self._edge = size * FINE
        self.ink = Pillow.new("L", (self._edge, self._edge))
        self._pen = ImageDraw.Draw(self.ink)
        self._widths = [self._width(style.LINE_PX), self._width(style.SLIM_LINE_PX)]
        self._slack = float(self._widths[0][1] + 4 * FINE)
        self._low, self._high = -self._slack, self._edge + self._slack
        self._styles = [style.style_of_slot(0, state) for state in STATES]
        self._dashed = np.array([look.dash_px is not None for look in self._styles])

    def _width(self, line_px: float) -> tuple[int, int]:
        """Return the width of an outline and of its casing, in fine pixels."""
        line = max(2, round(line_px * self._scale * FINE))
        return line, line + 2 * max(1, round(style.CASING_PX * self._scale * FINE))

    def draw(self, parts: Ints, shift: Floats, now_s: float) -> None:
        index = self._index
        owners = index.owner[parts]
        unique, back = np.unique(owners, return_inverse=True)
        states = index.states(unique, now_s)[back]
        inks = (index.slot[owners] * len(STATES) + states) * ROLES
        tiny = index.largest[owners] < style.TINY_PX * self._scale * self._unit
        whole = np.flatnonzero(~tiny)
        outlines = self._fill(parts, shift, states, inks, whole[np.argsort(index.rank[owners[whole]], kind="stable")])
        self._stroke(outlines)
        some = np.flatnonzero(tiny)
        if len(some):
            self._dots(parts[some], shift[some], states[some], inks[some])

    def _fill(self, parts: Ints, shift: Floats, states: Ints, inks: Ints, order: Ints) -> list[_Outline]:
        index = self._index
        chosen, shift = parts[order], shift[order]
        wide, high = disc_axes(index.lat[chosen], index.radius_m[chosen])
        us, vs = project_many(index.lon[chosen], index.lat[chosen])
        xs, ys = (us + shift - self._west) * self._fine, (vs - self._north) * self._fine
        rx, ry = wide * self._fine, high * self._fine
        boxes = np.stack([xs - rx, ys - ry, xs + rx, ys + ry], axis=1).tolist()
        plain = index.is_disc[chosen] & (rx <= _DISC_ELLIPSE_PX * FINE) & (self._dashed[states[order]] == 0)
        largest = index.largest[index.owner[chosen]]
        slim = (largest < style.SMALL_PX * self._scale * self._unit).tolist()
        rings = self._rings(chosen, shift, ~plain)
        outlines: list[_Outline] = []
        rows = zip(plain.tolist(), states[order].tolist(), inks[order].tolist(), strict=True)
        for at, (ellipse, state, ink) in enumerate(rows):
            if not at % _STEP:
                self._let_pass()
            if ellipse:
                self._pen.ellipse(_floored(*boxes[at]), fill=ink + FILL)
                outlines.append(_Outline(ink, slim[at], box=boxes[at]))
            elif self._dashed[state]:
                self._fill_polygon(rings[at], ink)
                dash_px = self._styles[state].dash_px
                outlines.extend(_Outline(ink, slim[at], dash_px, ring=ring.points) for ring in rings[at])
            else:
                clipped = self._fill_polygon(rings[at], ink)
                outlines.extend(_Outline(ink, slim[at], ring=ring) for ring in clipped)
        return outlines

    def _rings(self, chosen: Ints, shift: Floats, wanted: npt.NDArray[np.bool_]) -> dict[int, list[_Ring]]:
        """Return the unclosed rings of some parts in fine pixels, by place in `chosen`."""
        index = self._index
        gathered: list[Floats] = []
        places: list[int] = []
        for at in np.flatnonzero(wanted).tolist():
            part = int(chosen[at])
            if index.is_disc[part]:
                # Segments so short that the arc rises above its chord by a fifth of a fine pixel.
                side = float(index.boxes[part, 2] - index.boxes[part, 0]) * self._fine
                segments = min(4096, max(24, math.ceil(math.pi * math.sqrt(side / 0.8))))
                lon, lat, radius_m = (float(values[part]) for values in (index.lon, index.lat, index.radius_m))
                rings = [disc_ring(lon, lat, radius_m, segments)]
            else:
                rings = index.rings_for(part, self._zoom, self._unit)
            gathered.extend(rings)
            places.extend([at] * len(rings))
        result: dict[int, list[_Ring]] = {at: [] for at in places}
        if not gathered:
            return result
        sizes = [len(ring) for ring in gathered]
        points = np.concatenate(gathered)
        points[:, 0] += np.repeat(shift[places], sizes)
        # Pillow cuts fractions off towards zero, which left of the tile and above it would move things by a fine pixel.
        points = np.floor((points - np.array([self._west, self._north])) * self._fine)
        starts = np.cumsum([0, *sizes[:-1]])
        inside = np.minimum.reduceat(points.min(axis=1), starts) >= self._low
        inside &= np.maximum.reduceat(points.max(axis=1), starts) <= self._high
        for at, start, size, near in zip(places, starts.tolist(), sizes, inside.tolist(), strict=True):
            result[at].append(_Ring(points[start : start + size - 1], near))
        return result

    def _fill_polygon(self, rings: Sequence[_Ring], ink: int) -> list[Floats]:
        """Fill a polygon and return its rings as far as they are near the tile."""
        clipped: list[Floats] = []
        for number, ring in enumerate(rings):
            inner = ring.points if ring.is_inside else np.floor(clip(ring.points, self._low, self._high))
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
        strip = _STRIP_PX * FINE
        for top in range(0, self._edge, strip):
            piece = clip_half(clip_half(ring, 1, float(top), 1.0), 1, float(top + strip), -1.0)
            if len(piece) >= 3:
                _polygon(pen, piece, ink)

    def _stroke(self, outlines: list[_Outline]) -> None:
        whole = [(outline, outline.ring) for outline in outlines if outline.ring is not None and not outline.dash_px]
        paths = smooth_paths([ring for _, ring in whole], self._widths[0][0])
        for (outline, _), path in zip(whole, paths, strict=True):
            outline.path = path
        for at, outline in enumerate(outlines):
            if not at % _STEP:
                self._let_pass()
            line, cased = self._widths[outline.slim]
            if outline.box is not None:
                for width, role in ((cased, CASING), (line, LINE)):
                    left, top, right, bottom = outline.box
                    out = width / 2
                    box = _floored(left - out, top - out, right + out, bottom + out)
                    self._pen.ellipse(box, outline=outline.ink + role, width=width)
            elif outline.path is not None:
                self._polyline(outline.path, outline.ink + CASING, cased)
                self._polyline(outline.path, outline.ink + LINE, line)
            elif outline.ring is not None and outline.dash_px:
                drawn, gap = (value * self._scale * FINE for value in outline.dash_px)
                pieces = dashes(outline.ring, drawn, gap, self._low, self._high)
                for piece in pieces:
                    _line(self._pen, piece, outline.ink + CASING, cased)
                for piece in pieces:
                    _line(self._pen, piece, outline.ink + LINE, line)

    def _polyline(self, path: Path, ink: int, width: int) -> None:
        for start in range(0, len(path) - 1, _MOST_EDGES):
            _line(self._pen, path[start : start + _MOST_EDGES + 1], ink, width)

    def _dots(self, parts: Ints, shift: Floats, states: Ints, inks: Ints) -> None:
        """Mark tiny fences, one dot for those that share a cell of the world; the first to count is the one shown."""
        index = self._index
        boxes = index.boxes[parts]
        u = (boxes[:, 0] + boxes[:, 2]) / 2 + shift
        v = (boxes[:, 1] + boxes[:, 3]) / 2
        cell = _CELL_PX * self._scale * self._unit
        columns, lines = np.floor(u / cell).astype(np.int64), np.floor(v / cell).astype(np.int64)
        order = np.lexsort((parts, index.rank[index.owner[parts]], states, columns, lines))
        change = np.flatnonzero(np.diff(columns[order]) | np.diff(lines[order])) + 1
        first = np.concatenate([[0], change])
        counts = np.diff([*first.tolist(), len(order)])
        for at, count in zip(order[first].tolist(), counts.tolist(), strict=True):
            x, y = float(u[at] - self._west) * self._fine, float(v[at] - self._north) * self._fine
            # A crowd gets a slightly larger dot, up to half as large again.
            radius = style.DOT_PX * self._scale * FINE * (1.0 + min(0.5, math.log10(count) / 4))
            ink, look = int(inks[at]), self._styles[int(states[at])]
            casing = radius + style.CASING_PX * self._scale * FINE
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
