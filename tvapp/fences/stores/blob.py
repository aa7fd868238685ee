"""Geofences in a container of Azure Blob Storage: every *.geojson and *.json blob in it, with the viewer's sign-in."""

from __future__ import annotations

import asyncio
from typing import Protocol

from tvapp.azure.blob_xml import Entry, parse_page
from tvapp.azure.blobs import BlobClient, is_askable, not_a_list, parse_container
from tvapp.core.clock import Clock, SystemClock
from tvapp.core.errors import DataError, NotFound, ServiceError, TimedOut, TvappError, Unauthorized
from tvapp.core.log import Log
from tvapp.fences.geojson import MAX_BYTES, ReadResult
from tvapp.fences.model import Skipped
from tvapp.fences.stores.base import UNCHANGED, Loaded, SameThread, Workers
from tvapp.fences.stores.document import Document, read_document, reason
from tvapp.net.transport import Request, Response, Sender

SUFFIXES = (".geojson", ".json")
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
    """Lists a container, and reads the blobs whose ETag in the list is new."""

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
    ) -> None:
        self._url = container_url
        self._container = parse_container(container_url)
        self._log = log
        self._workers: Workers = workers if workers is not None else SameThread()
        self._client = (
            BlobClient(http, self._container, authorizer, clock=clock if clock is not None else SystemClock())
            if self._container is not None
            else None
        )
        self._documents: dict[str, Document] = {}
        self._shown: tuple[tuple[str, bytes], ...] | None = None
        self._skipped: tuple[Skipped, ...] = ()

    async def load(self) -> Loaded:
        """See Store.

        A blob that was deleted since it was listed is left out; one that cannot be had now stays as it was, or is
        skipped where it was never read.

        Raises:
            DataError: the address names no container.
            Unauthorized, Forbidden, NotFound: the account may not read the container, or there is none.
            ServiceError, NetworkError, SignInError: nothing can be read now.
        """
        client = self._client
        if client is None:
            raise DataError(self._url[:200], "the address names no container of a storage account")
        skipped: list[Skipped] = []
        wanted = self._wanted(await self._list(client, skipped), skipped)
        gate = asyncio.Semaphore(_AT_ONCE)
        answers = await asyncio.gather(
            *(self._fetch(client, entry, gate) for entry in wanted.values()), return_exceptions=True
        )
        documents: dict[str, Document] = {}
        failures: list[TvappError] = []
        fatal: BaseException | None = None
        for name, answer in zip(wanted, answers, strict=True):
            if isinstance(answer, Document):
                documents[name] = answer
            elif isinstance(answer, ServiceError | TimedOut) and not isinstance(answer, Unauthorized):
                failures.append(answer)
                if name in self._documents:
                    documents[name] = self._documents[name]
                else:
                    skipped.append(Skipped(name, reason(answer)))
            elif answer is not None:
                fatal = fatal or answer
        if fatal is None and failures and not documents:
            fatal = failures[0]
        if fatal is not None:
            self._documents |= documents  # what was read is not asked for again
            raise fatal
        self._documents = documents
        return self._changed(skipped)

    def _changed(self, skipped: list[Skipped]) -> Loaded:
        documents = self._documents
        for document in documents.values():
            skipped.extend(document.result.skipped)
        skipped.sort(key=lambda skip: (skip.source, skip.feature))
        shown = tuple((name, document.digest) for name, document in documents.items())
        if shown == self._shown and tuple(skipped) == self._skipped:
            return UNCHANGED
        self._shown, self._skipped = shown, tuple(skipped)
        return Loaded(tuple(fence for each in documents.values() for fence in each.result.fences), self._skipped)

    async def _list(self, client: BlobClient, skipped: list[Skipped]) -> list[Entry]:
        """Return the entries of all pages that are GeoJSON by their name."""
        assert self._container is not None
        found: list[Entry] = []
        marker, seen = "", {""}
        for _ in range(MAX_PAGES):
            body = await client.list_page(marker)
            try:
                page = await self._workers.in_worker(lambda body=body: parse_page(body))  # type: ignore[misc]
            except DataError as error:
                raise not_a_list(self._container.host, error.reason) from error
            found += [each for each in page.entries if each.name.lower().endswith(SUFFIXES) and not each.is_folder]
            marker = page.next_marker
            if not marker:
                return found
            if marker in seen:
                raise not_a_list(self._container.host, "the list goes round in circles")
            seen.add(marker)
            if len(found) > MAX_BLOBS:
                break
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
        """Return what a blob holds; None where it is gone."""
        known = self._documents.get(entry.name)
        # The list has ETags without quotes, the header with them. A list is never behind (strong consistency).
        if known is not None and entry.etag and known.etag.strip('"') == entry.etag:
            return known
        async with gate:
            try:
                response = await client.get(entry.name, etag=known.etag if known else "", limit_bytes=MAX_BYTES)
            except NotFound as error:
                if error.code == "ContainerNotFound":
                    raise
                return None
        if response is None:
            return known
        return await self._workers.in_worker(lambda: _read(entry.name, response, known))


def _read(name: str, response: Response, known: Document | None) -> Document:
    try:
        return read_document(name, response, known)
    except DataError as error:
        result = ReadResult((), (Skipped(name, error.reason),))
        return Document(response.body[:0], response.headers.get("etag", ""), "", result, len(response.body))
