"""The gateway of a diagnosis beside the app: it asks as the app does, and leaves the app's tokens as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tvapp.auth import msal_cache
from tvapp.auth.gateway import Grant
from tvapp.auth.lazy_gateway import LazyGateway
from tvapp.auth.token_store import Owner, QuietTokenStore, token_file
from tvapp.config.model import Identity
from tvapp.core.clock import Clock
from tvapp.core.errors import SignInError
from tvapp.core.log import Log
from tvapp.net.lazy_chain import LazyChain

NOT_RENEWED = "not_renewed"
"""The error of a token that has expired and is left to the app to renew."""


class QuietGateway(LazyGateway):
    """Writes no file. What it renews stays in memory.

    Entra ID leaves a refresh token valid when it issues the next one, so that asking with the app's does it no harm
    (azure-facts 1.8). Other OpenID providers may accept each but once: there, only cached tokens are used.
    """

    def __init__(self, identity: Identity, data_dir: Path, clock: Clock, log: Log, network: LazyChain) -> None:
        super().__init__(identity, data_dir, clock, log, network)
        self._store = QuietTokenStore(token_file(data_dir), log, Owner.of(identity))

    def acquire(self, scopes: Sequence[str], home_id: str, *, fresh: bool, claims: str = "") -> Grant:
        if self._identity.oidc_authority:
            cache = msal_cache.parse(self._store.load()) or {}
            now = self._clock.wall()
            found = msal_cache.access_token(cache, scopes, home_id, self._identity.client_id, now)
            if found is None or fresh:
                raise SignInError(NOT_RENEWED, needs_person=False)
            return Grant(found.secret, found.expires_in, max(found.renew_in, found.expires_in), is_new=False)
        return super().acquire(scopes, home_id, fresh=fresh, claims=claims)
