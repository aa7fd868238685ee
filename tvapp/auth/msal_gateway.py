"""Implements the gateway with MSAL: the only module that imports msal. Each call makes one attempt.

MSAL contacts the authority when its application is built, caches failed answers for a minute, and reports errors as
dicts or as any exception. This module builds it when first needed, caches no failures and returns typed results.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msal
import requests

from tvapp import __version__
from tvapp.auth import msal_cache, problems
from tvapp.auth.gateway import Grant
from tvapp.auth.http_client import Failed, HttpClient
from tvapp.auth.messages import CodeReceived, CodeRefused, PollPending, PollRefused, PollSlowDown, PollSucceeded
from tvapp.auth.problems import Problem, Refused, When
from tvapp.auth.provider import Provider
from tvapp.auth.token_store import TokenStore
from tvapp.auth.view import Account
from tvapp.core import errors
from tvapp.core.clock import Clock
from tvapp.core.urls import host_of, origin_of
from tvapp.core.visible_text import visible
from tvapp.text.shaping import needs_shaping

T = TypeVar("T")

MALFORMED_REPLY_ERRORS = (KeyError, ValueError, TypeError, AttributeError, AssertionError, RuntimeError)
"""Raised by MSAL when a reply is JSON but not what it expects."""

REBUILD_S = 24 * 3600.0
"""After a day, the next request for a code discovers the endpoints again."""

LONGEST_CODE_S = 86400.0
CAPABILITIES = ["CP1"]
"""The app answers claims challenges: Entra then issues longer tokens, which services may revoke (azure-facts 2.1)."""
RESERVED_SCOPES = frozenset({"openid", "profile", "offline_access"})

logging.getLogger("msal").setLevel(logging.WARNING)  # at DEBUG it writes device codes


class _NoHttpCache(dict[object, object]):
    """An HTTP cache for MSAL that keeps nothing, because MSAL would replay failures (azure-facts 2.4)."""

    def __setitem__(self, key: object, value: object) -> None:
        pass


@dataclass(slots=True)
class _AccountCache:
    """The tokens and MSAL's application. Signing out replaces it, so late answers go into a discarded one."""

    tokens: msal.SerializableTokenCache
    app: msal.PublicClientApplication | None = None
    built_at: float = 0.0


@dataclass(slots=True)
class _PendingFlow:
    cache: _AccountCache
    app: msal.PublicClientApplication
    data: dict[str, Any] = field(repr=False)
    claims: str | None = field(default=None, repr=False)


