"""Adds credentials to requests for one host and handles a 401. Only this module reads the secret of a token."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from tvapp.azure.claims import claims_challenge
from tvapp.core.errors import DataError
from tvapp.core.log import Log
from tvapp.core.urls import origin_of
from tvapp.net.request import Request, Response, Sender

MAX_ATTEMPTS = 3
"""A token may be rejected first as expired, and the next one as revoked."""

REFUSED = frozenset({401, 403})
"""Answers to a subscription key that is not valid, or no longer."""

STORAGE_SCOPE = "https://storage.azure.com/user_impersonation"


class BearerToken(Protocol):
    """An access token; its repr hides the secret."""

    @property
    def secret(self) -> str: ...


class TokenSource(Protocol):
    """Provides access tokens of the account that is signed in."""

    async def get(self, scope: str, *, rejected: str | None = None, claims: str = "") -> BearerToken:
        """Return a token for `scope`: another one than `rejected` (its secret), if there is one.

        `claims` are those of the challenge that rejected it: JSON, empty where there was none.

        Raises:
            SignInError: there is no token, and a person may be needed.
            NetworkError: no token can be fetched now.
        """
        ...


class Authorizer(Protocol):
    """Sends requests with credentials."""

    async def send(self, http: Sender, request: Request) -> Response:
        """Send `request` through `http` and return the answer, whatever its status.

        Raises:
            DataError: `request` is for another host than the credentials.
            SignInError: nobody is signed in.
            NetworkError, UnexpectedReply: see Sender.
        """
        ...


class _BearerAuthorizer:
    """Bearer tokens of one scope for one https origin. After a 401 the request is sent once more, with a new token.

    Where the 401 is a claims challenge (continuous access evaluation), the next token is requested with its claims.
    """

    def __init__(self, tokens: TokenSource, scope: str, *, endpoint: str, fields: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._scope = scope
        self._origin = _secure_origin(endpoint)
        self._fields = dict(fields)

    async def send(self, http: Sender, request: Request) -> Response:
        """See Authorizer. A rejected token is replaced once, and once more if only the second answer is a challenge."""
        _require_origin(request, self._origin)
        token = await self._tokens.get(self._scope)
        claims = ""
        for attempt in range(MAX_ATTEMPTS):
            response = await http.send(self._authorized(request, token))
            if not self._is_refused(response):
                break
            former, claims = claims, claims_challenge(response.headers.get("www-authenticate", ""))
            if attempt and (former or not claims):
                break
            another = await self._tokens.get(self._scope, rejected=token.secret, claims=claims)
            if another.secret == token.secret:
                break  # no better one for now
            token = another
        return response

    def _is_refused(self, response: Response) -> bool:
        """Tell whether the token was rejected, so that another one may be accepted."""
        return response.status == 401

    def _authorized(self, request: Request, token: BearerToken) -> Request:
        return request.with_headers({"authorization": f"Bearer {token.secret}", **self._fields})


class EntraAuthorizer(_BearerAuthorizer):
    """Bearer tokens for Azure Maps, with the id of the Maps account in `x-ms-client-id`."""

    def __init__(self, tokens: TokenSource, scope: str, maps_client_id: str, *, endpoint: str) -> None:
        super().__init__(tokens, scope, endpoint=endpoint, fields={"x-ms-client-id": maps_client_id})


class StorageAuthorizer(_BearerAuthorizer):
    """Bearer tokens of the same account for Azure Storage, which is another resource (azure-facts 1.8)."""

    def __init__(self, tokens: TokenSource, *, endpoint: str, scope: str = STORAGE_SCOPE) -> None:
        super().__init__(tokens, scope, endpoint=endpoint, fields={})

    def _is_refused(self, response: Response) -> bool:
        # Azurite answers so to every invalid token, an expired one included (azure-facts 6.1).
        is_bad = response.status == 403 and response.headers.get("x-ms-error-code") == "AuthenticationFailed"
        return is_bad or super()._is_refused(response)


class ManagementAuthorizer(_BearerAuthorizer):
    """Bearer tokens of the same account for Azure Resource Manager, at the one host of its cloud."""

    def __init__(self, tokens: TokenSource, *, endpoint: str, scope: str) -> None:
        super().__init__(tokens, scope, endpoint=endpoint, fields={})


ReadKeys = Callable[[], Awaitable[Sequence[str]]]
"""Reads the keys again from where the configuration says that they are; empty: they cannot be read now."""


class SharedKeyAuthorizer:
    """Subscription keys of the Maps account, which are rotated while the app runs.

    When one key is refused, the request is sent again with the other one, which is used from then on. When both are
    refused, they are read again, and new ones are tried with the same request.
    """

    def __init__(self, keys: Sequence[str], *, endpoint: str, log: Log, read_again: ReadKeys | None = None) -> None:
        self._keys = tuple(keys)
        self._origin = _secure_origin(endpoint)
        self._log = log
        self._read_again = read_again
        self._reading = asyncio.Lock()
        self._current = 0

    def __repr__(self) -> str:
        return f"SharedKeyAuthorizer({len(self._keys)} keys)"

    async def send(self, http: Sender, request: Request) -> Response:
        """See Authorizer. With every key refused, the answer is the refusal of the first one."""
        _require_origin(request, self._origin)
        refused: dict[str, Response] = {}
        has_read = False
        while True:
            key = next((key for key in self._in_order() if key not in refused), None)
            if key is not None:
                response = await http.send(request.with_headers({"subscription-key": key}))
                if response.status not in REFUSED:
                    self._prefer(key, refused)
                    return response
                refused[key] = response
            elif not has_read and self._read_again is not None:
                has_read = True
                await self._take_new_keys(self._read_again, refused)
            else:
                return next(iter(refused.values()))

    def _in_order(self) -> tuple[str, ...]:
        """Return the keys, the one that was accepted last first."""
        return (*self._keys[self._current :], *self._keys[: self._current])

    def _prefer(self, key: str, refused: Mapping[str, Response]) -> None:
        if not refused or key not in self._keys or self._keys[self._current] == key:
            return  # another request has found out meanwhile
        former, self._current = self._current, self._keys.index(key)
        self._log.event("maps.key_failover", level="warning", refused=former + 1, now=self._current + 1)

    async def _take_new_keys(self, read_again: ReadKeys, refused: Mapping[str, Response]) -> None:
        """Read the keys, once for all requests that were refused with the same ones."""
        async with self._reading:
            if any(key not in refused for key in self._keys):
                return  # another request has read them meanwhile
            keys = tuple(await read_again())
            if keys and set(keys) != set(self._keys):
                self._keys, self._current = keys, 0
                self._log.event("maps.keys_read", count=len(keys))


def _secure_origin(endpoint: str) -> str:
    origin = origin_of(endpoint)
    return origin if origin.startswith("https://") else ""


def _require_origin(request: Request, origin: str) -> None:
    if not origin or origin_of(request.url) != origin:
        raise DataError(request.host or "url", "not the host that the credentials are for")
