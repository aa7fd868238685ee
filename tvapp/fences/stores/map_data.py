"""Reads and writes geofences in the Data service v2 of Azure Maps (`/mapData`), as the original guide uploads them.

Microsoft retired the service on 2024-09-16; compatible hosts and the local cloud still have it. A fence made on a
screen is a file of its own; a fence in a file with others is edited in place.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tvapp.azure.authorizer import Authorizer
from tvapp.azure.map_data import Entry, MapDataClient, is_udid
from tvapp.core.clock import Clock, SystemClock
from tvapp.core.errors import (
    Forbidden,
    NotFound,
    ServiceDown,
    Unauthorized,
    UnexpectedReply,
    Unreachable,
)
from tvapp.core.log import Log
from tvapp.fences.geojson.reading import MAX_BYTES
from tvapp.fences.model.change import Change, Outcome, Stored
from tvapp.fences.model.fence import Skipped
from tvapp.fences.stores.base import UNCHANGED, Loaded, Note, SameThread, StoreRetired, Workers
from tvapp.fences.stores.content import KEPT, Content, read_content
from tvapp.fences.stores.file_reader import FileReader
from tvapp.fences.stores.map_data_sending import PollPacer, Sending
from tvapp.fences.stores.staleness import Staleness
from tvapp.net.request import Sender

MAX_TOTAL_BYTES = 512 << 20
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was read, or that we wrote (`is_ours`) and need not read again."""

    digest: bytes
    etag: str
    content: Content
    size: int
    is_ours: bool = False


