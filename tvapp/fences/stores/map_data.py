"""Geofences in the Data service v2 of Azure Maps (`/mapData`), as the original guide uploads them.

Microsoft retired the service on 2024-09-16; it lives on in compatible hosts and in the local cloud.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

import msgspec

from tvapp.core.clock import Clock, SystemClock
from tvapp.core.errors import (
    DataError,
    Forbidden,
    NotFound,
    ServiceDown,
    ServiceError,
    Unauthorized,
    UnexpectedReply,
    Unreachable,
    service_error,
)
from tvapp.core.headers import Headers, parse_retry_after
from tvapp.core.log import Log
from tvapp.fences.geojson import MAX_BYTES, ReadResult, read
from tvapp.fences.model import Skipped
from tvapp.fences.stores.base import UNCHANGED, Loaded, SameThread, StoreRetired, Workers
from tvapp.net.transport import Request, Response, Sender, host_of

API_VERSION = "2.0"
MAX_LIST_BYTES = 4 << 20
MAX_FILES = 2_000
MAX_TOTAL_BYTES = 512 << 20
_LIST_TIMEOUT_S = 20.0
_FILE_TIMEOUT_S = 120.0
_AT_ONCE = 4

_PUBLIC = re.compile(r"(?:^|\.)atlas\.(?:microsoft\.com|azure\.us|azure\.cn)$")
_UDID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class Authorizer(Protocol):
    """Sends a request with the account's credentials (`azure.authorizer`)."""

    async def send(self, http: Sender, request: Request) -> Response:
        """Return the answer, whatever its status."""
        ...


class _Entry(msgspec.Struct):
    udid: str
    upload_status: str = msgspec.field(name="uploadStatus", default="Completed")
    data_format: str = msgspec.field(name="dataFormat", default="geojson")
    description: str | None = None
    size: int = msgspec.field(name="sizeInBytes", default=0)


class _Listing(msgspec.Struct):
    files: list[msgspec.Raw] = msgspec.field(name="mapDataList", default_factory=list)


@dataclass(frozen=True, slots=True)
class _File:
    digest: bytes
    etag: str
    result: ReadResult
    size: int


