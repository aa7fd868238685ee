"""Which tiles were outdated when: decides whether a tile that arrives late is already too old."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tvapp.geo.mercator import project
from tvapp.geo.position import Bounds, Position
from tvapp.tiles.tile import TileId

TileKey = tuple[str, int, int, int]
Test = Callable[[TileKey], bool]

MARGIN = 1 / 16
"""How far, in tiles, what is drawn for a geofence may reach beyond its bounds: outlines and glyphs of 32 px."""

_MOST_BOXES = 64
_MOST_RULES = 32
# Beyond these it is cheaper to draw everything anew than to find out what may stay.


class Revisions:
    """Rules of the form "in this tileset, these tiles must be of at least this revision"."""

    def __init__(self) -> None:
        self._rules: dict[str, list[tuple[int, Test]]] = {}

    def wanted(self, key: TileKey) -> int:
        """Return the least revision that counts as current for a tile."""
        rules = self._rules.get(key[0])
        if not rules:
            return 0
        return max((revision for revision, test in rules if test(key)), default=0)

    def add_tiles(self, tileset: str, tiles: Iterable[TileId] | None, revision: int) -> Test:
        """Outdate certain tiles, or all; return the test for them."""
        if tiles is None:
            return self._add(tileset, revision, _every)
        keys = frozenset((tileset, t.z, t.x, t.y) for t in (tile.wrapped() for tile in tiles))
        return self._add(tileset, revision, keys.__contains__)

    def add_bounds(self, tileset: str, bounds: Sequence[Bounds] | None, revision: int) -> Test:
        """Outdate the tiles that touch any of the boxes, or all; return the test for them."""
        if bounds is None or len(bounds) > _MOST_BOXES:
            return self._add(tileset, revision, _every)
        return self._add(tileset, revision, touches(bounds))

    def _add(self, tileset: str, revision: int, test: Test) -> Test:
        rules = self._rules.setdefault(tileset, [])
        if test is _every:
            rules.clear()
        rules.append((revision, test))
        if len(rules) > _MOST_RULES:
            # What is older than all remembered rules is taken as outdated.
            rules[0:2] = [(max(rules[0][0], rules[1][0]), _every)]
        return test


def touches(bounds: Sequence[Bounds]) -> Test:
    """Return a test for tiles that touch any of the boxes, drawn margin included."""
    boxes = []
    for box in bounds:
        west, north = project(Position(box.west, box.north))
        south = project(Position(box.west, box.south))[1]
        boxes.append((west, box.lon_span / 360.0, north, south))

    def test(key: TileKey) -> bool:
        _, z, x, y = key
        unit = 1.0 / (1 << z)
        left, span = (x - MARGIN) * unit, (1.0 + 2.0 * MARGIN) * unit
        top, bottom = (y - MARGIN) * unit, (y + 1.0 + MARGIN) * unit
        return any(
            north <= bottom and south >= top and ((left - west) % 1.0 <= width or (west - left) % 1.0 <= span)
            for west, width, north, south in boxes
        )

    return test


def _every(_: TileKey) -> bool:
    return True
