"""Places the names of geofences on the map, on a worker: large fences first, and no name over another.

Names depend on the fences, the zoom and the time, never on the view, so that they stay in place while the map moves:
the world is divided into a grid, each cell has a few candidates, and a candidate gives way only to more important ones
in its own and the neighbouring cells.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tvapp.core.image import Image
from tvapp.fences.drawing.messages import Label, LabelRequest
from tvapp.fences.drawing.text_renderer import HALO_PX, TextRenderer
from tvapp.fences.index.fence_index import STATES, FenceIndex
from tvapp.fences.index.projection import project_many
from tvapp.fences.model import style
from tvapp.fences.model.fence import Geofence
from tvapp.geo.position import Bounds, Position
from tvapp.tiles.tile import TILE_SIZE

SIZE_PX = 28.0
"""Height of the letters in design pixels."""
MOST_WIDTH_PX = 400.0
GAP_PX = 12.0
GAP_OF_SMALL_PX = 36.0
"""Free space around the name of a tiny fence, in design pixels."""
BELOW_PX = 90.0
"""The name of a fence that is smaller than this on the screen is placed below it."""
CELL_PX = 512.0
"""Side of a grid cell, wider than any name, so that only the neighbouring cells matter."""
CANDIDATES = 12
"""Names that a cell offers."""
PLACED = 7
"""Names that a cell shows at most."""
_MOST_LOOKED_AT = 240
_MOST_IMAGES = 600
_MOST_TEXTS = 20_000
_MOST_CELLS = 1_000
"""With more, placing begins anew: a view with its margin has a hundred."""
_WEIGHTS = np.array([{"active": 1.0, "expired": 0.6}.get(state, 0.8) for state in STATES])

Cell: TypeAlias = tuple[int, int]


def place(
    index: FenceIndex,
    request: LabelRequest,
    scale: float,
    now_s: float,
    *,
    limit: int = 60,
    yield_to_frame: Callable[[], None] = lambda: None,
) -> tuple[Label, ...]:
    """Return the names that a request is for, most important first, at most `limit`.

    `scale` is the number of real pixels per design pixel. The name of the selected fence is left out, since the screen
    shows it by itself; its place stays free. `yield_to_frame` is called between small steps and returns once no frame
    is due.
    """
    zoom, selected = request.zoom, request.selected
    names = index.lasting_cache.get("names")
    if not isinstance(names, _NameCache) or names.scale != scale:
        names = index.lasting_cache["names"] = _NameCache(scale)
    placement = index.cache.get("placement")
    if not isinstance(placement, _Placement) or not placement.serves(names, zoom, now_s, selected):
        # Kept between requests: while the map moves, only what comes into view is placed.
        placement = index.cache["placement"] = _Placement(index, names, zoom, selected, yield_to_frame)
    placement.now_s = now_s
    placed = [name for cell in placement.cells(request.bounds) for name in placement.placed_in(cell)]
    in_view = [name for name in placed if name.fence.id != selected and request.bounds.contains(name.position)]
    in_view.sort(key=lambda name: name.priority)
    result = []
    for name in in_view[:limit]:
        yield_to_frame()
        result.append(names.label(name))
    return tuple(result)


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A name at a place: `x`, `y` is the centre of its image in world pixels, `gap` the free space that it needs."""

    fence: Geofence
    priority: tuple[float, str]
    position: Position
    text: str
    x: float
    y: float
    dy: int
    width: float
    height: float
    gap: float
    dimmed: bool

    def overlaps(self, other: _Candidate, span: float) -> bool:
        """Tell whether `other`, less important, is closer than its gap; `span` is the width of the world in pixels."""
        apart = abs((self.x - other.x + span / 2) % span - span / 2)
        return (
            apart < (self.width + other.width) / 2 + other.gap
            and abs(self.y - other.y) < (self.height + other.height) / 2 + other.gap
        )


