"""Everything of a tile's way from the loader down, on real threads, against a local cloud."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.cloud import LocalCloud
from tvapp.azure.authorizer import Authorizer, EntraAuthorizer
from tvapp.azure.maps import MapsClient
from tvapp.core.clock import ManualClock
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.net.transport import HttpClient
from tvapp.tiles.cache_key import CacheScope
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.loader import TileLoader

SCOPE = "https://atlas.microsoft.com/user_impersonation"


@dataclass(frozen=True)
class Token:
    secret: str = field(repr=False)


class Tokens:
    """One token, whatever happens."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    async def get(self, scope: str, *, rejected: str | None = None, claims: str = "") -> Token:
        return Token(self._secret)


class Rig:
    """Everything from the loader down, on real threads."""

    def __init__(
        self, cloud: LocalCloud, folder: Path, authorizer: Authorizer | None = None, timeout_s: float = 20.0
    ) -> None:
        self.log, self.clock = RecordingLog(), ManualClock()
        self.posted = threading.Event()
        self.inbox = Inbox(self.posted.set)
        self.jobs = Jobs(self.inbox, self.log)
        self.http = HttpClient(outbound=Outbound.trusting(cloud.ca_bundle), clock=self.clock, log=self.log)
        if authorizer is None:
            secret = cloud.bearer()["Authorization"].removeprefix("Bearer ")
            authorizer = EntraAuthorizer(Tokens(secret), SCOPE, cloud.maps_client_id, endpoint=cloud.endpoint)
        self.maps = MapsClient(self.http, cloud.endpoint, authorizer, self.log, clock=self.clock, timeout_s=timeout_s)
        self.cache = DiskCache(folder / "tiles.db", clock=self.clock, log=self.log)
        self.loader = TileLoader(
            self.jobs,
            self.maps,
            self.cache,
            scope=CacheScope(cloud.endpoint, "aino"),
            clock=self.clock,
            log=self.log,
            random=lambda: 0.5,
        )

    def next(self, kind: type) -> object:
        """Return the next message of a kind."""
        while True:
            self.posted.clear()
            for message in self.inbox.drain():
                if isinstance(message, kind):
                    return message
            assert self.posted.wait(20), f"no {kind.__name__} came"

    def close(self) -> None:
        self.loader.stop()
        asyncio.run_coroutine_threadsafe(self.http.aclose(), self.jobs.io_loop()).result(5)
        self.cache.close()
        assert self.jobs.stop()
