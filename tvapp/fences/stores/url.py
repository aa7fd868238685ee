"""Reads geofences from web addresses: GeoJSON over https with conditional requests, without credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tvapp.azure.errors import plain
from tvapp.core.clock import Clock, SystemClock
from tvapp.core.errors import DataError, NetworkError, ServiceError, TvappError, UnexpectedReply, service_error
from tvapp.core.headers import Headers, retry_after_s
from tvapp.core.log import Log
from tvapp.core.urls import host_of, origin_of
from tvapp.fences.geojson.reading import MAX_BYTES
from tvapp.fences.model.fence import Skipped
from tvapp.fences.stores.base import UNCHANGED, Loaded, SameThread, Workers
from tvapp.fences.stores.content import KEPT
from tvapp.fences.stores.document import Document, failure_reason, read_document
from tvapp.fences.stores.file_reader import FileReader, is_web_page
from tvapp.fences.stores.staleness import Staleness
from tvapp.net.request import Request, Response, Sender

MAX_TOTAL_BYTES = 512 << 20
MAX_PAUSE_S = 3600.0
"""Upper limit for the Retry-After of a server."""
_TIMEOUT_S = 120.0
_AT_ONCE = 4
_ACCEPT = "application/geo+json, application/json;q=0.9, */*;q=0.1"


@dataclass(slots=True)
class _Source:
    """One address, its last document, and the monotonic time from which it may be asked again."""

    url: str
    label: str
    document: Document | None = None
    error: TvappError | None = None
    not_before: float = 0.0


class UrlStore:
    """Reads several addresses; one that fails keeps its last document, and the others go on."""

    name = "url"

    def __init__(
        self,
        http: Sender,
        urls: Sequence[str],
        log: Log,
        *,
        workers: Workers | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._http = http
        self._sources = [_Source(url, label(url)) for url in dict.fromkeys(urls)]
        self._log = log
        self._workers: Workers = workers if workers is not None else SameThread()
        self.reader = FileReader()
        """Reads the files; another one may be set before the first load."""
        self._clock: Clock = clock if clock is not None else SystemClock()
        self._staleness = Staleness(self._clock)
        self._shown: tuple[object, ...] | None = None

    async def load(self) -> Loaded:
        """See Store.

        Raises:
            TvappError: no address could be read now; the error of the first one.
        """
        gate = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._refresh(source, gate) for source in self._sources))
        errors = [source.error for source in self._sources if source.error is not None]
        if errors and len(errors) == len(self._sources):
            raise errors[0].with_traceback(None)
        return self._changed()

    def _changed(self) -> Loaded:
        skipped: list[Skipped] = []
        documents: list[tuple[str, Document]] = []
        stale: list[str] = []
        refused: list[str] = []
        total = 0
        for source in self._sources:
            if source.error is not None:
                kept = KEPT if source.document is not None else ""
                skipped.append(Skipped(source.label, kept + failure_reason(source.error)))
            if source.document is None:
                refused.append(source.label)
                continue
            total += source.document.size
            if total > MAX_TOTAL_BYTES:
                skipped.append(Skipped(source.label, f"more than {MAX_TOTAL_BYTES >> 20} MB in all"))
                continue
            documents.append((source.url, source.document))
            skipped += source.document.result.skipped
            if source.error is not None:
                stale.append(source.url)
        oldest = self._staleness.oldest(stale)
        shown = (oldest, *skipped, *((url, document.digest) for url, document in documents))
        if shown == self._shown:
            return UNCHANGED
        self._shown = shown
        fences = tuple(fence for _, document in documents for fence in document.result.fences)
        return Loaded(fences, tuple(skipped), as_of=self._staleness.wall(oldest), refused=tuple(refused))

    async def _refresh(self, source: _Source, gate: asyncio.Semaphore) -> None:
        async with gate:
            if source.error is not None and self._clock.monotonic() < source.not_before:
                return
            began = self._staleness.now()
            try:
                source.document = await self._fetch(source)
                source.error = None
                self._staleness.confirm(source.url, began)
            except (ServiceError, NetworkError, DataError) as error:
                source.error = error
                pause_s = min(getattr(error, "retry_after_s", None) or 0.0, MAX_PAUSE_S)
                source.not_before = self._clock.monotonic() + pause_s

    async def _fetch(self, source: _Source) -> Document:
        known = source.document
        if not origin_of(source.url).startswith("https://") or "@" in urlsplit(source.url).netloc:
            raise DataError(source.label, "not an https address without a user name")
        fields = {"accept": _ACCEPT}
        is_cut = self.reader.may_read_more(source.url)
        if known is not None and known.etag and not is_cut:
            fields["if-none-match"] = known.etag
        if known is not None and known.last_modified and not is_cut:
            fields["if-modified-since"] = known.last_modified
        request = Request("GET", source.url, Headers(fields), limit_bytes=MAX_BYTES, timeout_s=_TIMEOUT_S)
        response = await self._http.send(request)
        if response.status == 304 and known is not None:
            return known
        if response.status != 200:
            raise _failure(response, self._clock.wall())
        if is_web_page(response.body):
            raise UnexpectedReply(response.host, 200, "html", "a web page, not GeoJSON")
        return await self._workers.in_worker(
            lambda: read_document(source.label, response, known, self.reader, source.url)
        )


def label(url: str) -> str:
    """Return an address for logs and the screen: without its query, which may contain a signature.

    >>> label("https://example.com/fences.geojson?sig=secret")
    'example.com/fences.geojson'
    """
    host = host_of(url)
    return plain(f"{host}{urlsplit(url).path}", 200) if host else "url"


def _failure(response: Response, wall_s: float) -> ServiceError:
    status = response.status
    if 300 <= status < 400 and status != 304:
        target = response.headers.get("location", "")
        where = f"it leads on to {plain(host_of(target), 80) or 'another place of its own'}; redirects are not followed"
        return UnexpectedReply(response.host, status, "redirect", where)
    if status < 400:
        return UnexpectedReply(response.host, status, "", "not an answer to this")
    if is_web_page(response.body) and status in (401, 403, 407):
        return UnexpectedReply(response.host, status, "html", "a web page, not GeoJSON")
    pause_s = retry_after_s(response.headers, wall_s)
    return service_error(response.host, status, retry_after_s=pause_s)
