"""Picks the implementations of everything behind the map: network, tiles, store. Imported on a worker: it is heavy."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tvapp.app.tile_backend import TileEdges, build_tiles
from tvapp.auth import provider
from tvapp.auth.tokens import TokenProvider
from tvapp.azure.attribution import AttributionFeed
from tvapp.azure.authorizer import Authorizer, EntraAuthorizer, SharedKeyAuthorizer, StorageAuthorizer
from tvapp.azure.maps import MapsClient
from tvapp.config.model import Config
from tvapp.core.clock import Clock
from tvapp.core.data_folder import GEOFENCES, OUTBOX
from tvapp.core.disk import DiskHealth
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log
from tvapp.fences.outbox.service import OutboxService
from tvapp.fences.service.fence_service import FenceService
from tvapp.fences.service.snapshot import KeptFences
from tvapp.fences.stores.base import Store
from tvapp.net.chain import Chain
from tvapp.net.monitor import NetworkMonitor
from tvapp.net.transport import Sender
from tvapp.tiles.cache_key import CacheScope
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.loader import TileLoader
from tvapp.tiles.previews import PreviewLoader


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Everything behind the map, ready to be used."""

    http: Chain
    monitor: NetworkMonitor
    maps: MapsClient
    cache: DiskCache
    loader: TileLoader
    attribution: AttributionFeed
    previews: PreviewLoader
    fences: FenceService | None
    outbox: OutboxService | None
    """None where nothing may or can be changed."""
    kept: KeptFences | None
    """None where the store is on this device itself."""
    data_dir: Path
    store_key: str
    tiles: TileEdges

    def use_account(self, home_id: str | None) -> CacheScope:
        """Serve another account from now on (None: nobody); nothing of the former one is shown any more.

        Returns what its tiles are kept under.
        """
        scope = self.tiles.use_account(home_id)
        for each in (self.outbox, self.kept):
            if each is not None:
                each.close()
        if self.fences is not None:
            self.fences.forget()
        if home_id is not None:
            # What one account has confirmed or seen is never sent or shown by another one, nor for another store.
            key = hashlib.sha256(f"{self.store_key}\n{home_id}".encode()).hexdigest()[:24]
            if self.outbox is not None:
                self.outbox.open(self.data_dir / OUTBOX / key)
            if self.kept is not None:
                self.kept.open(self.data_dir / GEOFENCES / f"{key}.geofences")
        return scope

    def disk_restored(self, now: float) -> None:
        """Bring to the disk what it did not take."""
        self.cache.retry()
        if self.kept is not None:
            self.kept.retry(now)

    def close(self) -> None:
        """Ask for nothing more, and bring what is worth keeping to the disk."""
        self.monitor.stop()
        if self.kept is not None:
            self.kept.flush()
        if self.outbox is not None:
            self.outbox.close()
        if self.fences is not None:
            self.fences.stop()
        self.attribution.stop()
        self.tiles.close()


def build_edges(
    config: Config,
    data_dir: Path,
    tokens: TokenProvider | None,
    jobs: Jobs,
    clock: Clock,
    log: Log,
    scale: float,
    http: Chain,
    disk: DiskHealth | None = None,
    tiles: TileEdges | None = None,
) -> Edges:
    """Build them all, sending through `http`; opens no connection yet. `tiles` are those that are there already."""
    authority = provider.authority(config.identity) if config.needs_sign_in else ""
    urls = (config.maps.endpoint, authority)
    monitor = NetworkMonitor(jobs, http, urls, jobs.inbox, clock=clock, log=log, random=random.random)
    http.listen(monitor.observe)
    monitor.subscribe(lambda error: http.network_restored() if error is None else None)
    authorizer = _authorizer(config, tokens, log)
    maps = MapsClient(http, config.maps.endpoint, authorizer, log, clock=clock)
    if tiles is None:
        tiles = build_tiles(config, data_dir, jobs, clock, log, disk)
    tiles.source.use(maps)
    monitor.subscribe(tiles.loader.network_changed)
    attribution = AttributionFeed(jobs, maps, jobs.inbox, clock=clock, log=log, random=random.random)
    monitor.subscribe(lambda error: attribution.retry() if error is None else None)
    previews = PreviewLoader(jobs, maps, tiles.cache, jobs.inbox)
    for url in _store_urls(config):
        monitor.heed(url)
    open_store = _store(config, http, authorizer, tokens, jobs, clock, log)
    fences, outbox = None, None
    if open_store is not None:
        refresh_s = config.geofences.refresh_s
        fences = FenceService(
            open_store,
            jobs,
            clock,
            log,
            refresh_s=refresh_s,
            scale=scale,
            random=random.random,
            yield_to_frame=jobs.gate.yield_to_frame,
        )
        if config.can_edit:

            def hurry() -> None:
                jobs.io_loop().call_soon_threadsafe(http.hurry)

            outbox = OutboxService(fences, jobs, clock, log, random=random.random, hurry=hurry, disk=disk)
    return Edges(
        http=http,
        monitor=monitor,
        maps=maps,
        cache=tiles.cache,
        loader=tiles.loader,
        attribution=attribution,
        previews=previews,
        fences=fences,
        outbox=outbox,
        kept=None if fences is None or config.geofences.store == "folder" else KeptFences(jobs, clock, log, disk),
        data_dir=data_dir,
        store_key=_store_key(config),
        tiles=tiles,
    )


def _authorizer(config: Config, tokens: TokenProvider | None, log: Log) -> Authorizer:
    endpoint = config.maps.endpoint
    if config.maps.auth == "shared-key" or tokens is None:
        return SharedKeyAuthorizer(config.maps.subscription_keys, endpoint=endpoint, log=log)
    scope = " ".join(provider.first_resource(config.identity.scopes))
    return EntraAuthorizer(tokens, scope, config.maps.client_id, endpoint=endpoint)


def _store(
    config: Config,
    http: Sender,
    authorizer: Authorizer,
    tokens: TokenProvider | None,
    jobs: Jobs,
    clock: Clock,
    log: Log,
) -> Callable[[], Store] | None:
    """Return what opens the configured store, loading that one alone; None where none was decided on."""
    fences = config.geofences
    match fences.store:
        case "blob" if tokens is not None:
            from tvapp.fences.stores.blob import BlobStore

            storage = StorageAuthorizer(tokens, endpoint=fences.container_url)
            return lambda: BlobStore(http, fences.container_url, storage, log, workers=jobs, clock=clock)
        case "url":
            from tvapp.fences.stores.url import UrlStore

            return lambda: UrlStore(http, fences.urls, log, workers=jobs, clock=clock)
        case "folder":
            from tvapp.fences.stores.folder import FolderStore

            return lambda: FolderStore(fences.path, log, workers=jobs)
        case "map-data":
            from tvapp.fences.stores.map_data import MapDataStore

            endpoint = config.maps.endpoint
            return lambda: MapDataStore(http, endpoint, authorizer, log, workers=jobs, clock=clock)
        case _:
            return None


def _store_urls(config: Config) -> tuple[str, ...]:
    """Return what the store asks, beside the map's own endpoint."""
    match config.geofences.store:
        case "blob":
            return (config.geofences.container_url,)
        case "url":
            return config.geofences.urls
        case _:
            return ()


def _store_key(config: Config) -> str:
    """Return what tells one place of geofences from another."""
    fences = config.geofences
    match fences.store:
        case "blob":
            return f"blob {fences.container_url}"
        case "folder":
            return f"folder {fences.path}"
        case "url":
            return " ".join(("url", *fences.urls))
        case _:
            return f"{fences.store} {config.maps.endpoint} {config.maps.client_id}"
