"""A client of the REST API of the Data service v2 of Azure Maps, which the original guide uses.

The answer to an upload has the URL of an operation, which is polled until it has ended. Of that URL only the id of the
operation is used: credentials go to the configured host alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from tvapp.azure.authorizer import Authorizer
from tvapp.azure.errors import failure, failure_by_id, is_page, plain, refuse_page
from tvapp.core.clock import Clock
from tvapp.core.errors import Conflict, DataError, ServiceError, UnexpectedReply
from tvapp.core.headers import Headers, retry_after_s
from tvapp.core.urls import host_of, with_query
from tvapp.net.request import Request, Response, Sender

API_VERSION = "2.0"
MAX_FILE_BYTES = 100 << 20
"""The largest file that the service accepted."""
MAX_LIST_BYTES = 4 << 20
MAX_ENTRIES = 2_000
STORAGE_FULL = "StorageFull"
"""The code of the Conflict; the service's own code for it is not documented."""

_MAX_ANSWER_BYTES = 256 << 10
_ASK_TIMEOUT_S = 20.0
_FILE_TIMEOUT_S = 120.0
_MAX_REASON = 300
_FIELDS = Headers({"accept": "application/json, application/vnd.geo+json, application/geo+json, */*;q=0.1"})
_UPLOAD_FIELDS = _FIELDS.replaced({"content-type": "application/json"})
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_OPERATION_PATH = re.compile(rf"/mapData/operations/({_ID.pattern})/?\Z", re.IGNORECASE)
_RESOURCE_PATH = re.compile(rf"/mapData/(?:metadata/)?({_ID.pattern})/?\Z", re.IGNORECASE)
_PUBLIC = re.compile(r"(?:^|\.)atlas\.(?:microsoft\.com|azure\.us|azure\.cn)\Z")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the list. `status` is "pending", "completed" or "failed"; `data_format` is in lower case too."""

    udid: str
    status: str = "completed"
    data_format: str = "geojson"
    description: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of the account; `ignored` counts entries that cannot be read."""

    entries: tuple[Entry, ...]
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """The state of an upload.

    `udid` is the id of the new file, empty where the answer has none. `trouble` is why it failed. `retry_after_s` is
    when to poll again, None where the service does not say.
    """

    state: Literal["running", "succeeded", "failed"]
    udid: str = ""
    trouble: ServiceError | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The service has accepted an upload; poll `operation_id`, after `retry_after_s` where that is not None."""

    operation_id: str
    retry_after_s: float | None = None


class MapDataClient:
    """Lists, reads, uploads and deletes the files of one account; raises only our errors.

    A file or operation that the service does not know is NotFound, though it says 400.
    """

    def __init__(self, http: Sender, endpoint: str, authorizer: Authorizer, *, clock: Clock) -> None:
        self._http = http
        self._endpoint = endpoint.rstrip("/")
        self._authorizer = authorizer
        self._clock = clock

    @property
    def host(self) -> str:
        """The host name, for messages."""
        return host_of(self._endpoint)

    @property
    def is_public(self) -> bool:
        """Tell whether the host is Microsoft's, where the service was retired."""
        return _PUBLIC.search(self.host) is not None

    async def list(self) -> Listing:
        """Return the list of files."""
        response = await self._ask("GET", "/mapData", limit_bytes=MAX_LIST_BYTES)
        if response.status != 200:
            raise self._failure_by_id(response)
        return _parse_listing(response)

    async def get(self, udid: str, *, etag: str = "", limit_bytes: int = MAX_FILE_BYTES) -> Response | None:
        """Return a file with its headers; None where `etag` still matches."""
        fields = _FIELDS.replaced({"if-none-match": etag}) if etag else _FIELDS
        response = await self._ask(
            "GET", f"/mapData/{udid}", fields, limit_bytes=limit_bytes, timeout_s=_FILE_TIMEOUT_S
        )
        if response.status == 304 and etag:
            return None
        if response.status != 200 or is_page(response):
            raise self._failure_by_id(response)
        return response

    async def upload(self, content: bytes, description: str) -> Accepted:
        """Upload a new GeoJSON file. Not idempotent: a second upload makes a second file.

        Raises:
            Conflict: the storage of the account is full (code STORAGE_FULL).
            DataError: `content` is larger than the service accepts.
        """
        response = await self._send_file(
            "POST", "/mapData", content, {"dataFormat": "geojson", "description": description}
        )
        # A retired service may answer 400 to anything; a live one means the upload.
        return self._accepted(response, self._failure_by_id if self.is_public else self._failure)

    async def replace(self, udid: str, content: bytes) -> Accepted:
        """Replace the whole content of a file; its description stays.

        Raises:
            Conflict: the storage of the account is full (code STORAGE_FULL).
            DataError: `content` is larger than the service accepts.
            NotFound: there is no such file, or the request is malformed: the service answers 400 to both.
        """
        response = await self._send_file("PUT", f"/mapData/{udid}", content, {})
        return self._accepted(response, self._failure_by_id)

    async def delete(self, udid: str) -> None:
        """Remove a file.

        Raises:
            NotFound: it is gone already.
        """
        response = await self._ask("DELETE", f"/mapData/{udid}")
        if response.status != 204:
            raise self._failure_by_id(response)

    async def operation(self, operation_id: str) -> Operation:
        """Return the state of an upload.

        Raises:
            NotFound: the service does not know the operation (any more).
        """
        response = await self._ask("GET", f"/mapData/operations/{operation_id}")
        if response.status != 200:
            raise self._failure_by_id(response)
        return self._parse_operation(response)

    async def _send_file(self, method: str, path: str, content: bytes, query: dict[str, str]) -> Response:
        if len(content) > MAX_FILE_BYTES:
            raise DataError(path.rpartition("/")[2], f"larger than {MAX_FILE_BYTES >> 20} MB")
        return await self._ask(method, path, _UPLOAD_FIELDS, content, query, timeout_s=_FILE_TIMEOUT_S)

    async def _ask(
        self,
        method: str,
        path: str,
        fields: Headers = _FIELDS,
        body: bytes = b"",
        query: dict[str, str] | None = None,
        *,
        limit_bytes: int = _MAX_ANSWER_BYTES,
        timeout_s: float = _ASK_TIMEOUT_S,
    ) -> Response:
        url = with_query(self._endpoint + path, {"api-version": API_VERSION, **(query or {})})
        request = Request(method, url, fields, body, limit_bytes=limit_bytes, timeout_s=timeout_s)
        return await self._authorizer.send(self._http, request)

    def _accepted(self, response: Response, explain: Callable[[Response], ServiceError]) -> Accepted:
        if response.status == 409:
            error = explain(response)
            raise Conflict(error.host, 409, STORAGE_FULL, error.message, request_id=error.request_id)
        if response.status != 202:
            raise explain(response)
        location = response.headers.get("operation-location", "")
        # The URL may name a host of another geography; only its id is used, so no request ever goes there.
        operation_id = _id_in(location, _OPERATION_PATH)
        if not operation_id:
            where = f"the operation is at {host_of(location) or 'no address'}"
            raise UnexpectedReply(response.host, 202, "Operation-Location", plain(where, 120))
        return Accepted(operation_id, retry_after_s(response.headers, self._clock.wall()))

    def _parse_operation(self, response: Response) -> Operation:
        refuse_page(response)
        try:
            body = msgspec.json.decode(response.body, type=_OperationBody)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnexpectedReply(response.host, 200, "json", "not the state of an operation") from error
        pause_s = retry_after_s(response.headers, self._clock.wall())
        match body.status.lower():
            case "succeeded" | "completed":
                location = response.headers.get("resource-location", "") or body.resource_location or ""
                return Operation("succeeded", _id_in(location, _RESOURCE_PATH))
            case "failed":
                return Operation("failed", trouble=_operation_error(response.host, body.error))
        return Operation("running", retry_after_s=pause_s)

    def _failure(self, response: Response) -> ServiceError:
        return failure(response, self._clock.wall())

    def _failure_by_id(self, response: Response) -> ServiceError:
        return failure_by_id(response, self._clock.wall())


