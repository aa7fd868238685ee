"""What identifies a tile on disk: whose it is, where it came from, and which one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from tvapp.tiles.tile import TileId


@dataclass(frozen=True, slots=True)
class CacheScope:
    """Everything but the tile that an answer depends on. `account` is any stable id; "" where there is none."""

    endpoint: str
    account: str
    language: str = "en"
    view: str = "Unified"

    @property
    def account_digest(self) -> str:
        """Stands for the account on disk, where its name has no business."""
        return _digest("account", self.account)

    @property
    def digest(self) -> str:
        """Stands for the whole scope."""
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
