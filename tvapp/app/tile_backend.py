"""The tiles of last time: what it takes to show them from the disk, a sixth of what the whole of the edges loads."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

from tvapp.config.model import Config
from tvapp.core.clock import Clock
from tvapp.core.data_folder import TILES
from tvapp.core.disk import DiskHealth
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log
from tvapp.tiles.cache_key import CacheScope
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.lazy_source import LazyTileSource
from tvapp.tiles.loader import TileLoader


@dataclass(frozen=True, slots=True, eq=False)
class TileEdges:
    """The disk's tiles, and a loader whose requests wait until `source` has been told whom to ask."""

    cache: DiskCache
    loader: TileLoader
    source: LazyTileSource
    scope: CacheScope

    def use_account(self, home_id: str | None) -> CacheScope:
        """Show the tiles of another account from now on (None: nobody); returns what they are kept under."""
        scope = replace(self.scope, account=home_id or "")
        self.loader.set_scope(scope)
        return scope

    def close(self) -> None:
        """Bring nothing more, and close the cache."""
        self.loader.stop()
        self.cache.close()


def build_tiles(
    config: Config, data_dir: Path, jobs: Jobs, clock: Clock, log: Log, disk: DiskHealth | None = None
) -> TileEdges:
    """Build them; opens no file yet."""
    cache = DiskCache(data_dir / TILES, clock=clock, log=log, disk=disk)
    scope = CacheScope(config.maps.endpoint, "", config.kiosk.language, config.maps.view)
    source = LazyTileSource(jobs)
    loader = TileLoader(jobs, source, cache, scope=scope, clock=clock, log=log, random=random.random)
    return TileEdges(cache, loader, source, scope)
