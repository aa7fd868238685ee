"""The one way out: sends an HTTP request and returns the whole, bounded answer or one of our errors.

The inmost link of the chain (`net.chain`). Lives on the io thread. HTTP/2 where the server offers it, redirects never
followed, no cookies, no retries save one: a GET on a kept connection that the server had closed meanwhile is sent again
on a new one (RFC 9110, 9.2.2).
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec
from typing import Any, Protocol, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import h2.exceptions
import hpack.exceptions
import hyperframe.exceptions

from tvapp.core.clock import Clock
from tvapp.core.errors import (
    ConnectionBroken,
    DataError,
    NetworkError,
    TimedOut,
    TlsFailed,
    UnexpectedReply,
    Unreachable,
)
from tvapp.core.headers import Headers
from tvapp.core.log import Log
from tvapp.net.failures import name_failure
from tvapp.net.http_library import httpx
from tvapp.net.http_versions import HttpVersions, negotiated
from tvapp.net.trust import trust
from tvapp.net.urls import host_of as host_of
from tvapp.net.urls import is_loopback as is_loopback
from tvapp.net.urls import origin_of as origin_of
from tvapp.net.urls import with_query as with_query

CONNECT_TIMEOUT_S = 10.0
STALL_TIMEOUT_S = 15.0
"""How long a connection may be silent, either way."""

_LIMITS = httpx.Limits(max_connections=16, max_keepalive_connections=12, keepalive_expiry=55.0)
_AGENT = "tvapp"

_BROKEN = (
    httpx.HTTPError,
    httpx.StreamError,
    OSError,  # includes ssl.SSLError
    # httpcore 1.0 lets these through when a server breaks HTTP/2 in the middle of a body.
    h2.exceptions.H2Error,
    hpack.exceptions.HPACKError,
    hyperframe.exceptions.HyperframeError,
    KeyError,  # its stream table, when two streams of a dying connection are closed at once
)

# httpcore asks for sniffio a dozen times a request, and Python searches the whole path for what is not installed each
# time: a fifth of what a request costs. None tells the import that there is no such module.
if find_spec("sniffio") is None:
    cast(dict[str, Any], sys.modules)["sniffio"] = None

_POISON = (h2.exceptions.H2Error, hpack.exceptions.HPACKError, httpx.LocalProtocolError, KeyError)
_SENDABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Request:
    """One request. The answer's body may have `limit_bytes` (decoded), and all of it may take `timeout_s`.

    A probe asks whether the host is there: it is neither held back nor repeated.
    """

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)
    limit_bytes: int = 8 << 20
    timeout_s: float = 20.0
    is_probe: bool = False

    @property
    def host(self) -> str:
        """The host name, for messages."""
        return host_of(self.url)

    def with_headers(self, fields: Mapping[str, str]) -> Request:
        """Return a copy with `fields` added or replaced."""
        return replace(self, headers=self.headers.replaced(fields))


@dataclass(frozen=True, slots=True)
class Response:
    """One whole answer, whatever its status; `url` is the one that was asked for.

    `head_s`: seconds from asking until its head was there. `is_multiplexed`: it shared its connection (HTTP/2).
    """

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    url: str = ""
    head_s: float = 0.0
    is_multiplexed: bool = False

    @property
    def host(self) -> str:
        """The host name, for messages."""
        return host_of(self.url)


class Sender(Protocol):
    """Sends a request; what everything above the transport needs."""

    async def send(self, request: Request) -> Response:
        """Return the answer, whatever its status.

        Raises:
            NetworkError: no whole answer came, or none was asked for (`was_sent`): the host is in trouble.
            Throttled, ServiceDown: none was asked for; the host has said so often enough that it cannot.
            UnexpectedReply: it was too large, cannot be decoded, or is that of a portal.
        """
        ...


Trace = Callable[[str, Mapping[str, object]], Coroutine[object, object, None]]
"""Told by httpcore of each step of a request (its `trace` extension)."""

Listener = Callable[[str, NetworkError | None], None]
"""Told the origin after each request, and the error or None; called on the io thread."""


class HttpClient:
    """Sends requests through one pool of connections for each origin.

    `ca_bundle` alone is trusted where it is given, whatever the environment says. Proxies come from the environment,
    but never for this machine itself.
    """

    def __init__(self, *, ca_bundle: str, clock: Clock, log: Log) -> None:
        self._ca_bundle = ca_bundle
        self._clock = clock
        self._log = log
        self._pools: dict[str, _Pool] = {}
        self._protocols = HttpVersions()
        self._context: ssl.SSLContext | None = None
        self._listeners: list[Listener] = []
        self._retiring: set[asyncio.Task[None]] = set()
        self._closed = False
        # At DEBUG these write every header, credentials included.
        for name in ("httpx", "httpcore", "hpack", "h2"):
            logging.getLogger(name).setLevel(logging.WARNING)

    def listen(self, listener: Listener) -> None:
        """Have every outcome told to `listener`."""
        self._listeners.append(listener)

    async def send(self, request: Request) -> Response:
        """See Sender."""
        origin = origin_of(request.url)
        if not origin.startswith(("https://", "http://")) or not _SENDABLE.fullmatch(request.url):
            raise DataError(request.host or "url", "not a URL that can be asked for")
        try:
            response = await self._send(request)
        except NetworkError as error:
            self._log.event(
                "http.failed", level="debug", host=error.host, error=type(error).__name__, reason=error.reason
            )
            self._tell(origin, error)
            raise
        self._tell(origin, None)
        return response

    async def aclose(self) -> None:
        """Close all connections; what is under way fails."""
        self._closed = True
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            await pool.close()

    def drop_connections(self) -> None:
        """Use new connections from now on: those there are have probably died unnoticed. On the io thread."""
        self._protocols.forget()
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            task = asyncio.get_running_loop().create_task(pool.retire())
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    def _tell(self, origin: str, error: NetworkError | None) -> None:
        for listener in self._listeners:
            listener(origin, error)

    async def _send(self, request: Request) -> Response:
        origin = origin_of(request.url)
        now = asyncio.get_running_loop().time
        began = now()
        try:
            async with asyncio.timeout(request.timeout_s):
                is_first = await self._protocols.is_first(origin)
        except TimeoutError as error:
            raise TimedOut(request.host, f"no connection in {request.timeout_s:g} s") from error
        if not is_first:
            waited_s = round(now() - began, 2)
            return await self._try(replace(request, timeout_s=request.timeout_s - waited_s), origin)

        async def trace(name: str, info: Mapping[str, object]) -> None:
            if (is_http2 := negotiated(name, info)) is not None:
                self._protocols.found(origin, is_http2)

        try:
            response = await self._try(request, origin, trace)
            self._protocols.found(origin, response.is_multiplexed)
            return response
        finally:
            self._protocols.found(origin, None)

    async def _try(self, request: Request, origin: str, trace: Trace | None = None) -> Response:
        for attempt in (0, 1):
            pool = await self._pool(request.host, origin)
            reused = pool.answered > 0
            try:
                return await pool.send(request, trace)
            except ConnectionBroken as error:
                await self._retire(origin, pool)
                if isinstance(error.__cause__, _POISON):
                    # The other streams of that connection would wait for answers that were lost with this one's.
                    await pool.close()
                # Kept connections die unnoticed (idle time-outs, a NAT, a restarted server).
                if attempt or not reused or request.method not in {"GET", "HEAD"}:
                    raise
            except TlsFailed:
                # The bundle may have been replaced meanwhile: read it again next time.
                self._context = None
                await self._retire(origin, pool)
                raise
            except BaseException:
                # httpcore 1.0 does not reset an HTTP/2 stream that is given up: the rest of its body would eat the
                # connection's window. New requests get new connections, this one's siblings may finish.
                await self._retire(origin, pool)
                raise
        raise AssertionError("unreachable")

    async def _pool(self, host: str, origin: str) -> _Pool:
        pool, http2 = self._pools.get(origin), self._protocols.may_multiplex(origin)
        if pool is not None and pool.http2 and not http2:
            # It served to find that out.
            del self._pools[origin]
            await pool.retire()
            pool = self._pools.get(origin)
        if pool is None:
            if self._closed:
                raise Unreachable(host, "shutting down")
            pool = self._pools[origin] = _Pool(self._open(host, http2), http2)
        return pool

    async def _retire(self, origin: str, pool: _Pool) -> None:
        if self._pools.get(origin) is pool:
            del self._pools[origin]
            self._protocols.forget(origin)
        await pool.retire()

    def _open(self, host: str, http2: bool) -> httpx.AsyncClient:
        context = self._context = self._context or trust(self._ca_bundle, host)

        def build(use_environment: bool) -> httpx.AsyncClient:
            return httpx.AsyncClient(
                verify=context,
                http2=http2,
                trust_env=use_environment,
                limits=_LIMITS,
                follow_redirects=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            )

        if is_loopback(host):
            return build(False)
        try:
            return build(True)
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            # A proxy variable that is no URL, or a SOCKS proxy, which would need another library.
            self._log.event("proxy.ignored", level="warning", reason=type(error).__name__)
            return build(False)


class _Pool:
    """One httpx client, which closes itself once it is retired and nothing uses it any more."""

    def __init__(self, client: httpx.AsyncClient, http2: bool) -> None:
        self.http2 = http2
        self._client = client
        self._users = 0
        self._retired = False
        self.answered = 0

    async def send(self, request: Request, trace: Trace | None) -> Response:
        self._users += 1
        try:
            response = await _exchange(self._client, request, trace)
            self.answered += 1
            return response
        finally:
            self._users -= 1
            if self._retired and not self._users:
                await self.close()

    async def retire(self) -> None:
        self._retired = True
        if not self._users:
            await self.close()

    async def close(self) -> None:
        try:
            await asyncio.shield(self._client.aclose())
        except _BROKEN as error:
            logging.getLogger(__name__).debug("closing a pool: %s", type(error).__name__)


async def _exchange(client: httpx.AsyncClient, request: Request, trace: Trace | None) -> Response:
    stall_s = min(STALL_TIMEOUT_S, request.timeout_s)
    limits = httpx.Timeout(stall_s, connect=min(CONNECT_TIMEOUT_S, request.timeout_s), pool=request.timeout_s)
    headers = {"user-agent": _AGENT, "accept-encoding": "gzip", **request.headers}
    now = asyncio.get_running_loop().time
    began = now()
    try:
        async with asyncio.timeout(request.timeout_s):
            outgoing = client.build_request(
                request.method,
                request.url,
                headers=headers,
                content=request.body or None,
                timeout=limits,
                extensions=None if trace is None else {"trace": trace},
            )
            answer = await client.send(outgoing, stream=True)
            head_s = now() - began
            try:
                body = await _read_bounded(answer, request)
            finally:
                await answer.aclose()
    except TimeoutError as error:
        raise TimedOut(request.host, f"no whole answer in {request.timeout_s:g} s") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
        raise DataError(request.host or "url", "not a URL that can be asked for") from error
    except _BROKEN as error:
        raise name_failure(request.host, error, is_proxied=goes_through_proxy(request.url)) from error
    fields = Headers(answer.headers.multi_items())
    is_multiplexed = answer.http_version == "HTTP/2"
    return Response(answer.status_code, fields, body, request.url, head_s, is_multiplexed)


def goes_through_proxy(url: str) -> bool:
    """Tell whether the environment names a proxy for `url`, as the HTTP library reads it."""
    parts = urlsplit(url)
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all")
    return bool(named) and not is_loopback(host_of(url)) and not proxy_bypass(parts.netloc.rpartition("@")[2])


async def _read_bounded(answer: httpx.Response, request: Request) -> bytes:
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    inflate = None
    if encoding in {"gzip", "x-gzip", "deflate"}:
        inflate = zlib.decompressobj(wbits=47)  # zlib or gzip, told by the header
    elif encoding not in {"", "identity"}:
        raise _unexpected(answer, request, "unknown content encoding")
    # A HEAD and a 304 tell the length of what they do not send.
    has_body = request.method != "HEAD" and answer.status_code not in {204, 304}
    declared = answer.headers.get("content-length", "")
    if has_body and declared.isascii() and declared.isdigit() and int(declared[:18]) > request.limit_bytes:
        raise _unexpected(answer, request, "too large")
    body = bytearray()
    chunks: AsyncIterator[bytes] = answer.aiter_raw()
    async for chunk in chunks:
        try:
            # Never inflate more than what may be kept: a few kilobytes can stand for gigabytes.
            body += chunk if inflate is None else inflate.decompress(chunk, request.limit_bytes + 1 - len(body))
        except zlib.error as error:
            raise _unexpected(answer, request, "bad compression") from error
        if len(body) > request.limit_bytes:
            raise _unexpected(answer, request, "too large")
    if inflate is not None and not inflate.eof and (body or inflate.unused_data):
        raise ConnectionBroken(request.host, "compressed body cut short")
    return bytes(body)


def _unexpected(answer: httpx.Response, request: Request, reason: str) -> UnexpectedReply:
    return UnexpectedReply(request.host, answer.status_code, message=reason)
