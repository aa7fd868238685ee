"""Serves the metrics over HTTP on a thread of its own: `prometheus_client`'s application in the standard server."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from socketserver import TCPServer
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app

from tvapp.core.log import Log
from tvapp.host.metrics.collector import AppCollector, Sources

CLIENT_WITHIN_S = 3.0
"""So long may one client take in all: there is one thread, and Prometheus waits for 10 s."""
AGAIN_AFTER_S = 30.0
"""An address that cannot be had is tried again: at power-on, that of the network may come later."""
POLL_S = 60.0
"""How often the server looks whether it should end, which nobody asks for: its thread ends with the process."""


class _Handler(WSGIRequestHandler):
    """One request, which is not logged, from a client that has `CLIENT_WITHIN_S` for it."""

    timeout = CLIENT_WITHIN_S

    def setup(self) -> None:
        self._until = time.monotonic() + CLIENT_WITHIN_S
        super().setup()
        self.rfile = _Deadline(self.rfile, self.connection, self._until)  # type: ignore[assignment]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Write nothing: a scrape every fifteen seconds is no event."""

    def address_string(self) -> str:
        return str(self.client_address[0])  # no look-up of its name


class _Deadline:
    """Reads from a client until a time: a time-out for each read would let one byte a second hold the server up."""

    def __init__(self, file: Any, connection: socket.socket, until: float) -> None:
        self._file = file
        self._connection = connection
        self._until = until

    def readline(self, limit: int = -1) -> bytes:
        line = bytearray()
        while not line.endswith(b"\n") and len(line) != limit:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._connection.settimeout(left)
            piece: bytes = self._file.read(1)
            if not piece:
                break
            line += piece
        return bytes(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _Server(WSGIServer):
    """A server that looks up no names and writes nothing to standard error."""

    request_queue_size = 16

    def server_bind(self) -> None:
        # HTTPServer would look up the name of this machine, which can take as long as a name server that is away.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: object, client_address: object) -> None:
        """Write nothing: the client is gone, or has not spoken HTTP in time."""


class _Server6(_Server):
    address_family = socket.AF_INET6


class MetricsServer:
    """Answers every GET with the metrics of the moment."""

    def __init__(
        self, address: tuple[str, int], sources: Sources, log: Log, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`address` is an IP address and a port; `sleep` waits before another try."""
        self._address = address
        self._sources = sources
        self._log = log
        self._sleep = sleep

    def run(self) -> None:
        """Serve for ever, on a thread of its own; an address that cannot be had is tried again."""
        failed = ""
        while True:
            try:
                server = self.bind()
            except OSError as error:
                reason = error.strerror or str(error)
                if reason != failed:
                    self._log.event("metrics.not_served", level="warning", address=self._shown, reason=reason)
                failed = reason
                self._sleep(AGAIN_AFTER_S)
                continue
            self._log.event("metrics.served", address=self._shown)
            with server:
                server.serve_forever(POLL_S)
            return

    def bind(self) -> WSGIServer:
        """Return a server that has the address.

        Raises:
            OSError: it cannot be had.
        """
        registry = CollectorRegistry()
        registry.register(AppCollector(self._sources))
        ProcessCollector(registry=registry)
        kind = _Server6 if ":" in self._address[0] else _Server
        server = kind(self._address, _Handler)
        server.set_app(make_wsgi_app(registry))
        return server

    @property
    def _shown(self) -> str:
        host, port = self._address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
