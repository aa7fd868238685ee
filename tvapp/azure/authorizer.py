"""Puts the account's credentials on requests to one host, and reacts to a 401: the only code that sees them in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tvapp.azure.claims import claims_challenge
from tvapp.core.errors import DataError
from tvapp.core.log import Log
from tvapp.net.request import Request, Response, Sender
from tvapp.net.urls import origin_of

MAX_ATTEMPTS = 3
"""A request may find its token expired first, and revoked then."""

STORAGE_SCOPE = "https://storage.azure.com/user_impersonation"


class BearerToken(Protocol):
    """An access token; its repr hides the secret."""

    @property
    def secret(self) -> str: ...


class TokenSource(Protocol):
    """Gives access tokens of the person signed in."""

    async def get(self, scope: str, *, rejected: str | None = None, claims: str = "") -> BearerToken:
        """Return a token for `scope`: another one than that whose secret is `rejected`, if there is one to be had.

        `claims` are those that a challenge came with together with the rejection: JSON, empty where it had none.

        Raises:
            SignInError: there is none, and a person may be needed.
            NetworkError: it could not be fetched now.
        """
        ...


class Authorizer(Protocol):
    """Sends requests with credentials."""

    async def send(self, http: Sender, request: Request) -> Response:
        """Send `request` through `http` and return the answer, whatever its status.

        Raises:
            DataError: `request` goes to another host than the one the credentials are for.
            SignInError: nobody is signed in.
            NetworkError, UnexpectedReply: see Sender.
        """
        ...


class _BearerAuthorizer:
    """Bearer tokens of one scope for one https origin. A 401 drops the token, and the request goes out once more.

    Where the 401 is a claims challenge (continuous access evaluation), the next token is asked for with these claims.
    """

    def __init__(self, tokens: TokenSource, scope: str, *, endpoint: str, fields: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._scope = scope
        self._origin = _secure_origin(endpoint)
        self._fields = dict(fields)

    async def send(self, http: Sender, request: Request) -> Response:
        """See Authorizer. A refused token is replaced once, and once more if only the second answer is a challenge."""
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
                break  # there is no better one for now
            token = another
        return response

    def _is_refused(self, response: Response) -> bool:
        """Tell whether another token might do."""
        return response.status == 401

    def _authorized(self, request: Request, token: BearerToken) -> Request:
        return request.with_headers({"authorization": f"Bearer {token.secret}", **self._fields})


class EntraAuthorizer(_BearerAuthorizer):
    """Bearer tokens of Entra ID, with the Azure Maps account's id in `x-ms-client-id`."""

    def __init__(self, tokens: TokenSource, scope: str, maps_client_id: str, *, endpoint: str) -> None:
        super().__init__(tokens, scope, endpoint=endpoint, fields={"x-ms-client-id": maps_client_id})


class StorageAuthorizer(_BearerAuthorizer):
    """Bearer tokens of the same account for Azure Storage, which is another resource (azure-facts 1.8)."""

    def __init__(self, tokens: TokenSource, *, endpoint: str, scope: str = STORAGE_SCOPE) -> None:
        super().__init__(tokens, scope, endpoint=endpoint, fields={})

    def _is_refused(self, response: Response) -> bool:
        # Azurite says so of every bad token, one that has just run out included (azure-facts 6.1).
        is_bad = response.status == 403 and response.headers.get("x-ms-error-code") == "AuthenticationFailed"
        return is_bad or super()._is_refused(response)


class SharedKeyAuthorizer:
    """The account's subscription keys: goes on with the other one when one is refused (keys are rotated)."""

    def __init__(self, keys: Sequence[str], *, endpoint: str, log: Log) -> None:
        self._keys = tuple(keys)
        self._origin = _secure_origin(endpoint)
        self._log = log
        self._current = 0

    def __repr__(self) -> str:
        return f"SharedKeyAuthorizer({len(self._keys)} keys)"

    async def send(self, http: Sender, request: Request) -> Response:
        """See Authorizer."""
        _require_origin(request, self._origin)
        first = self._current
        response = await http.send(self._authorized(request, first))
        if response.status not in {401, 403}:
            return response
        for other in range(len(self._keys)):
            if other == first:
                continue
            second = await http.send(self._authorized(request, other))
            if second.status not in {401, 403}:
                if self._current != other:
                    self._current = other
                    self._log.event("maps.key_failover", level="warning", refused=first + 1, now=other + 1)
                return second
        return response

    def _authorized(self, request: Request, index: int) -> Request:
        return request.with_headers({"subscription-key": self._keys[index]})


def _secure_origin(endpoint: str) -> str:
    origin = origin_of(endpoint)
    return origin if origin.startswith("https://") else ""


def _require_origin(request: Request, origin: str) -> None:
    if not origin or origin_of(request.url) != origin:
        raise DataError(request.host or "url", "not the host that the credentials are for")