class MsalGateway:
    """A `Gateway` for Entra ID, anything shaped like it, and OpenID providers with a device flow."""

    def __init__(
        self,
        *,
        client_id: str,
        provider: Provider,
        scopes: Sequence[str],
        http: HttpClient,
        store: TokenStore,
        clock: Clock,
    ) -> None:
        self._client_id = client_id
        self._provider = provider
        self._scopes = _without_reserved(scopes)
        self._http = http
        self._store = store
        self._clock = clock
        self._host = urlsplit(provider.authority).hostname or provider.authority
        self._flows: dict[int, _PendingFlow] = {}
        self._lock = threading.Lock()  # the cache and its file
        self._building = threading.Lock()
        self._refreshing = threading.Lock()  # a refresh token that rotates must not be used twice
        self._cache: _AccountCache | None = None
        self._text = ""  # the cache as it was last loaded or saved

    # -- Gateway ----------------------------------------------------------------------------------------------------

    def load_account(self) -> Account | None:
        self._open_cache()
        found = msal_cache.accounts(self._cached())
        return found[0] if found else None

    def request_code(self, flow: int, scopes: Sequence[str] = (), claims: str = "") -> CodeReceived | CodeRefused:
        wanted = _without_reserved(scopes) or self._scopes
        cache = self._open_cache()
        try:
            app = self._app(cache, rebuild=True)
            if not app.authority.device_authorization_endpoint:
                raise Failed(errors.SignInError("no_device_flow"))
            challenge = claims or None
            data = self._guarded(lambda: app.initiate_device_flow(scopes=wanted, claims_challenge=challenge))
            if "user_code" not in data or "device_code" not in data:
                return CodeRefused(flow, problems.from_reply(data, when="code"))
            received = self._guarded(lambda: _code_received(flow, data))
        except Failed as failed:
            self._doubt_endpoints(cache, failed)
            return CodeRefused(flow, _problem(failed, "code"))
        with self._lock:
            if cache is not self._cache:  # signed out meanwhile
                return CodeRefused(flow, Problem("interrupted", "retries", "signed_out"))
            self._flows[flow] = _PendingFlow(cache, app, data, challenge)
        return received

    def poll(self, flow: int) -> PollPending | PollSlowDown | PollSucceeded | PollRefused:
        known = self._flows.get(flow)
        if known is None:
            return PollRefused(flow, Problem("code-unknown", "new-code", "bad_verification_code"))
        known.data["latest_attempt_at"] = 0  # else MSAL warns of polls that are too early by the wall clock
        try:
            result = self._guarded(
                lambda: known.app.acquire_token_by_device_flow(
                    known.data, claims_challenge=known.claims, exit_condition=lambda _: True
                )
            )
        except Failed as failed:
            self._doubt_endpoints(known.cache, failed)
            # Only an answer of the provider itself can end a code.
            return PollRefused(flow, replace(_problem(failed, "poll"), next="retries"))
        match result.get("error"):
            case "authorization_pending":
                return PollPending(flow)
            case "slow_down":
                return PollSlowDown(flow)
            case None if "access_token" in result:
                return self._approved(flow, known.cache, result)
            case _:
                return PollRefused(flow, problems.from_reply(result))

    def drop(self, flow: int) -> None:
        self._flows.pop(flow, None)

    def acquire(self, scopes: Sequence[str], home_id: str, *, fresh: bool, claims: str = "") -> Grant:
        fresh = fresh or bool(claims)
        wanted = _without_reserved(scopes)
        cache = self._open_cache()
        found = msal_cache.access_token(self._cached(), wanted, home_id, self._client_id, self._clock.wall())
        if found is not None and not fresh:
            grant = Grant(found.secret, found.expires_in, found.renew_in, is_new=False)
            if grant.renew_in > 0:
                return grant
        try:
            return self._renewed(cache, wanted, home_id, claims or None)
        except Failed as failed:
            self._doubt_endpoints(cache, failed)
            if found is not None and not fresh:
                return Grant(found.secret, found.expires_in, found.renew_in, is_new=False)
            if isinstance(failed.error, errors.NetworkError):
                raise failed.error from failed
            problem = _problem(failed, "refresh")
            # Only an answer of the provider itself can demand a person; a portal's page or a wrong address cannot.
            is_answer = isinstance(failed.error, errors.SignInError) and problem.error != "bad_authority"
            raise Refused(problem if is_answer else replace(problem, next="retries")) from failed

    def remove_account(self, home_id: str) -> None:
        with self._refreshing:
            cache = self._open_cache()
            for kind in ("AccessToken", "RefreshToken", "IdToken", "Account"):
                for entry in list(cache.tokens.search(kind, query={"home_account_id": home_id})):
                    cache.tokens.modify(kind, entry, None)
            self._save(cache)

    def sign_out(self) -> None:
        with self._lock:
            # Not None: a file that could not be removed must not be read again.
            self._cache = _AccountCache(msal.SerializableTokenCache())
            self._text = ""
            self._flows.clear()
            self._store.erase()

    def save(self) -> None:
        with self._lock:
            if self._text:
                self._store.save(self._text)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _open_cache(self) -> _AccountCache:
        with self._lock:
            if self._cache is None:
                self._text = self._store.load()
                tokens = msal.SerializableTokenCache()
                tokens.deserialize(self._text)
                self._cache = _AccountCache(tokens)
            return self._cache

    def _cached(self) -> msal_cache.Cache:
        return msal_cache.parse(self._text) or {}

    def _save(self, cache: _AccountCache) -> None:
        """Save the cache if it has changed, unless the viewer has signed out meanwhile."""
        with self._lock:
            if cache is self._cache and cache.tokens.has_state_changed:
                self._text = cache.tokens.serialize()
                self._store.save(self._text)

    def _app(self, cache: _AccountCache, *, rebuild: bool = False) -> msal.PublicClientApplication:
        with self._building:
            age = self._clock.monotonic() - cache.built_at
            if cache.app is not None and not (rebuild and age > REBUILD_S):
                return cache.app
            try:
                app = msal.PublicClientApplication(
                    self._client_id,
                    token_cache=cache.tokens,
                    http_client=self._http,
                    http_cache=_NoHttpCache(),
                    instance_discovery=False,
                    app_name="tvapp",
                    app_version=__version__,
                    client_capabilities=None if self._provider.is_oidc else CAPABILITIES,
                    **{"oidc_authority" if self._provider.is_oidc else "authority": self._provider.authority},
                )
            except MALFORMED_REPLY_ERRORS as error:
                raise Failed(errors.SignInError("bad_authority")) from error
            for endpoint in (app.authority.device_authorization_endpoint, app.authority.token_endpoint):
                if endpoint and not self._provider.may_be_at(endpoint):
                    host = "".join(filter(str.isprintable, host_of(endpoint)))[:120]
                    raise Failed(Refused(Problem("endpoint-elsewhere", "retries", f"foreign_endpoint {host}")))
            cache.app, cache.built_at = app, self._clock.monotonic()
            return app

    def _doubt_endpoints(self, cache: _AccountCache, failed: Failed) -> None:
        """Have the endpoints discovered anew after a failure that a dead or wrong endpoint would explain."""
        if isinstance(failed.error, errors.NetworkError | errors.NotFound | errors.UnexpectedReply):
            with self._building:
                cache.app = None

    def _guarded(self, work: Callable[[], T]) -> T:
        """Run one MSAL call, and turn every exception of it into `Failed`."""
        try:
            return work()
        except Failed:
            raise
        except (requests.RequestException, msal.exceptions.MsalError, *MALFORMED_REPLY_ERRORS) as error:
            raise Failed(errors.UnexpectedReply(self._host, 200, "not_oauth", type(error).__name__)) from error

    def _approved(self, flow: int, cache: _AccountCache, result: Mapping[str, object]) -> PollSucceeded | PollRefused:
        self.drop(flow)
        self._save(cache)
        home_id = msal_cache.home_id(result)
        entries = msal_cache.parse(self._text if cache is self._cache else cache.tokens.serialize()) or {}
        for account in msal_cache.accounts(entries):
            if account.home_id == home_id:
                return PollSucceeded(flow, account)
        # Without an id_token or client_info MSAL keeps no account.
        return PollRefused(flow, Problem("bad-reply", "waits-for-ok", "no_account"))

    def _renewed(self, cache: _AccountCache, scopes: list[str], home_id: str, claims: str | None) -> Grant:
        with self._refreshing:
            app = self._app(cache)
            accounts = self._guarded(app.get_accounts)
            account = next((account for account in accounts if account["home_account_id"] == home_id), None)
            result = self._guarded(
                lambda: app.acquire_token_silent_with_error(
                    scopes, account, force_refresh=True, claims_challenge=claims
                )
            )
            self._save(cache)
        if result is None:
            raise Failed(errors.SignInError("no_refresh_token"))
        if "access_token" not in result:
            raise Failed(Refused(problems.from_reply(result, when="refresh")))
        return self._guarded(lambda: grant_of(result, self._clock.wall()))


