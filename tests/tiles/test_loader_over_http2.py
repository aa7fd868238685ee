"""The loader with a service that offers HTTP/2: one connection, a stream a tile, and none for tiles left behind."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import h2.config
import h2.connection
import h2.events
import pytest

from tests.net.raw import make_authority, serving
from tests.tiles.pictures import png
from tests.tiles.test_loader import InlineJobs, tile
from tvapp.azure.authorizer import SharedKeyAuthorizer
from tvapp.azure.maps import MapsClient
from tvapp.core.clock import ManualClock
from tvapp.core.jobs import Inbox
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.net.transport import HttpClient
from tvapp.tiles.cache_key import CacheScope
from tvapp.tiles.congestion_window import INITIAL_LIMIT, MAX_LIMIT
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.loader import TileLoader
from tvapp.tiles.tile import TileArrived, TileId


@dataclass
class Service:
    """Answers with tiles while `gate` is open, and counts."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    has_first: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when as many tiles have been requested as a loader requests at first."""
    connections: int = 0
    columns: list[int] = field(default_factory=list)
    open_streams: int = 0
    most_streams: int = 0
    picture: bytes = field(default_factory=lambda: png((1, 2, 3), 256))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client."""
        self.connections += 1
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        answers = []
        try:
            while data := await reader.read(65536):
                for event in connection.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        headers = {bytes(k).decode(): bytes(v).decode() for k, v in event.headers or ()}
                        self.columns.append(int(parse_qs(urlsplit(headers[":path"]).query)["x"][0]))
                        if len(self.columns) == INITIAL_LIMIT:
                            self.has_first.set()
                        self.open_streams += 1
                        self.most_streams = max(self.most_streams, self.open_streams)
                        assert event.stream_id is not None
                        answers.append(asyncio.ensure_future(self._answer(connection, writer, event.stream_id)))
                writer.write(connection.data_to_send())
        finally:
            for answer in answers:
                answer.cancel()
            writer.close()

    async def _answer(self, connection: h2.connection.H2Connection, writer: asyncio.StreamWriter, stream: int) -> None:
        await self.gate.wait()
        head = [(":status", "200"), ("content-type", "image/png"), ("cache-control", "max-age=600")]
        connection.send_headers(stream, head)
        connection.send_data(stream, self.picture, end_stream=True)
        self.open_streams -= 1
        writer.write(connection.data_to_send())


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_all_tiles_share_one_connection_and_what_is_left_behind_before_it_was_sent_is_no_stream(tmp_path: Path) -> None:
    made = make_authority(tmp_path, alpn=True)
    clock, log = ManualClock(), RecordingLog()

    async def work() -> None:
        service, posted = Service(), asyncio.Event()
        inbox = Inbox(posted.set)
        async with serving(service.serve, tls=made.server) as port:
            endpoint = f"https://localhost:{port}"
            http = HttpClient(outbound=Outbound.trusting(str(made.ca_file)), clock=clock, log=log)
            authorizer = SharedKeyAuthorizer(["key"], endpoint=endpoint, log=log)
            cache = DiskCache(tmp_path / "tiles.db", clock=clock, log=log)
            loader = TileLoader(
                InlineJobs(inbox),
                MapsClient(http, endpoint, authorizer, log, clock=clock),
                cache,
                scope=CacheScope(endpoint, ""),
                clock=clock,
                log=log,
                random=lambda: 0.5,
            )

            async def arrivals(*wanted: TileId) -> None:
                left = set(wanted)
                async with asyncio.timeout(20):
                    while left:
                        await posted.wait()
                        posted.clear()
                        left -= {message.tile for message in inbox.drain() if isinstance(message, TileArrived)}

            behind, ahead = [tile(x) for x in range(40)], [tile(x) for x in range(100, 160)]
            loader.request(behind)
            await asyncio.wait_for(service.has_first.wait(), 20)
            loader.request(ahead)
            service.gate.set()
            await arrivals(*ahead)
            assert sorted(service.columns) == [*range(INITIAL_LIMIT), *range(100, 160)]
            assert service.connections == 1
            assert INITIAL_LIMIT <= service.most_streams <= 2 * MAX_LIMIT
            loader.stop()
            await http.aclose()
            cache.close()

    asyncio.run(work())
