import asyncio
import gzip
import logging
import socket
import ssl
import subprocess
import sys
import time
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import h2.config
import h2.connection
import h2.events
import pytest

from tests.net.raw import Authority, Handler, answer, make_authority, raw_server, serving
from tvapp.core.clock import ManualClock
from tvapp.core.errors import (
    ConnectionBroken,
    DataError,
    NetworkError,
    TimedOut,
    TlsFailed,
    TvappError,
    UnexpectedReply,
    Unreachable,
)
from tvapp.core.headers import Headers
from tvapp.core.io_loop import IoLoop
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import NO_SOCKS, Outbound
from tvapp.core.urls import origin_of, with_query
from tvapp.net.request import Request, Response
from tvapp.net.transport import HttpClient


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("trusted"))


def run(work: Callable[[HttpClient], Awaitable[None]], *, ca: str = "", log: RecordingLog | None = None) -> None:
    async def main() -> None:
        http = HttpClient(outbound=Outbound.trusting(ca), clock=ManualClock(), log=log or RecordingLog())
        try:
            await work(http)
        finally:
            await http.aclose()

    asyncio.run(main())


def outcome(
    *script: bytes | Handler,
    ca: str = "",
    tls: ssl.SSLContext | None = None,
    timeout_s: float = 5.0,
    silence_s: float = 15.0,
    limit_bytes: int = 1 << 20,
) -> Response | TvappError:
    """What one GET of a server with this script ends with."""
    result: list[Response | TvappError] = []

    async def work(http: HttpClient) -> None:
        async with raw_server(*script, tls=tls) as server:
            request = Request("GET", server.url + "/x", limit_bytes=limit_bytes, timeout_s=timeout_s)
            try:
                result.append(await http.send(replace(request, silence_s=silence_s)))
            except TvappError as error:
                result.append(error)

    run(work, ca=ca)
    return result[0]


def test_a_whole_answer_comes_back_with_its_status_fields_and_body() -> None:
    response = outcome(answer(b"hello", "404 Not Found", Content_Type="text/plain"))
    assert isinstance(response, Response)
    assert (response.status, response.body, response.headers["content-type"]) == (404, b"hello", "text/plain")
    assert response.host == "localhost"


def test_nobody_listening_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def work(http: HttpClient) -> None:
        with pytest.raises(Unreachable) as caught:
            await http.send(Request("GET", f"https://localhost:{port}/", timeout_s=5))
        assert caught.value.host == "localhost"

    run(work)


def test_a_name_that_does_not_exist_is_unreachable_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_host(*args: object, **kwargs: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)

    async def work(http: HttpClient) -> None:
        with pytest.raises(Unreachable, match=r"no such host$"):
            await http.send(Request("GET", "https://nowhere.example/", timeout_s=5))

    run(work)


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()


async def _announce_much_and_send_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n")
    await writer.drain()
    await reader.read()


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf")
    await writer.drain()


