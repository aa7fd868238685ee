"""The wrapper around every endpoint: it applies faults and records requests.

A reset is a real one (the socket is closed and unsent data discarded), a truncated body really ends early.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Literal
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from tvapp.localcloud.aadsts import error_response
from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.faults import Fault, Recorded
from tvapp.localcloud.maps_errors import maps_error

Handler = Callable[[Request, float], Awaitable[Response]]
"""Takes the request and the skew of its tokens' times."""
Shape = Literal["entra", "maps", "page"]

TRANSPORT = "transport"
"""Where the server leaves the connection's transport in the request's state."""
DRIP_PIECES = 20
CHUNK = 64 * 1024
MAX_FORM = 64 * 1024
SECRET_QUERY = frozenset({"subscription-key", "user_code", "code", "token", "sig"})
RECORDED_HEADERS = frozenset(
    {"user-agent", "accept", "accept-language", "content-type", "content-length", "if-none-match", "if-modified-since",
     "x-ms-client-id", "client-request-id", "x-ms-client-request-id", "host", "cache-control", "if-match"}
)  # fmt: skip
PORTAL = """<!doctype html><html><head><title>Guest Wi-Fi</title></head><body><h1>Welcome to the guest network</h1>
<p>Please accept the terms of use to go on.</p><form><button>Accept</button></form></body></html>"""


def wired(cloud: Cloud, endpoint: str, shape: Shape, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return the Starlette endpoint for `handler`, known to the switchboard as `endpoint`.

    Requests to "token" with a refresh grant count as "refresh".
    """

    async def serve(request: Request) -> Response:
        values = await _values(request)
        name = "refresh" if endpoint == "token" and values.get("grant_type") == "refresh_token" else endpoint
        fault = cloud.switchboard.take(name, values, request.method, request.url.path) or Fault()
        traffic = cloud.switchboard.traffic[name]
        started = time.perf_counter()
        traffic.in_flight += 1
        traffic.most_in_flight = max(traffic.most_in_flight, traffic.in_flight)
        status = 0

        def done() -> None:
            traffic.in_flight -= 1
            traffic.count += 1
            traffic.statuses[status] += 1
            cloud.ledger.note(name, request.query_params, status, cloud.wall())
            traffic.recent.append(
                Recorded(
                    traffic.count,
                    cloud.now(),
                    request.method,
                    request.url.path,
                    {key: "…" if key in SECRET_QUERY else value for key, value in request.query_params.items()},
                    _recorded_headers(request.headers),
                    status,
                    round((time.perf_counter() - started) * 1000, 1),
                    fault != Fault(),
                    values.get("scope", ""),
                )
            )

        try:
            if fault.delay_s:
                await asyncio.sleep(fault.delay_s)
            if fault.answers_itself():
                response = _fault_response(cloud, fault, shape, request)
            else:
                response = await handler(request, fault.clock_skew_s)
        except BaseException:
            done()
            raise
        status = 0 if fault.reset == "before" else response.status_code
        _dress(cloud, response, fault)
        return WireResponse(response, fault, done)

    return serve


class WireResponse(Response):
    """Sends another response with the damage of a fault."""

    def __init__(self, inner: Response, fault: Fault, done: Callable[[], None]) -> None:
        self.inner = inner
        self.fault = fault
        self.done = done
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._send(scope, send)
        finally:
            self.done()

    async def _send(self, scope: Scope, send: Send) -> None:
        fault, inner = self.fault, self.inner
        if fault.reset in ("before", "after"):
            await _cut(scope)
            return
        body = bytes(inner.body)
        if fault.bad_bytes:
            # Never the beginning of a text, which could pass for a page.
            body = b"\xff" + secrets.token_bytes(max(len(body), 16) - 1)
        length = fault.oversized_bytes or len(body)
        headers = [(key, value) for key, value in inner.raw_headers if key != b"content-length"]
        if inner.status_code not in (204, 304):
            headers.append((b"content-length", str(length).encode()))
        await send({"type": "http.response.start", "status": inner.status_code, "headers": headers})
        if scope["method"] == "HEAD" or inner.status_code in (204, 304):
            await send({"type": "http.response.body", "body": b""})
            return
        if fault.reset == "headers":
            await send({"type": "http.response.body", "body": b"", "more_body": True})
            await asyncio.sleep(0.02)
            await _cut(scope)
            return
        if fault.truncate:
            part = min(len(body) - 1, int(len(body) * min(fault.truncate, 1.0)))
            await send({"type": "http.response.body", "body": body[:part], "more_body": True})
            _transport(scope).close()
            return
        if fault.oversized_bytes:
            await _send_filler(send, length)
            return
        if fault.drip_s and body:
            size = -(-len(body) // DRIP_PIECES)
            for start in range(0, len(body), size):
                await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
                await asyncio.sleep(fault.drip_s / DRIP_PIECES)
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.body", "body": body})


def recorded_json(recorded: Recorded) -> dict[str, object]:
    """Return a recorded request as JSON-able values."""
    return asdict(recorded)


async def _send_filler(send: Send, length: int) -> None:
    left = length
    while left > 0:
        size = min(left, CHUNK)
        left -= size
        await send({"type": "http.response.body", "body": bytes(size), "more_body": left > 0})


async def _values(request: Request) -> dict[str, str]:
    values = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = await request.body()
        if len(body) <= MAX_FORM:
            values.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return values


async def form_values(request: Request) -> dict[str, str]:
    """Return the fields of a urlencoded form; empty for anything else."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    body = await request.body()
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)) if len(body) <= MAX_FORM else {}


