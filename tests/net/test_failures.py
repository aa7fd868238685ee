"""What a failure of the HTTP library, of TLS or of the system is called."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from tvapp.core.errors import ConnectionBroken, NetworkError, TimedOut, TlsFailed, Unreachable
from tvapp.net.failures import name_failure
from tvapp.net.http_library import httpx

HOST = "maps.example"


def caused(error: BaseException, *causes: BaseException) -> BaseException:
    """Return `error`, caused by the first of `causes`, that by the next, and so on."""
    current = error
    for cause in causes:
        current.__cause__ = cause
        current = cause
    return error


def bad_certificate(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_code = code
    return error


def tls_error(reason: str | None) -> ssl.SSLError:
    error = ssl.SSLError("it failed")
    error.reason = reason  # type: ignore[assignment] # OpenSSL may give none
    return error


class EndOfStream(Exception):
    """Named as anyio's."""


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (httpx.ReadTimeout("x"), TimedOut, "no answer in time"),
        (TimeoutError(), TimedOut, "no answer in time"),
        (httpx.ConnectTimeout("x"), TimedOut, "no answer in time"),
        (httpx.ProxyError("403 Not from here"), Unreachable, "proxy: 403 Forbidden"),
        (caused(httpx.ConnectError("x"), socket.gaierror(-2, "unknown")), Unreachable, "no such host"),
        (caused(httpx.ConnectError("x"), OSError(), ConnectionRefusedError(111, "R")), Unreachable, "refused"),
        (
            caused(httpx.ConnectError("x"), ExceptionGroup("two", [OSError(), ConnectionRefusedError()])),
            Unreachable,
            "refused",
        ),
        (
            caused(httpx.ConnectError("x"), OSError(errno.ENETUNREACH, "Network is unreachable")),
            Unreachable,
            "network is unreachable",
        ),
        (httpx.ConnectError("x"), Unreachable, "no connection"),
        (caused(httpx.ConnectError("x"), EndOfStream()), ConnectionBroken, "closed by the other side"),
        (caused(httpx.ConnectError("x"), ssl.SSLEOFError()), ConnectionBroken, "closed by the other side"),
        (caused(httpx.ReadError("x"), ConnectionResetError()), ConnectionBroken, "closed by the other side"),
        (caused(httpx.WriteError("x"), BrokenPipeError()), ConnectionBroken, "closed by the other side"),
        (caused(httpx.ReadError("x"), EndOfStream()), ConnectionBroken, "ReadError"),
        (httpx.RemoteProtocolError("x"), ConnectionBroken, "RemoteProtocolError"),
        (caused(httpx.ConnectError("x"), tls_error("WRONG_VERSION_NUMBER")), TlsFailed, "wrong version number"),
        (caused(httpx.ConnectError("x"), tls_error(None)), TlsFailed, "tls handshake failed"),
        (caused(httpx.ReadError("x"), tls_error("BAD_RECORD_MAC")), ConnectionBroken, "ReadError"),
        (caused(httpx.ConnectError("x"), bad_certificate(9)), TlsFailed, "certificate not yet valid"),
        (caused(httpx.ConnectError("x"), bad_certificate(10)), TlsFailed, "certificate expired"),
        (caused(httpx.ConnectError("x"), bad_certificate(18)), TlsFailed, "certificate self-signed"),
        (caused(httpx.ConnectError("x"), bad_certificate(19)), TlsFailed, "certificate authority not trusted"),
        (caused(httpx.ConnectError("x"), bad_certificate(20)), TlsFailed, "certificate authority not trusted"),
        (caused(httpx.ConnectError("x"), bad_certificate(62)), TlsFailed, "certificate for another host"),
        (caused(httpx.ConnectError("x"), bad_certificate(64)), TlsFailed, "certificate for another host"),
        (caused(httpx.ConnectError("x"), bad_certificate(7)), TlsFailed, "certificate not accepted"),
        (caused(httpx.ConnectTimeout("x"), bad_certificate(10)), TlsFailed, "certificate expired"),
    ],
)
def test_a_failure_is_named_by_its_type_and_its_causes(
    error: BaseException, kind: type[NetworkError], reason: str
) -> None:
    named = name_failure(HOST, error)
    assert (type(named), named.host, named.reason) == (kind, HOST, reason)


def test_before_a_proxy_is_passed_a_failure_is_the_proxys() -> None:
    refused = caused(httpx.ConnectError("x"), ConnectionRefusedError())
    assert name_failure(HOST, refused, proxy="gate").reason == "proxy: refused"
    broken = name_failure(HOST, httpx.RemoteProtocolError("x"), proxy="gate")
    assert (type(broken), broken.host, broken.reason) == (ConnectionBroken, HOST, "proxy: RemoteProtocolError")
    late = name_failure(HOST, httpx.ReadTimeout("x"), proxy="gate")
    assert (type(late), late.reason) == (TimedOut, "proxy: no answer in time")
    untrusted = name_failure(HOST, caused(httpx.ConnectError("x"), bad_certificate(10)), proxy="gate")
    assert (type(untrusted), untrusted.host, untrusted.reason) == (TlsFailed, "gate", "certificate expired")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("407 tv:secret?", "proxy: 407 Proxy Authentication Required"),
        ("403", "proxy: 403 Forbidden"),
        ("799 x", "proxy: 799"),
        ("", "proxy: no way through"),
        ("nonsense", "proxy: no way through"),
    ],
)
def test_a_proxy_has_no_words_of_its_own(answer: str, reason: str) -> None:
    for proxy in ("", "gate"):
        assert name_failure(HOST, httpx.ProxyError(answer), proxy=proxy).reason == reason


def test_causes_that_go_round_in_a_circle_come_to_an_end() -> None:
    error, other = httpx.ConnectError("x"), OSError()
    error.__cause__, other.__context__ = other, error
    assert type(name_failure(HOST, error)) is Unreachable