class MapDataStore:
    """Lists the account's files and reads those that are GeoJSON."""

    name = "map-data"

    def __init__(
        self,
        http: Sender,
        endpoint: str,
        authorizer: Authorizer,
        log: Log,
        *,
        workers: Workers | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._http = http
        self._endpoint = endpoint.rstrip("/")
        self._authorizer = authorizer
        self._log = log
        self._workers: Workers = workers if workers is not None else SameThread()
        self._clock: Clock = clock if clock is not None else SystemClock()
        self._files: dict[str, _File] = {}
        self._shown: tuple[tuple[str, bytes], ...] | None = None
        self._skipped: tuple[Skipped, ...] = ()

    async def load(self) -> Loaded:
        """See Store.

        A file that was deleted since it was listed is left out; one that the service cannot give now stays as it was.

        Raises:
            StoreRetired: public Azure no longer has the service.
            ServiceError, NetworkError, SignInError: nothing can be read now.
        """
        skipped: list[Skipped] = []
        wanted = self._wanted(await self._list(), skipped)
        gate = asyncio.Semaphore(_AT_ONCE)
        answers = await asyncio.gather(*(self._fetch(udid, gate, skipped) for udid in wanted), return_exceptions=True)
        files: dict[str, _File] = {}
        for udid, answer in zip(wanted, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            if answer is not None:
                files[udid] = answer
        self._files = files
        for file in files.values():
            skipped.extend(file.result.skipped)
        shown = tuple((udid, file.digest) for udid, file in files.items())
        skipped.sort(key=lambda skip: (skip.source, skip.feature))
        if shown == self._shown and tuple(skipped) == self._skipped:
            return UNCHANGED
        self._shown, self._skipped = shown, tuple(skipped)
        return Loaded(tuple(fence for file in files.values() for fence in file.result.fences), self._skipped)

    async def _list(self) -> list[_Entry]:
        url = f"{self._endpoint}/mapData?api-version={API_VERSION}"
        request = Request("GET", url, _JSON, limit_bytes=MAX_LIST_BYTES, timeout_s=_LIST_TIMEOUT_S)
        try:
            response = await self._authorizer.send(self._http, request)
            if response.status != 200:
                raise _failure(response, self._clock.wall())
        except (NotFound, Forbidden, Unreachable, UnexpectedReply) as error:
            # It may answer anything by now, or have no address (azure-facts 5).
            if _PUBLIC.search(host_of(url)):
                raise StoreRetired(host_of(url), getattr(error, "status", 0)) from error
            raise
        try:
            listing = msgspec.json.decode(response.body, type=_Listing)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnexpectedReply(response.host, response.status, "json", "not a list of map data") from error
        entries = []
        for raw in listing.files[:MAX_FILES]:
            try:
                entries.append(msgspec.json.decode(raw, type=_Entry))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self._log.event("geofences.entry_ignored", level="warning", store=self.name)
        return entries

    def _wanted(self, entries: list[_Entry], skipped: list[Skipped]) -> list[str]:
        wanted: dict[str, None] = {}
        total = 0
        for entry in sorted(entries, key=lambda entry: entry.udid):
            if entry.data_format.lower() != "geojson" or entry.upload_status.lower() != "completed":
                continue  # drawings for indoor maps, and uploads under way
            total += max(0, entry.size)
            if not _UDID.fullmatch(entry.udid):
                skipped.append(Skipped(entry.udid[:64], "its id is not one"))
            elif entry.size > MAX_BYTES or total > MAX_TOTAL_BYTES:
                skipped.append(Skipped(entry.udid, f"too large ({entry.size} bytes)"))
            else:
                wanted[entry.udid] = None
        return list(wanted)

    async def _fetch(self, udid: str, gate: asyncio.Semaphore, skipped: list[Skipped]) -> _File | None:
        known = self._files.get(udid)
        url = f"{self._endpoint}/mapData/{udid}?api-version={API_VERSION}"
        headers = _JSON.replaced({"if-none-match": known.etag}) if known is not None and known.etag else _JSON
        request = Request("GET", url, headers, limit_bytes=MAX_BYTES, timeout_s=_FILE_TIMEOUT_S)
        async with gate:
            try:
                response = await self._authorizer.send(self._http, request)
                if response.status == 304 and known is not None:
                    return known
                if response.status != 200:
                    raise _failure(response, self._clock.wall())
            except (Unauthorized, Forbidden):
                raise
            except (NotFound, ServiceDown, UnexpectedReply) as error:
                if isinstance(error, NotFound):
                    return None
                if known is None:
                    skipped.append(Skipped(udid, f"the service answers {error.status}"))
                return known
            return await self._workers.in_worker(lambda: _read(udid, response, known))


_JSON = Headers({"accept": "application/json, application/vnd.geo+json, application/geo+json, */*;q=0.1"})


def _read(udid: str, response: Response, known: _File | None) -> _File:
    digest = hashlib.sha256(response.body).digest()
    etag = response.headers.get("etag", "")
    if known is not None and known.digest == digest:
        return _File(digest, etag, known.result, known.size)
    try:
        result = read(response.body, udid)
    except DataError as error:
        result = ReadResult((), (Skipped(udid, error.reason),))
    return _File(digest, etag, result, len(response.body))


class _ErrorBody(msgspec.Struct):
    class Detail(msgspec.Struct):
        code: str = ""
        message: str = ""

    error: Detail = msgspec.field(default_factory=Detail)


def _failure(response: Response, wall_s: float) -> ServiceError:
    if response.body[:256].lstrip().lower().startswith((b"<!doctype", b"<html")) and response.status < 500:
        return UnexpectedReply(response.host, response.status, "html", "a page instead of an answer")
    try:
        error = msgspec.json.decode(response.body, type=_ErrorBody).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        error = _ErrorBody.Detail()
    # An id that it does not know is a 400 (azure-facts 5.1).
    status = 404 if response.status == 400 else response.status
    retry_after_s = parse_retry_after(response.headers.get("retry-after"), wall_s)
    if status < 400:
        return UnexpectedReply(response.host, status, "", "not an answer to this")
    return service_error(response.host, status, error.code[:80], error.message[:300], retry_after_s=retry_after_s)
