"""A corporate proxy on loopback: CONNECT tunnels, a login where it wants one, faults, and a record of what it did."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from tests.net.raw import serving

Fault = Literal["", "mute", "reset", "closes", "garbage", "half"]


@dataclass
class Proxy:
    """Where it listens, whom it was asked to connect to, and what it does about it; change it at any time."""

    port: int
    is_secure: bool = False
    tunnels: list[str] = field(default_factory=list)
    """The destination of each CONNECT, as ``host:port``, refused ones included."""
    login: str = ""
    refused: set[str] = field(default_factory=set)
    """Hosts that are answered with 403."""
    fault: Fault = ""
    """mute: no answer to CONNECT; reset, closes, garbage: in its place; half: the tunnel ends after 100 bytes."""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def drop(self) -> None:
        """End all tunnels; from any thread."""
        for writer in list(self._open):
            self._loop.call_soon_threadsafe(writer.transport.abort)

    @property
    def url(self) -> str:
        return f"{'https' if self.is_secure else 'http'}://localhost:{self.port}"

    @property
    def hosts(self) -> set[str]:
        """The hosts that were asked for."""
        return {tunnel.rpartition(":")[0] for tunnel in self.tunnels}


@asynccontextmanager
async def proxy(target_port: int, *, login: str = "", tls: ssl.SSLContext | None = None) -> AsyncIterator[Proxy]:
    """Serve until the block ends. Every tunnel leads to `target_port` of this machine, whatever host was asked for."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            if not await _admit(state, head, reader, writer):
                return
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", target_port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            state._open.add(writer)
            limit = 100 if state.fault == "half" else None
            try:
                await asyncio.gather(pipe(reader, inner_writer), pipe(inner_reader, writer, limit))
            finally:
                state._open.discard(writer)
                inner_writer.close()
        except (OSError, asyncio.IncompleteReadError):
            pass  # one of the two hung up
        finally:
            writer.close()

    async with serving(serve, tls=tls) as port:
        state = Proxy(port, tls is not None, login=login)
        yield state


async def _admit(state: Proxy, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Tell whether the way is open; else answer, or fail, as the state demands."""
    destination = head.split(" ")[1]
    state.tunnels.append(destination)
    match state.fault:
        case "mute":
            await reader.read(-1)
            return False
        case "reset":
            writer.transport.abort()
            return False
        case "closes":
            return False
        case "garbage":
            writer.write(b"220 mail.example ESMTP\r\n")
            return False
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    wanted = f"Basic {base64.b64encode(state.login.encode()).decode()}"
    sent = {name.lower(): value for name, value in fields.items()}.get("proxy-authorization", "")
    if state.login and sent != wanted:
        writer.write(b"HTTP/1.1 407 Who are you, tv:wrong?\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n")
    elif destination.rpartition(":")[0] in state.refused:
        writer.write(b"HTTP/1.1 403 Not from here\r\ncontent-length: 5\r\n\r\nsorry")
    else:
        return True
    await writer.drain()
    return False


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None = None) -> None:
    """Pass on what comes until it ends, or until `limit` bytes have passed."""
    while data := await reader.read(65536 if limit is None else limit):
        writer.write(data)
        await writer.drain()
        if limit is not None:
            break
    writer.close()


@contextlib.contextmanager
def running_proxy(target_port: int, *, login: str = "", tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """Run a proxy on a thread of its own, for a test that is no coroutine."""
    ready: list[Proxy] = []
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with proxy(target_port, login=login, tls=tls) as state:
            ready.append(state)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    try:
        assert started.wait(5)
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
        loop.close()
