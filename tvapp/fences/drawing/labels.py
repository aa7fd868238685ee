"""Places the names of geofences on the map, on a worker: large fences first, none over another.

What is shown at a place depends on the fences, the zoom and the time, never on the view: the world is cut into squares,
each has its few candidates, and a candidate gives way only to more important ones nearby. So names stay where they are
while the map moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tvapp.core.image import Image
from tvapp.fences.drawing.lettering import HALO_PX, Lettering
from tvapp.fences.drawing.messages import Label
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
ROOM_PX = 36.0
"""What a tiny fence's name needs around it, in design pixels."""
BELOW_PX = 90.0
"""Names of fences that look smaller than this stand under them."""
SQUARE_PX = 512.0
"""Wider than any name, so that only the neighbouring squares matter."""
CANDIDATES = 12
PLACED = 7
_MOST_LOOKED_AT = 240
_MOST_PICTURES = 600
_MOST_TEXTS = 20_000
_MOST_SQUARES = 1_000
"""Then placing begins anew: a view with its margin has a hundred."""
_WEIGHTS = np.array([{"active": 1.0, "expired": 0.6}.get(state, 0.8) for state in STATES])

Square: TypeAlias = tuple[int, int]


def place(
    index: FenceIndex,
    bounds: Bounds,
    zoom: int,
    scale: float,
    now_s: float,
    limit: int = 60,
    *,
    selected: str | None = None,
    let_pass: Callable[[], None] = lambda: None,
) -> tuple[Label, ...]:
    """Return the names to show within `bounds`, most important first, at most `limit`.

    `zoom` is the map's, `scale` the real pixels per design pixel. The `selected` fence's name is left out, since the
    screen shows it by itself; its place stays free. `let_pass` is called between small steps: it lets frames go first.
    """
    names = index.kept.get("names")
    if not isinstance(names, _Names) or names.scale != scale:
        names = index.kept["names"] = _Names(scale)
    placement = index.own.get("placement")
    if not isinstance(placement, _Placement) or not placement.serves(names, zoom, now_s, selected):
        # While the map moves, only what comes into view is placed.
        placement = index.own["placement"] = _Placement(index, names, zoom, selected, let_pass)
    placement.now_s = now_s
    chosen = [one for square in placement.squares(bounds) for one in placement.placed_in(square)]
    seen = [one for one in chosen if one.fence.id != selected and bounds.contains(one.position)]
    seen.sort(key=lambda one: one.priority)
    result = []
    for one in seen[:limit]:
        let_pass()
        result.append(names.label(one))
    return tuple(result)


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A name at a place: `x`, `y` is the middle of its picture in world pixels."""

    fence: Geofence
    priority: tuple[float, str]
    position: Position
    text: str
    x: float
    y: float
    dy: int
    width: float
    height: float
    room: float
    dimmed: bool

    def is_in_the_way_of(self, other: _Candidate, span: float) -> bool:
        """Tell whether `other`, less important, has no room beside this one; the world is `span` pixels round."""
        apart = abs((self.x - other.x + span / 2) % span - span / 2)
        return (
            apart < (self.width + other.width) / 2 + other.room
            and abs(self.y - other.y) < (self.height + other.height) / 2 + other.room
        )


class _Names:
    """What is worth keeping between placements: how wide names are, and their pictures."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.lettering = Lettering(SIZE_PX * scale, HALO_PX * scale)
        self._texts: dict[str, tuple[str, int]] = {}
        self._pictures: dict[tuple[str, bool], Image] = {}

    def text(self, name: str) -> tuple[str, int]:
        """Return a name as it is shown, and its width."""
        known = self._texts.get(name)
        if known is None:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            shown = self.lettering.shortened(name, MOST_WIDTH_PX * self.scale)
            known = self._texts[name] = shown, self.lettering.width(shown)
        return known

    def label(self, one: _Candidate) -> Label:
        """Return what the screen needs to draw a name."""
        known = self._pictures.get((one.text, one.dimmed))
        if known is None:
            if len(self._pictures) >= _MOST_PICTURES:
                self._pictures.clear()
            known = self.lettering.draw(one.text, dimmed=one.dimmed)
            self._pictures[(one.text, one.dimmed)] = known
        key = ("label", one.fence.id, one.text, one.dimmed, round(self.scale * 1000))
        return Label(key, one.fence.id, one.position, known, 0, one.dy)