async def _half_gzip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = gzip.compress(b"hello" * 100, mtime=0)[:-8]
    writer.write(answer(body, Content_Encoding="gzip"))
    await writer.drain()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (_say_nothing, TimedOut("localhost", "no whole answer in 0.25 s")),
        (_drip, TimedOut("localhost", "no whole answer in 0.25 s")),
        (_reset, ConnectionBroken("localhost", "closed by the other side")),
        (_hang_up, ConnectionBroken("localhost", "RemoteProtocolError")),
        (_half, ConnectionBroken("localhost", "RemoteProtocolError")),
        (_half_gzip, ConnectionBroken("localhost", "compressed body cut short")),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", ConnectionBroken("localhost", "RemoteProtocolError")),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: nonsense\r\n\r\n",
            ConnectionBroken("localhost", "RemoteProtocolError"),
        ),
        (
            b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 40000 + b"\r\n",
            ConnectionBroken("localhost", "RemoteProtocolError"),
        ),
        (_announce_much_and_send_nothing, UnexpectedReply("localhost", 200, message="too large")),
        (answer(b"x" * 1001), UnexpectedReply("localhost", 200, message="too large")),
        (
            answer(b"x" * 1001, content_length="", connection="close"),
            UnexpectedReply("localhost", 200, message="too large"),
        ),
        (
            answer(gzip.compress(bytes(50_000_000), mtime=0), content_encoding="gzip"),
            UnexpectedReply("localhost", 200, message="too large"),
        ),
        (
            answer(gzip.compress(bytes(1001), mtime=0), content_encoding="gzip"),
            UnexpectedReply("localhost", 200, message="too large"),
        ),
        (
            answer(b"not gzip at all", "404 Not Found", content_encoding="gzip"),
            UnexpectedReply("localhost", 404, message="bad compression"),
        ),
        (
            answer(b"x", content_encoding="br"),
            UnexpectedReply("localhost", 200, message="unknown content encoding"),
        ),
    ],
)
def test_each_way_of_failing_has_its_name(script: bytes | Handler, expected: NetworkError | UnexpectedReply) -> None:
    timeout_s = 0.25 if isinstance(expected, TimedOut) else 60.0
    result = outcome(script, timeout_s=timeout_s, limit_bytes=1000)
    assert (type(result), str(result)) == (type(expected), str(expected))


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "X-GZip", " deflate "])
def test_a_body_of_exactly_the_limit_is_taken_in_every_encoding(encoding: str) -> None:
    body = bytes(range(250)) * 4
    form = encoding.strip().lower()
    packed = gzip.compress(body, mtime=0) if "gzip" in form else zlib.compress(body) if form == "deflate" else body

    async def until_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(packed, content_encoding=encoding, content_length=""))
        await writer.drain()

    for script in (answer(packed, content_encoding=encoding), until_the_end):
        response = outcome(script, limit_bytes=1000)
        assert isinstance(response, Response), repr(response)
        assert response.body == body


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_body_in_many_parts_is_put_together(encoding: str) -> None:
    body = Random(1).randbytes(300_000)
    response = outcome(answer(gzip.compress(body, mtime=0) if encoding else body, content_encoding=encoding))
    assert isinstance(response, Response), repr(response)
    assert response.body == body
    assert 0.0 < response.head_s < 60.0, "the time until the head arrived"


def test_an_empty_body_needs_no_compression() -> None:
    response = outcome(answer(b"", content_encoding="gzip"))
    assert isinstance(response, Response)
    assert response.body == b""


def test_a_request_says_who_asks_and_what_it_takes_and_carries_its_fields_and_body() -> None:
    bodies: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await reader.readexactly(4))
        writer.write(answer(b"ok"))
        await writer.drain()

    async def work(http: HttpClient) -> None:
        async with raw_server(take, answer(b"")) as server:
            await http.send(Request("PUT", server.url + "/x?y=1", Headers({"If-Match": '"1"'}), b"body"))
            await http.send(Request("GET", server.url, Headers({"user-agent": "other"})))
            put, get = (head.lower().split("\r\n") for head in server.heads)
            assert put[0] == "put /x?y=1 http/1.1"
            assert {"user-agent: tvapp", "accept-encoding: gzip", 'if-match: "1"', "content-length: 4"} <= set(put)
            assert "user-agent: other" in get
            assert not any(line.startswith("content-length") for line in get)

    run(work)
    assert bodies == [b"body"]


async def _half_and_then_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf")
    await writer.drain()
    await reader.read()


@pytest.mark.parametrize("silent", [_say_nothing, _half_and_then_nothing])
def test_silence_is_given_up_long_before_the_time_for_the_whole_is_over(silent: Handler) -> None:
    result = outcome(silent, timeout_s=3600.0, silence_s=0.1)
    assert isinstance(result, TimedOut)
    assert result.reason == "no answer in time"


def test_a_body_that_comes_slowly_but_steadily_is_waited_for() -> None:
    async def slow_link(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 8192\r\n\r\n")
        for _ in range(8):
            await asyncio.sleep(0.2)
            writer.write(bytes(1024))
            await writer.drain()

    response = outcome(slow_link, timeout_s=1.0)
    assert isinstance(response, Response)
    assert len(response.body) == 8192


def test_an_answer_that_came_while_the_loop_was_late_is_no_timeout() -> None:
    def hold_up() -> None:
        time.sleep(0.5)  # client and server share the loop: a slow CPU to both

    async def answer_and_hold_up_the_loop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"in time"))
        hold_up()

    async def work() -> Response:
        http = HttpClient(outbound=Outbound(), clock=ManualClock(), log=RecordingLog())
        try:
            async with raw_server(answer_and_hold_up_the_loop) as server:
                return await http.send(Request("GET", server.url, timeout_s=0.25))
        finally:
            await http.aclose()

    with asyncio.Runner(loop_factory=IoLoop) as runner:
        assert runner.run(work()).body == b"in time"


