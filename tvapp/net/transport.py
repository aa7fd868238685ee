"""The transport: sends an HTTP request and returns the whole, bounded response or one of our errors.

The innermost link of the chain (`net.chain`). It lives on the io thread. It speaks HTTP/2 where the server offers it,
follows no redirects, keeps no cookies and repeats nothing, with one exception: a GET on a kept connection that the
server has closed meanwhile is sent again on a new one (RFC 9110, 9.2.2).
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import ssl
from collections.abc import Callable
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy

from tvapp.core.clock import Clock
from tvapp.core.errors import ConnectionBroken, DataError, NetworkError, TimedOut, TlsFailed, Unreachable
from tvapp.core.log import Log
from tvapp.core.proxies import BadProxy, Outbound, Proxy
from tvapp.core.urls import origin_of
from tvapp.net.connecting import ConnectTrace
from tvapp.net.http_library import httpx
from tvapp.net.http_versions import HttpVersions
from tvapp.net.pool import POISON, Pool
from tvapp.net.request import Request, Response
from tvapp.net.trust import trust

_LIMITS = httpx.Limits(max_connections=16, max_keepalive_connections=12, keepalive_expiry=55.0)
_SENDABLE = re.compile(r"[!-~]+")

Listener = Callable[[str, NetworkError | None], None]
"""Receives the origin after each request, and the error or None; called on the io thread."""


class HttpClient:
    """Sends requests through one pool of connections for each origin.

    `outbound` says whom to trust and which proxy to use; proxies may come from the environment.
    """

    def __init__(self, *, outbound: Outbound, clock: Clock, log: Log) -> None:
        self._outbound = outbound
        self._told: set[str] = set()  # proxies that have been logged
        self._clock = clock
        self._log = log
        self._pools: dict[str, Pool] = {}
        self._open: set[Pool] = set()  # those of `_pools`, and retired ones that are still in use
        self._versions = HttpVersions()
        self._context: ssl.SSLContext | None = None
        self._listeners: list[Listener] = []
        self._retiring: set[asyncio.Task[None]] = set()
        self._is_closed = False
        # At DEBUG these write every header, credentials included.
        for name in ("httpx", "httpcore", "hpack", "h2"):
            logging.getLogger(name).setLevel(logging.WARNING)

    def listen(self, listener: Listener) -> None:
        """Pass the outcome of every request to `listener`, until the client is closed."""
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
            self._notify(origin, error)
            raise
        self._notify(origin, None)
        return response

    async def aclose(self) -> None:
        """Fail what is under way, close all connections and refuse further requests."""
        self._is_closed = True
        self._pools.clear()
        await asyncio.gather(*(pool.abort() for pool in self._open))
        self._open.clear()

    def drop_connections(self) -> None:
        """Use new connections from now on, because the present ones have probably died unnoticed. On the io thread."""
        self._versions.forget()
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            task = asyncio.get_running_loop().create_task(pool.retire())
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    def _notify(self, origin: str, error: NetworkError | None) -> None:
        if self._is_closed:
            return  # a request that was aborted says nothing about its host
        for listener in self._listeners:
            listener(origin, error)

    async def _send(self, request: Request) -> Response:
        origin = origin_of(request.url)
        now = asyncio.get_running_loop().time
        began = now()
        try:
            async with asyncio.timeout(request.timeout_s):
                is_first = await self._versions.is_first(origin)
        except TimeoutError as error:
            raise TimedOut(request.host, f"no connection in {request.timeout_s:g} s") from error
        if not is_first:
            waited_s = round(now() - began, 2)
            trace = ConnectTrace(waited_s=waited_s)
            return await self._try(replace(request, timeout_s=request.timeout_s - waited_s), origin, trace)
        trace = ConnectTrace(lambda is_http2: self._versions.found(origin, is_http2))
        try:
            response = await self._try(request, origin, trace)
            self._versions.found(origin, response.is_multiplexed)
            return response
        finally:
            self._versions.found(origin, None)

    async def _try(self, request: Request, origin: str, trace: ConnectTrace) -> Response:
        for attempt in (0, 1):
            pool = await self._pool(request.host, origin)
            was_used = pool.has_answered
            try:
                return await pool.send(request, trace)
            except ConnectionBroken as error:
                await self._retire(origin, pool)
                if isinstance(error.__cause__, POISON):
                    # The other streams of that connection would wait for answers that were lost with this one's.
                    await pool.close()
                # Kept connections die unnoticed (idle time-outs, a NAT, a restarted server).
                if attempt or not was_used or request.method not in {"GET", "HEAD"}:
                    raise
            except TlsFailed:
                # The bundle may have been replaced meanwhile: read it again next time.
                self._context = None
                await self._retire(origin, pool)
                raise
            except BaseException:
                # httpcore 1.0 does not reset an HTTP/2 stream that is given up: the rest of its body would use up the
                # connection's flow-control window. New requests get new connections, the other streams may finish.
                await self._retire(origin, pool)
                raise
        raise AssertionError("unreachable")

    async def _pool(self, host: str, origin: str) -> Pool:
        pool, http2 = self._pools.get(origin), self._versions.may_multiplex(origin)
        if pool is not None and pool.http2 and not http2:
            # It offers HTTP/2, which this host turned out not to speak.
            del self._pools[origin]
            await pool.retire()
            pool = self._pools.get(origin)
        if pool is None:
            if self._is_closed:
                raise Unreachable(host, "shutting down")
            pool = self._pools[origin] = self._new_pool(host, origin, http2)
            self._open = {other for other in self._open if not other.is_closed} | {pool}
        return pool

    async def _retire(self, origin: str, pool: Pool) -> None:
        if self._pools.get(origin) is pool:
            del self._pools[origin]
            self._versions.forget(origin)
        await pool.retire()

    def _new_pool(self, host: str, origin: str, http2: bool) -> Pool:
        context = self._context = self._context or trust(self._outbound.ca_bundles, host)
        proxy = self._proxy_for(origin)
        client = httpx.AsyncClient(
            verify=context,
            http2=http2,
            trust_env=False,
            proxy=None if proxy is None else self._way_to(proxy),
            limits=_LIMITS,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )
        return Pool(client, http2=http2, proxy="" if proxy is None else proxy.host)

    def _proxy_for(self, origin: str) -> Proxy | None:
        try:
            proxy = self._outbound.rules_in(os.environ).proxy_for(origin)
        except BadProxy as error:
            self._log.event("proxy.ignored", level="warning", reason=str(error))
            return None
        if proxy is not None and proxy.url not in self._told:
            self._told.add(proxy.url)
            source = "environment" if self._outbound.rules is None else "configuration"
            self._log.event("proxy.used", proxy=proxy.url, source=source)
        return proxy

    def _way_to(self, proxy: Proxy) -> httpx.Proxy:
        # A context of its own: httpcore sets what it offers the proxy, and what it offers the host, on the contexts.
        context = trust(self._outbound.ca_bundles, proxy.host) if proxy.url.startswith("https:") else None
        login = (proxy.username, proxy.password) if proxy.username else None
        return httpx.Proxy(proxy.url, ssl_context=context, auth=login)