def _recorded_headers(headers: Mapping[str, str]) -> dict[str, str]:
    kept = {key: value for key, value in headers.items() if key in RECORDED_HEADERS}
    if authorization := headers.get("authorization"):
        kept["authorization"] = authorization.split(" ", 1)[0] + " …"
    if "subscription-key" in headers:
        kept["subscription-key"] = "…"
    return kept


def _fault_response(cloud: Cloud, fault: Fault, shape: Shape, request: Request) -> Response:
    if fault.html:
        return HTMLResponse(fault.body or PORTAL, fault.status or 200)
    if fault.body is not None:
        return Response(fault.body, fault.status or 500, media_type=fault.content_type or "text/plain")
    if shape == "entra" and (fault.aadsts or fault.error or fault.status < 500):
        correlation_id = request.headers.get("client-request-id", "")
        return error_response(
            cloud.wall(),
            fault.aadsts or None,
            error=fault.error or ("temporarily_unavailable" if fault.status == 429 and not fault.aadsts else ""),
            correlation_id=correlation_id,
            status=fault.status or None,
        )
    if shape == "maps":
        return maps_error(fault.status or 500, fault.error or "", "A fault of the local cloud.")
    return Response("", fault.status or 500)


def _dress(cloud: Cloud, response: Response, fault: Fault) -> None:
    response.headers["date"] = cloud.http_date(fault.clock_skew_s)
    if fault.content_type:
        response.headers["content-type"] = fault.content_type
    if fault.retry_after.startswith("date:"):
        response.headers["retry-after"] = cloud.http_date(float(fault.retry_after.removeprefix("date:")))
    elif fault.retry_after:
        response.headers["retry-after"] = fault.retry_after
    for key, value in fault.headers.items():
        response.headers[key] = value


def _transport(scope: Scope) -> asyncio.Transport:
    transport = scope["state"][TRANSPORT]
    assert isinstance(transport, asyncio.Transport)
    return transport


async def _cut(scope: Scope) -> None:
    transport = _transport(scope)
    sock = transport.get_extra_info("socket")
    if sock is not None:
        # Lingering for zero seconds makes the kernel send RST instead of FIN.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    # Nothing may be written until the loop has reported the lost connection.
    await asyncio.sleep(0.01)