class MapDataStore:
    """Lists the files of the account and reads those that are GeoJSON; takes changes."""

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
        new_pacer: Callable[[str], PollPacer] = PollPacer,
    ) -> None:
        clock = clock if clock is not None else SystemClock()
        self._client = MapDataClient(http, endpoint, authorizer, clock=clock)
        self._log = log
        self._workers: Workers = workers if workers is not None else SameThread()
        self.reader = FileReader()
        """Reads the files; another one may be set before the first load."""
        self._new_pacer = new_pacer
        self._files: dict[str, _File] = {}
        self._staleness = Staleness(clock)
        self._shown: tuple[object, ...] | None = None

    async def load(self) -> Loaded:
        """See Store.

        A file that was deleted since it was listed is left out; one that is being replaced, or cannot be read now,
        stays as it was.

        Raises:
            StoreRetired: public Azure no longer has the service.
            ServiceError, NetworkError, SignInError: nothing can be read now.
        """
        began = self._staleness.now()
        skipped: list[Skipped] = []
        stale: list[str] = []
        wanted = self._wanted(await self._list(), skipped)
        gate = asyncio.Semaphore(_AT_ONCE)
        answers = await asyncio.gather(
            *(self._fetch(entry, gate, skipped, stale) for entry in wanted.values()), return_exceptions=True
        )
        files: dict[str, _File] = {}
        unread = {skip.source for skip in skipped}
        for udid, answer in zip(wanted, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            if answer is not None:
                files[udid] = answer
                if answer.content.is_kept:
                    stale.append(udid)
                elif udid not in stale and not answer.content.problem:
                    self._staleness.confirm(udid, began)
        self._files = files
        self.reader.keep(set(files))
        oldest = self._staleness.oldest(stale)
        for udid, file in files.items():
            skipped.extend(file.content.skipped(udid))
        skipped.sort(key=lambda skip: (skip.source, skip.feature))
        shown = (oldest, *skipped, *((udid, file.digest) for udid, file in files.items()))
        if shown == self._shown:
            return UNCHANGED
        self._shown = shown
        fences = tuple(fence for file in files.values() for fence in file.content.result.fences)
        refused = [udid for udid, file in files.items() if file.content.is_refused]
        refused += [udid for udid, answer in zip(wanted, answers, strict=True) if answer is None and udid in unread]
        return Loaded(fences, tuple(skipped), as_of=self._staleness.wall(oldest), refused=tuple(refused))

    async def send(self, change: Change, *, note: Note, resume: str = "") -> Outcome:
        """See WritableStore, and `map_data_sending` for its guarantees.

        Raises:
            StoreRetired: public Azure no longer has the service.
            TimedOut: the service is still processing it; the note says where to go on.
            Conflict: the account's storage is full.
            ServiceError: with the status 400 and Azure's reason where an upload could not be processed.
        """
        pacer = self._new_pacer(self._client.host)
        with self._unless_retired():
            sent = await Sending(self._client, self._workers, change, note, resume, pacer).run()
        if isinstance(sent.outcome, Stored):
            udid, content = sent.outcome.source, sent.content
            known = self._files.get(udid)
            if content is not None:
                file = await self._workers.in_worker(lambda: _read(udid, content, "", None, self.reader))
                self._files[udid] = replace(file, is_ours=True)
            elif known is not None:
                # A resumed attempt does not know what was written: read the file again.
                self._files[udid] = replace(known, is_ours=False)
        return sent.outcome

    @contextmanager
    def _unless_retired(self) -> Iterator[None]:
        """Raise StoreRetired for public Azure: a retired service may answer anything, or have no address any more."""
        try:
            yield
        except (NotFound, Forbidden, Unreachable, UnexpectedReply) as error:
            status = getattr(error, "status", 0)
            if not self._client.is_public or 200 <= status < 400:
                raise
            raise StoreRetired(self._client.host, status) from error

    async def _list(self) -> tuple[Entry, ...]:
        with self._unless_retired():
            listing = await self._client.list()
        for _ in range(listing.ignored):
            self._log.event("geofences.entry_ignored", level="warning", store=self.name)
        return listing.entries

    def _wanted(self, entries: tuple[Entry, ...], skipped: list[Skipped]) -> dict[str, Entry]:
        wanted: dict[str, Entry] = {}
        total = 0
        for entry in sorted(entries, key=lambda entry: entry.udid):
            is_processing = entry.status == "pending" and entry.udid in self._files
            if entry.data_format != "geojson" or not (entry.status == "completed" or is_processing):
                continue  # drawings of indoor maps, and uploads under way
            total += entry.size
            if not is_udid(entry.udid):
                skipped.append(Skipped(entry.udid[:64], "its id is not one"))
            elif entry.size > MAX_BYTES or total > MAX_TOTAL_BYTES:
                skipped.append(Skipped(entry.udid, f"too large ({entry.size} bytes)"))
            else:
                wanted[entry.udid] = entry
        return wanted

    async def _fetch(
        self, entry: Entry, gate: asyncio.Semaphore, skipped: list[Skipped], stale: list[str]
    ) -> _File | None:
        udid = entry.udid
        known = self._files.get(udid)
        if known is not None and known.is_ours and entry.size in (0, known.size):
            return replace(known, is_ours=False)
        if known is not None and entry.status == "pending":
            return known
        async with gate:
            try:
                response = await self._client.get(udid, etag=known.etag if known else "", limit_bytes=MAX_BYTES)
            except (Unauthorized, Forbidden):
                raise
            except NotFound:
                return None
            except (ServiceDown, UnexpectedReply) as error:
                kept = KEPT if known is not None and known.content.result.fences else ""
                if not (kept and known is not None and known.content.problem):
                    skipped.append(Skipped(udid, f"{kept}{_reason(error)}"))
                if known is not None:
                    stale.append(udid)
                return known
            if response is None:
                return known
            etag = response.headers.get("etag", "")
            return await self._workers.in_worker(lambda: _read(udid, response.body, etag, known, self.reader))


def _reason(error: ServiceDown | UnexpectedReply) -> str:
    return "a web page, not GeoJSON" if getattr(error, "code", "") == "html" else f"the service answers {error.status}"


def _read(udid: str, content: bytes, etag: str, known: _File | None, reader: FileReader) -> _File:
    digest = hashlib.sha256(content).digest()
    if known is not None and known.digest == digest:
        return _File(digest, etag, Content(known.content.result), len(content))
    read_now = read_content(lambda: reader.read(content, udid), known.content if known is not None else None)
    if read_now.problem:
        digest = known.digest if known is not None else b""
    return _File(digest, etag, read_now, len(content))
