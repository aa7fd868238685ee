"""The gateway of the running program: what the token cache can answer it answers at once, for the rest it loads MSAL.

Importing MSAL and its HTTP library costs more than the first frame may take; with a good access token in the cache
neither is needed until that is renewed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from tvapp.auth import msal_cache, provider
from tvapp.auth.gateway import Gateway, Grant
from tvapp.auth.messages import CodeReceived, CodeRefused, PollPending, PollRefused, PollSlowDown, PollSucceeded
from tvapp.auth.token_store import TokenStore, token_file
from tvapp.auth.view import Account
from tvapp.config.model import Identity
from tvapp.core.clock import Clock
from tvapp.core.disk import DiskHealth
from tvapp.core.log import Log
from tvapp.net.lazy_chain import LazyChain


class LazyGateway:
    """A `Gateway` that becomes MSAL's when first needed; the calls that block come from workers."""

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
        self._store = TokenStore(
            token_file(data_dir), log, authority=provider.authority(identity), client_id=identity.client_id, disk=disk
        )
        self._lock = threading.Lock()
        self._real: Gateway | None = None

    def load_account(self) -> Account | None:
        with self._lock:
            if self._real is None:
                found = msal_cache.accounts(msal_cache.parse(self._store.load()) or {})
                return found[0] if found else None
        return self._real.load_account()

    def request_code(self, flow: int, scopes: Sequence[str] = (), claims: str = "") -> CodeReceived | CodeRefused:
        return self._msal().request_code(flow, scopes, claims)

    def poll(self, flow: int) -> PollPending | PollSlowDown | PollSucceeded | PollRefused:
        return self._msal().poll(flow)

    def drop(self, flow: int) -> None:
        if self._real is not None:
            self._real.drop(flow)

    def acquire(self, scopes: Sequence[str], home_id: str, *, fresh: bool, claims: str = "") -> Grant:
        if not fresh and not claims:
            with self._lock:
                if self._real is None:
                    cache = msal_cache.parse(self._store.load()) or {}
                    found = msal_cache.access_token(
                        cache, scopes, home_id, self._identity.client_id, self._clock.wall()
                    )
                    if found is not None and found.renew_in > 0:
                        return Grant(found.secret, found.expires_in, found.renew_in, is_new=False)
        return self._msal().acquire(scopes, home_id, fresh=fresh, claims=claims)

    def remove_account(self, home_id: str) -> None:
        self._msal().remove_account(home_id)

    def sign_out(self) -> None:
        # MSAL is loaded even for this: its gateway remembers not to read a file that could not be removed.
        self._msal().sign_out()

    def save(self) -> None:
        """Bring what memory holds to the disk once more, after that failed."""
        with self._lock:
            real = self._real
        if real is not None:
            real.save()

    def _msal(self) -> Gateway:
        with self._lock:
            if self._real is None:
                from tvapp.auth.http_client import HttpClient
                from tvapp.auth.msal_gateway import MsalGateway

                self._real = MsalGateway(
                    client_id=self._identity.client_id,
                    authority=provider.authority(self._identity),
                    is_oidc=bool(self._identity.oidc_authority),
                    scopes=provider.first_resource(self._identity.scopes),
                    http=HttpClient(self._network.send_and_wait, self._clock),
                    store=self._store,
                    clock=self._clock,
                )
            return self._real