@pytest.mark.parametrize(("size", "reason"), [(511, "no whole answer in 1 s"), (512, "no answer in time")])
def test_each_half_kilobyte_is_worth_a_second_more(size: int, reason: str) -> None:
    async def stop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n" + bytes(size))
        await reader.read(-1)

    result = outcome(stop, timeout_s=1.0)
    assert isinstance(result, TimedOut)
    assert result.reason == reason, "with more time the silence ends it"


def test_a_body_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvapp.net.pool.MOST_EXTENSION", 2)

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(bytes(4096))
            await writer.drain()
            await asyncio.sleep(0.01)

    assert str(outcome(endless, timeout_s=1.0)) == str(TimedOut("localhost", "no whole answer in 2 s"))


def test_a_compressed_body_is_inflated() -> None:
    response = outcome(answer(gzip.compress(b"hello" * 100, mtime=0), content_encoding="gzip"))
    assert isinstance(response, Response)
    assert response.body == b"hello" * 100


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", "200 OK"), ("GET", "304 Not Modified"), ("GET", "204 No Content")]
)
def test_the_length_of_what_is_not_sent_does_not_count(method: str, status: str) -> None:
    async def work(http: HttpClient) -> None:
        async with raw_server(answer(b"", status, content_length="", Content_Length="99999999")) as server:
            response = await http.send(Request(method, server.url, limit_bytes=10))
            assert response.body == b""

    run(work)


def test_a_redirect_is_an_answer_like_any_other() -> None:
    response = outcome(answer(b"", "302 Found", location="https://elsewhere.example/"))
    assert isinstance(response, Response)
    assert response.status == 302


def test_cookies_are_not_kept() -> None:
    async def work(http: HttpClient) -> None:
        async with raw_server(answer(b"", set_cookie="spy=1; Path=/")) as server:
            await http.send(Request("GET", server.url))
            await http.send(Request("GET", server.url))
            assert not any("cookie" in head.lower() for head in server.heads)

    run(work)


def test_a_url_that_makes_no_sense_is_a_data_error() -> None:
    async def work(http: HttpClient) -> None:
        for url, source in (
            ("https://[::1", "url"),
            ("gopher://example.com/", "example.com"),
            ("no url", "url"),
            ("https://exa mple.com/", "exa mple.com"),
            ("https://example.com/a b", "example.com"),
            ("https://xn--/", "xn--"),  # no name that IDNA knows
            ("https://ex\u00e4mple.com/", "ex\u00e4mple.com"),
        ):
            with pytest.raises(DataError) as caught:
                await http.send(Request("GET", url))
            assert (caught.value.source, caught.value.reason) == (source, "not a URL that can be asked for")

    run(work)


def test_the_configured_bundle_is_trusted_whatever_the_environment_says(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_authority(tmp_path / "other")
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(other.ca_file))
    assert isinstance(outcome(answer(), ca=str(authority.ca_file), tls=authority.server), Response)


def test_without_a_configured_bundle_the_environment_counts(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.ca_file))
    assert isinstance(outcome(answer(), tls=authority.server), Response)


@pytest.mark.parametrize("case", ["unknown authority", "other host", "expired", "no bundle", "no TLS at all"])
def test_tls_failures_are_told_apart(case: str, authority: Authority, tmp_path: Path) -> None:
    reasons = {
        "unknown authority": "certificate authority not trusted",
        "other host": "certificate for another host",
        "expired": "certificate expired",
        "no bundle": f"cannot read the certificate bundle {tmp_path / 'missing.pem'}",
        "no TLS at all": "wrong version number",
    }
    ca, tls = str(authority.ca_file), authority.server
    if case == "other host":
        made = make_authority(tmp_path / "x", host="elsewhere.example")
        ca, tls = str(made.ca_file), made.server
    elif case == "expired":
        made = make_authority(tmp_path / "x", days=-1)
        ca, tls = str(made.ca_file), made.server
    elif case == "unknown authority":
        ca = ""
    elif case == "no bundle":
        ca = str(tmp_path / "missing.pem")
    result = outcome(answer(), ca=ca, tls=tls) if case != "no TLS at all" else _https_to_plain()
    assert isinstance(result, TlsFailed)
    assert reasons[case] == result.reason


def _https_to_plain() -> Response | TvappError:
    result: list[TvappError] = []

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async def work(http: HttpClient) -> None:
        async with serving(plain) as port:
            with pytest.raises(NetworkError) as caught:
                await http.send(Request("GET", f"https://127.0.0.1:{port}/"))
        result.append(caught.value)

    run(work)
    return result[0]


