"""Brings one change into the Data service once, however often it is tried: the steps, and how each is taken up again.

The service has neither idempotent uploads nor ETags, so:

- The description of an upload begins with the change's id. Before an upload goes out, the note says that one may be
  there; whoever comes back to such a note looks for that description in the list first. An upload that reaches the
  service only after that look (a proxy held it back for minutes) would be there twice.
- The id of an operation is noted before it is asked about, and followed on after a restart.
- A file is read right before it is replaced or deleted, and what it holds decides whether the change still fits, or is
  there already. What somebody else writes between that reading and our writing is overwritten: the service offers
  nothing against that. It is one round trip wide, and concerns only the fences of that one file.
- An update whose answer was lost while the service is still at work on it is sent again: the same content once more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from tvapp.azure.errors import plain
from tvapp.azure.map_data import Accepted, Entry, MapDataClient, is_udid
from tvapp.core.backoff import Backoff
from tvapp.core.errors import DataError, NotFound, TimedOut, UnexpectedReply
from tvapp.fences.geojson.amend import AlreadyApplied, Amended, amend
from tvapp.fences.model.change import Change, Conflicting, Outcome, Step, Stored
from tvapp.fences.stores.base import Note, Workers

PACE = Backoff(first_s=0.5, ceiling_s=15.0)
PATIENCE_S = 600.0
"""How long one attempt waits for the service; the next one goes on where it ended."""

Status = Literal["sending", "checking", "processing"]

MAYBE_SENT = "post"
"""The note that an upload may have been accepted."""
_OPERATION = "operation"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a change. `content` is what its file holds now, where that is known; None: not known, or gone."""

    outcome: Outcome
    content: bytes | None = field(default=None, repr=False)


class Patience:
    """Waits longer and longer, and at most PATIENCE_S in all."""

    def __init__(self, host: str, sleep: Callable[[float], Awaitable[None]], random: Callable[[], float]) -> None:
        self._host = host
        self._sleep = sleep
        self._random = random
        self._left_s = PATIENCE_S
        self._attempt = 0

    async def wait(self, retry_after_s: float | None = None) -> None:
        """Let the service work.

        Raises:
            TimedOut: it has had its time.
        """
        delay_s = PACE.delay(self._attempt, self._random(), retry_after_s)
        if delay_s > self._left_s:
            raise TimedOut(self._host, "the upload is still being processed")
        self._attempt += 1
        self._left_s -= delay_s
        await self._sleep(delay_s)


