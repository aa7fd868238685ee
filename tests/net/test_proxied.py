"""Requests through the proxy of the configuration: its login, its exceptions, its certificate, and all its troubles."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from tests.net.proxy import Fault, Proxy, proxy
from tests.net.raw import Authority, answer, make_authority, raw_server
from tvapp.core.clock import SystemClock
from tvapp.core.connection_steps import failure_of
from tvapp.core.errors import ConnectionBroken, NetworkError, TimedOut, TlsFailed, Unreachable
from tvapp.core.headers import Headers
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound, ProxyRules
from tvapp.net.chain import Chain
from tvapp.net.request import Request, Response

FAR = "maps.example"
"""A name that nobody can look up: only a proxy gets there."""
LOGIN = "tv:s3:cr@t"
Work = Callable[["Way"], Coroutine[object, object, None]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("far"), host=FAR)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority of a proxy that speaks TLS itself."""
    return make_authority(tmp_path_factory.mktemp("gate"))


class Way:
    """A chain, the proxy that it goes through, and the server at the other end."""

    def __init__(self, chain: Chain, state: Proxy, server: object, log: RecordingLog) -> None:
        self.chain = chain
        self.proxy = state
        self.server = server
        self.log = log

    async def get(self, url: str = f"https://{FAR}/x", *, timeout_s: float = 5.0) -> Response:
        return await self.chain.send(
            Request("GET", url, Headers({"authorization": "Bearer s3cret"}), timeout_s=timeout_s)
        )

    async def fails(self, url: str = f"https://{FAR}/x", *, timeout_s: float = 5.0) -> NetworkError:
        with pytest.raises(NetworkError) as caught:
            await self.chain.send(Request("POST", url, timeout_s=timeout_s))
        return caught.value


def on_the_way(
    authority: Authority,
    work: Work,
    *,
    login: str = "",
    username: str = "",
    password: str = "",
    exceptions: tuple[str, ...] = (),
    gate: Authority | None = None,
    trusted: tuple[Authority, ...] | None = None,
) -> None:
    async def main() -> None:
        log = RecordingLog()
        async with (
            raw_server(answer(b"far"), tls=authority.server) as server,
            proxy(int(server.url.rpartition(":")[2]), login=login, tls=gate.server if gate else None) as state,
        ):
            authorities = trusted if trusted is not None else (authority, *([gate] if gate else []))
            rules = ProxyRules.of(state.url, exceptions, username=username, password=password)
            outbound = Outbound(tuple(str(each.ca_file) for each in authorities), rules)
            chain = Chain(outbound=outbound, clock=SystemClock(), log=log, random=lambda: 0.0)
            try:
                await work(Way(chain, state, server, log))
            finally:
                await chain.aclose()

    asyncio.run(main())


@pytest.mark.parametrize("is_secure", [False, True])
@pytest.mark.parametrize("login", ["", LOGIN])
def test_a_request_goes_through_the_proxy_with_tls_from_end_to_end(
    authority: Authority, gate: Authority, monkeypatch: pytest.MonkeyPatch, login: str, is_secure: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "*")

    async def work(way: Way) -> None:
        assert (await way.get()).body == b"far"
        assert way.proxy.tunnels == [f"{FAR}:443"]
        assert "proxy-authorization" not in way.server.heads[0].lower()  # type: ignore[attr-defined]
        assert ("proxy.used", {"proxy": way.proxy.url, "source": "configuration"}) in way.log.events
        assert "cr@t" not in str(way.log.events)

    name, _, password = login.partition(":")
    on_the_way(authority, work, login=login, username=name, password=password, gate=gate if is_secure else None)


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_proxy_that_wants_another_login_is_named_and_no_secret_with_it(authority: Authority, password: str) -> None:
    async def work(way: Way) -> None:
        error = await way.fails()
        assert (type(error), error.reason) == (Unreachable, "proxy: 407 Proxy Authentication Required")
        assert failure_of(error).reason == "proxy-login"
        assert "wrong" not in str(error) + str(way.log.events)

    on_the_way(authority, work, login=LOGIN, username="tv" if password else "", password=password)


def test_a_login_that_has_come_too_late_is_used_at_the_next_try(authority: Authority) -> None:
    async def work(way: Way) -> None:
        assert (await way.fails()).reason.startswith("proxy: 407")
        way.proxy.login = "tv:now"
        assert (await way.get()).body == b"far"

    on_the_way(authority, work, login=LOGIN, username="tv", password="now")


