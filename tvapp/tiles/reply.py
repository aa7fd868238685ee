"""What a tile source answers, and what the loader needs of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from tvapp.core.headers import Headers


@dataclass(frozen=True, slots=True)
class TileReply:
    """200 with the tile's bytes, or 304 without: what the cache has is still right."""

    status: int
    body: bytes = field(repr=False)
    headers: Headers


class TileSource(Protocol):
    """Where tiles come from (azure.maps.MapsClient)."""

    async def tile(
        self,
        tileset_id: str,
        z: int,
        x: int,
        y: int,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        language: str,
        view: str,
        timestamp: str | None = None,
    ) -> TileReply:
        """Return one tile; with a validator, 304 where it has not changed.

        Raises:
            TvappError: NetworkError, ServiceError, SignInError or DataError.
        """
        ...
