"""Serves all services with TLS on loopback, and on request the sign-in page alone to the local network."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from tvapp.localcloud import control, entra, map_data, maps, metrics, oidc, sign_in_page
from tvapp.localcloud.certificates import HOSTS, Certificates, make_certificates
from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.map_data_store import MapDataStore
from tvapp.localcloud.people import CLIENT_ID, MAPS_CLIENT_ID, MAPS_RESOURCE_ID, ORGANISATION, TENANT_ID
from tvapp.localcloud.samples import seed
from tvapp.localcloud.settings import Settings
from tvapp.localcloud.tile_source import Painter, TileSource
from tvapp.localcloud.wire import TRANSPORT

LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a server."""

    data_dir: Path
    painter: Painter
    port: int = 0
    lan_address: str | None = None
    lan_port: int = 0
    seed_dir: Path | None = None
    settings: Settings = field(default_factory=Settings)
    hosts: tuple[str, ...] = HOSTS
    """The names in the certificate."""
    more_routes: Callable[[Cloud], Sequence[Route]] = lambda _cloud: ()
    """Returns the routes of a further service to serve."""


class _Protocol(H11Protocol):
    """Gives responses access to their connection, so that they can reset it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, TRANSPORT: transport}
        super().connection_made(transport)

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.is_closing():
            # An idle TLS connection would wait for the client's close_notify.
            self.transport.abort()


class _Server(uvicorn.Server):
    """A server that leaves signals to the program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class LocalServer:
    """All listeners of one local cloud. Sockets are bound at once, so the addresses are known before serving."""

    def __init__(self, options: Options) -> None:
        self.cloud = Cloud(
            settings=options.settings, subscription_keys=(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        )
        self._store = MapDataStore()
        seed(self._store, options.seed_dir)
        self._tiles = TileSource(options.painter)
        self._sockets = _loopback_sockets(options.port)
        port = self._sockets[0].getsockname()[1]
        self.cloud.base_url = f"https://localhost:{port}"
        self.cloud.page_url = f"{self.cloud.base_url}/device"
        now = datetime.datetime.now(datetime.UTC)
        self.certificates: Certificates = make_certificates(options.data_dir / "localcloud", now, options.hosts)
        app = Starlette(
            routes=[
                *control.routes(self.cloud, self._store, options.seed_dir, options.settings),
                *sign_in_page.routes(self.cloud),
                *maps.routes(self.cloud, self._tiles),
                *map_data.routes(self.cloud, self._store),
                *metrics.routes(self.cloud),
                *options.more_routes(self.cloud),
                *oidc.routes(self.cloud),
                *entra.routes(self.cloud),
            ]
        )
        self._servers = [(self._server(app, self.certificates), self._sockets)]
        if options.lan_address is not None:
            family = socket.AF_INET6 if ":" in options.lan_address else socket.AF_INET
            lan = _bind(family, options.lan_address, options.lan_port)
            host = f"[{options.lan_address}]" if ":" in options.lan_address else options.lan_address
            self.cloud.page_url = f"http://{host}:{lan.getsockname()[1]}/device"
            # The page alone: no tokens, no maps, no control.
            page_only = Starlette(routes=list(sign_in_page.routes(self.cloud)))
            self._servers.append((self._server(page_only, None), [lan]))

    def ready_line(self) -> dict[str, object]:
        """Return the addresses and paths for the program that started this server."""
        base = self.cloud.base_url
        return {
            "event": "localcloud.ready",
            "authority": self.cloud.authority,
            "oidc_authority": f"{base}/oidc",
            "endpoint": base,
            "ca_bundle": str(self.certificates.ca_pem),
            "client_id": CLIENT_ID,
            "maps_client_id": MAPS_CLIENT_ID,
            "maps_resource_id": MAPS_RESOURCE_ID,
            "tenant": TENANT_ID,
            "organisation": ORGANISATION,
            "page": self.cloud.page_url,
            "control": f"{base}/_control",
        }

    async def serve(self, ready: Callable[[], None], stop: asyncio.Event) -> None:
        """Serve until `stop` is set; `ready` is called when requests are answered."""
        running = [asyncio.create_task(server.serve(sockets)) for server, sockets in self._servers]
        try:
            while not all(server.started for server, _ in self._servers):
                if any(task.done() for task in running):
                    break
                await asyncio.sleep(0.005)
            else:
                ready()
                self._tiles.warm_up()
                await stop.wait()
        finally:
            for server, _ in self._servers:
                server.should_exit = True
            await asyncio.gather(*running)
            self._tiles.close()

    @staticmethod
    def _server(app: Starlette, certificates: Certificates | None) -> _Server:
        config = uvicorn.Config(
            app,
            http=_Protocol,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            ssl_context_factory=None if certificates is None else lambda *_: certificates.server_context(),
        )
        return _Server(config)


def lan_address() -> str | None:
    """Return this machine's address in its network; None if it has none. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address = str(probe.getsockname()[0])
        except OSError:
            return None
    return None if address.startswith("127.") or address == "0.0.0.0" else address  # noqa: S104 - compared, not bound


def _loopback_sockets(port: int) -> list[socket.socket]:
    first = _bind(*LOOPBACKS[0], port)
    sockets = [first]
    # "localhost" is ::1 first on many machines; without IPv6, clients fall back by themselves.
    with contextlib.suppress(OSError):
        sockets.append(_bind(*LOOPBACKS[1], first.getsockname()[1]))
    return sockets


def _bind(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    # With the protocol named, asyncio sets TCP_NODELAY; without it, each answer waits 40 ms for an acknowledgement.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock
