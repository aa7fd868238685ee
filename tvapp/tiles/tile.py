"""The id of a tile, and the messages that answer a request for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tvapp.core.errors import TvappError
from tvapp.core.image import Image

TILE_SIZE = 512
"""Pixels along the edge of every requested tile (Azure Maps `tileSize`)."""

DRAWN_TILESET = "geofences"
"""The tileset that is not fetched: workers draw it from the geofences."""


@dataclass(frozen=True, slots=True)
class TileId:
    """One tile of a tileset: column `x` from the west, row `y` from the north (XYZ), at zoom `z`.

    `x` may lie outside 0 ... 2^z - 1 when the view crosses the date line; `wrapped()` is what a server knows.
    """

    tileset: str
    z: int
    x: int
    y: int

    def wrapped(self) -> TileId:
        """Return the same ground with `x` in 0 ... 2^z - 1.

        >>> TileId("t", 1, -1, 0).wrapped().x
        1
        """
        x = self.x % (1 << self.z)
        return self if x == self.x else TileId(self.tileset, self.z, x, self.y)


@dataclass(frozen=True, slots=True, eq=False)
class TileImage:
    """A decoded tile. `image` is None where the tile is empty (wholly transparent).

    Transparent margins are cut off: the picture covers the box (`left`, `top`) + its own size, in pixels of a
    tile of `size` x `size`.
    """

    image: Image | None
    left: int = 0
    top: int = 0
    size: int = TILE_SIZE

    @property
    def size_bytes(self) -> int:
        """Its size in memory; never 0, so that the number of empty tiles is bounded too."""
        return 256 + (self.image.size_bytes if self.image is not None else 0)


Origin = Literal["network", "disk", "stale", "worker"]
"""Where a tile came from; `stale` is from disk, past its freshness, and may be followed by a newer one."""


@dataclass(frozen=True, slots=True)
class TileArrived:
    """A tile (with wrapped x) and its pixels. A stale one is from the service or revalidated `age_s` seconds ago."""

    tile: TileId
    content: TileImage
    origin: Origin
    revision: int = 0
    age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class TileRevalidated:
    """The service says (304) that a tile (with wrapped x) posted as stale has not changed."""

    tile: TileId


@dataclass(frozen=True, slots=True)
class TileUnavailable:
    """A tile cannot be loaded now; the loader retries it by itself in `retry_in_s`, as long as it is requested."""

    tile: TileId
    error: TvappError
    retry_in_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Preview:
    """The tiles, from the bottom to the top, that make the picture for the choice `name`."""

    name: str
    tiles: tuple[TileId, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PreviewArrived:
    """The picture for a choice."""

    name: str
    image: Image
