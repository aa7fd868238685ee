"""A corporate proxy on loopback: CONNECT tunnels, a name and a password where it wants one, and a record of both."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.net.raw import serving


@dataclass
class Proxy:
    """Where it listens, and whom it was asked to connect to."""

    port: int
    tunnels: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"


@asynccontextmanager
async def proxy(target_port: int, *, login: str = "") -> AsyncIterator[Proxy]:
    """Serve until the block ends. Every tunnel leads to `target_port` of this machine, whatever host was asked for."""
    wanted = f"basic {base64.b64encode(login.encode()).decode()}"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            state.tunnels.append(head.split(" ")[1])
            if login and fields.get("proxy-authorization", "").lower() != wanted.lower():
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
                return
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", target_port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            try:
                await asyncio.gather(pipe(reader, inner_writer), pipe(inner_reader, writer))
            finally:
                inner_writer.close()
        except (OSError, asyncio.IncompleteReadError):
            pass  # one of the two hung up
        finally:
            writer.close()

    async with serving(serve) as port:
        state = Proxy(port)
        yield state


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until it ends."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
