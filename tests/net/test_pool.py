"""No connection outlives what it was made for: neither one that is still being made, nor one that is in use."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

import pytest

from tests.net.raw import answer, make_authority, raw_server, serving
from tvapp.core.clock import ManualClock
from tvapp.core.errors import ConnectionBroken, DataError, NetworkError, TimedOut, Unreachable
from tvapp.core.headers import Headers
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.net.connecting import ConnectTrace
from tvapp.net.http_library import httpx
from tvapp.net.pool import Pool
from tvapp.net.request import Request
from tvapp.net.transport import HttpClient

WAIT_S = 10.0


class MuteHost:
    """Takes connections and says nothing, so that no TLS handshake comes to its end."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self.hung_up = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected.set()
        await reader.read(-1)
        self.hung_up.set()
        writer.close()


def run(work: Callable[[HttpClient], Awaitable[None]]) -> None:
    async def main() -> None:
        http = HttpClient(outbound=Outbound(), clock=ManualClock(), log=RecordingLog())
        try:
            await work(http)
        finally:
            await http.aclose()

    asyncio.run(main())


class BrokenClient(httpx.AsyncClient):
    """Fails while it closes its connections."""

    async def aclose(self) -> None:
        await super().aclose()
        raise OSError("reset")


@pytest.mark.parametrize("client", [httpx.AsyncClient, BrokenClient])
def test_a_pool_is_closed_even_if_its_connections_break_meanwhile(client: type[httpx.AsyncClient]) -> None:
    async def work() -> None:
        pool = Pool(client(verify=False), http2=False)
        assert not pool.is_closed
        await pool.retire()
        assert pool.is_closed is True

    asyncio.run(work())


def test_a_handshake_that_takes_too_long_is_given_up_and_its_socket_closed_at_once() -> None:
    async def work(http: HttpClient) -> None:
        host = MuteHost()
        async with serving(host) as port:
            for timeout_s in (0.05, 0.5, 5.0, 50.0):
                with pytest.raises(TimedOut):
                    await http.send(Request("GET", f"https://localhost:{port}/", timeout_s=timeout_s))
                if host.connected.is_set():  # a busy machine may take longer than that to connect
                    break
            await asyncio.wait_for(host.hung_up.wait(), WAIT_S)

    run(work)


def test_a_request_that_is_cancelled_in_the_handshake_leaves_no_socket_open() -> None:
    async def work(http: HttpClient) -> None:
        host = MuteHost()
        async with serving(host) as port:
            task = asyncio.create_task(http.send(Request("GET", f"https://localhost:{port}/")))
            await asyncio.wait_for(host.connected.wait(), WAIT_S)
            task.cancel()
            await asyncio.wait({task})
            await asyncio.wait_for(host.hung_up.wait(), WAIT_S)

    run(work)


def test_closing_fails_a_request_that_is_still_connecting_and_closes_its_socket() -> None:
    heard: list[NetworkError | None] = []

    async def work(http: HttpClient) -> None:
        http.listen(lambda _, error: heard.append(error))
        host = MuteHost()
        async with serving(host) as port:
            requests = [asyncio.create_task(http.send(Request("GET", f"https://localhost:{port}/"))) for _ in range(3)]
            await asyncio.wait_for(host.connected.wait(), WAIT_S)
            await http.aclose()
            done, _ = await asyncio.wait(requests, timeout=WAIT_S)
            assert len(done) == 3
            for task in done:
                error = task.exception()
                assert isinstance(error, ConnectionBroken | Unreachable)
                assert error.reason == "shutting down"
            await asyncio.wait_for(host.hung_up.wait(), WAIT_S)
            with pytest.raises(Unreachable, match=r"shutting down$"):
                await http.send(Request("GET", f"https://localhost:{port}/"))

    run(work)
    assert heard == [], "that the program ends says nothing about a host"


class UnreachableClient(httpx.AsyncClient):
    """Fails to connect; `asked` are the requests that it was given."""

    def __init__(self) -> None:
        super().__init__(verify=False)
        self.asked: list[httpx.Request] = []

    async def send(self, request: httpx.Request, **_: object) -> NoReturn:
        self.asked.append(request)
        raise httpx.ConnectError("refused")


@pytest.mark.parametrize(("timeout_s", "connect_s", "stall_s"), [(60.0, 10.0, 15.0), (4.0, 4.0, 4.0)])
def test_connecting_and_silence_are_bounded_but_not_the_wait_for_a_connection(
    timeout_s: float, connect_s: float, stall_s: float
) -> None:
    client = UnreachableClient()
    request = Request("GET", "https://maps.example/", timeout_s=timeout_s)
    with pytest.raises(NetworkError):
        asyncio.run(Pool(client, http2=False).send(request, ConnectTrace()))
    (asked,) = client.asked
    assert asked.extensions["timeout"] == {"connect": connect_s, "read": stall_s, "write": stall_s, "pool": None}


