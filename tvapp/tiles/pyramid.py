"""Which tiles a view needs, in which order, and which tiles are drawn in place of missing ones.

The grid is one tileset's. Its columns are not wrapped, so that a view may cross the date line; looking a tile up and
requesting it wraps them. All are plain integers, because this runs while the map moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from typing import Generic, NamedTuple, TypeVar

ANCESTORS = 8
"""How many zooms up a fallback is looked for: 512 px enlarged 256 times still give a colour."""

DESCENDANTS = 2
"""How many zooms down: after zooming out twice, the tiles of the former view are still drawn."""

T = TypeVar("T")


class TileRange(NamedTuple):
    """Columns `x0` to `x1` and rows `y0` to `y1` (ends exclusive) of the grid at zoom `z`."""

    z: int
    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def area(self) -> int:
        """The number of cells."""
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    def shows(self, x: int, y: int) -> bool:
        """Tell whether it has a wrapped cell in any copy of the world."""
        return self.y0 <= y < self.y1 and (x - self.x0) % (1 << self.z) < self.x1 - self.x0

    def joined(self, other: TileRange) -> TileRange:
        """Return the range of the cells of both and those between them; this range where zooms differ."""
        if other.z != self.z:
            return self
        return TileRange(
            self.z, min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1)
        )

    def grown(self, heading: tuple[float, float]) -> TileRange:
        """Return the range with one more row or column on the sides the view moves to."""
        dx, dy = heading
        n = 1 << self.z
        return TileRange(
            self.z,
            self.x0 - (dx < -_SLANT),
            max(self.y0 - (dy < -_SLANT), 0),
            self.x1 + (dx > _SLANT),
            min(self.y1 + (dy > _SLANT), n),
        )


_SLANT = 0.3
# From this part of the motion along an axis on, tiles are fetched ahead on that side.


def visible_range(z: int, left: float, top: float, width: float, height: float, tile_px: float) -> TileRange:
    """Return the cells that a box of world pixels touches; rows end at the poles, columns go round.

    >>> visible_range(1, -10.0, 0.0, 600.0, 512.0, 512.0)
    TileRange(z=1, x0=-1, y0=0, x1=2, y1=1)
    """
    n = 1 << z
    return TileRange(
        z,
        math.floor(left / tile_px),
        min(max(math.floor(top / tile_px), 0), n - 1),
        math.ceil((left + width) / tile_px),
        max(min(math.ceil((top + height) / tile_px), n), 1),
    )


def by_distance(seen: TileRange, ahead: TileRange, u: float, v: float) -> list[tuple[bool, float, int, int, int]]:
    """Return the wrapped cells of two ranges as (only ahead, squared distance, z, x, y), each once, unsorted.

    The distance is from (`u`, `v`) in units of the whole world, so that layers of different zooms compare.
    """
    z = seen.z
    n = 1 << z
    cu, cv = u * n - 0.5, v * n - 0.5
    unit = 1.0 / (n * n)
    found: dict[tuple[int, int], tuple[bool, float, int, int, int]] = {}
    for y in range(ahead.y0, ahead.y1):
        dy = (y - cv) * (y - cv)
        row_seen = seen.y0 <= y < seen.y1
        for x in range(ahead.x0, ahead.x1):
            entry = (not (row_seen and seen.x0 <= x < seen.x1), ((x - cu) * (x - cu) + dy) * unit, z, x % n, y)
            former = found.get((x % n, y))
            if former is None or entry < former:
                found[x % n, y] = entry
    return list(found.values())


class Part(NamedTuple, Generic[T]):
    """A box of cells to fill from one tile.

    The box is in cells of zoom `z + level`, where z is the view's. The tile lies `depth` zooms above those cells (0: it
    is exactly one cell). `under`: the tile that is fading in above this fallback, else None.
    """

    tile: T
    level: int
    x0: int
    y0: int
    x1: int
    y1: int
    depth: int
    under: T | None


class Cover(NamedTuple, Generic[T]):
    """How a range is filled: `solid` parts never overlap; `fading` ones lie above them. `holes` stay empty."""

    solid: list[Part[T]]
    fading: list[Part[T]]
    holes: int


def cover(
    cells: TileRange,
    find: Callable[[int, int, int], T | None],
    is_fading: Callable[[T], bool],
    loaded_zooms: Container[int],
    fade_from_nothing: bool,
) -> Cover[T]:
    """Fill a range from the tiles that are there: the cell's own, else its descendants, else its nearest ancestor.

    `find(z, x, y)` gets wrapped columns. `loaded_zooms` are those at which `find` may find a tile. A tile that fades
    in over nothing is solid at once unless `fade_from_nothing`.
    """
    return _CoverBuilder(cells, find, loaded_zooms).run(is_fading, fade_from_nothing)


class _CoverBuilder(Generic[T]):
    """The state of one call of `cover`."""

    def __init__(
        self, cells: TileRange, find: Callable[[int, int, int], T | None], loaded_zooms: Container[int]
    ) -> None:
        self.cells = cells
        self.find = find
        self.solid: list[Part[T]] = []
        z = cells.z
        self.up = [z - d for d in range(1, min(ANCESTORS, z) + 1) if z - d in loaded_zooms]
        self.deepest = max((d for d in range(1, DESCENDANTS + 1) if z + d in loaded_zooms), default=0)

    def run(self, is_fading: Callable[[T], bool], fade_from_nothing: bool) -> Cover[T]:
        z, x0, y0, x1, y1 = self.cells
        mask = (1 << z) - 1
        find, solid = self.find, self.solid
        fading: list[Part[T]] = []
        holes = fallbacks = 0
        for y in range(y0, y1):
            for x in range(x0, x1):
                tile = find(z, x & mask, y)
                if tile is None:
                    fallbacks += 1
                    holes += self._fall_back(x, y, None)
                    continue
                part: Part[T] = Part(tile, 0, x, y, x + 1, y + 1, 0, None)
                if not is_fading(tile):
                    solid.append(part)
                    continue
                before = len(solid)
                self._fall_back(x, y, tile)
                (fading if len(solid) > before or fade_from_nothing else solid).append(part)
        return Cover(_stacked(solid) if fallbacks > 1 else solid, fading, holes)

    def _fall_back(self, x: int, y: int, under: T | None) -> int:
        """Fill a cell from other zooms; return 1 where some of it stays empty."""
        ancestor, depth = self._ancestor(x, y)
        if self.deepest:
            parts: list[Part[T]] = []
            empty = self._descend(0, x, y, parts, ancestor, depth, under)
            if parts:
                self.solid.extend(parts)
                return empty
        if ancestor is None:
            return 1
        self._add(Part(ancestor, 0, x, y, x + 1, y + 1, depth, under))
        return 0

    def _ancestor(self, x: int, y: int) -> tuple[T | None, int]:
        z = self.cells.z
        for above in self.up:
            depth = z - above
            tile = self.find(above, (x >> depth) & ((1 << above) - 1), y >> depth)
            if tile is not None:
                return tile, depth
        return None, 0

    def _descend(
        self, level: int, x: int, y: int, parts: list[Part[T]], ancestor: T | None, depth: int, under: T | None
    ) -> int:
        """Add what lies below a cell, and the ancestor where only some of it is there; return 1 if some stays empty.

        `parts` stays as it is when there is nothing below at all.
        """
        if level == self.deepest:
            return 1
        below = level + 1
        mask = (1 << (self.cells.z + below)) - 1
        empty = 0
        gaps: list[tuple[int, int]] = []
        for cx, cy in ((2 * x, 2 * y), (2 * x + 1, 2 * y), (2 * x, 2 * y + 1), (2 * x + 1, 2 * y + 1)):
            tile = self.find(self.cells.z + below, cx & mask, cy)
            if tile is not None:
                parts.append(Part(tile, below, cx, cy, cx + 1, cy + 1, 0, under))
                continue
            before = len(parts)
            rest = self._descend(below, cx, cy, parts, ancestor, depth, under)
            if len(parts) == before:
                gaps.append((cx, cy))
            else:
                empty |= rest
        if len(gaps) == 4 or not gaps:
            return 1 if gaps else empty
        if ancestor is None:
            return 1
        parts.extend(Part(ancestor, below, cx, cy, cx + 1, cy + 1, depth + below, under) for cx, cy in gaps)
        return empty

    def _add(self, part: Part[T]) -> None:
        """Append an ancestor's part, or widen the last one of the same ancestor: fewer quads, blurred as one."""
        solid = self.solid
        if part.under is None and solid:
            last = solid[-1]
            if (
                last.tile is part.tile
                and last.depth == part.depth
                and last.level == 0
                and last.under is None
                and last.y0 == part.y0
                and last.x1 == part.x0
                # The next copy of the world shows the same tile, but from its western end again.
                and last.x0 >> part.depth == part.x0 >> part.depth
            ):
                solid[-1] = last._replace(x1=part.x1)
                return
        solid.append(part)


def _stacked(parts: list[Part[T]]) -> list[Part[T]]:
    """Join parts of one ancestor that are equally wide and lie on top of each other."""
    joined: list[Part[T]] = []
    ends: dict[tuple[int, int, int, int], int] = {}
    for part in parts:
        if part.depth == 0 or part.level or part.under is not None:
            joined.append(part)
            continue
        index = ends.pop((id(part.tile), part.x0, part.x1, part.y0), None)
        if index is None:
            index = len(joined)
            joined.append(part)
        else:
            joined[index] = joined[index]._replace(y1=part.y1)
        ends[id(part.tile), part.x0, part.x1, part.y1] = index
    return joined
