"""A client of the REST API of Blob Storage, 2021-12-02.

Hand-written, because Azure's SDK brings an HTTP pipeline of its own, with other retries and time-outs.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import ipaddress
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlencode, urlsplit

from tvapp.azure.authorizer import Authorizer
from tvapp.azure.blob_xml import parse_error
from tvapp.azure.errors import failure, is_page, plain
from tvapp.core.clock import Clock
from tvapp.core.errors import DataError, NotFound, ServiceError, UnexpectedReply, service_error
from tvapp.core.headers import Headers, retry_after_s
from tvapp.core.urls import origin_of
from tvapp.net.request import Request, Response, Sender

VERSION = "2021-12-02"
"""Without a version the service accepts no bearer token (azure-facts 6)."""

GEOJSON = "application/geo+json"
"""The content type of new blobs (RFC 7946, 12)."""

PAGE_SIZE = 1_000
MAX_PAGE_BYTES = 8 << 20
_MAX_ANSWER_BYTES = 64 << 10
_TRACE = re.compile(r"\s*\bRequestId:\S+\s+Time:\S+")
"""The end of every message; the id is kept in its own field."""
_LIST_TIMEOUT_S = 30.0
_BLOB_TIMEOUT_S = 120.0
_PRESERVED = {
    "content-type": "x-ms-blob-content-type",
    "content-encoding": "x-ms-blob-content-encoding",
    "content-language": "x-ms-blob-content-language",
    "content-disposition": "x-ms-blob-content-disposition",
    "cache-control": "x-ms-blob-cache-control",
    "x-ms-encryption-scope": "x-ms-encryption-scope",
}
"""Properties that Put Blob resets unless they are sent again: Get Blob's names, and Put Blob's."""

_TENANT = re.compile(
    r"""authorization_uri\s*=\s*"?https://[^/\s",]+/([0-9A-Za-z.-]{1,64})(?:[/\s",]|$)""", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a storage account, or the folder `prefix` in it (empty, or with a slash at its end)."""

    url: str
    prefix: str = ""

    @property
    def host(self) -> str:
        """The host name, for messages."""
        return urlsplit(self.url).hostname or ""

    def blob_url(self, name: str) -> str:
        """Return the address of a blob."""
        return f"{self.url}/{quote(name, safe='/~')}"


def parse_container(url: str) -> Container | None:
    """Return the container that a URL names; None where it names none.

    Hosts without a dot and IP addresses carry the account's name in the path, as the emulator does.

    >>> parse_container("https://acct.blob.core.windows.net/fences/harbour")
    Container(url='https://acct.blob.core.windows.net/fences', prefix='harbour/')
    >>> parse_container("https://localhost:10000/devstoreaccount1/fences")
    Container(url='https://localhost:10000/devstoreaccount1/fences', prefix='')
    """
    origin = origin_of(url)
    if not origin.startswith("https://"):
        return None
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    root = 2 if _is_path_style(parts.hostname or "") else 1
    if len(segments) < root or parts.query or any(unquote(segment) in {".", ".."} for segment in segments):
        return None
    prefix = "".join(f"{unquote(segment)}/" for segment in segments[root:])
    return Container("/".join([origin, *segments[:root]]), prefix)


def is_askable(name: str) -> bool:
    """Tell whether a blob's name survives in a URL: dot segments would lead elsewhere (RFC 3986, 5.2.4)."""
    return not any(segment in {".", ".."} for segment in name.replace("\\", "/").split("/")) and "\0" not in name


class BlobClient:
    """Reads and writes the blobs of one container; raises only our errors."""

    def __init__(
        self, http: Sender, container: Container, authorizer: Authorizer, *, clock: Clock, page_size: int = PAGE_SIZE
    ) -> None:
        self._http = http
        self._container = container
        self._authorizer = authorizer
        self._clock = clock
        self._page_size = page_size

    async def list_page(self, marker: str = "") -> bytes:
        """Return one page of the list of blobs, as XML (`blob_xml.parse_page`)."""
        query = {"restype": "container", "comp": "list", "maxresults": str(self._page_size)}
        query |= {"prefix": self._container.prefix} if self._container.prefix else {}
        query |= {"marker": marker} if marker else {}
        url = f"{self._container.url}?{urlencode(query, quote_via=quote)}"
        response = await self._get(url, {"accept": "application/xml"}, MAX_PAGE_BYTES, _LIST_TIMEOUT_S)
        if response.status != 200 or is_page(response):
            raise blob_failure(response, self._clock.wall())
        return response.body

    async def get(self, name: str, *, etag: str = "", limit_bytes: int) -> Response | None:
        """Return a blob with its headers; None where `etag` (with its quotes) still matches."""
        fields = {"accept": "*/*"}
        if etag:
            fields["if-none-match"] = etag
        response = await self._get(self._container.blob_url(name), fields, limit_bytes, _BLOB_TIMEOUT_S)
        if response.status == 304 and etag:
            return None
        if response.status != 200:
            raise blob_failure(response, self._clock.wall())
        return response

    async def find(self, name: str, *, limit_bytes: int) -> Response | None:
        """Return a blob with its headers; None where there is no such blob."""
        try:
            return await self.get(name, limit_bytes=limit_bytes)
        except NotFound as error:
            if error.code == "BlobNotFound":
                return None
            raise

    async def put(self, name: str, body: bytes, *, replacing: Response | None) -> str:
        """Write a blob and return its ETag, with quotes.

        The blob must still have the version `replacing` (the response of `get`), whose type and metadata are kept;
        where that is None, there must be no such blob. Index tags are lost: reading them takes a permission of its
        own.

        Raises:
            Conflict: the blob was changed meanwhile (code ConditionNotMet or BlobAlreadyExists), or cannot be written
                now (another code: a lease, a legal hold).
            DataError: the blob has metadata that cannot be sent again.
        """
        fields = {"x-ms-blob-content-type": GEOJSON, "if-none-match": "*"}
        if replacing is not None:
            fields = {**_preserved(name, replacing.headers), "if-match": _strong_etag(replacing)}
            body = _encoded(body, replacing.headers.get("content-encoding", ""))
        digest = hashlib.md5(body, usedforsecurity=False).digest()
        fields |= {
            "content-type": "application/octet-stream",
            "content-md5": base64.b64encode(digest).decode(),
            "x-ms-blob-type": "BlockBlob",
        }
        response = await self._change("PUT", name, fields, body)
        if response.status != 201:
            raise blob_failure(response, self._clock.wall())
        return response.headers.get("etag", "")

    async def delete(self, name: str, *, replacing: Response) -> None:
        """Delete a blob and its snapshots, if it still has the version that `get` returned.

        Raises:
            Conflict: as for `put`.
            NotFound: it is gone.
        """
        fields = {"if-match": _strong_etag(replacing), "x-ms-delete-snapshots": "include"}
        response = await self._change("DELETE", name, fields)
        if response.status != 202:
            raise blob_failure(response, self._clock.wall())

    async def _get(self, url: str, fields: dict[str, str], limit_bytes: int, timeout_s: float) -> Response:
        headers = Headers({"x-ms-version": VERSION, **fields})
        request = Request("GET", url, headers, limit_bytes=limit_bytes, timeout_s=timeout_s)
        return await self._authorizer.send(self._http, request)

    async def _change(self, method: str, name: str, fields: Mapping[str, str], body: bytes = b"") -> Response:
        headers = Headers({"x-ms-version": VERSION, "accept": "application/xml", **fields})
        url = self._container.blob_url(name)
        request = Request(method, url, headers, body, limit_bytes=_MAX_ANSWER_BYTES, timeout_s=_BLOB_TIMEOUT_S)
        return await self._authorizer.send(self._http, request)


def blob_failure(response: Response, wall_s: float) -> ServiceError:
    """Return the error for an answer of Blob Storage; `wall_s` is the wall time, for a Retry-After that is a date.

    The tenant in the challenge of a 401 is that of the storage account, and becomes part of the message.
    """
    status = response.status
    if status < 400 or is_page(response):
        return failure(response, wall_s)
    code, message = parse_error(response.body[: 64 << 10]) if response.body else ("", "")
    code = plain(response.headers.get("x-ms-error-code", "") or code, 80)
    message = plain(_TRACE.sub("", message), 300)
    if status == 401 and (found := _TENANT.search(response.headers.get("www-authenticate", "")[:4096])):
        message = plain(f"the storage account belongs to the tenant {found.group(1)}. {message}", 300)
    pause_s = retry_after_s(response.headers, wall_s)
    request_id = plain(response.headers.get("x-ms-request-id", ""), 80)
    return service_error(response.host, status, code, message, request_id=request_id, retry_after_s=pause_s)


def not_a_list(host: str, reason: str) -> UnexpectedReply:
    """Return the error for a list that cannot be read."""
    return UnexpectedReply(host, 200, "xml", plain(reason, 200))


def _preserved(name: str, held: Mapping[str, str]) -> dict[str, str]:
    """Return the header fields that give a new version the properties of the former one."""
    fields = {new: held[old] for old, new in _PRESERVED.items() if held.get(old)}
    fields |= {field: value for field, value in held.items() if field.startswith("x-ms-meta-")}
    if held.get("x-ms-access-tier") and held.get("x-ms-access-tier-inferred", "").lower() != "true":
        fields["x-ms-access-tier"] = held["x-ms-access-tier"]
    if not all(value.isascii() for value in fields.values()):
        raise DataError(name, "its metadata is not ASCII")
    return fields


def _strong_etag(response: Response) -> str:
    # A proxy that compressed the body has made it weak; the service accepts strong ETags only.
    etag = response.headers.get("etag", "").removeprefix("W/")
    if not etag:
        raise UnexpectedReply(response.host, response.status, "", "a blob without an ETag")
    return etag


def _encoded(body: bytes, encoding: str) -> bytes:
    """Return `body` in the Content-Encoding of its blob, which the transport had decoded."""
    match encoding.strip().lower():
        case "gzip" | "x-gzip":
            return gzip.compress(body, mtime=0)
        case "deflate":
            return zlib.compress(body)
    return body


def _is_path_style(host: str) -> bool:
    if "." not in host and ":" not in host:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.endswith(".localhost")
    return True