def test_a_request_names_the_app_and_the_compression_that_it_can_undo_unless_it_says_otherwise() -> None:
    client = UnreachableClient()
    for headers in ({}, {"User-Agent": "other", "Accept": "image/png"}):
        request = Request("GET", "https://maps.example/", Headers(headers))
        with pytest.raises(NetworkError):
            asyncio.run(Pool(client, http2=False).send(request, ConnectTrace()))
    plain, other = client.asked
    assert (plain.headers["user-agent"], plain.headers["accept-encoding"]) == ("tvapp", "gzip")
    assert (other.headers["user-agent"], other.headers["accept"]) == ("other", "image/png")


def test_an_address_that_is_none_is_an_error_of_the_request() -> None:
    request = Request("GET", "https://[::1")
    with pytest.raises(DataError, match=r"^url: not a URL that can be asked for$"):
        asyncio.run(Pool(httpx.AsyncClient(verify=False), http2=False).send(request, ConnectTrace()))


def test_a_host_gets_sixteen_connections_at_most() -> None:
    held, most = 0, 0
    enough = asyncio.Event()

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal held, most
        held += 1
        most = max(most, held)
        if held == 16:
            for _ in range(1000):  # time enough for more connections
                await asyncio.sleep(0)
            enough.set()
        await enough.wait()
        held -= 1
        writer.write(answer())
        await writer.drain()

    async def work(http: HttpClient) -> None:
        async with raw_server(hold) as server:
            requests = [http.send(Request("GET", server.url)) for _ in range(20)]
            assert {response.body for response in await asyncio.gather(*requests)} == {b"hello"}

    run(work)
    assert most == 16


class StubbornClient(httpx.AsyncClient):
    """Does not let go of a request when it is cancelled, until `go_on` is set."""

    def __init__(self) -> None:
        super().__init__(verify=False)
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def send(self, *_: object, **__: object) -> NoReturn:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await self.go_on.wait()
        raise AssertionError("unreachable")


def test_closing_does_not_wait_for_ever_for_a_request_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvapp.net.pool.ABORT_TIMEOUT_S", 0.01)

    async def work() -> None:
        client = StubbornClient()
        pool = Pool(client, http2=False)
        task = asyncio.create_task(pool.send(Request("GET", "https://maps.example/"), ConnectTrace()))
        await client.begun.wait()
        await asyncio.wait_for(pool.abort(), WAIT_S)
        assert pool.is_closed
        assert not task.done()
        client.go_on.set()
        with pytest.raises(ConnectionBroken, match=r"shutting down$"):
            await task

    asyncio.run(work())


def test_closing_fails_a_request_that_waits_for_its_answer_also_on_a_retired_connection() -> None:
    async def work(http: HttpClient) -> None:
        begun, hung_up = asyncio.Event(), asyncio.Event()

        async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            begun.set()
            await reader.read(-1)
            hung_up.set()

        async with raw_server(wait) as server:
            task = asyncio.create_task(http.send(Request("GET", server.url)))
            await asyncio.wait_for(begun.wait(), WAIT_S)
            http.drop_connections()
            await asyncio.sleep(0)
            await http.aclose()
            done, _ = await asyncio.wait({task}, timeout=WAIT_S)
            assert done
            assert isinstance(task.exception(), ConnectionBroken)
            await asyncio.wait_for(hung_up.wait(), WAIT_S)

    run(work)


def test_connections_that_were_dropped_are_closed_as_soon_as_nothing_uses_them() -> None:
    async def work(http: HttpClient) -> None:
        hung_up = asyncio.Event()

        async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer())
            await writer.drain()
            await reader.read(-1)
            hung_up.set()

        async with raw_server(keep) as server:
            await http.send(Request("GET", server.url))
            http.drop_connections()
            await asyncio.wait_for(hung_up.wait(), WAIT_S)

    run(work)


def test_a_connection_that_was_dropped_in_use_is_closed_once_its_request_has_ended() -> None:
    async def work(http: HttpClient) -> None:
        begun, go_on, hung_up = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            begun.set()
            await go_on.wait()
            writer.write(answer(b"late"))
            await writer.drain()
            await reader.read(-1)
            hung_up.set()

        async with raw_server(keep) as server:
            task = asyncio.create_task(http.send(Request("GET", server.url)))
            await asyncio.wait_for(begun.wait(), WAIT_S)
            http.drop_connections()
            go_on.set()
            assert (await asyncio.wait_for(task, WAIT_S)).body == b"late"
            await asyncio.wait_for(hung_up.wait(), WAIT_S)

    run(work)


def test_a_bundle_that_was_replaced_is_read_again_after_a_failed_handshake(tmp_path: Path) -> None:
    right, wrong = make_authority(tmp_path / "right"), make_authority(tmp_path / "wrong", host="elsewhere.example")
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(wrong.ca_file.read_bytes())

    async def main(tls: ssl.SSLContext) -> None:
        http = HttpClient(outbound=Outbound.trusting(str(bundle)), clock=ManualClock(), log=RecordingLog())
        async with raw_server(answer(b"hello"), tls=tls) as server:
            with pytest.raises(NetworkError):
                await http.send(Request("GET", server.url))
            bundle.write_bytes(right.ca_file.read_bytes())
            assert (await http.send(Request("GET", server.url))).body == b"hello"
        await http.aclose()

    asyncio.run(main(right.server))