def is_udid(text: str) -> bool:
    """Tell whether a file's id may be part of a URL."""
    return _ID.fullmatch(text) is not None


class _EntryBody(msgspec.Struct):
    udid: str
    upload_status: str = msgspec.field(name="uploadStatus", default="Completed")
    data_format: str = msgspec.field(name="dataFormat", default="geojson")
    description: str | None = None
    size: int = msgspec.field(name="sizeInBytes", default=0)


class _ListingBody(msgspec.Struct):
    files: list[msgspec.Raw] = msgspec.field(name="mapDataList", default_factory=list)


class _ErrorBody(msgspec.Struct):
    code: str | None = None
    message: str | None = None
    details: list[_ErrorBody] | None = None


class _OperationBody(msgspec.Struct):
    status: str
    error: _ErrorBody | None = None
    resource_location: str | None = msgspec.field(name="resourceLocation", default=None)


def _parse_listing(response: Response) -> Listing:
    refuse_page(response)
    try:
        listing = msgspec.json.decode(response.body, type=_ListingBody)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnexpectedReply(response.host, response.status, "json", "not a list of map data") from error
    entries: list[Entry] = []
    ignored = 0
    for raw in listing.files[:MAX_ENTRIES]:
        try:
            body = msgspec.json.decode(raw, type=_EntryBody)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            ignored += 1
            continue
        status, data_format = body.upload_status.lower(), body.data_format.lower()
        entries.append(Entry(body.udid, status, data_format, body.description or "", max(0, body.size)))
    return Listing(tuple(entries), ignored)


def _id_in(location: str, pattern: re.Pattern[str]) -> str:
    try:
        found = pattern.search(urlsplit(location).path)
    except ValueError:
        return ""
    return found.group(1) if found else ""


def _operation_error(host: str, error: _ErrorBody | None) -> ServiceError:
    """Return why an operation failed, as a 400: a retry would fail as well."""
    error = error or _ErrorBody()
    reasons = [error.message, *(detail.message or detail.code for detail in error.details or ())]
    message = " ".join(dict.fromkeys(reason for reason in reasons if reason))
    return ServiceError(host, 400, plain(error.code or "Failed", 80), plain(message, _MAX_REASON))
