"""The gateway of the running app: answers from the token cache where it can, and loads MSAL for everything else.

Importing MSAL and its HTTP library takes longer than the first frame may. With a valid access token in the cache
neither is needed until that token is renewed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from tvapp.auth import msal_cache, provider
from tvapp.auth.gateway import Gateway, Grant
from tvapp.auth.messages import CodeReceived, CodeRefused, PollPending, PollRefused, PollSlowDown, PollSucceeded
from tvapp.auth.token_store import Owner, TokenStore, token_file
from tvapp.auth.view import Account
from tvapp.config.model import Identity
from tvapp.core.clock import Clock
from tvapp.core.disk import DiskHealth
from tvapp.core.log import Log
from tvapp.net.lazy_chain import LazyChain


class LazyGateway:
    """A `Gateway` that loads MSAL's when first needed; calls that block come from workers."""

    def __init__(
        self,
        identity: Identity,
        data_dir: Path,
        clock: Clock,
        log: Log,
        network: LazyChain,
        disk: DiskHealth | None = None,
    ) -> None:
        self._identity = identity
        self._network = network
        self._clock = clock
        self._store = TokenStore(token_file(data_dir), log, Owner.of(identity), disk=disk)
        self._lock = threading.Lock()
        self._msal_gateway: Gateway | None = None

    def load_account(self) -> Account | None:
        with self._lock:
            if self._msal_gateway is None:
                found = msal_cache.accounts(msal_cache.parse(self._store.load()) or {})
                return found[0] if found else None
        return self._msal_gateway.load_account()

    def request_code(self, flow: int, scopes: Sequence[str] = (), claims: str = "") -> CodeReceived | CodeRefused:
        return self._loaded().request_code(flow, scopes, claims)

    def poll(self, flow: int) -> PollPending | PollSlowDown | PollSucceeded | PollRefused:
        return self._loaded().poll(flow)

    def drop(self, flow: int) -> None:
        if self._msal_gateway is not None:
            self._msal_gateway.drop(flow)

    def acquire(self, scopes: Sequence[str], home_id: str, *, fresh: bool, claims: str = "") -> Grant:
        if not fresh and not claims:
            with self._lock:
                if self._msal_gateway is None:
                    cache = msal_cache.parse(self._store.load()) or {}
                    found = msal_cache.access_token(
                        cache, scopes, home_id, self._identity.client_id, self._clock.wall()
                    )
                    if found is not None and found.renew_in > 0:
                        return Grant(found.secret, found.expires_in, found.renew_in, is_new=False)
        return self._loaded().acquire(scopes, home_id, fresh=fresh, claims=claims)

    def remove_account(self, home_id: str) -> None:
        self._loaded().remove_account(home_id)

    def sign_out(self) -> None:
        # MSAL is loaded for this too: its gateway remembers not to read a file that could not be removed.
        self._loaded().sign_out()

    def save(self) -> None:
        with self._lock:
            loaded = self._msal_gateway
        if loaded is not None:
            loaded.save()

    def _loaded(self) -> Gateway:
        with self._lock:
            if self._msal_gateway is None:
                from tvapp.auth.http_client import HttpClient
                from tvapp.auth.msal_gateway import MsalGateway

                self._msal_gateway = MsalGateway(
                    client_id=self._identity.client_id,
                    provider=provider.provider_of(self._identity),
                    scopes=provider.first_resource(self._identity.scopes),
                    http=HttpClient(self._network.send_and_wait, self._clock),
                    store=self._store,
                    clock=self._clock,
                )
            return self._msal_gateway