def _without_reserved(scopes: Sequence[str]) -> list[str]:
    """Leave out the scopes that MSAL adds by itself and rejects in a call."""
    return [scope for scope in scopes if scope not in RESERVED_SCOPES]


def _code_received(flow: int, data: Mapping[str, Any]) -> CodeReceived:
    uri = data.get("verification_uri") or data["verification_url"]  # Google's older name for the same
    complete = data.get("verification_uri_complete") or ""
    for value, limit in ((uri, 2048), (complete, 2048), (data["user_code"], 64)):
        if not isinstance(value, str) or len(value) > limit:
            raise ValueError("no text, or too long for a screen")
        if not _is_showable(value):
            raise Failed(errors.SignInError("code_unshowable", needs_person=False))
    if not data["user_code"].strip() or not _is_https(uri):
        raise ValueError("nothing to show")
    return CodeReceived(
        flow,
        verification_uri=uri,
        verification_uri_complete=complete if _is_https(complete) else "",
        user_code=data["user_code"],
        expires_in=min(max(int(data["expires_in"]), 1), LONGEST_CODE_S),
        # With an interval of 0, MSAL and the app would poll without a pause (azure-facts 2.2).
        interval=min(max(int(data["interval"]), 1), 3600),
    )


def _is_showable(value: str) -> bool:
    """Tell whether a person can type what a screen shows of a value: each of its characters, in their order."""
    return visible(value) == value and value.isprintable() and not needs_shaping(value)


def _is_https(uri: str) -> bool:
    """Tell whether a person may be sent to this address: over plain HTTP, others would read the code."""
    return origin_of(uri).startswith("https://")


def grant_of(result: Mapping[str, Any], wall: float) -> Grant:
    """Return the grant of a token reply; `wall` is the wall time."""
    expires_in = float(result.get("expires_in", 600))
    token = msal_cache.CachedToken(str(result["access_token"]), expires_in, expires_in, None)
    refresh_on = result.get("refresh_on")
    renew_in = token.renew_in
    if isinstance(refresh_on, int | float):
        renew_in = min(renew_in, max(0.0, refresh_on - wall))
    return Grant(token.secret, expires_in, renew_in, is_new=True)


def _problem(failed: Failed, when: When) -> Problem:
    """Return the problem of a failure; an OAuth error body says more than the status."""
    error = failed.error
    if isinstance(error, errors.NotFound) and failed.body is None:
        # A wrong address in the configuration, or a portal: shown as the former, but retried as after the latter.
        return Problem("authority-wrong", "retries", "bad_authority")
    if failed.body is not None and isinstance(error, errors.ServiceError) and "error" in failed.body:
        return problems.from_reply(failed.body, status=error.status, retry_after_s=error.retry_after_s, when=when)
    return problems.from_error(error, when=when)