class _Placement:
    """One zoom level, as long as no fence that was looked at changes its state."""

    def __init__(
        self,
        index: FenceIndex,
        names: _Names,
        zoom: int,
        selected: str | None,
        let_pass: Callable[[], None],
    ) -> None:
        self._index = index
        self._let_pass = let_pass
        self._names = names
        self._zoom = zoom
        self.now_s = -math.inf
        """When it was asked last: no fence has another state since the first time."""
        self._until = math.inf
        self._selected_id = selected
        self._selected = index.number(selected) if selected is not None else None
        self._span = TILE_SIZE * names.scale * 2.0**zoom
        self._count = max(1, round(self._span / (SQUARE_PX * names.scale)))
        self._candidates: dict[Square, list[_Candidate]] = {}
        self._placed: dict[_Candidate, bool] = {}

    def serves(self, names: _Names, zoom: int, now_s: float, selected: str | None) -> bool:
        """Tell whether what is placed already holds for a request."""
        is_same = self._names is names and self._zoom == zoom and self._selected_id == selected
        return is_same and self.now_s <= now_s < self._until and len(self._candidates) <= _MOST_SQUARES

    def squares(self, bounds: Bounds) -> list[Square]:
        """Return the squares that a box touches."""
        us, vs = project_many(np.array([bounds.west, bounds.west]), np.array([bounds.north, bounds.south]))
        west = math.floor(float(us[0]) * self._count)
        east = math.floor((float(us[0]) + bounds.lon_span / 360.0) * self._count)
        north, south = (math.floor(min(max(float(v), 0.0), 1.0) * self._count) for v in vs)
        columns = dict.fromkeys(column % self._count for column in range(west, min(east, west + self._count) + 1))
        return [(column, row) for column in columns for row in range(north, min(south, self._count - 1) + 1)]

    def placed_in(self, square: Square) -> list[_Candidate]:
        """Return the names that a square shows."""
        return [one for one in self._in_square(square) if self._is_placed(one, square)][:PLACED]

    def _is_placed(self, one: _Candidate, square: Square) -> bool:
        known = self._placed.get(one)
        if known is None:
            self._let_pass()
            # Only ever asks about more important ones, so it ends.
            known = not any(
                other.priority < one.priority
                and other.is_in_the_way_of(one, self._span)
                and self._is_placed(other, near)
                for near in self._around(square)
                for other in self._in_square(near)
            )
            self._placed[one] = known
        return known

    def _around(self, square: Square) -> list[Square]:
        column, row = square
        rows = [near for near in (row - 1, row, row + 1) if 0 <= near < self._count]
        columns = dict.fromkeys(near % self._count for near in (column - 1, column, column + 1))
        return [(near, other) for near in columns for other in rows]

    def _in_square(self, square: Square) -> list[_Candidate]:
        known = self._candidates.get(square)
        if known is None:
            known = self._candidates[square] = self._look(square)
        return known

    def _look(self, square: Square) -> list[_Candidate]:
        """Return the most important fences whose names belong in a square."""
        index, size = self._index, 1.0 / self._count
        west, north = square[0] * size, square[1] * size
        found = index.parts_in(west, north, west + size, north + size)
        owners = np.unique(index.parts.owner[found.parts])
        if not len(owners):
            return []
        states = index.states(owners, self.now_s)
        self._until = min(self._until, index.stated_until(owners))
        weights = index.largest[owners] * _WEIGHTS[states]
        if self._selected is not None:
            weights[owners == self._selected] = np.inf
        # By number where weights are equal: a stable order, as `owners` is sorted.
        order = np.argsort(-weights, kind="stable")[:_MOST_LOOKED_AT]
        result: list[_Candidate] = []
        for at in order.tolist():
            self._let_pass()
            owner = int(owners[at])
            center, u, v = index.center(owner)
            if (math.floor(u * self._count), math.floor(v * self._count)) != square:
                continue
            one = self._candidate(owner, center, u, v, float(weights[at]), STATES[int(states[at])] != "active")
            if one is not None:
                result.append(one)
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
        scale, height = names.scale, names.lettering.height
        side = float(index.largest[owner]) * self._span
        below = 0
        room = GAP_PX * scale
        if side < BELOW_PX * scale and side < width:
            # Under the fence, which it would hide.
            below = round(max(side / 2, style.DOT_PX * scale) + height / 2 - names.lettering.halo)
            room = ROOM_PX * scale if side < style.SMALL_PX * scale else room
        priority = (-weight, f"{owner:09d}")
        return _Candidate(
            fence, priority, center, text, u * self._span, v * self._span + below, below, width, height, room, dimmed
        )
