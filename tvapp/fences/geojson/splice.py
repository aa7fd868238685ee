"""Edits GeoJSON text in place; all other bytes stay (white space, forms of numbers, order, encoding).

Two levels: a file of Features (`SplicedFile`), and the members of one object (`member`, `put`, `drop`). Hand-written
because decoding and encoding with a JSON library would reformat the customer's whole file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tvapp.core.errors import DataError
from tvapp.fences.geojson.encoding import Text, as_utf8
from tvapp.fences.geojson.layout import Layout, check, lay_out, malformed
from tvapp.fences.geojson.scan import Span, members, with_comma

_HEAD = b'{"type":"FeatureCollection","features":[\n'
_TAIL = b"\n]}"


@dataclass(frozen=True, slots=True)
class SplicedFile:
    """A GeoJSON file and the spans of its Features. Features are UTF-8; the file keeps its encoding."""

    text: Text
    layout: Layout

    def __len__(self) -> int:
        return len(self.layout.features)

    def feature(self, number: int) -> bytes:
        """Return element `number` of the list of Features, byte for byte."""
        start, end = self.layout.features[number]
        return self.text.data[start:end]

    def replaced(self, number: int, feature: bytes) -> bytes:
        """Return the file with another Feature at place `number`."""
        start, end = self.layout.features[number]
        return self._with((start, end), feature)

    def without(self, number: int) -> bytes | None:
        """Return the file without a Feature and its comma; None where the file would be empty.

        It is empty without its root Feature, or without the last Feature of a collection with no other members.
        """
        if self.layout.listed is None or (len(self) == 1 and self.layout.is_bare):
            return None
        return self._with(with_comma(self.layout.features, self.layout.listed, number), b"")

    def appended(self, feature: bytes) -> bytes:
        """Return the file with another Feature at its end, separated as the last two are.

        A root Feature becomes the first of a collection.
        """
        features, listed = self.layout.features, self.layout.listed
        data = self.text.data
        if listed is None:
            return self._with(features[0], b"".join((_HEAD, self.feature(0), b",\n", feature, _TAIL)))
        if not features:
            return self._with((listed[0] + 1, listed[1] - 1), feature)
        between = b"," + data[listed[0] + 1 : features[0][0]]
        if len(features) > 1:
            between = data[features[-2][1] : features[-1][0]]
        end = features[-1][1]
        return self._with((end, end), between + feature)

    def without_box(self) -> SplicedFile:
        """Return the file without the `bbox` of its root, which may be wrong once a Feature changes."""
        file = self
        while file.layout.boxes:
            content = file._with(file.layout.boxes[-1], b"")
            file = open_file(content, "")
        return file

    def _with(self, span: Span, new: bytes) -> bytes:
        # Views, so that a large file is copied once only.
        data = memoryview(self.text.data)
        return self.text.encoded(data[self.text.start : span[0]], new, data[span[1] :])


def open_file(content: bytes, source: str) -> SplicedFile:
    """Find the Features of a file; `source` names it in reasons.

    Raises:
        DataError: it is not GeoJSON.
    """
    text = as_utf8(content, source)
    layout = lay_out(text.data, source, text.start)
    for span in layout.features:
        check(text.data, span, source)
    return SplicedFile(text, layout)


def collection(feature: bytes) -> bytes:
    """Return a file that holds one Feature, as a collection."""
    return b"".join((_HEAD, feature, _TAIL, b"\n"))


def checked(text: bytes, what: str) -> bytes:
    """Return the JSON object in `text`, without white space around it; `what` names it in reasons.

    Raises:
        DataError: it is not a JSON object in UTF-8.
    """
    text = text.strip(b" \t\r\n")
    try:
        text.decode()
        msgspec.json.decode(text, type=msgspec.Raw)
    except UnicodeDecodeError as error:
        raise DataError(what, "the text is not UTF-8") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise DataError(what, malformed(error, text)) from error
    if not text.startswith(b"{"):
        raise DataError(what, "it is not an object")
    return text


def member(text: bytes, key: str) -> bytes | None:
    """Return the value of a member of a `checked` object, byte for byte; of repeated keys the last, as parsers do."""
    found = [each.value for each in members(text) if each.key == key]
    return text[found[-1][0] : found[-1][1]] if found else None


def put(text: bytes, key: str, value: bytes) -> bytes:
    """Return a `checked` object with a member replaced, or appended; earlier members of the same key are removed.

    >>> put(b'{"a": 1, "b": 2}', "a", b"[3]")
    b'{"a": [3], "b": 2}'
    """
    there = members(text)
    found = [number for number, each in enumerate(there) if each.key == key]
    if found:
        start, end = there[found[-1]].value
        text = text[:start] + value + text[end:]
        return _without(text, found[:-1]) if len(found) > 1 else text
    name = msgspec.json.encode(key)
    if not there:
        return b"{" + name + b":" + value + b"}"
    last = there[-1]
    gap = text[there[-2].value[1] : last.start] if len(there) > 1 else b"," + text[1 : last.start]
    colon = text[last.start : last.value[0]]
    colon = colon[colon.rindex(b'"') + 1 :]
    end = last.value[1]
    return text[:end] + gap + name + colon + value + text[end:]


def drop(text: bytes, key: str) -> bytes:
    """Return a `checked` object without the members of a key.

    >>> drop(b'{ "a": 1, "b": 2 }', "b")
    b'{ "a": 1 }'
    """
    found = [number for number, each in enumerate(members(text)) if each.key == key]
    return _without(text, found)


def _without(text: bytes, numbers: Sequence[int]) -> bytes:
    for number in reversed(numbers):
        spans = [(each.start, each.value[1]) for each in members(text)]
        start, end = with_comma(spans, (0, len(text)), number)
        text = text[:start] + text[end:]
    return text
