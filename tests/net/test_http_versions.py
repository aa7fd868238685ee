"""Whether a host speaks HTTP/2 is found out once, and nobody pays for it twice."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from tests.net.raw import answer, make_authority, raw_server, serving
from tvapp.core.clock import ManualClock
from tvapp.core.errors import NetworkError
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.net.http_versions import HttpVersions
from tvapp.net.request import Request, Response
from tvapp.net.transport import HttpClient

ORIGIN = "https://maps.example"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()  # the other half ends with it


def test_with_a_host_that_speaks_http_1_all_connections_but_the_first_are_made_at_once(tmp_path: Path) -> None:
    made = make_authority(tmp_path)
    opened = 0
    all_open = asyncio.Event()

    async def work() -> None:
        async with raw_server(answer(b"hello"), tls=made.server) as server:
            port = int(server.url.rpartition(":")[2])

            async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                nonlocal opened
                opened += 1
                if opened == 8:
                    all_open.set()
                if opened > 1:
                    # Nobody's handshake gets any further until all have begun theirs.
                    await all_open.wait()
                inner, outer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    await asyncio.gather(_relay(reader, outer), _relay(inner, writer))
                finally:
                    outer.close()
                    writer.close()

            async with serving(accept) as front:
                http = HttpClient(
                    outbound=Outbound.trusting(str(made.ca_file)), clock=ManualClock(), log=RecordingLog()
                )
                url = f"https://localhost:{front}/"
                requests = [http.send(Request("GET", url, timeout_s=10)) for _ in range(8)]
                results = await asyncio.gather(*requests, return_exceptions=True)
                assert [getattr(result, "body", result) for result in results] == [b"hello"] * 8
                assert opened == 8
                again = [http.send(Request("GET", url, timeout_s=10)) for _ in range(7)]
                assert all(isinstance(result, Response) for result in await asyncio.gather(*again))
                assert opened == 8
                await http.aclose()
            for _ in range(20):
                await asyncio.sleep(0)  # lets the transports close their sockets

    asyncio.run(work())


def test_requests_that_wait_go_on_as_soon_as_tls_is_agreed_on_before_the_first_answer(tmp_path: Path) -> None:
    made = make_authority(tmp_path)
    asked = 0
    all_asked = asyncio.Event()

    async def answer_when_all_have_asked(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            all_asked.set()
        await all_asked.wait()
        writer.write(answer(b"hello"))
        await writer.drain()

    async def work() -> None:
        http = HttpClient(outbound=Outbound.trusting(str(made.ca_file)), clock=ManualClock(), log=RecordingLog())
        async with raw_server(answer_when_all_have_asked, tls=made.server) as server:
            requests = [http.send(Request("GET", server.url, timeout_s=10)) for _ in range(3)]
            assert [response.body for response in await asyncio.gather(*requests)] == [b"hello"] * 3
        await http.aclose()

    asyncio.run(work())


def test_when_the_first_finds_nobody_the_others_do_not_wait_in_line_for_the_same() -> None:
    async def work() -> None:
        http = HttpClient(outbound=Outbound(), clock=ManualClock(), log=RecordingLog())
        hung_up = 0

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal hung_up
            hung_up += 1
            writer.close()

        async with serving(accept) as port:
            requests = [http.send(Request("GET", f"https://localhost:{port}/", timeout_s=10)) for _ in range(5)]
            results = await asyncio.gather(*requests, return_exceptions=True)
        assert all(isinstance(result, NetworkError) for result in results)
        await http.aclose()

    asyncio.run(work())


def test_only_the_first_request_finds_out_and_it_is_known_from_then_on() -> None:
    async def work() -> None:
        protocols = HttpVersions()
        assert await protocols.is_first(ORIGIN)
        waiting = asyncio.create_task(protocols.is_first(ORIGIN))
        await asyncio.sleep(0)
        assert not waiting.done()
        assert await protocols.is_first("https://login.example")
        protocols.found(ORIGIN, False)
        assert not await waiting
        assert not await protocols.is_first(ORIGIN)
        assert not protocols.may_multiplex(ORIGIN)
        assert protocols.may_multiplex("https://login.example")

    asyncio.run(work())


def test_without_an_answer_those_who_wait_go_on_and_the_next_one_finds_out() -> None:
    async def work() -> None:
        protocols = HttpVersions()
        assert await protocols.is_first(ORIGIN)
        waiting = [asyncio.create_task(protocols.is_first(ORIGIN)) for _ in range(3)]
        await asyncio.sleep(0)
        protocols.found(ORIGIN, None)
        assert await asyncio.gather(*waiting) == [False] * 3
        assert protocols.may_multiplex(ORIGIN)
        assert await protocols.is_first(ORIGIN)

    asyncio.run(work())


def test_what_is_forgotten_is_found_out_anew() -> None:
    async def work() -> None:
        protocols = HttpVersions()
        for origin in (ORIGIN, "https://b.example"):
            await protocols.is_first(origin)
            protocols.found(origin, False)
        protocols.forget(ORIGIN)
        assert await protocols.is_first(ORIGIN)
        assert not await protocols.is_first("https://b.example")
        protocols.forget()
        assert await protocols.is_first("https://b.example")

    asyncio.run(work())


def test_without_tls_there_is_nothing_to_find_out() -> None:
    assert not asyncio.run(HttpVersions().is_first("http://localhost:8080"))
