"""Which tiles the map requests, in which order, and how much of the view is there."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tvapp.mapview.layer_picture import Texture, TileKey, cells_in_view
from tvapp.mapview.layers import Layer
from tvapp.mapview.viewport import Viewport
from tvapp.tiles.pyramid import TileRange, by_distance
from tvapp.tiles.tile import TileId

Heading = tuple[float, float]
"""A direction on the screen, of length 1; (0, 0): none."""


class Progress(NamedTuple):
    """The number of tiles in view (all layers, each once), of missing ones, and of those expected to arrive.

    A stale tile is not missing, and its successor is expected.
    """

    in_view: int
    missing: int
    loading: int


@dataclass(frozen=True, slots=True)
class Settled:
    """The fields of the `map.settled` event: the view changed, and no more tiles are expected."""

    tiles: int
    missing: int
    from_cache: int
    zoom: float


class Textures(Protocol):
    """The tiles in memory."""

    def peek(self, key: TileKey) -> Texture | None: ...


class TileRequests:
    """The tiles that the view needs, without those that are there."""

    def __init__(self, textures: Textures) -> None:
        self.now = 0.0
        self.dirty = True
        """A tile came or went: count again."""
        self.has_recovered = False
        """A needed tile that was unavailable came, or is expected again."""
        self._textures = textures
        self._layers: tuple[Layer, ...] = ()
        self._view: Viewport | None = None
        self._target: Viewport | None = None
        self._heading: Heading = (0.0, 0.0)
        self._ranges: list[tuple[TileRange, TileRange]] = []
        self._ordered: list[tuple[bool, TileKey]] = []
        self._needed: set[TileKey] = set()
        self._extra: dict[TileKey, None] = {}
        self._drawn: frozenset[str] = frozenset()
        self._unavailable: dict[TileKey, float] = {}
        """When the loader retries each unavailable tile by itself."""
        self._progress = Progress(0, 0, 0)
        self._list: tuple[TileId, ...] = ()
        self._last_taken: tuple[TileId, ...] | None = None

    def set_layers(self, layers: tuple[Layer, ...]) -> None:
        """Request the tiles of other layers."""
        self._layers = layers
        self._drawn = frozenset(layer.tileset for layer in layers if layer.role == "fences")
        self._extra = {}
        self._view = None
        self._ranges = []
        self.dirty = True

    def take_changed(self, view: Viewport, target: Viewport, heading: Heading) -> tuple[TileId, ...] | None:
        """Return the tiles to load if the list changed since it was last returned, else None.

        It has the tiles in `view`, those on the way to `target`, and one more row or column in the direction `heading`.
        """
        self._refresh(view, target, heading)
        if self._last_taken is not None and (self._last_taken is self._list or self._last_taken == self._list):
            return None
        self._last_taken = self._list
        return self._list

    def progress(self, view: Viewport, target: Viewport, heading: Heading) -> Progress:
        """Count the tiles in view."""
        self._refresh(view, target, heading)
        return self._progress

    def needs(self, key: TileKey) -> bool:
        """Tell whether a tile is in view, ahead or extra, whether or not it is there."""
        return key in self._needed or key in self._extra

    def set_extra(self, keys: tuple[TileKey, ...]) -> None:
        """Request tiles out of view with the lowest priority: missing ones, and stale ones of geofences.

        They do not count as in view. A tile that becomes extra is requested even if it was unavailable before.
        """
        extra = dict.fromkeys(keys)
        if extra == self._extra:
            return
        for key in extra:
            if key not in self._extra and key not in self._needed:
                self._unavailable.pop(key, None)
        self._extra = extra
        self.dirty = True

    def is_unavailable(self, key: TileKey) -> bool:
        """Tell whether the loader reported a tile as unavailable."""
        return key in self._unavailable

    def count_in_view(self, keys: Container[TileKey]) -> int:
        """Count the tiles in view that are among `keys`."""
        return sum(key in keys for ahead, key in self._ordered if not ahead)

    def arrived(self, key: TileKey, *, resend_all: bool) -> None:
        """Take in that a tile came; `resend_all` if it is already outdated, while for the loader it is done."""
        if self._unavailable.pop(key, None) is not None and key in self._needed:
            self.has_recovered = True
        if resend_all:
            self._last_taken = None
        self.dirty = True

    def unavailable(self, key: TileKey, retry_in_s: float, now: float) -> None:
        """Take in that a tile is unavailable. It stays on the list: the loader retries it by itself."""
        self._unavailable[key] = now + retry_in_s
        self.dirty = True

    def forget_unavailable(self, tileset: str | None = None) -> None:
        """Request all unavailable tiles (of a tileset) again."""
        for key in [key for key in self._unavailable if tileset in (None, key[0])]:
            del self._unavailable[key]
            self.has_recovered = self.has_recovered or key in self._needed
        self.resend_all()

    def resend_all(self) -> None:
        """Return the whole list once more, even if it is the same."""
        self._last_taken = None
        self.dirty = True

    def _refresh(self, view: Viewport, target: Viewport, heading: Heading) -> None:
        if view is not self._view or target != self._target or heading != self._heading:
            self._view, self._target, self._heading = view, target, heading
            ranges = []
            for layer in self._layers:
                seen = cells_in_view(layer, view)
                ranges.append((seen, seen.grown(heading).joined(cells_in_view(layer, target))))
            if ranges != self._ranges:
                self._ranges = ranges
                self._order(view)
        if self.dirty:
            self._count()

    def _order(self, view: Viewport) -> None:
        found: list[tuple[bool, float, int, TileKey]] = []
        for rank, (layer, (seen, ahead)) in enumerate(zip(self._layers, self._ranges, strict=True)):
            tileset = layer.tileset
            found += [
                (is_ahead, distance, rank, (tileset, z, x, y))
                for is_ahead, distance, z, x, y in by_distance(seen, ahead, view.u, view.v)
            ]
        found.sort()
        self._ordered = [(is_ahead, key) for is_ahead, _, _, key in found]
        self._needed = {key for _, key in self._ordered}
        for key in [key for key, until in self._unavailable.items() if until <= self.now]:
            del self._unavailable[key]
        self.dirty = True

    def _count(self) -> None:
        peek, unavailable = self._textures.peek, self._unavailable
        in_view = missing = loading = 0
        requested = []
        for is_ahead, key in self._ordered:
            if not is_ahead:
                in_view += 1
            texture = peek(key)
            if texture is not None and not texture.is_stale:
                continue
            requested.append(TileId(*key))
            if not is_ahead:
                missing += texture is None
                loading += key not in unavailable
        for key in self._extra:
            texture = peek(key)
            if (texture is not None and not (texture.is_stale and key[0] in self._drawn)) or key in self._needed:
                continue
            requested.append(TileId(*key))
        self._progress = Progress(in_view, missing, loading)
        self._list = tuple(requested)
        self.dirty = False
