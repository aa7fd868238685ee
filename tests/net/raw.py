"""Servers that misbehave on purpose, over real sockets on loopback, with a throw-away certificate authority."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

PNG = b"\x89PNG\r\n\x1a\n" + b"not really"


def answer(body: bytes = b"hello", status: str = "200 OK", **fields: str) -> bytes:
    """Return a whole HTTP/1.1 answer; field names with _ for -."""
    head = {"content-length": str(len(body)), **{name.replace("_", "-"): value for name, value in fields.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items() if value)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


async def read_head(reader: asyncio.StreamReader) -> str:
    """Read one request's head (requests here have no body)."""
    return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")


@dataclass
class RawServer:
    """A server that answers each request with the next of `script` (the last one for ever)."""

    url: str
    heads: list[str] = field(default_factory=list)
    connections: int = 0


@asynccontextmanager
async def raw_server(
    *script: bytes | Handler, tls: ssl.SSLContext | None = None, close_after: bool = False
) -> AsyncIterator[RawServer]:
    """Serve on a free port of 127.0.0.1 until the block ends; `close_after` closes after each answer, unannounced."""
    state = RawServer("")
    step = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal step
        state.connections += 1
        try:
            while True:
                state.heads.append(await read_head(reader))
                item = script[min(step, len(script) - 1)]
                step += 1
                if not isinstance(item, bytes):
                    await item(reader, writer)
                    break
                writer.write(item)
                await writer.drain()
                if close_after:
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away, which many of these tests make it do
        finally:
            writer.close()

    async with serving(serve, tls=tls) as port:
        state.url = f"{'https' if tls else 'http'}://localhost:{port}"
        yield state


@asynccontextmanager
async def serving(
    serve: Handler, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """Run `serve` for each connection to a port (0: a free one), which is yielded, until the block ends."""
    tasks: set[asyncio.Future[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, host, port, ssl=tls)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(3):
            await asyncio.sleep(0)  # lets the transports close their sockets


class HandshakeServer:
    """Takes TLS handshakes on a thread of its own, and says nothing after them."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            # A client that does not trust the certificate says so in the handshake, or closes the connection after it.
            with contextlib.suppress(OSError), connection:
                connection.settimeout(5)
                with self._context.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(1)


@dataclass(frozen=True)
class Authority:
    """A CA file and a server context with a certificate it signed."""

    ca_file: Path
    server: ssl.SSLContext


@cache
def _keys() -> tuple[ec.EllipticCurvePrivateKey, ec.EllipticCurvePrivateKey]:
    return ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


def make_authority(
    folder: Path, *, host: str = "localhost", since_days: int = -9, days: int = 1, alpn: bool = False
) -> Authority:
    """Make a CA and a server certificate for `host`, valid from `since_days` to `days` from now."""
    ca_key, key = _keys()
    now = datetime.datetime.now(datetime.UTC)
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test CA {folder.name}")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])

    def build(subject: x509.Name, public: ec.EllipticCurvePublicKey, since: int, until: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=since))
            .not_valid_after(now + datetime.timedelta(days=until))
        )

    identifier = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = (
        build(ca_name, ca_key.public_key(), -9, 9)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(identifier, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    names: list[x509.GeneralName] = [x509.DNSName(host)]
    if host == "localhost":
        names.append(x509.IPAddress(ip_address("127.0.0.1")))
    leaf = (
        build(name, key.public_key(), since_days, days)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    pem = serialization.Encoding.PEM
    ca_file, chain = folder / "ca.pem", folder / "server.pem"
    ca_file.write_bytes(ca.public_bytes(pem))
    chain.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) + leaf.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    if alpn:
        context.set_alpn_protocols(["h2"])
    return Authority(ca_file, context)
