"""The part of the backend that shows tiles from the disk; it loads in a sixth of the time that the whole takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tvapp.config.model import Config
from tvapp.core.surroundings import Surroundings
from tvapp.tiles.cache_key import CacheScope
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.lazy_source import LazyTileSource
from tvapp.tiles.loader import TileLoader


@dataclass(frozen=True, slots=True, eq=False)
class TileBackend:
    """The tile cache, and a loader whose requests wait until `source` knows whom to ask."""

    cache: DiskCache
    loader: TileLoader
    source: LazyTileSource
    scope: CacheScope

    def use_account(self, home_id: str | None) -> CacheScope:
        """Show the tiles of another account from now on (None: of nobody); returns the scope they are kept under."""
        scope = replace(self.scope, account=home_id or "")
        self.loader.set_scope(scope)
        return scope

    def close(self) -> None:
        """Stop loading, and close the cache."""
        self.loader.stop()
        self.cache.close()


def build_tile_backend(config: Config, surroundings: Surroundings) -> TileBackend:
    """Build the tile cache and its loader; opens no file yet."""
    jobs, clock, log = surroundings.jobs, surroundings.clock, surroundings.log
    cache = DiskCache(surroundings.data.tiles, clock=clock, log=log, disk=surroundings.disk)
    scope = CacheScope(config.maps.endpoint, "", config.kiosk.language, config.maps.view)
    source = LazyTileSource(jobs)
    loader = TileLoader(jobs, source, cache, scope=scope, clock=clock, log=log, random=surroundings.random)
    return TileBackend(cache, loader, source, scope)