def test_a_proxy_from_the_environment_is_used_but_not_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(http: HttpClient) -> None:
        async with raw_server(answer(b"from proxy")) as proxy, raw_server(answer(b"direct")) as server:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            far = await http.send(Request("GET", "http://maps.example/x"))
            near = await http.send(Request("GET", server.url))
            assert (far.body, near.body) == (b"from proxy", b"direct")

    run(work)


def test_a_proxy_that_is_no_url_is_ignored_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks9://user:pass@a:1")
    log = RecordingLog()

    async def work(http: HttpClient) -> None:
        with pytest.raises(NetworkError):
            await http.send(Request("GET", "https://maps.invalid/", timeout_s=3))

    def no_such_host(*args: object, **kwargs: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    run(work, log=log)
    assert log.named("proxy.ignored") == [{"reason": NO_SOCKS}]
    assert log.at_level("warning") == ["proxy.ignored"]
    (failed,) = log.named("http.failed")
    assert failed == {"host": "maps.invalid", "error": "Unreachable", "reason": failed["reason"]}
    assert str(failed["reason"]).endswith("no such host")
    assert log.at_level("debug") == ["http.failed"]
    assert "pass" not in str(log.events)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_kept_connection_that_died_costs_nothing(method: str) -> None:
    async def work(http: HttpClient) -> None:
        async with raw_server(answer(b""), _hang_up, answer(b"", "201 Created")) as server:
            first = await http.send(Request("GET", server.url))
            second = await http.send(Request(method, server.url))
            assert (first.status, second.status) == (200, 201)
            assert len(server.heads) == 3

    run(work)


def test_a_connection_that_dies_twice_or_was_never_used_is_not_tried_again() -> None:
    async def work(http: HttpClient) -> None:
        async with raw_server(_hang_up) as server:
            with pytest.raises(ConnectionBroken):
                await http.send(Request("GET", server.url))
            assert len(server.heads) == 1
        async with raw_server(answer(b"1"), _hang_up) as server:
            await http.send(Request("GET", server.url))
            with pytest.raises(ConnectionBroken):
                await http.send(Request("GET", server.url))
            assert len(server.heads) == 3

    run(work)


def test_a_request_that_was_given_up_takes_its_connection_with_it() -> None:
    async def work(http: HttpClient) -> None:
        async with raw_server(answer(b"1"), _say_nothing, answer(b"2")) as server:
            await http.send(Request("GET", server.url))
            with pytest.raises(TimedOut):
                await http.send(Request("GET", server.url, timeout_s=0.1))
            assert (await http.send(Request("GET", server.url))).body == b"2"
            assert server.connections == 2

    run(work)


def test_whoever_waits_for_the_first_connection_waits_no_longer_than_its_own_time() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read()
        finally:
            writer.close()

    async def work(http: HttpClient) -> None:
        async with serving(mute) as port:
            url = f"https://localhost:{port}/"
            first = asyncio.create_task(http.send(Request("GET", url, timeout_s=60)))
            await asyncio.sleep(0)
            with pytest.raises(TimedOut) as caught:
                await http.send(Request("GET", url, timeout_s=0.05))
            assert (caught.value.host, caught.value.reason) == ("localhost", "no connection in 0.05 s")
            first.cancel()
            await asyncio.wait({first})

    run(work)


def test_the_library_never_logs_headers() -> None:
    names = ("httpx", "httpcore", "hpack", "h2")
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    HttpClient(outbound=Outbound(), clock=ManualClock(), log=RecordingLog())
    assert {logging.getLogger(name).level for name in names} == {logging.WARNING}


def test_after_the_end_nothing_is_sent_and_the_host_is_named() -> None:
    async def work(http: HttpClient) -> None:
        await http.aclose()
        with pytest.raises(Unreachable) as caught:
            await http.send(Request("GET", "https://maps.example/"))
        assert (caught.value.host, caught.value.reason) == ("maps.example", "shutting down")

    run(work)


def test_connections_that_were_let_go_are_not_used_again_and_what_is_under_way_comes_to_its_end() -> None:
    async def work(http: HttpClient) -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            begun.set()
            await go_on.wait()
            writer.write(answer(b"slow"))
            await writer.drain()

        async with raw_server(slow) as old, raw_server(answer(b"1"), answer(b"2")) as server:
            waiting = asyncio.create_task(http.send(Request("GET", old.url)))
            await begun.wait()
            assert (await http.send(Request("GET", server.url))).body == b"1"
            await http.send(Request("GET", server.url))
            assert server.connections == 1
            http.drop_connections()
            assert (await http.send(Request("GET", server.url))).body == b"2"
            assert server.connections == 2
            go_on.set()
            assert (await waiting).body == b"slow"

    run(work)


class _Searches:
    """Stands at the head of Python's ways to find a module, and notes which are looked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        self.names.append(name)


def test_a_request_does_not_search_the_disk_for_modules_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = _Searches()
    monkeypatch.setattr(sys, "meta_path", [searches, *sys.meta_path])

    async def work(http: HttpClient) -> None:
        async with raw_server(answer(b"1"), answer(b"2")) as server:
            await http.send(Request("GET", server.url))
            searches.names.clear()
            await http.send(Request("GET", server.url))
            assert searches.names == []

    run(work)


def test_a_post_is_never_sent_twice() -> None:
    async def work(http: HttpClient) -> None:
        async with raw_server(answer(b"1"), _hang_up, answer(b"2")) as server:
            await http.send(Request("GET", server.url))
            with pytest.raises(ConnectionBroken):
                await http.send(Request("POST", server.url))
            assert len(server.heads) == 2

    run(work)


def test_listeners_hear_of_each_outcome() -> None:
    heard: list[tuple[str, NetworkError | None]] = []

    async def work(http: HttpClient) -> None:
        http.listen(lambda origin, error: heard.append((origin, error)))
        async with raw_server(answer(b"", "503 Busy"), _reset) as server:
            await http.send(Request("GET", server.url + "/a"))
            with pytest.raises(ConnectionBroken):
                await http.send(Request("POST", server.url + "/b"))
            assert [origin for origin, _ in heard] == [server.url] * 2

    run(work)
    assert len(heard) == 2
    assert heard[0][1] is None
    assert isinstance(heard[1][1], ConnectionBroken)


def test_secrets_are_in_no_repr_and_no_log() -> None:
    log = RecordingLog()
    request = Request(
        "GET", "http://localhost:1/", Headers({"Authorization": "Bearer s3cret", "Subscription-Key": "k3y"})
    )

    async def work(http: HttpClient) -> None:
        with pytest.raises(NetworkError) as caught:
            await http.send(request)
        assert "s3cret" not in repr(caught.value)

    run(work, log=log)
    assert "s3cret" not in repr(request) + str(log.events)
    assert "k3y" not in repr(request) + str(log.events)


def _serve_h2(*bodies: bytes, lie: bool = False) -> Handler:
    """An HTTP/2 server that answers each stream; with `lie` it ends bodies before their declared length."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        count = 0
        while data := await reader.read(65536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    body = bodies[min(count, len(bodies) - 1)]
                    count += 1
                    length = len(body) + (50 if lie else 0)
                    stream = event.stream_id
                    assert stream is not None
                    connection.send_headers(stream, [(":status", "200"), ("content-length", str(length))])
                    connection.send_data(stream, body, end_stream=True)
            writer.write(connection.data_to_send())
            await writer.drain()

    return serve


@pytest.mark.parametrize("lie", [False, True])
def test_http_2_is_spoken_where_it_is_offered_and_half_a_body_is_noticed(tmp_path: Path, lie: bool) -> None:
    made = make_authority(tmp_path, alpn=True)

    async def work(http: HttpClient) -> None:
        serve = _serve_h2(b"hello", lie=lie)
        connections = 0

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            try:
                await serve(reader, writer)
            except OSError:
                pass  # the client hung up
            finally:
                writer.close()

        async with serving(accept, tls=made.server) as port:
            requests = [http.send(Request("GET", f"https://localhost:{port}/", timeout_s=5)) for _ in range(5)]
            results = await asyncio.gather(*requests, return_exceptions=True)
            await http.aclose()
        if lie:
            assert all(isinstance(result, ConnectionBroken) for result in results), results
        else:
            assert [result.body for result in results if isinstance(result, Response)] == [b"hello"] * 5
            assert connections == 1

    run(work, ca=str(made.ca_file))


def test_origins_and_queries() -> None:
    assert origin_of("https://example.com:8443/x?y") == "https://example.com:8443"
    assert origin_of("https://[::1]:1/") == "https://[::1]:1"
    assert origin_of("https://exa:mple") == origin_of("nothing") == ""
    assert with_query("https://e/x?a=1", {"b": "ä b", "c": None}) == "https://e/x?a=1&b=%C3%A4+b"


@pytest.mark.process
def test_the_command_line_of_the_http_library_is_not_loaded() -> None:
    code = "import sys, tvapp.net.chain, httpx; print(sorted({'click', 'pygments', 'httpx._main'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "[]"
