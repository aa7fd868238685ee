"""Reads and writes geofences in a container of Azure Blob Storage with the viewer's sign-in.

Every blob is read whose name says that it holds geofences (`naming`); all others are named as passed over. A fence made
on a screen is a blob of its own, so that an ETag guards one fence: screens that add fences never collide, and to delete
a fence is one DELETE. Fences in other files are edited in place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from tvapp.azure.blob_xml import Entry, parse_page
from tvapp.azure.blobs import PAGE_SIZE, BlobClient, Container, is_askable, not_a_list, parse_container
from tvapp.core.clock import Clock, SystemClock
from tvapp.core.errors import DataError, NotFound, ServiceError, TimedOut, TvappError, Unauthorized
from tvapp.core.log import Log
from tvapp.fences.geojson.reading import MAX_BYTES
from tvapp.fences.model.change import Change, Outcome
from tvapp.fences.model.fence import Skipped
from tvapp.fences.stores.base import UNCHANGED, Loaded, Note, SameThread, Workers
from tvapp.fences.stores.blob_sending import send_change
from tvapp.fences.stores.document import Document, failure_reason, read_blob
from tvapp.fences.stores.file_reader import FileReader
from tvapp.fences.stores.naming import PassedOver, file_name, is_read
from tvapp.fences.stores.staleness import Staleness
from tvapp.net.request import Request, Response, Sender

MAX_BLOBS = 5_000
MAX_PAGES = 100
MAX_TOTAL_BYTES = 512 << 20
_AT_ONCE = 4


class Authorizer(Protocol):
    """Sends a request with the account's credentials (`azure.authorizer`)."""

    async def send(self, http: Sender, request: Request) -> Response:
        """Return the answer, whatever its status."""
        ...


