"""Which revision of a drawn tile is current: decides whether a tile that arrives late is already outdated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tvapp.geo.position import Bounds
from tvapp.tiles import overlap
from tvapp.tiles.tile import TileId

TileKey = tuple[str, int, int, int]
TileTest = Callable[[TileKey], bool]

_MAX_BOXES = 64
_MAX_RULES = 32
# Beyond these limits it is cheaper to draw everything anew than to test which tiles may stay.


class Revisions:
    """Rules of the form "in this tileset, these tiles must be of at least this revision"."""

    def __init__(self) -> None:
        self._rules: dict[str, list[tuple[int, TileTest]]] = {}

    def required(self, key: TileKey) -> int:
        """Return the least revision that counts as current for a tile."""
        rules = self._rules.get(key[0])
        if not rules:
            return 0
        return max((revision for revision, test in rules if test(key)), default=0)

    def add_tiles(self, tileset: str, tiles: Iterable[TileId] | None, revision: int) -> TileTest:
        """Outdate certain tiles, or all; return the test for them."""
        if tiles is None:
            return self._add(tileset, revision, _every)
        keys = frozenset((tileset, t.z, t.x, t.y) for t in (tile.wrapped() for tile in tiles))
        return self._add(tileset, revision, keys.__contains__)

    def add_bounds(self, tileset: str, bounds: Sequence[Bounds] | None, revision: int) -> TileTest:
        """Outdate the tiles that touch any of the boxes, or all; return the test for them."""
        if bounds is None or len(bounds) > _MAX_BOXES:
            return self._add(tileset, revision, _every)
        return self._add(tileset, revision, touches(bounds))

    def _add(self, tileset: str, revision: int, test: TileTest) -> TileTest:
        rules = self._rules.setdefault(tileset, [])
        if test is _every:
            rules.clear()
        rules.append((revision, test))
        if len(rules) > _MAX_RULES:
            # The two oldest rules become one for the whole tileset: too many tiles are outdated rather than too few.
            rules[0:2] = [(max(rules[0][0], rules[1][0]), _every)]
        return test


def touches(bounds: Sequence[Bounds]) -> TileTest:
    """Return a test for tiles that touch any of the boxes, margin included."""
    test = overlap.touches(bounds)
    return lambda key: test(*key[1:])


def _every(_: TileKey) -> bool:
    return True
