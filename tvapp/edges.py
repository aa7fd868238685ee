"""Picks the implementations of everything behind the map: network, tiles, store. Imported on a worker: it is heavy."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tvapp.auth import provider
from tvapp.auth.messages import CodeReceived, CodeRefused, PollPending, PollRefused
from tvapp.auth.tokens import TokenProvider
from tvapp.azure.attribution import AttributionFeed
from tvapp.azure.authorizer import Authorizer, EntraAuthorizer, SharedKeyAuthorizer, StorageAuthorizer
from tvapp.azure.maps import MapsClient
from tvapp.config import Config
from tvapp.core.clock import Clock
from tvapp.core.errors import Unreachable
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log
from tvapp.fences.kept import KeptFences
from tvapp.fences.outbox_service import OutboxService
from tvapp.fences.service import FenceService
from tvapp.fences.stores.base import Store
from tvapp.forget import KEPT, OUTBOX, TILES
from tvapp.net.monitor import NetworkMonitor
from tvapp.net.skew import SkewSender, SkewWatch
from tvapp.net.transport import HttpClient, Sender, host_of
from tvapp.tiles.cache_key import CacheScope
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.loader import TileLoader
from tvapp.tiles.previews import PreviewLoader


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Everything behind the map, ready to be used."""

    http: HttpClient
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
    scope: CacheScope
    authority: str

    def use_account(self, home_id: str | None) -> CacheScope:
        """Serve another account from now on (None: nobody); nothing of the former one is shown any more.

        Returns what its tiles are kept under.
        """
        scope = replace(self.scope, account=home_id or "")
        self.loader.set_scope(scope)
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
                self.kept.open(self.data_dir / KEPT / f"{key}.geofences")
        return scope

    def note_sign_in(self, message: object) -> None:
        """Let the network monitor know what a request of the sign-in met with."""
        match message:
            case CodeRefused(problem=problem) | PollRefused(problem=problem):
                if problem.kind == "offline":
                    self.monitor.report(self.authority, Unreachable(host_of(self.authority), problem.kind))
            case CodeReceived() | PollPending():
                self.monitor.report(self.authority, None)

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
        self.loader.stop()
        self.cache.close()


def build_edges(
    config: Config,
    data_dir: Path,
    tokens: TokenProvider | None,
    jobs: Jobs,
    clock: Clock,
    log: Log,
    scale: float,
    skew: SkewWatch | None = None,
) -> Edges:
    """Build them all; opens no connection yet. `skew` hears of the Date of every answer."""
    client = HttpClient(ca_bundle=config.identity.ca_bundle, clock=clock, log=log)
    http: Sender = client if skew is None else SkewSender(client, skew)
    authority = provider.authority(config.identity) if config.needs_sign_in else ""
    urls = (config.maps.endpoint, authority)
    monitor = NetworkMonitor(jobs, http, urls, jobs.inbox, clock=clock, log=log, random=random.random)
    client.listen(monitor.observe)
    authorizer = _authorizer(config, tokens, log)
    maps = MapsClient(http, config.maps.endpoint, authorizer, log, clock=clock)
    cache = DiskCache(data_dir / TILES, clock=clock, log=log)
    scope = CacheScope(config.maps.endpoint, "", config.kiosk.language, config.maps.view)
    loader = TileLoader(
        jobs,
        maps,
        cache,
        jobs.inbox,
        scope=scope,
        clock=clock,
        log=log,
        random=random.random,
    )
    monitor.subscribe(loader.network_changed)
    attribution = AttributionFeed(jobs, maps, jobs.inbox, clock=clock, log=log, random=random.random)
    monitor.subscribe(lambda error: attribution.retry() if error is None else None)
    previews = PreviewLoader(jobs, maps, cache, jobs.inbox)
    for url in _store_urls(config):
        monitor.heed(url)
    open_store = _store(config, http, authorizer, tokens, jobs, clock, log)
    fences, outbox = None, None
    if open_store is not None:
        refresh_s = config.geofences.refresh_s
        fences = FenceService(open_store, jobs, clock, log, refresh_s=refresh_s, scale=scale, random=random.random)
        if config.can_edit:
            outbox = OutboxService(fences, jobs, clock, log, random=random.random)
    return Edges(
        http=client,
        monitor=monitor,
        maps=maps,
        cache=cache,
        loader=loader,
        attribution=attribution,
        previews=previews,
        fences=fences,
        outbox=outbox,
        kept=KeptFences(jobs, clock, log) if fences is not None and config.geofences.store != "folder" else None,
        data_dir=data_dir,
        store_key=_store_key(config),
        scope=scope,
        authority=authority,
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
