"""Picks the implementations of everything behind the map: network, tiles, store.

Imported on a worker (see `backend_loading`), because its imports are slow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tvapp.app.tile_backend import TileBackend, build_tile_backend
from tvapp.auth import provider
from tvapp.auth.tokens import TokenProvider
from tvapp.azure.attribution import AttributionFeed
from tvapp.azure.authorizer import Authorizer, EntraAuthorizer, SharedKeyAuthorizer, StorageAuthorizer
from tvapp.azure.maps import MapsClient
from tvapp.config.load import read_again
from tvapp.config.model import Config
from tvapp.core.data_folder import DataFolder
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log
from tvapp.core.surroundings import Surroundings
from tvapp.fences.geojson.conventions import Conventions, conventions_for
from tvapp.fences.outbox.outbox_service import OutboxService
from tvapp.fences.service.fence_service import FenceService
from tvapp.fences.service.snapshot import Snapshot
from tvapp.fences.stores.base import ReadingStore, Store
from tvapp.net.chain import Chain
from tvapp.net.monitor import NetworkMonitor
from tvapp.net.request import Sender
from tvapp.tiles.cache_key import CacheScope
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.loader import TileLoader
from tvapp.tiles.previews import PreviewLoader
from tvapp.usage.counter import UsageCounter


@dataclass(frozen=True, slots=True, eq=False)
class Backend:
    """Everything behind the map, ready for use on the main thread."""

    http: Chain
    monitor: NetworkMonitor
    maps: MapsClient
    cache: DiskCache
    loader: TileLoader
    attribution: AttributionFeed
    previews: PreviewLoader
    fences: FenceService | None
    outbox: OutboxService | None
    """None where the configuration or the store allows no changes."""
    snapshot: Snapshot | None
    """None where the store is a folder on this machine."""
    data: DataFolder
    store_key: str
    tiles: TileBackend

    def use_account(self, home_id: str | None) -> CacheScope:
        """Serve another account from now on (None: nobody), and forget the former one.

        Returns the scope that its tiles are kept under.
        """
        scope = self.tiles.use_account(home_id)
        for each in (self.outbox, self.snapshot):
            if each is not None:
                each.close()
        if self.fences is not None:
            self.fences.forget()
        if home_id is not None:
            # Changes and geofences of one account and store are never sent or shown for another.
            key = hashlib.sha256(f"{self.store_key}\n{home_id}".encode()).hexdigest()[:24]
            if self.outbox is not None:
                self.outbox.open(self.data.outbox / key)
            if self.snapshot is not None:
                self.snapshot.open(self.data.geofences / f"{key}.geofences")
        return scope

    def disk_restored(self, now: float) -> None:
        """Write to the disk what could not be written during its outage."""
        self.cache.retry()
        if self.snapshot is not None:
            self.snapshot.retry(now)

    def close(self) -> None:
        """Stop every request, and write to the disk what the next start needs."""
        self.monitor.stop()
        if self.snapshot is not None:
            self.snapshot.flush()
        if self.outbox is not None:
            self.outbox.close()
        if self.fences is not None:
            self.fences.stop()
        self.attribution.stop()
        self.tiles.close()


def build_backend(
    config: Config,
    surroundings: Surroundings,
    tokens: TokenProvider | None,
    http: Chain,
    scale: float,
    tiles: TileBackend | None = None,
    counter: UsageCounter | None = None,
) -> Backend:
    """Build everything behind the map, sending through `http`; opens no connection yet.

    `tiles` is the part that was built before, if any. `scale` is real pixels per design pixel. `counter` counts the
    requests to Azure Maps.
    """
    jobs, clock, log, random = surroundings.jobs, surroundings.clock, surroundings.log, surroundings.random
    authority = provider.authority(config.identity) if config.needs_sign_in else ""
    urls = (config.maps.endpoint, authority)
    monitor = NetworkMonitor(jobs, http, urls, clock=clock, log=log, random=random)
    http.listen(monitor.observe)
    monitor.subscribe(lambda error: http.network_restored() if error is None else None)
    authorizer = build_authorizer(config, tokens, jobs, log)
    count = (counter or UsageCounter(clock)).count
    maps = MapsClient(http, config.maps.endpoint, authorizer, log, clock=clock, count=count)
    if tiles is None:
        tiles = build_tile_backend(config, surroundings)
    tiles.source.set_source(maps)
    monitor.subscribe(tiles.loader.network_changed)
    attribution = AttributionFeed(jobs, maps, jobs.inbox, clock=clock, log=log, random=random)
    monitor.subscribe(lambda error: attribution.retry() if error is None else None)
    previews = PreviewLoader(jobs, maps, tiles.cache, jobs.inbox)
    for url in _store_urls(config):
        monitor.watch_hint(url)
    fences, outbox, snapshot = None, None, None
    open_store = store_opener(config, surroundings, http, authorizer, tokens)
    if open_store is not None:
        fences = FenceService(
            open_store,
            jobs,
            clock,
            log,
            refresh_s=config.geofences.refresh_s,
            scale=scale,
            random=random,
        )
        if config.can_edit:

            def hurry() -> None:
                jobs.io_loop().call_soon_threadsafe(http.hurry)

            outbox = OutboxService(fences, jobs, clock, log, random=random, skip_backoff=hurry, disk=surroundings.disk)
        if config.geofences.store != "folder":
            snapshot = Snapshot(jobs, clock, log, surroundings.disk, conventions(config))
    return Backend(
        http=http,
        monitor=monitor,
        maps=maps,
        cache=tiles.cache,
        loader=tiles.loader,
        attribution=attribution,
        previews=previews,
        fences=fences,
        outbox=outbox,
        snapshot=snapshot,
        data=surroundings.data,
        store_key=_store_key(config),
        tiles=tiles,
    )


def build_authorizer(config: Config, tokens: TokenProvider | None, jobs: Jobs, log: Log) -> Authorizer:
    """Return what adds the configured credentials to requests for the map."""
    endpoint = config.maps.endpoint
    if config.maps.auth == "shared-key" or tokens is None:

        async def read_keys() -> Sequence[str]:
            found = await jobs.in_worker(lambda: read_again(config, "maps.subscription_keys"))
            return found if isinstance(found, tuple) else ()

        keys = config.maps.subscription_keys
        return SharedKeyAuthorizer(keys, endpoint=endpoint, log=log, read_again=read_keys)
    scope = " ".join(provider.first_resource(config.identity.scopes))
    return EntraAuthorizer(tokens, scope, config.maps.client_id, endpoint=endpoint)


def store_opener(
    config: Config, surroundings: Surroundings, http: Sender, authorizer: Authorizer, tokens: TokenProvider | None
) -> Callable[[], Store] | None:
    """Return a function that opens the configured store, importing that one alone; None if none is configured."""
    jobs, clock, log = surroundings.jobs, surroundings.clock, surroundings.log
    fences = config.geofences
    match fences.store:
        case "blob" if tokens is not None:
            from tvapp.fences.stores.blob import BlobStore

            url = fences.container_url
            scope = provider.storage_scope(config.identity, url)
            storage = StorageAuthorizer(tokens, endpoint=url, scope=scope)
            return _reading(config, lambda: BlobStore(http, url, storage, log, workers=jobs, clock=clock))
        case "url":
            from tvapp.fences.stores.url import UrlStore

            return _reading(config, lambda: UrlStore(http, fences.urls, log, workers=jobs, clock=clock))
        case "folder":
            from tvapp.fences.stores.folder import FolderStore

            return _reading(config, lambda: FolderStore(fences.path, log, workers=jobs))
        case "map-data":
            from tvapp.fences.stores.map_data import MapDataStore

            endpoint = config.maps.endpoint
            return _reading(config, lambda: MapDataStore(http, endpoint, authorizer, log, workers=jobs, clock=clock))
        case _:
            return None


def _reading(config: Config, open_store: Callable[[], ReadingStore]) -> Callable[[], Store]:
    """Return a function that opens a store which finds names as the configuration says."""
    from tvapp.fences.stores.file_reader import FileReader

    def opened() -> Store:
        store = open_store()
        store.reader = FileReader(conventions(config))
        return store

    return opened


def conventions(config: Config) -> Conventions:
    """Return where the names and the kinds of geofences are found."""
    fences = config.geofences
    return conventions_for(fences.name_keys, fences.kind_keys, config.kiosk.language)


def _store_urls(config: Config) -> tuple[str, ...]:
    """Return the addresses that the store uses beside the endpoint of the map."""
    match config.geofences.store:
        case "blob":
            return (config.geofences.container_url,)
        case "url":
            return config.geofences.urls
        case _:
            return ()


def _store_key(config: Config) -> str:
    """Return a text that is different for each store."""
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
