"""Brings one change into the Data service exactly once, however often it is tried.

The service has neither idempotent uploads nor ETags, so:

- The description of an upload begins with the id of the change. Before an upload is sent, the note says that one may
  exist; an attempt that resumes from such a note looks for that description in the list first. An upload that reaches
  the service only after that look (a proxy delayed it for minutes) would exist twice.
- The id of an operation is noted before its state is asked for, and followed after a restart.
- A file is read right before it is replaced or deleted; its content decides whether the change still applies, or is
  there already. What another client writes between our read and our write is overwritten: the service offers no
  protection. The gap is one round trip wide, and concerns only the fences of that one file.
- An update whose answer was lost while the service still processes it is sent again with the same content.
"""

from __future__ import annotations

import asyncio
import hashlib
import random as dice
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

POLL = Backoff(first_s=0.5, ceiling_s=15.0)
POLL_TIMEOUT_S = 600.0
"""How long one attempt waits for the service in all; the next attempt goes on where it ended."""

Status = Literal["sending", "checking", "processing"]

MAYBE_SENT = "post"
"""The note that an upload may have been accepted."""
_OPERATION = "operation"


@dataclass(frozen=True, slots=True)
class Sent:
    """The outcome of a change. `content` is what its file holds now; None: not known, or deleted."""

    outcome: Outcome
    content: bytes | None = field(default=None, repr=False)


class PollPacer:
    """Waits between polls, longer each time, and POLL_TIMEOUT_S in all at most."""

    def __init__(
        self,
        host: str,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = dice.random,
    ) -> None:
        """`sleep` waits so many seconds; `random` returns a number in [0, 1)."""
        self._host = host
        self._sleep = sleep
        self._random = random
        self._left_s = POLL_TIMEOUT_S
        self._attempt = 0

    async def wait(self, retry_after_s: float | None = None) -> None:
        """Wait before the next poll.

        Raises:
            TimedOut: the attempt has waited long enough.
        """
        delay_s = POLL.delay(self._attempt, self._random(), retry_after_s)
        if delay_s > self._left_s:
            raise TimedOut(self._host, "the upload is still being processed")
        self._attempt += 1
        self._left_s -= delay_s
        await self._sleep(delay_s)


class Sending:
    """One attempt to bring a change into the service."""

    def __init__(
        self, client: MapDataClient, workers: Workers, change: Change, note: Note, resume: str, pacer: PollPacer
    ) -> None:
        self._client = client
        self._workers = workers
        self._change = change
        self._note = note
        self._resume = resume
        self._pacer = pacer

    async def run(self) -> Sent:
        """Resume the change where it was left, and bring it to its end.

        Raises:
            ServiceError: the service refuses; with the status 400 for an upload that it could not process.
            TimedOut: the service is still processing; the note says where to go on.
            DataError: the file that holds the geofence is not GeoJSON.
            NetworkError, SignInError: not now.
        """
        source = self._change.source
        operation = _parse_operation(self._resume)
        if operation is None:
            return await self._apply(source)
        operation_id, digest = operation
        await self._report("processing")
        udid = await self._follow(operation_id)
        if udid is None:
            return await self._apply(source)
        udid = udid or source or await self._uploaded()
        if digest == _digest(self._change.after):
            return Sent(Stored(udid))
        # A later change was merged into this one since the operation began.
        return await self._apply(udid, digest)

    async def _apply(self, source: str, ours: str = "") -> Sent:
        """Apply the change to the file `source` (empty: a new one).

        `ours` is the digest of the Feature that we sent before: to find that one is no collision.
        """
        if source and not is_udid(source):
            raise DataError(plain(source, 64), "not the id of a file of this store")
        if source:
            await self._report("checking")
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
                # Deleted since it was read: read again, and decide by what is there now.
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
        await self._report("sending")
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
                return await self._apply(found.udid, digest)
        await self._report("sending", MAYBE_SENT)
        udid = await self._finish(await self._client.upload(content, describe(self._change)))
        return Sent(Stored(udid or await self._uploaded()), content)

    async def _finish(self, accepted: Accepted) -> str | None:
        digest = _digest(self._change.after)
        await self._report("processing", f"{_OPERATION} {accepted.operation_id} {digest}")
        if accepted.retry_after_s is not None:
            await self._pacer.wait(accepted.retry_after_s)
        return await self._follow(accepted.operation_id)

    async def _follow(self, operation_id: str) -> str | None:
        """Wait for an operation; returns the file's id, "" where the answer has none, None for an unknown operation."""
        while True:
            try:
                operation = await self._client.operation(operation_id)
            except NotFound:
                return None
            if operation.state == "succeeded":
                return operation.udid
            if operation.trouble is not None:
                # Another try has to upload again, not to get the same answer.
                await self._report("checking", MAYBE_SENT)
                raise operation.trouble
            await self._pacer.wait(operation.retry_after_s)

    async def _uploaded(self) -> str:
        """Return the id of the file that was just uploaded, for an operation that does not tell it."""
        found = await self._find()
        if found is None:
            raise UnexpectedReply(self._client.host, 200, "Resource-Location", "the upload is not in the list")
        return found.udid

    async def _find(self) -> Entry | None:
        """Look for an upload of this change in the list, and wait for it; None where there is none that succeeded."""
        await self._report("checking")
        mark = _mark(self._change)
        while True:
            listing = await self._client.list()
            found = {entry.status: entry for entry in listing.entries if entry.description.split(" ")[0] == mark}
            if "completed" in found:
                return found["completed"]
            if "pending" not in found:
                return None
            await self._report("processing")
            await self._pacer.wait()

    async def _report(self, status: Status, resume: str = "") -> None:
        """Report the progress; an empty `resume` leaves the note as it is."""
        self._resume = resume or self._resume
        await self._note(Step(status, self._resume))


def describe(change: Change) -> str:
    """Return the description of a new file: the id of the change, the digest of its Feature, the id of the fence."""
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
