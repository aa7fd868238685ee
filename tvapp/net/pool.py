"""The connections to one origin, and the exchange of one request and response through them."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Callable

import h2.exceptions
import hpack.exceptions
import hyperframe.exceptions

from tvapp.core.errors import ConnectionBroken, DataError, TimedOut, UnexpectedReply
from tvapp.core.headers import Headers
from tvapp.core.proxies import PROXY
from tvapp.net.connecting import ConnectTrace
from tvapp.net.failures import name_failure
from tvapp.net.http_library import httpx
from tvapp.net.request import Request, Response

CONNECT_TIMEOUT_S = 10.0
SLOWEST_BYTES_S = 512
"""A body that comes at this pace or faster is waited for beyond the time-out of the request, which would otherwise be
sent again and fetch the same bytes, on a link that is even busier."""
MOST_EXTENSION = 8
"""A response takes no longer than this many times the time-out of its request."""
ABORT_TIMEOUT_S = 1.0
"""How long to wait for aborted requests to let go of their connections."""

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
POISON = (h2.exceptions.H2Error, hpack.exceptions.HPACKError, httpx.LocalProtocolError, KeyError)
"""Causes after which the other streams of an HTTP/2 connection would wait for responses that are lost."""


class Pool:
    """One httpx client, which closes itself once it is retired and no request uses it any more.

    `proxy` is the host of the proxy that the client goes through; empty: none.
    """

    def __init__(self, client: httpx.AsyncClient, *, http2: bool, proxy: str = "") -> None:
        self.http2 = http2
        self._proxy = proxy
        self.has_answered = False
        """Whether a request has been answered."""
        self.is_closed = False
        self._client = client
        self._deadlines: set[asyncio.Timeout] = set()  # one of each request under way
        self._unused = asyncio.Event()
        self._is_retired = False
        self._is_aborted = False

    async def send(self, request: Request, trace: ConnectTrace) -> Response:
        """Send a request and return its whole response; errors are those of Sender."""
        try:
            response = await self._exchange(request, trace)
            self.has_answered = True
            return response
        finally:
            if not self._deadlines:
                self._unused.set()
                if self._is_retired:
                    await self.close()

    async def retire(self) -> None:
        """Close once the requests under way have ended."""
        self._is_retired = True
        if not self._deadlines:
            await self.close()

    async def abort(self) -> None:
        """Fail the requests under way with ConnectionBroken, those still connecting included, and close."""
        self._is_aborted = True
        self._unused.clear()
        for deadline in self._deadlines:
            if not deadline.expired():
                deadline.reschedule(asyncio.get_running_loop().time())
        if self._deadlines:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._unused.wait(), ABORT_TIMEOUT_S)
        await self.close()

    async def close(self) -> None:
        """Close all connections that have been made; httpx leaves alone those that are being made."""
        self.is_closed = True
        with contextlib.suppress(*_BROKEN):  # a connection that breaks now is closed as well
            await asyncio.shield(self._client.aclose())

    async def _exchange(self, request: Request, trace: ConnectTrace) -> Response:
        stall_s = min(request.silence_s, request.timeout_s)
        # The deadline bounds the wait for a connection that is in use.
        limits = httpx.Timeout(stall_s, connect=min(CONNECT_TIMEOUT_S, request.timeout_s), pool=None)
        headers = {"user-agent": _AGENT, "accept-encoding": "gzip", **request.headers}
        now = asyncio.get_running_loop().time
        began = now()
        limit_s = request.timeout_s
        trace.is_proxied = bool(self._proxy)

        def progressed(received: int) -> None:
            nonlocal limit_s
            limit_s = min(request.timeout_s + received // SLOWEST_BYTES_S, request.timeout_s * MOST_EXTENSION)
            if not self._is_aborted:
                deadline.reschedule(began + limit_s)

        try:
            async with self._deadline(request.timeout_s) as deadline:
                outgoing = self._client.build_request(
                    request.method,
                    request.url,
                    headers=headers,
                    content=request.body or None,
                    timeout=limits,
                    extensions={"trace": trace},
                )
                answer = await self._client.send(outgoing, stream=True)
                head_s = now() - began
                try:
                    body = await _read_bounded(answer, request, progressed)
                finally:
                    await answer.aclose()
        except TimeoutError as error:
            if self._is_aborted:
                raise ConnectionBroken(request.host, "shutting down") from error
            reason = f"no whole answer in {round(limit_s + trace.waited_s, 2):g} s"
            raise TimedOut(request.host, f"{PROXY}: {reason}" if trace.is_at_proxy else reason) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
            raise DataError(request.host or "url", "not a URL that can be asked for") from error
        except _BROKEN as error:
            raise name_failure(request.host, error, proxy=self._proxy if trace.is_at_proxy else "") from error
        fields = Headers(answer.headers.multi_items())
        is_multiplexed = answer.http_version == "HTTP/2"
        return Response(answer.status_code, fields, body, request.url, head_s, is_multiplexed)

    @contextlib.asynccontextmanager
    async def _deadline(self, timeout_s: float) -> AsyncIterator[asyncio.Timeout]:
        async with asyncio.timeout(timeout_s) as deadline:
            self._deadlines.add(deadline)
            try:
                yield deadline
            finally:
                self._deadlines.discard(deadline)


async def _read_bounded(answer: httpx.Response, request: Request, progressed: Callable[[int], None]) -> bytes:
    """Read the body; call `progressed` with the number of bytes that have come so far, as they were sent."""
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    inflate = None
    if encoding in {"gzip", "x-gzip", "deflate"}:
        inflate = zlib.decompressobj(wbits=47)  # zlib or gzip, as the header says
    elif encoding not in {"", "identity"}:
        raise _unexpected(answer, request, "unknown content encoding")
    # A HEAD and a 304 carry the length of a body that is not sent.
    has_body = request.method != "HEAD" and answer.status_code not in {204, 304}
    declared = answer.headers.get("content-length", "")
    if has_body and declared.isascii() and declared.isdigit() and int(declared[:18]) > request.limit_bytes:
        raise _unexpected(answer, request, "too large")
    body = bytearray()
    received = 0
    chunks: AsyncIterator[bytes] = answer.aiter_raw()
    async for chunk in chunks:
        received += len(chunk)
        progressed(received)
        try:
            # Never inflate more than the limit: a few kilobytes can stand for gigabytes.
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
