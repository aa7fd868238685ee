"""The REST API of Blob Storage, 2021-12-02: URLs, headers, and what its answers mean."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlencode, urlsplit

from tvapp.azure.authorizer import Authorizer
from tvapp.azure.blob_xml import parse_error
from tvapp.azure.errors import failure, is_page, plain
from tvapp.core.clock import Clock
from tvapp.core.errors import ServiceError, UnexpectedReply, service_error
from tvapp.core.headers import Headers, parse_retry_after
from tvapp.net.transport import Request, Response, Sender, origin_of

VERSION = "2021-12-02"
"""Without a version the service takes no bearer token (azure-facts 6)."""

PAGE_SIZE = 1_000
MAX_PAGE_BYTES = 8 << 20
_TRACE = re.compile(r"\s*\bRequestId:\S+\s+Time:\S+")
"""What every message ends with; the id is kept by itself."""
_LIST_TIMEOUT_S = 30.0
_BLOB_TIMEOUT_S = 120.0
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
    """Return which container an address means; None where it names none.

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
    """Asks for what is in one container; raises only our errors."""

    def __init__(self, http: Sender, container: Container, authorizer: Authorizer, *, clock: Clock) -> None:
        self._http = http
        self._container = container
        self._authorizer = authorizer
        self._clock = clock

    async def list_page(self, marker: str = "") -> bytes:
        """Return one page of the list of blobs, as XML (`blob_xml.parse_page`)."""
        query = {"restype": "container", "comp": "list", "maxresults": str(PAGE_SIZE)}
        query |= {"prefix": self._container.prefix} if self._container.prefix else {}
        query |= {"marker": marker} if marker else {}
        url = f"{self._container.url}?{urlencode(query, quote_via=quote)}"
        response = await self._get(url, {"accept": "application/xml"}, MAX_PAGE_BYTES, _LIST_TIMEOUT_S)
        if response.status != 200 or is_page(response):
            raise blob_failure(response, self._clock.wall())
        return response.body

    async def get(self, name: str, *, etag: str = "", limit_bytes: int) -> Response | None:
        """Return a blob with its headers; None where `etag` (with its quotes) is still right."""
        fields = {"accept": "*/*"}
        if etag:
            fields["if-none-match"] = etag
        response = await self._get(self._container.blob_url(name), fields, limit_bytes, _BLOB_TIMEOUT_S)
        if response.status == 304 and etag:
            return None
        if response.status != 200:
            raise blob_failure(response, self._clock.wall())
        return response

    async def _get(self, url: str, fields: dict[str, str], limit_bytes: int, timeout_s: float) -> Response:
        headers = Headers({"x-ms-version": VERSION, **fields})
        request = Request("GET", url, headers, limit_bytes=limit_bytes, timeout_s=timeout_s)
        return await self._authorizer.send(self._http, request)


def blob_failure(response: Response, wall_s: float) -> ServiceError:
    """Return the error that an answer of Blob Storage stands for; `wall_s` is the time, for a Retry-After date.

    A 401 whose challenge names a tenant says which one: it is that of the storage account.
    """
    status = response.status
    if status < 400 or is_page(response):
        return failure(response, wall_s)
    code, message = parse_error(response.body[: 64 << 10]) if response.body else ("", "")
    code = plain(response.headers.get("x-ms-error-code", "") or code, 80)
    message = plain(_TRACE.sub("", message), 300)
    if status == 401 and (found := _TENANT.search(response.headers.get("www-authenticate", "")[:4096])):
        message = plain(f"the storage account belongs to the tenant {found.group(1)}. {message}", 300)
    retry_after_s = parse_retry_after(response.headers.get("retry-after"), wall_s)
    request_id = plain(response.headers.get("x-ms-request-id", ""), 80)
    return service_error(response.host, status, code, message, request_id=request_id, retry_after_s=retry_after_s)


def not_a_list(host: str, reason: str) -> UnexpectedReply:
    """Return the error for a list that cannot be read."""
    return UnexpectedReply(host, 200, "xml", plain(reason, 200))


def _is_path_style(host: str) -> bool:
    if "." not in host and ":" not in host:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.endswith(".localhost")
    return True
