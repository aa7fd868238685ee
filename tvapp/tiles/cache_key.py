"""The key of a tile in the disk cache: its account, its origin, and the tile."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from tvapp.tiles.tile import TileId


@dataclass(frozen=True, slots=True)
class CacheScope:
    """All that a reply depends on beside the tile. `account` is any stable id; "" where there is none."""

    endpoint: str
    account: str
    language: str = "en"
    view: str = "Unified"

    @property
    def account_digest(self) -> str:
        """A digest of the account, so that its name is not stored on the disk."""
        return _digest("account", self.account)

    @property
    def digest(self) -> str:
        """A digest of the whole scope."""
        return _digest(self.endpoint.rstrip("/"), self.account, self.language.lower(), self.view)


@dataclass(frozen=True, slots=True)
class CacheKey:
    """One tile of one scope, with its x wrapped."""

    scope: CacheScope
    tile: TileId
    text: str = field(init=False, compare=False, repr=False, default="")

    def __post_init__(self) -> None:
        tile = self.tile
        object.__setattr__(self, "text", f"{self.scope.digest}/{tile.tileset}/{tile.z}/{tile.x}/{tile.y}")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
