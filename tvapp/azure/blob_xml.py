"""Parses the XML of Blob Storage: pages of a list, and errors.

Hand-written on expat, because the standard library's parsers limit neither depth nor text; document types, and with
them entities, are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote
from xml.parsers.expat import ExpatError, ParserCreate

from tvapp.core.errors import DataError

MAX_DEPTH = 12
MAX_TEXT = 8_192
"""A blob's name has at most 1,024 characters; a marker may be a few times as long."""

_ENTRY = ("EnumerationResults", "Blobs", "Blob")
_NAME = (*_ENTRY, "Name")
_PROPERTIES = (*_ENTRY, "Properties")


@dataclass(frozen=True, slots=True)
class Entry:
    """One blob of a list. `etag` has no quotes, as in the list; `size` is -1 where the list has none."""

    name: str
    etag: str = ""
    size: int = -1
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list; an empty `next_marker` ends it."""

    entries: tuple[Entry, ...]
    next_marker: str = ""


def parse_page(body: bytes) -> Page:
    """Return the blobs of one page of a list.

    Raises:
        DataError: it is not such a page.

    >>> parse_page(b"<EnumerationResults><Blobs><Blob><Name>a</Name></Blob></Blobs></EnumerationResults>").entries
    (Entry(name='a', etag='', size=-1, is_folder=False),)
    """
    pages = _Pages()
    _walk(body, pages)
    if pages.root != "EnumerationResults":
        raise DataError("list", "not a list of blobs")
    return Page(tuple(pages.entries), pages.next_marker)


def parse_error(body: bytes) -> tuple[str, str]:
    """Return code and message of an error body, with the detail that sign-in errors have; empty where there are none.

    >>> parse_error(b"<Error><Code>BlobNotFound</Code><Message>Gone.</Message></Error>")
    ('BlobNotFound', 'Gone.')
    """
    fields = _Fields()
    try:
        _walk(body, fields)
    except DataError:
        return "", ""
    message = " ".join(text for name in ("Message", "AuthenticationErrorDetail") if (text := fields.found.get(name)))
    return fields.found.get("Code", ""), message


class _Reader:
    """Receives each element that ends: its path from the root, its own text and its attributes."""

    root = ""

    def end(self, path: tuple[str, ...], text: str, attributes: Mapping[str, str]) -> None:
        raise NotImplementedError


class _Pages(_Reader):
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.next_marker = ""
        self._fields: dict[str, str] = {}

    def end(self, path: tuple[str, ...], text: str, attributes: Mapping[str, str]) -> None:
        if path == _NAME:
            # Names that are no valid XML come percent-encoded (versions from 2021-02-12 on).
            self._fields["Name"] = unquote(text) if attributes.get("Encoded") == "true" else text
        elif path[:-1] == _PROPERTIES:
            self._fields[path[-1]] = text.strip()
        elif path == _ENTRY:
            self._add()
        elif path == ("EnumerationResults", "NextMarker"):
            self.next_marker = text.strip()

    def _add(self) -> None:
        fields, self._fields = self._fields, {}
        length = fields.get("Content-Length", "")
        size = int(length[:18]) if length.isascii() and length.isdigit() else -1
        is_folder = fields.get("ResourceType", "") == "directory"
        if fields.get("Name"):
            self.entries.append(Entry(fields["Name"], fields.get("Etag", "").strip('"'), size, is_folder))


class _Fields(_Reader):
    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def end(self, path: tuple[str, ...], text: str, attributes: Mapping[str, str]) -> None:
        if len(path) == 2 and path[0] == "Error":
            self.found.setdefault(path[1], " ".join(text.split()))


def _walk(body: bytes, reader: _Reader) -> None:
    parser = ParserCreate()
    parser.buffer_text = True
    path: list[str] = []
    texts: list[list[str]] = []
    lengths: list[int] = []
    attributes: list[dict[str, str]] = []

    def refuse_doctype(*_: object) -> None:
        # Only a document type can declare entities: without it nothing can be expanded or fetched.
        raise DataError("xml", "it declares a document type")

    def start(name: str, fields: dict[str, str]) -> None:
        if len(path) >= MAX_DEPTH:
            raise DataError("xml", "it is nested too deep")
        if not path:
            reader.root = name
        path.append(name)
        texts.append([])
        lengths.append(0)
        attributes.append(fields)

    def text(data: str) -> None:
        if lengths:
            lengths[-1] += len(data)
            if lengths[-1] > MAX_TEXT and data.strip():
                raise DataError("xml", "it holds a text that is too long")
            texts[-1].append(data[:MAX_TEXT])

    def end(_: str) -> None:
        here = tuple(path)
        path.pop()
        lengths.pop()
        reader.end(here, "".join(texts.pop()), attributes.pop())

    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler = start
    parser.CharacterDataHandler = text
    parser.EndElementHandler = end
    try:
        parser.Parse(body, True)
    except (ExpatError, ValueError, LookupError) as error:
        # Python raises the last two for encodings that it does not know.
        raise DataError("xml", f"not XML: {error}"[:200]) from error