class BlobStore:
    """Lists a container, reads the blobs whose ETag is new, and writes the blobs that changes are for."""

    name = "blob"

    def __init__(
        self,
        http: Sender,
        container_url: str,
        authorizer: Authorizer,
        log: Log,
        *,
        workers: Workers | None = None,
        clock: Clock | None = None,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._url = container_url
        self._container = parse_container(container_url)
        self._log = log
        self._workers: Workers = workers if workers is not None else SameThread()
        self.reader = FileReader()
        """Reads the files; another one may be set before the first load."""
        clock = clock if clock is not None else SystemClock()
        self._client = (
            BlobClient(http, self._container, authorizer, clock=clock, page_size=page_size)
            if self._container is not None
            else None
        )
        self._documents: dict[str, Document] = {}
        self._staleness = Staleness(clock)
        self._loads: list[dict[str, Document | None]] = []
        """For each load under way, the blobs that were sent since it began: it may have read older versions."""
        self._shown: tuple[object, ...] | None = None

    async def load(self) -> Loaded:
        """See Store.

        A blob that was deleted since it was listed is left out; one that cannot be read now stays as it was, or is
        skipped if it was never read.

        Raises:
            DataError: the address names no container.
            Unauthorized, Forbidden, NotFound: the account may not read the container, or there is none.
            ServiceError, NetworkError, SignInError: nothing can be read now.
        """
        client, _ = self._opened()
        sent: dict[str, Document | None] = {}
        self._loads.append(sent)
        try:
            return await self._load(client, sent)
        finally:
            self._loads.remove(sent)

    async def send(self, change: Change, *, note: Note, resume: str = "") -> Outcome:
        """See WritableStore. Changes that others make to other fences of the same blob meanwhile are kept.

        Raises:
            Throttled: other clients keep writing to this blob.
            Conflict: the blob may not be written: it is leased, or under a legal hold.
        """
        client, container = self._opened()
        name = change.source or container.prefix + file_name(change.geometry_id)
        if not is_askable(name) or not name.startswith(container.prefix):
            raise DataError(name[:200], "it cannot be in this container")
        sent = await send_change(client, name, change, self._workers, self.reader)
        self._staleness.confirm(name, self._staleness.now())
        _put(self._documents, name, sent.document)
        for load in self._loads:
            load[name] = sent.document
        return sent.outcome

    def _opened(self) -> tuple[BlobClient, Container]:
        if self._client is None or self._container is None:
            raise DataError(self._url[:200], "the address names no container of a storage account")
        return self._client, self._container

    async def _load(self, client: BlobClient, sent: Mapping[str, Document | None]) -> Loaded:
        began = self._staleness.now()
        skipped: list[Skipped] = []
        wanted = self._wanted(await self._list(client, skipped), skipped)
        gate = asyncio.Semaphore(_AT_ONCE)
        answers = await asyncio.gather(
            *(self._fetch(client, entry, gate) for entry in wanted.values()), return_exceptions=True
        )
        documents: dict[str, Document] = {}
        stale: list[str] = []
        refused: list[str] = []
        failures: list[TvappError] = []
        fatal: BaseException | None = None
        for name, answer in zip(wanted, answers, strict=True):
            if isinstance(answer, Document):
                documents[name] = answer
                if answer.content.is_kept:
                    stale.append(name)
                elif not answer.content.problem:
                    self._staleness.confirm(name, began)
            elif isinstance(answer, ServiceError | TimedOut) and not isinstance(answer, Unauthorized):
                failures.append(answer)
                if name in self._documents:
                    documents[name] = self._documents[name]
                    stale.append(name)
                else:
                    skipped.append(Skipped(name, failure_reason(answer)))
                    refused.append(name)
            elif answer is not None:
                fatal = fatal or answer
        if fatal is None and failures and not documents:
            fatal = failures[0]
        for name, document in sent.items():
            _put(documents, name, document)
        if fatal is not None:
            self._documents |= documents  # so that the next load need not read these again
            raise fatal
        self._documents = dict(sorted(documents.items()))
        self.reader.keep(set(documents))
        return self._changed(skipped, refused, self._staleness.oldest(name for name in stale if name not in sent))

    def _changed(self, skipped: list[Skipped], refused: list[str], stale: float | None) -> Loaded:
        documents = self._documents
        for name, document in documents.items():
            skipped.extend(document.content.skipped(name))
            if document.content.is_refused:
                refused.append(name)
        skipped.sort(key=lambda skip: (skip.source, skip.feature))
        shown = (stale, *skipped, *((name, document.digest) for name, document in documents.items()))
        if shown == self._shown:
            return UNCHANGED
        self._shown = shown
        fences = tuple(fence for each in documents.values() for fence in each.result.fences)
        return Loaded(fences, tuple(skipped), as_of=self._staleness.wall(stale), refused=tuple(refused))

    async def _list(self, client: BlobClient, skipped: list[Skipped]) -> list[Entry]:
        """Return the entries of all pages whose names end as those of GeoJSON do."""
        assert self._container is not None
        found: list[Entry] = []
        passed = PassedOver(self._container.url)
        marker, seen = "", {""}
        for _ in range(MAX_PAGES):
            body = await client.list_page(marker)
            try:
                page = await self._workers.in_worker(lambda body=body: parse_page(body))  # type: ignore[misc]
            except DataError as error:
                raise not_a_list(self._container.host, error.reason) from error
            for entry in page.entries:
                if is_read(entry.name):
                    if not entry.is_folder:
                        found.append(entry)
                elif not entry.is_folder:
                    passed.add(entry.name)
            marker = page.next_marker
            if not marker:
                skipped += passed.told()
                return found
            if marker in seen:
                raise not_a_list(self._container.host, "the list goes round in circles")
            seen.add(marker)
            if len(found) > MAX_BLOBS:
                break
        skipped += passed.told()
        skipped.append(
            Skipped(self._container.url, f"a long list: not all files after the first {len(found)} are read")
        )
        return found

    def _wanted(self, entries: list[Entry], skipped: list[Skipped]) -> dict[str, Entry]:
        assert self._container is not None
        wanted: dict[str, Entry] = {}
        total = 0
        for entry in sorted(entries, key=lambda entry: entry.name):
            if not is_askable(entry.name):
                skipped.append(Skipped(entry.name[:200], "its name cannot stand in an address"))
            elif entry.size > MAX_BYTES or total + entry.size > MAX_TOTAL_BYTES:
                skipped.append(Skipped(entry.name, f"too large ({entry.size} bytes)"))
            elif len(wanted) >= MAX_BLOBS:
                skipped.append(Skipped(self._container.url, f"there are more than {MAX_BLOBS} files"))
                break
            else:
                wanted[entry.name] = entry
                total += max(0, entry.size)
        return wanted

    async def _fetch(self, client: BlobClient, entry: Entry, gate: asyncio.Semaphore) -> Document | None:
        """Return the document of a blob; None where it was deleted."""
        known = self._documents.get(entry.name)
        # The list has ETags without quotes, the header with them. A list is never behind (strong consistency).
        is_cut = self.reader.may_read_more(entry.name)
        if known is not None and entry.etag and known.etag.strip('"') == entry.etag and not is_cut:
            return known
        async with gate:
            try:
                response = await client.get(
                    entry.name, etag=known.etag if known and not is_cut else "", limit_bytes=MAX_BYTES
                )
            except NotFound as error:
                if error.code == "ContainerNotFound":
                    raise
                return None
        if response is None:
            return known
        return await self._workers.in_worker(lambda: read_blob(entry.name, response, known, self.reader))


def _put(documents: dict[str, Document], name: str, document: Document | None) -> None:
    if document is None:
        documents.pop(name, None)
    else:
        documents[name] = document
