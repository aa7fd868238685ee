"""The ports of the loader: a source of tiles, a rasteriser of geofences, and threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from tvapp.core.headers import Headers
from tvapp.core.jobs import Inbox
from tvapp.tiles.congestion_window import UNTIMED, Timing
from tvapp.tiles.tile import TileId, TileImage

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TileRequest:
    """One tile (with wrapped x) to fetch, in one language and geopolitical view.

    `etag` and `last_modified` are the validators of a stored copy; with either, the reply may be 304. `failures` is how
    often in a row the tile, or lately another one, was asked for in vain: the request is given more time.
    """

    tile: TileId
    language: str
    view: str
    etag: str | None = None
    last_modified: str | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class TileReply:
    """200 with the tile's bytes, or 304 without a body: the stored copy is still right."""

    status: int
    body: bytes = field(repr=False)
    headers: Headers
    timing: Timing = UNTIMED


class TileSource(Protocol):
    """A service that tiles are fetched from (azure.maps.MapsClient)."""

    async def tile(self, request: TileRequest) -> TileReply:
        """Fetch one tile; with a validator, return 304 where it has not changed.

        Raises:
            TvappError: NetworkError, ServiceError, SignInError or DataError.
        """
        ...


class Runner(Protocol):
    """The part of core.jobs.Jobs that the loader uses."""

    @property
    def inbox(self) -> Inbox: ...

    def io_loop(self) -> asyncio.AbstractEventLoop: ...

    async def in_worker(self, work: Callable[[], T]) -> T: ...


class Rasteriser(Protocol):
    """Draws tiles on a worker. After each change of the geofences there is a new one, with a higher revision."""

    @property
    def revision(self) -> int: ...

    def rasterise(self, tile: TileId, size: int) -> TileImage:
        """Draw a tile of `size` pixels square."""
        ...
