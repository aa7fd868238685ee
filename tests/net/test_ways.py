"""The ways to a host: proxies, two families of addresses, a name that moved, HTTP/2 that ends in the middle."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import h2.config
import h2.connection
import h2.events
import pytest

from tests.net.proxy import proxy
from tests.net.raw import Authority, answer, make_authority, raw_server, serving
from tvapp.core.clock import SystemClock
from tvapp.core.errors import ConnectionBroken, NetworkError, TimedOut, Unreachable
from tvapp.core.headers import Headers
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.net.chain import Chain
from tvapp.net.request import Request

FAR = "maps.example"
"""A name that only the tests know."""
Addresses = dict[str, list[tuple[socket.AddressFamily, str]]]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("far"), host=FAR)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Addresses:
    """Return what names stand for; change it, and the next connection goes elsewhere."""
    known: Addresses = {}
    real = socket.getaddrinfo

    def getaddrinfo(host: object, port: object, *args: object, **kwargs: object) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and name in known:
            kind = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
            v6 = {socket.AF_INET6: (0, 0)}
            return [(family, *kind, (address, port, *v6.get(family, ()))) for family, address in known[name]]
        return real(host, port, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


def run(work: Callable[[Chain], Awaitable[None]], *, ca: Path | None = None) -> None:
    async def main() -> None:
        chain = Chain(
            outbound=Outbound.trusting(str(ca or "")),
            clock=SystemClock(),
            log=RecordingLog(),
            random=lambda: 0.0,
        )
        try:
            await work(chain)
        finally:
            await chain.aclose()

    asyncio.run(main())


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


# -- proxies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["", "tv:s%40cret"])
def test_a_tunnel_through_a_proxy_leads_there_with_tls_from_end_to_end(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, login: str
) -> None:
    async def work(chain: Chain) -> None:
        async with (
            raw_server(answer(b"far"), tls=authority.server) as server,
            proxy(port_of(server.url), login=login.replace("%40", "@")) as way,
        ):
            monkeypatch.setenv("HTTPS_PROXY", f"http://{login}@localhost:{way.port}" if login else way.url)
            secret = Headers({"authorization": "Bearer s3cret"})
            response = await chain.send(Request("GET", f"https://{FAR}/x", secret))
            assert response.body == b"far"
            assert way.tunnels == [f"{FAR}:443"]
            assert "proxy-authorization" not in server.heads[0].lower()

    run(work, ca=authority.ca_file)


@pytest.mark.parametrize("login", ["", "tv:wrong"])
def test_a_proxy_that_does_not_know_us_is_named(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, login: str
) -> None:
    async def work(chain: Chain) -> None:
        async with (
            raw_server(answer(b"far"), tls=authority.server) as server,
            proxy(port_of(server.url), login="tv:right") as way,
        ):
            monkeypatch.setenv("HTTPS_PROXY", f"http://{login}@localhost:{way.port}" if login else way.url)
            with pytest.raises(Unreachable) as caught:
                await chain.send(Request("POST", f"https://{FAR}/x"))
            assert caught.value.reason.startswith("proxy: 407")
            assert "wrong" not in str(caught.value)
            assert server.heads == []

    run(work, ca=authority.ca_file)


def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    async def work(chain: Chain) -> None:
        with pytest.raises(Unreachable, match=r"proxy: refused$"):
            await chain.send(Request("POST", f"https://{FAR}/x"))

    run(work)


@pytest.mark.parametrize("exempt", [FAR, ".example", "other.test,maps.example"])
def test_no_proxy_is_honoured(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, names: Addresses, exempt: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", exempt)
    names[FAR] = [(socket.AF_INET, "127.0.0.1")]

    async def work(chain: Chain) -> None:
        async with raw_server(answer(b"direct"), tls=authority.server) as server:
            response = await chain.send(Request("GET", f"https://{FAR}:{port_of(server.url)}/x"))
            assert response.body == b"direct"

    run(work, ca=authority.ca_file)


def test_a_proxy_that_opens_tls_is_trusted_only_with_its_own_authority(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, tmp_path: Path
) -> None:
    other = make_authority(tmp_path / "other", host=FAR)
    for trusted, is_fine in ((other.ca_file, True), (authority.ca_file, False)):

        async def work(chain: Chain, is_fine: bool = is_fine) -> None:
            async with (
                raw_server(answer(b"opened"), tls=other.server) as server,
                proxy(port_of(server.url)) as way,
            ):
                monkeypatch.setenv("HTTPS_PROXY", way.url)
                with contextlib.nullcontext() if is_fine else pytest.raises(NetworkError, match=r"not trusted$"):
                    await chain.send(Request("GET", f"https://{FAR}/x"))

        run(work, ca=trusted)


# -- addresses --------------------------------------------------------------------------------------------------------


@pytest.fixture
def dead_end() -> Iterator[int]:
    """Return a port of ::1 on which nothing ever answers a SYN, and on which 127.0.0.1 is free."""
    listener = socket.socket(socket.AF_INET6)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        listener.bind(("::1", 0))
    except OSError:
        listener.close()
        pytest.skip("this machine has no IPv6 at all")
    listener.listen(0)
    port = listener.getsockname()[1]
    waiting = [socket.socket(socket.AF_INET6) for _ in range(4)]
    for each in waiting:
        each.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            each.connect(("::1", port))
    yield port
    for each in (*waiting, listener):
        each.close()


def test_where_one_family_is_dead_the_other_one_is_taken_without_waiting_for_it(
    names: Addresses, dead_end: int
) -> None:
    names[FAR] = [(socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1")]

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"four"))
        writer.close()

    async def work(chain: Chain) -> None:
        with pytest.raises(TimedOut):
            await chain.send(Request("POST", f"http://[::1]:{dead_end}/", timeout_s=1.0))
        async with serving(serve, port=dead_end):
            # The dead family alone would take the whole second, and the request with it.
            response = await chain.send(Request("POST", f"http://{FAR}:{dead_end}/", timeout_s=1.0))
            assert response.body == b"four"

    run(work)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_next_connection_goes_where_the_name_leads_then(names: Addresses, method: str) -> None:
    names[FAR] = [(socket.AF_INET, "127.0.0.1")]

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"new"))
        writer.close()

    async def work(chain: Chain) -> None:
        async with raw_server(answer(b"old"), close_after=True) as old:
            port = port_of(old.url)
            url = f"http://{FAR}:{port}/"
            assert (await chain.send(Request("GET", url))).body == b"old"
            async with serving(serve, host="127.0.0.2", port=port):
                names[FAR] = [(socket.AF_INET, "127.0.0.2")]
                assert (await chain.send(Request(method, url))).body == b"new"

    run(work)


# -- HTTP/2 -----------------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def h2_server(made: Authority, *, away_after: int, is_refused: bool) -> AsyncIterator[tuple[str, list[int]]]:
    """Serve HTTP/2; each connection ends with a GOAWAY after so many answers, or instead of the next (`is_refused`)."""
    answers: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        number = len(answers)
        answers.append(0)
        try:
            while data := await reader.read(65536):
                for event in connection.receive_data(data):
                    if not isinstance(event, h2.events.RequestReceived):
                        continue
                    stream = event.stream_id or 0
                    if is_refused and answers[number] >= away_after and number == 0:
                        connection.close_connection(last_stream_id=stream - 2)
                        writer.write(connection.data_to_send())
                        return
                    answers[number] += 1
                    connection.send_headers(stream, [(":status", "200"), ("content-length", "5")])
                    connection.send_data(stream, b"hello", end_stream=True)
                    if not is_refused and answers[number] >= away_after:
                        connection.close_connection(last_stream_id=stream)
                writer.write(connection.data_to_send())
                await writer.drain()
        except OSError:
            pass  # the client hung up
        finally:
            writer.close()

    async with serving(serve, tls=made.server) as port:
        yield f"https://localhost:{port}/", answers


@pytest.mark.parametrize("is_refused", [False, True])
@pytest.mark.parametrize("away_after", [0, 1, 3])
def test_a_goaway_in_the_middle_costs_nothing_visible(tmp_path: Path, away_after: int, is_refused: bool) -> None:
    made = make_authority(tmp_path, alpn=True)

    async def work(chain: Chain) -> None:
        async with h2_server(made, away_after=max(away_after, 0 if is_refused else 1), is_refused=is_refused) as (
            url,
            answers,
        ):
            for _ in range(5):
                assert (await chain.send(Request("GET", url, timeout_s=5))).body == b"hello"
            assert len(answers) > 1
        await chain.aclose()

    run(work, ca=made.ca_file)


def test_a_post_that_met_a_goaway_is_left_to_whoever_sent_it(tmp_path: Path) -> None:
    made = make_authority(tmp_path, alpn=True)

    async def work(chain: Chain) -> None:
        async with h2_server(made, away_after=0, is_refused=True) as (url, answers):
            with pytest.raises(ConnectionBroken):
                await chain.send(Request("POST", url, timeout_s=5))
            assert answers == [0]

    run(work, ca=made.ca_file)


def test_without_an_offer_of_http_2_it_is_1_1(authority: Authority, names: Addresses) -> None:
    names[FAR] = [(socket.AF_INET, "127.0.0.1")]

    async def work(chain: Chain) -> None:
        async with raw_server(answer(b"one"), tls=authority.server) as server:
            await chain.send(Request("GET", f"https://{FAR}:{port_of(server.url)}/"))
            assert "HTTP/1.1" in server.heads[0]

    run(work, ca=authority.ca_file)


# -- what never happens -----------------------------------------------------------------------------------------------


def test_a_redirect_takes_nobody_anywhere_and_no_credentials_with_it() -> None:
    async def work(chain: Chain) -> None:
        async with raw_server(answer(b"stolen")) as thief:
            script = answer(b"", "302 Found", location=thief.url + "/", set_cookie="a=b")
            async with raw_server(script) as server:
                secret = Headers({"authorization": "Bearer s3cret", "subscription-key": "k3y"})
                for _ in range(2):
                    assert (await chain.send(Request("GET", server.url, secret))).status == 302
                assert thief.heads == []
                assert not any("cookie" in head.lower() for head in server.heads)

    run(work)
