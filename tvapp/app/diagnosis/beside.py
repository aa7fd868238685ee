"""Builds what a diagnosis beside the app asks with: the app's own parts, without those that keep files."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator

from tvapp.app.backend import build_authorizer, store_opener
from tvapp.app.diagnosis.subject import Online
from tvapp.auth import provider
from tvapp.auth.quiet_gateway import QuietGateway
from tvapp.auth.tokens import TokenProvider
from tvapp.azure.maps import MapsClient
from tvapp.config.model import Config
from tvapp.core.clock import SystemClock
from tvapp.core.data_folder import DataFolder
from tvapp.core.disk import DiskHealth
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.core.surroundings import Surroundings
from tvapp.net.lazy_chain import LazyChain
from tvapp.net.skew import SkewMonitor

LOADED_AHEAD = (
    "anyio._backends._asyncio", "encodings.idna", "stringprep", "cryptography.x509", "PIL.Image", "json", "tomllib",
    "tvapp.core.io_loop", "tvapp.net.chain", "tvapp.auth.msal_gateway", "tvapp.auth.http_client",
    "tvapp.display.sdl", "tvapp.display.libraries", "tvapp.fences.stores.blob", "tvapp.fences.stores.url",
    "tvapp.fences.stores.folder", "tvapp.fences.stores.map_data",
)  # fmt: skip
"""What the checks import when they need it."""


def load_ahead() -> None:
    """Import everything now: for a program that becomes a user who may not read where it was installed."""
    for name in LOADED_AHEAD:
        # A check that cannot do without it says so.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


@contextlib.contextmanager
def surroundings_beside(data: DataFolder) -> Iterator[Surroundings]:
    """Provide threads, a clock and a log that is thrown away."""
    log = RecordingLog()
    jobs = Jobs(Inbox(), log)
    try:
        yield Surroundings(jobs, SystemClock(), log, DiskHealth(log), lambda: 0.5, data, since_start=lambda: 0.0)
    finally:
        jobs.stop()


@contextlib.contextmanager
def online_beside(config: Config, surroundings: Surroundings) -> Iterator[Online]:
    """Provide the services as the app would reach them with this configuration."""
    jobs, clock, log, random = surroundings.jobs, surroundings.clock, surroundings.log, surroundings.random
    skew = SkewMonitor(clock, log, jobs.inbox.post)
    network = LazyChain(jobs, clock, log, outbound=config.outbound, random=random, skew=skew)
    try:
        gateway, tokens = None, None
        if config.needs_sign_in:
            primary = " ".join(provider.first_resource(config.identity.scopes))
            gateway = QuietGateway(config.identity, surroundings.data.root, clock, log, network)
            tokens = TokenProvider(gateway, jobs, clock, log, primary=primary, random=random)
        http = network.get()
        authorizer = build_authorizer(config, tokens, jobs, log)
        maps = MapsClient(http, config.maps.endpoint, authorizer, log, clock=clock)
        open_store = store_opener(config, surroundings, http, authorizer, tokens)
        yield Online(http, skew, maps, gateway, tokens, open_store)
    finally:
        network.close()