def test_a_host_that_the_proxy_does_not_let_through_is_named(authority: Authority) -> None:
    async def work(way: Way) -> None:
        way.proxy.refused = {FAR}
        error = await way.fails()
        assert (error.host, error.reason, failure_of(error).reason) == (FAR, "proxy: 403 Forbidden", "proxy-refuses")
        way.proxy.refused = set()
        assert (await way.get()).body == b"far"

    on_the_way(authority, work)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("mute", TimedOut), ("reset", ConnectionBroken), ("closes", ConnectionBroken), ("garbage", ConnectionBroken)],
)
@pytest.mark.parametrize("is_secure", [False, True])
def test_a_proxy_that_fails_is_told_from_the_host_behind_it(
    authority: Authority, gate: Authority, fault: Fault, kind: type[NetworkError], is_secure: bool
) -> None:
    async def work(way: Way) -> None:
        way.proxy.fault = fault
        error = await way.fails(timeout_s=0.5)
        assert type(error) is kind
        assert failure_of(error).reason == "proxy", error.reason
        way.proxy.fault = ""
        assert (await way.get()).body == b"far"

    on_the_way(authority, work, gate=gate if is_secure else None)


def test_a_proxy_that_hangs_up_in_the_middle_of_a_body_breaks_the_connection_to_the_host(authority: Authority) -> None:
    async def work(way: Way) -> None:
        way.proxy.fault = "half"
        error = await way.fails()
        assert type(error) is ConnectionBroken
        assert failure_of(error).reason == "broken"

    on_the_way(authority, work)


def test_the_host_behind_the_proxy_fails_as_it_does_without_one(authority: Authority, gate: Authority) -> None:
    async def work(way: Way) -> None:
        error = await way.fails()
        assert (type(error), error.host) == (TlsFailed, FAR)
        assert failure_of(error).reason == "untrusted"

    on_the_way(authority, work, trusted=(gate,))


def test_the_certificate_of_a_proxy_is_told_with_the_host_of_the_proxy(authority: Authority, gate: Authority) -> None:
    async def work(way: Way) -> None:
        error = await way.fails()
        assert (type(error), error.host) == (TlsFailed, "localhost")
        assert way.proxy.tunnels == []

    on_the_way(authority, work, gate=gate, trusted=(authority,))


def test_an_exception_is_reached_directly(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def getaddrinfo(host: object, *args: object, **kwargs: object) -> object:
        return real("127.0.0.1" if host in (FAR, FAR.encode()) else host, *args, **kwargs)  # type: ignore[arg-type]

    async def work(way: Way) -> None:
        port = way.server.url.rpartition(":")[2]  # type: ignore[attr-defined]
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        assert (await way.get(f"https://{FAR}:{port}/x")).body == b"far"
        assert way.proxy.tunnels == []
        assert way.log.events == []

    on_the_way(authority, work, exceptions=(".example",))


def test_this_machine_itself_is_reached_directly(tmp_path: Path) -> None:
    here = make_authority(tmp_path)

    async def work(way: Way) -> None:
        assert (await way.get(way.server.url + "/x")).body == b"far"  # type: ignore[attr-defined]
        assert way.proxy.tunnels == []

    on_the_way(here, work)


def test_names_behind_the_proxy_are_not_looked_up_here(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: object, *args: object, **kwargs: object) -> object:
        asked.append(host)
        return real(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    async def work(way: Way) -> None:
        assert (await way.get()).body == b"far"
        assert FAR not in [host.decode() if isinstance(host, bytes) else host for host in asked]

    on_the_way(authority, work)


def test_a_proxy_of_the_environment_that_cannot_be_used_is_ignored_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://tv:s3cret@127.0.0.1:1")

    async def main() -> None:
        log = RecordingLog()
        chain = Chain(outbound=Outbound(), clock=SystemClock(), log=log, random=lambda: 0.0)
        with pytest.raises(NetworkError) as caught:
            await chain.send(Request("POST", "https://maps.invalid/", timeout_s=2.0))
        assert not caught.value.reason.startswith("proxy")
        ((_, fields),) = [event for event in log.events if event[0] == "proxy.ignored"]
        assert "SOCKS is not supported" in str(fields["reason"])
        assert "s3cret" not in str(log.events)
        await chain.aclose()

    asyncio.run(main())
