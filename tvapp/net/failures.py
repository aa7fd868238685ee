"""Turns failures of the HTTP library, of TLS and of the system into our network errors."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus

from tvapp.core.errors import ConnectionBroken, NetworkError, TimedOut, TlsFailed, Unreachable
from tvapp.core.proxies import PROXY
from tvapp.net.http_library import httpx
from tvapp.net.look_up import resolver_reason

_CERTIFICATE_REASONS = {
    9: "certificate not yet valid",
    10: "certificate expired",
    18: "certificate self-signed",
    19: "certificate authority not trusted",
    20: "certificate authority not trusted",
    62: "certificate for another host",
    64: "certificate for another host",
}
"""By OpenSSL's X509_V_ERR number: the reasons that an installer can do something about."""


def name_failure(host: str, error: BaseException, *, proxy: str = "") -> NetworkError:
    """Return the NetworkError for `error`, by its type and its causes.

    `proxy` is the host of the proxy that the connection had not passed yet, if there is one: the failure is the proxy's
    then, and the reason begins with that. A certificate is told with the host that showed it.
    """
    named = _named(host, error)
    if not proxy or named.reason.startswith(PROXY):
        return named
    if isinstance(named, TlsFailed):
        return TlsFailed(proxy, named.reason)
    return type(named)(host, f"{PROXY}: {named.reason}")


def _named(host: str, error: BaseException) -> NetworkError:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return TlsFailed(host, _CERTIFICATE_REASONS.get(cause.verify_code, "certificate not accepted"))
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return TimedOut(host, "no answer in time")
    if isinstance(error, httpx.ProxyError):
        return Unreachable(host, proxy_reason(str(error)))
    connecting = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
    for cause in causes:
        # A peer that closes the connection during the handshake is no failure of trust.
        if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionResetError | BrokenPipeError):
            return ConnectionBroken(host, "closed by the other side")
        if connecting and isinstance(cause, ssl.SSLError):
            return TlsFailed(host, cause.reason.lower().replace("_", " ") if cause.reason else "tls handshake failed")
        if isinstance(cause, socket.gaierror):
            return Unreachable(host, resolver_reason(cause))
        if isinstance(cause, ConnectionRefusedError):
            return Unreachable(host, "refused")
    if connecting:
        if any(type(cause).__name__ in {"EndOfStream", "BrokenResourceError"} for cause in causes):
            return ConnectionBroken(host, "closed by the other side")
        return Unreachable(host, _system_reason(causes))
    return ConnectionBroken(host, type(error).__name__)


def proxy_reason(answer: str) -> str:
    """Return the reason for the status line of a proxy that opens no way: its status, in the words of the standard.

    >>> proxy_reason("407 Give me your password")
    'proxy: 407 Proxy Authentication Required'
    """
    status = answer[:3]
    phrase = HTTPStatus(int(status)).phrase if status.isdigit() and int(status) in _STATUSES else ""
    return f"{PROXY}: {status} {phrase}".rstrip() if status.isdigit() else f"{PROXY}: no way through"


_STATUSES = frozenset(status.value for status in HTTPStatus)


def _causes(error: BaseException) -> Iterator[BaseException]:
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < 30:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting.extend(cause for cause in (current.__cause__, current.__context__) if cause is not None)


def _system_reason(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    return "no connection"
