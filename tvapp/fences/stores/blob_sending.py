"""Brings one change into one blob: reads it, amends it, and writes it unless it was written meanwhile (ETag)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tvapp.azure.blobs import BlobClient
from tvapp.core.errors import Conflict, DataError, NotFound, Throttled, UnexpectedReply
from tvapp.core.headers import Headers
from tvapp.fences.geojson.amend import AlreadyApplied, Amended, Amendment, amend
from tvapp.fences.geojson.reading import MAX_BYTES
from tvapp.fences.model.change import Change, Conflicting, Outcome, Stored
from tvapp.fences.stores.base import Workers
from tvapp.fences.stores.document import Document, read_blob
from tvapp.fences.stores.file_reader import FileReader, is_web_page
from tvapp.net.request import Response

MAX_ROUNDS = 16
"""In each round one client succeeds: enough for as many screens at once."""

_OVERTAKEN = {"", "ConditionNotMet", "TargetConditionNotMet", "BlobAlreadyExists", "BlobNotFound"}
"""Codes that mean another version by now. Other conflicts (a lease, a legal hold) last longer than a retry."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The outcome, and the document that the blob holds now; None where there is no such blob."""

    outcome: Outcome
    document: Document | None


async def send_change(client: BlobClient, name: str, change: Change, workers: Workers, reader: FileReader) -> Sent:
    """Bring `change` into the blob `name`, also while other clients write to it.

    A change that is there already (the answer to an earlier attempt was lost) is not written again.

    Raises:
        Throttled: other clients kept writing.
        Conflict: the blob may not be written, with the service's code.
        DataError: the blob is not GeoJSON any more, or would become too large.
        ServiceError, NetworkError, SignInError: see BlobClient.
    """
    for _ in range(MAX_ROUNDS):
        held = await client.find(name, limit_bytes=MAX_BYTES)
        if held is not None and is_web_page(held.body):
            raise UnexpectedReply(held.host, held.status, "html", "a web page, not GeoJSON")
        amendment = await workers.in_worker(lambda held=held: _amend(held, change, name))  # type: ignore[misc]
        match amendment:
            case AlreadyApplied():
                return Sent(Stored(name), await _document(name, held, workers, reader))
            case Conflicting():
                return Sent(replace(amendment, source=name), await _document(name, held, workers, reader))
        try:
            written = await _write(client, name, held, amendment)
        except (Conflict, NotFound) as error:
            if error.code not in _OVERTAKEN:
                raise
            overtaken = error
            continue
        return Sent(Stored(name), await _document(name, written, workers, reader))
    raise Throttled(overtaken.host, overtaken.status, overtaken.code, "others keep changing this file")


def _amend(held: Response | None, change: Change, name: str) -> Amendment:
    amendment = amend(held.body if held is not None else None, change)
    if isinstance(amendment, Amended) and amendment.content is not None and len(amendment.content) > MAX_BYTES:
        raise DataError(name, f"it would be larger than {MAX_BYTES >> 20} MB")
    return amendment


async def _write(client: BlobClient, name: str, held: Response | None, amended: Amended) -> Response | None:
    """Write or delete the blob; returns it as `BlobClient.find` would now."""
    if amended.content is not None:
        etag = await client.put(name, amended.content, replacing=held)
        return Response(200, Headers({"etag": etag}), amended.content)
    if held is not None:
        await client.delete(name, replacing=held)
    return None


async def _document(name: str, held: Response | None, workers: Workers, reader: FileReader) -> Document | None:
    if held is None:
        return None
    return await workers.in_worker(lambda: read_blob(name, held, None, reader))