class _NameCache:
    """Caches the widths and the images of names between placements."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.renderer = TextRenderer(SIZE_PX * scale, HALO_PX * scale)
        self._texts: dict[str, tuple[str, int]] = {}
        self._images: dict[tuple[str, bool], Image] = {}

    def text(self, name: str) -> tuple[str, int]:
        """Return a name as it is shown, and the width of its image."""
        known = self._texts.get(name)
        if known is None:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            shown = self.renderer.shortened(name, MOST_WIDTH_PX * self.scale)
            known = self._texts[name] = shown, self.renderer.width(shown)
        return known

    def label(self, name: _Candidate) -> Label:
        """Return the label that the screen draws."""
        known = self._images.get((name.text, name.dimmed))
        if known is None:
            if len(self._images) >= _MOST_IMAGES:
                self._images.clear()
            known = self.renderer.draw(name.text, dimmed=name.dimmed)
            self._images[(name.text, name.dimmed)] = known
        key = ("label", name.fence.id, name.text, name.dimmed, round(self.scale * 1000))
        return Label(key, name.fence.id, name.position, known, 0, name.dy)


class _Placement:
    """The names of one zoom level, good until a fence that was looked at changes its state."""

    def __init__(
        self,
        index: FenceIndex,
        names: _NameCache,
        zoom: int,
        selected: str | None,
        yield_to_frame: Callable[[], None],
    ) -> None:
        self._index = index
        self._yield_to_frame = yield_to_frame
        self._names = names
        self._zoom = zoom
        self.now_s: float
        """The wall clock at the last request; no fence has changed its state since the first one."""
        self._until = math.inf
        self._selected_id = selected
        self._selected = index.number(selected) if selected is not None else None
        self._span = TILE_SIZE * names.scale * 2.0**zoom
        self._count = max(1, round(self._span / (CELL_PX * names.scale)))
        self._candidates: dict[Cell, list[_Candidate]] = {}
        self._placed: dict[_Candidate, bool] = {}

    def serves(self, names: _NameCache, zoom: int, now_s: float, selected: str | None) -> bool:
        """Tell whether the names placed so far are right for a request."""
        is_same = self._names is names and self._zoom == zoom and self._selected_id == selected
        return is_same and self.now_s <= now_s < self._until and len(self._candidates) <= _MOST_CELLS

    def cells(self, bounds: Bounds) -> list[Cell]:
        """Return the cells that a box touches."""
        us, vs = project_many(np.array([bounds.west, bounds.west]), np.array([bounds.north, bounds.south]))
        west = math.floor(float(us[0]) * self._count)
        east = math.floor((float(us[0]) + bounds.lon_span / 360.0) * self._count)
        north, south = (math.floor(min(max(float(v), 0.0), 1.0) * self._count) for v in vs)
        columns = dict.fromkeys(column % self._count for column in range(west, min(east, west + self._count) + 1))
        return [(column, row) for column in columns for row in range(north, min(south, self._count - 1) + 1)]

    def placed_in(self, cell: Cell) -> list[_Candidate]:
        """Return the names that a cell shows."""
        return [name for name in self._candidates_in(cell) if self._is_placed(name, cell)][:PLACED]

    def _is_placed(self, name: _Candidate, cell: Cell) -> bool:
        known = self._placed.get(name)
        if known is None:
            self._yield_to_frame()
            # Recursion ends: it only ever asks about more important names.
            known = not any(
                other.priority < name.priority and other.overlaps(name, self._span) and self._is_placed(other, near)
                for near in self._around(cell)
                for other in self._candidates_in(near)
            )
            self._placed[name] = known
        return known

    def _around(self, cell: Cell) -> list[Cell]:
        column, row = cell
        rows = [near for near in (row - 1, row, row + 1) if 0 <= near < self._count]
        columns = dict.fromkeys(near % self._count for near in (column - 1, column, column + 1))
        return [(near, other) for near in columns for other in rows]

    def _candidates_in(self, cell: Cell) -> list[_Candidate]:
        known = self._candidates.get(cell)
        if known is None:
            known = self._candidates[cell] = self._find_candidates(cell)
        return known

    def _find_candidates(self, cell: Cell) -> list[_Candidate]:
        """Return the most important names whose fences have their centre in a cell."""
        index, size = self._index, 1.0 / self._count
        west, north = cell[0] * size, cell[1] * size
        found = index.parts_in(west, north, west + size, north + size)
        owners = np.unique(index.parts.owner[found.parts])
        if not len(owners):
            return []
        states = index.states(owners, self.now_s)
        self._until = min(self._until, index.stated_until(owners))
        weights = index.largest_side[owners] * _WEIGHTS[states]
        if self._selected is not None:
            weights[owners == self._selected] = np.inf
        # `owners` is sorted, so a stable sort puts equal weights in the order of their numbers.
        order = np.argsort(-weights, kind="stable")[:_MOST_LOOKED_AT]
        result: list[_Candidate] = []
        for at in order.tolist():
            self._yield_to_frame()
            owner = int(owners[at])
            center, u, v = index.center(owner)
            if (math.floor(u * self._count), math.floor(v * self._count)) != cell:
                continue
            name = self._candidate(owner, center, u, v, float(weights[at]), STATES[int(states[at])] != "active")
            if name is not None:
                result.append(name)
            if len(result) == CANDIDATES:
                break
        return result

    def _candidate(
        self, owner: int, center: Position, u: float, v: float, weight: float, dimmed: bool
    ) -> _Candidate | None:
        index, names = self._index, self._names
        fence = index.fences[owner]
        text, width = names.text(fence.name)
        if not text:
            return None
        scale, height = names.scale, names.renderer.height
        side = float(index.largest_side[owner]) * self._span
        below = 0
        gap = GAP_PX * scale
        if side < BELOW_PX * scale and side < width:
            # Below the fence, which it would hide.
            below = round(max(side / 2, style.DOT_PX * scale) + height / 2 - names.renderer.halo)
            gap = GAP_OF_SMALL_PX * scale if side < style.SMALL_PX * scale else gap
        priority = (-weight, f"{owner:09d}")
        return _Candidate(
            fence, priority, center, text, u * self._span, v * self._span + below, below, width, height, gap, dimmed
        )