class Sending:
    """One attempt to bring a change into the service."""

    def __init__(
        self, client: MapDataClient, workers: Workers, change: Change, note: Note, resume: str, patience: Patience
    ) -> None:
        self._client = client
        self._workers = workers
        self._change = change
        self._note = note
        self._resume = resume
        self._patience = patience

    async def run(self) -> Sent:
        """Take the change up where it was left, and bring it to its end.

        Raises:
            ServiceError: the service refuses; with the status 400 for an upload that it could not process.
            TimedOut: the service has not ended its work; the note says where to go on.
            DataError: the file that holds the geofence is not GeoJSON.
            NetworkError, SignInError: not now.
        """
        source = self._change.source
        operation = _parse_operation(self._resume)
        if operation is None:
            return await self._bring(source)
        operation_id, digest = operation
        await self._tell("processing")
        udid = await self._follow(operation_id)
        if udid is None:
            return await self._bring(source)
        udid = udid or source or await self._uploaded()
        if digest == _digest(self._change.after):
            return Sent(Stored(udid))
        # The change was joined with a later one since the operation began.
        return await self._bring(udid, digest)

    async def _bring(self, source: str, ours: str = "") -> Sent:
        """Make the file `source` (empty: a new one) what the change wants.

        `ours` is the digest of the Feature that we sent before: finding that one is no collision.
        """
        if source and not is_udid(source):
            raise DataError(plain(source, 64), "not the id of a file of this store")
        if source:
            await self._tell("checking")
        for is_last in (False, True):
            content = await self._read(source) if source else None
            made = await self._amend(content, self._change)
            if isinstance(made, Conflicting) and made.theirs and _digest(made.theirs) == ours:
                made = await self._amend(content, replace(self._change, before=made.theirs))
            match made:
                case AlreadyApplied():
                    return Sent(Stored(source), content)
                case Conflicting(theirs):
                    return Sent(Conflicting(theirs, source))
                case Amended(wanted):
                    pass
            if content is None:
                return await self._upload(wanted) if wanted is not None else Sent(Stored(source))
            try:
                await self._write(source, wanted)
                return Sent(Stored(source), wanted)
            except NotFound:
                # Deleted since it was read: what is there now decides.
                if is_last:
                    raise
        raise AssertionError("unreachable")

    async def _amend(self, content: bytes | None, change: Change) -> Amended | AlreadyApplied | Conflicting:
        return await self._workers.in_worker(lambda: amend(content, change))

    async def _read(self, udid: str) -> bytes | None:
        try:
            response = await self._client.get(udid)
        except NotFound as error:
            if error.status == 400:
                return None
            raise
        assert response is not None  # nothing was asked with an ETag
        return response.body

    async def _write(self, udid: str, content: bytes | None) -> None:
        """Replace a file, or delete it."""
        await self._tell("sending")
        if content is None:
            await self._client.delete(udid)
            return
        if await self._finish(await self._client.replace(udid, content)) is None:
            raise UnexpectedReply(self._client.host, 400, "OperationUnknown", "the update cannot be followed")

    async def _upload(self, content: bytes) -> Sent:
        if self._resume:
            found = await self._find()
            if found is not None:
                digest = _digest_in(found.description)
                if digest == _digest(self._change.after):
                    return Sent(Stored(found.udid))
                return await self._bring(found.udid, digest)
        await self._tell("sending", MAYBE_SENT)
        udid = await self._finish(await self._client.upload(content, describe(self._change)))
        return Sent(Stored(udid or await self._uploaded()), content)

    async def _finish(self, accepted: Accepted) -> str | None:
        digest = _digest(self._change.after)
        await self._tell("processing", f"{_OPERATION} {accepted.operation_id} {digest}")
        if accepted.retry_after_s is not None:
            await self._patience.wait(accepted.retry_after_s)
        return await self._follow(accepted.operation_id)

    async def _follow(self, operation_id: str) -> str | None:
        """Wait for an operation; returns the file's id, "" where that is not said, None where nobody knows it."""
        while True:
            try:
                operation = await self._client.operation(operation_id)
            except NotFound:
                return None
            if operation.state == "succeeded":
                return operation.udid
            if operation.trouble is not None:
                # Somebody who tries again wants another upload, not the same answer.
                await self._tell("checking", MAYBE_SENT)
                raise operation.trouble
            await self._patience.wait(operation.retry_after_s)

    async def _uploaded(self) -> str:
        """Return the id of the file that was just uploaded, where the operation does not tell it."""
        found = await self._find()
        if found is None:
            raise UnexpectedReply(self._client.host, 200, "Resource-Location", "the upload is not in the list")
        return found.udid

    async def _find(self) -> Entry | None:
        """Look for an upload of this change in the list, and wait for it; None where there is none that went well."""
        await self._tell("checking")
        mark = _mark(self._change)
        while True:
            listing = await self._client.list()
            found = {entry.status: entry for entry in listing.entries if entry.description.split(" ")[0] == mark}
            if "completed" in found:
                return found["completed"]
            if "pending" not in found:
                return None
            await self._tell("processing")
            await self._patience.wait()

    async def _tell(self, status: Status, resume: str = "") -> None:
        """Tell how far it is; what was noted before stays until there is something new."""
        self._resume = resume or self._resume
        await self._note(Step(status, self._resume))


def describe(change: Change) -> str:
    """Return the description under which a new file is uploaded: the change's id, what was sent, the fence's id."""
    return plain(f"{_mark(change)} {_digest(change.after)} {change.geometry_id}", 200)


def _mark(change: Change) -> str:
    return f"tvapp:{change.id}"


def _digest(feature: bytes) -> str:
    return hashlib.sha256(feature).hexdigest()[:16]


def _digest_in(description: str) -> str:
    return description.split(" ")[1] if " " in description else ""


def _parse_operation(resume: str) -> tuple[str, str] | None:
    """Return the id and the digest in a note about an operation."""
    words = resume.split(" ")
    return (words[1], words[2]) if len(words) == 3 and words[0] == _OPERATION and is_udid(words[1]) else None
