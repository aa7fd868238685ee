"""A real TLS server on loopback whose answers a function gives, and an imitation of Blob Storage for it.

The imitation is written from the protocol's description (azure-facts 6), not from the store.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.net.raw import Authority, make_authority, serving
from tvapp.core.clock import ManualClock
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.net.transport import HttpClient

REASONS = {200: "OK", 302: "Found", 304: "Not Modified", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True)
class Answer:
    """A response. Its last `cut` bytes are not sent: the connection ends instead."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int = 0

    def encode(self) -> bytes:
        fields = {"content-length": str(len(self.body)), **self.headers}
        if self.status == 304:
            fields.pop("content-length")
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        head = f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Status')}\r\n{lines}\r\n".encode()
        return head + self.body[: len(self.body) - self.cut]


Answers = Callable[[Asked], Answer | Awaitable[Answer]]
RESET = Answer(0)
"""No answer: the connection breaks off."""


@dataclass
class Server:
    url: str
    asked: list[Asked] = field(default_factory=list)

    def paths(self) -> list[str]:
        """Return the requests since the last call."""
        paths = [each.path for each in self.asked]
        self.asked.clear()
        return paths


@asynccontextmanager
async def serve(
    authority: Authority, answers: Answers, *, is_cut_off: Callable[[Asked], bool] = lambda asked: False
) -> AsyncIterator[Server]:
    """Serve on a free port until the block ends; what `is_cut_off` picks by its head breaks off within its body."""
    state = Server("")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
                method, target, _ = first.split(" ")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                length = int(headers.get("content-length", "0"))
                if is_cut_off(Asked(method, target, headers)):
                    await reader.readexactly(length // 2)
                    writer.transport.abort()
                    break
                asked = Asked(method, target, headers, await reader.readexactly(length))
                state.asked.append(asked)
                answer = answers(asked)
                if not isinstance(answer, Answer):
                    answer = await answer
                if answer is RESET:
                    writer.transport.abort()
                    break
                writer.write(answer.encode())
                await writer.drain()
                if answer.cut:
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has gone
        finally:
            writer.close()

    async with serving(talk, tls=authority.server) as port:
        state.url = f"https://localhost:{port}"
        yield state


@asynccontextmanager
async def client(authority: Authority) -> AsyncIterator[HttpClient]:
    """Yield the real transport, which trusts the server's authority alone."""
    http = HttpClient(outbound=Outbound.trusting(str(authority.ca_file)), clock=ManualClock(), log=RecordingLog())
    try:
        yield http
    finally:
        await http.aclose()


def authority_in(folder: Path) -> Authority:
    return make_authority(folder)


def collection(*ids: str) -> bytes:
    """Return GeoJSON with one circle for each id."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [24.9, 60.1]},
            "properties": {"geometryId": each, "subType": "Circle", "radius": 50},
        }
        for each in ids
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@dataclass
class BlobService:
    """Blob Storage with one container of one account, path style; `instead` may answer first."""

    container: str = "/account1/fences"
    blobs: dict[str, bytes] = field(default_factory=dict)
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    token: str = "token-1"
    page_size: int = 5000
    shows_etags: bool = True
    instead: Callable[[Asked], Answer | None] = lambda asked: None

    def __call__(self, asked: Asked) -> Answer:
        answer = self.instead(asked)
        if answer is not None:
            return answer
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            challenge = (
                "Bearer authorization_uri=https://login.microsoftonline.com/7a11ce55-0000-4000-8000-00000000beef"
                "/oauth2/authorize resource_id=https://storage.azure.com"
            )
            return error(401, "InvalidAuthenticationInfo", **{"www-authenticate": challenge})
        if asked.headers.get("x-ms-version") != "2021-12-02":
            return error(403, "AuthenticationFailed")
        if asked.path == self.container:
            return self._list(asked.query)
        if not asked.path.startswith(self.container + "/"):
            return error(404, "ContainerNotFound")
        name = unquote(asked.path.removeprefix(self.container + "/"))
        body = self.blobs.get(name)
        if asked.method == "PUT":
            return self._put(name, asked)
        if body is None:
            return error(404, "BlobNotFound")
        if asked.method == "DELETE":
            if asked.headers.get("if-match") != f'"{etag(body)}"':
                return error(412, "ConditionNotMet")
            del self.blobs[name]
            return Answer(202)
        if asked.headers.get("if-none-match") == f'"{etag(body)}"':
            return Answer(304, headers={"etag": f'"{etag(body)}"'})
        fields = {"content-type": "application/octet-stream", **self.fields.get(name, {})}
        return Answer(200, body, {"etag": f'"{etag(body)}"', **fields})

    def _put(self, name: str, asked: Asked) -> Answer:
        held = self.blobs.get(name)
        if asked.headers.get("x-ms-blob-type") != "BlockBlob" or "content-length" not in asked.headers:
            return error(400, "MissingRequiredHeader")
        if base64.b64encode(hashlib.md5(asked.body).digest()).decode() != asked.headers.get("content-md5"):
            return error(400, "Md5Mismatch")
        if asked.headers.get("if-none-match") == "*" and held is not None:
            return error(409, "BlobAlreadyExists")
        condition = asked.headers.get("if-match")
        if condition is not None and (held is None or condition != f'"{etag(held)}"'):
            return error(412, "ConditionNotMet")
        self.blobs[name] = asked.body
        return Answer(201, headers={"etag": f'"{etag(asked.body)}"'})

    def _list(self, query: dict[str, str]) -> Answer:
        assert query["restype"] == "container"
        assert query["comp"] == "list"
        names = sorted(name for name in self.blobs if name.startswith(query.get("prefix", "")))
        start = int(query.get("marker", "0").removeprefix("from "))
        size = min(self.page_size, int(query["maxresults"]))
        page, rest = names[start : start + size], names[start + size :]
        return listing(
            {name: self.blobs[name] for name in page}, f"from {start + size}" if rest else "", self.shows_etags
        )


def listing(blobs: Mapping[str, bytes], next_marker: str = "", shows_etags: bool = True) -> Answer:
    """Return a page of a list as the service writes it: with a byte order mark, ETags without quotes."""
    entries = "".join(
        f"<Blob><Name>{escape(name)}</Name><Properties><Last-Modified>Mon, 23 Nov 2026 07:00:00 GMT</Last-Modified>"
        + (f"<Etag>{etag(body)}</Etag>" if shows_etags else "")
        + f"<Content-Length>{len(body)}</Content-Length></Properties><OrMetadata /></Blob>"
        for name, body in blobs.items()
    )
    text = (
        '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://x/" ContainerName="fences">'
        f"<MaxResults>5000</MaxResults><Blobs>{entries}<BlobPrefix><Name>p/</Name></BlobPrefix></Blobs>"
        f"<NextMarker>{escape(next_marker)}</NextMarker></EnumerationResults>"
    )
    return Answer(200, b"\xef\xbb\xbf" + text.encode(), {"content-type": "application/xml"})


def error(status: int, code: str, message: str = "It says no.", **headers: str) -> Answer:
    """Return an error as the service writes it."""
    message += "\nRequestId:request-7\nTime:2026-11-23T07:53:49.4547342Z"
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    fields = {"content-type": "application/xml", "x-ms-error-code": code, "x-ms-request-id": "request-7", **headers}
    return Answer(status, b"\xef\xbb\xbf" + body.encode(), fields)


def etag(body: bytes) -> str:
    return "0x" + hashlib.sha256(body).hexdigest()[:16].upper()
