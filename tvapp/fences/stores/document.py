"""A GeoJSON file from a server: its geofences, and the validators to ask whether it has changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tvapp.azure.errors import plain
from tvapp.core.errors import ConnectionBroken, DataError, NetworkError, ServiceError, TimedOut, TlsFailed, TvappError
from tvapp.fences.geojson.reading import ReadResult
from tvapp.fences.stores.content import Content, read_content
from tvapp.fences.stores.file_reader import FileReader
from tvapp.net.request import Response


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read. `etag` and `last_modified` are the validators of the response, or empty.

    `digest` is that of the bytes that `content` was read from.
    """

    digest: bytes
    etag: str
    last_modified: str
    content: Content
    size: int

    @property
    def result(self) -> ReadResult:
        """What was read, the last time that it could be."""
        return self.content.result


def read_document(
    source: str, response: Response, known: Document | None, reader: FileReader, key: str = ""
) -> Document:
    """Parse the body of a 200; a body equal to that of `known` is not parsed again. Takes long: for a worker.

    `key` tells it from another document of the same name.

    Raises:
        DataError: the body is not GeoJSON; the reason names a web page as such.
    """
    headers, body = response.headers, response.body
    digest = hashlib.sha256(body).digest()
    if known is not None and known.digest == digest and not reader.may_read_more(key or source):
        result = known.result
    else:
        result = reader.read(body, source, key)
    return Document(digest, headers.get("etag", ""), headers.get("last-modified", ""), Content(result), len(body))


def read_blob(name: str, response: Response, known: Document | None, reader: FileReader) -> Document:
    """Parse a blob; one of which nothing can be read keeps the content of `known`. Takes long: for a worker."""
    body, etag = response.body, response.headers.get("etag", "")
    digest = hashlib.sha256(body).digest()
    if known is not None and known.digest == digest and not reader.may_read_more(name):
        return Document(digest, etag, "", Content(known.result), len(body))
    content = read_content(lambda: reader.read(body, name), known.content if known is not None else None)
    if content.problem:
        digest = known.digest if known is not None else b""
    return Document(digest, etag, "", content, len(body))


def failure_reason(error: TvappError) -> str:
    """Say why a file could not be read; the same text each time, so that a repetition is not a change.

    >>> failure_reason(ServiceError("example.com", 404, "BlobNotFound"))
    'the server answers 404 BlobNotFound'
    """
    match error:
        case DataError():
            return error.reason
        case ServiceError(status=status, message=message) if status < 400:
            return f"the answer cannot be used: {plain(message, 160)}"
        case ServiceError(status=status, code=code):
            return plain(f"the server answers {status} {code}", 160)
        case TimedOut():
            return "no whole answer in time"
        case ConnectionBroken():
            return "the connection broke off"
        case TlsFailed():
            return "the server's certificate is not trusted"
        case NetworkError():
            return "the server cannot be reached"
    return type(error).__name__
