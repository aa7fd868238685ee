"""Finds the byte spans of the Features in a GeoJSON file, and checks that the file is GeoJSON.

Works in bounded steps: no call keeps the GIL for more than a few milliseconds, however large the file. First the
objects inside the root are cut out by their braces. The rest, the outline, is small and is parsed as a whole; each
object is parsed by itself. Hand-written because JSON libraries parse a file in one call, which keeps the GIL, and give
no byte spans.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field

import msgspec

from tvapp.core.errors import DataError
from tvapp.fences.geojson.encoding import place
from tvapp.fences.geojson.scan import Span, after_blanks, elements, members, with_comma

MAX_FEATURE_BYTES = 4 * 1024 * 1024
"""A hundred thousand positions of forty characters."""
MAX_OUTLINE_BYTES = 4 * 1024 * 1024
"""White space between two hundred thousand Features, and some members of the root."""

_STEP = 1 << 18
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TO_BRACE = re.compile(rb'[^"{}]*+(?:%b[^"{}]*+)*+([{}]?)' % _STRING, re.DOTALL)
_FLAT = rb'[^"{}]*+(?:"[^"]*+(?<!\\)"[^"{}]*+)*+'
_OBJECT = re.compile(rb"\{%b(?:\{%b(?:\{%b\}%b)*+\}%b)*+\}" % ((_FLAT,) * 5))
"""Most Features: two levels of objects inside, no escaped quotation mark. Others are scanned brace by brace."""
_NEXT_OBJECT = re.compile(rb"[ \t\r\n,]*+(%b)" % _OBJECT.pattern)
"""The same, after the comma and white space between two Features."""
_DEEPER = {b"{": 1, b"}": -1, b"": 0}
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_NOTHING = re.compile(rb"[ \t\r\n\0]*+")


@dataclass(frozen=True, slots=True)
class Layout:
    """The spans of a file. `features` are the elements of the list of Features, or the root Feature.

    `listed` is the span of that list, None for a root Feature; `is_bare` tells that the root of a collection has no
    other members; `boxes` are its `bbox` members, each with its comma.
    """

    features: tuple[Span, ...]
    listed: Span | None
    is_bare: bool
    boxes: tuple[Span, ...] = ()
    reference_system: Span | None = None
    """Its `crs` member, which RFC 7946 no longer has."""


@dataclass(slots=True)
class _Outline:
    """The text with `{}` for each object inside the root: `spans` are the objects, `marks` their places in `text`."""

    start: int
    text: bytes = b""
    spans: list[Span] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)

    def in_file(self, at: int) -> int:
        """Return the position in the file of a byte of the outline."""
        number = bisect_right(self.marks, at) - 1
        if number < 0:
            return self.start + at
        beyond = at - self.marks[number]
        start, end = self.spans[number]
        return start + beyond if beyond == 0 else end - 2 + beyond


def lay_out(data: bytes, source: str, start: int = 0) -> Layout:
    """Find the Features in UTF-8 text that begins at `start`, without parsing them (see `check`).

    Raises:
        DataError: the file as a whole is not GeoJSON; says where, with line and column.
    """
    if (nothing := _NOTHING.match(data, start)) and nothing.end() == len(data):
        raise DataError(source, "the file is empty")
    outline = _outlined(data, start, source)
    try:
        msgspec.json.decode(outline.text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError) as error:
        at = byte_of(error)
        limit = len(data) if at is None else outline.in_file(at)
        for span in outline.spans:
            if span[0] < limit:
                _check_beginning(data, span, source)
        raise DataError(source, malformed(error, data, 0 if at is None else limit - at)) from error
    root = after_blanks(outline.text, 0)
    if outline.text[root] != 0x7B:
        raise DataError(source, "the root is not a Feature or FeatureCollection object")
    return _laid_out(data, outline, root, source)


def _laid_out(data: bytes, outline: _Outline, root: int, source: str) -> Layout:
    there = members(outline.text, root)
    found = {member.key: member.value for member in there}
    features: list[Span] = []
    listed: Span | None = None
    kind = _type(outline.text, found.get("type"))
    system = None
    if "crs" in found:
        start, end = found["crs"]
        system = outline.in_file(start), outline.in_file(end - 1) + 1
    if kind == "FeatureCollection" and "features" in found:
        start, end = found["features"]
        if outline.text[start] == 0x5B:
            in_file = outline.in_file
            objects = dict(zip(outline.marks, outline.spans, strict=True))
            features = [
                objects.get(first) or (in_file(first), in_file(last - 1) + 1)
                for first, last in elements(outline.text, start)
            ]
            listed = in_file(start), in_file(end - 1) + 1
    for span in outline.spans:
        if kind != "Feature" and (listed is None or not listed[0] < span[0] < listed[1]):
            check(data, span, source)
    if kind == "Feature":
        last = len(outline.text.rstrip(b" \t\r\n")) - 1
        whole = outline.in_file(root), outline.in_file(last) + 1
        return Layout((whole,), None, is_bare=False, reference_system=system)
    if kind != "FeatureCollection":
        said = f"{kind[:40]!r}" if isinstance(kind, str) else "missing" if kind is None else "no text"
        raise DataError(source, f"the root's type is {said}, not Feature or FeatureCollection")
    if "features" not in found:
        raise DataError(source, "the FeatureCollection has no features")
    if listed is None:
        raise DataError(source, "the FeatureCollection's features are not a list")
    spans = [(member.start, member.value[1]) for member in there]
    boxes = [with_comma(spans, (0, 0), number) for number, member in enumerate(there) if member.key == "bbox"]
    return Layout(
        tuple(features),
        listed,
        is_bare=set(found) <= {"type", "features", "bbox"},
        boxes=tuple((outline.in_file(first), outline.in_file(last - 1) + 1) for first, last in boxes),
        reference_system=system,
    )


def _type(text: bytes, span: Span | None) -> object:
    if span is None:
        return None
    try:
        return msgspec.json.decode(text[span[0] : span[1]])
    except msgspec.DecodeError:
        return 0


def _outlined(data: bytes, start: int, source: str) -> _Outline:
    outline = _Outline(start)
    pieces: list[bytes] = []
    length = depth = 0
    at = copied = start
    while at < len(data):
        is_object = False
        following = _NEXT_OBJECT.match(data, at, min(at + _STEP, len(data))) if depth == 1 else None
        if following is not None:
            is_object = True
            opened, at = following.span(1)
        else:
            brace, at = _to_brace(data, at)
            depth += _DEEPER[brace]
            opened = at - 1
            if depth == 2:
                depth, at = 1, object_end(data, opened)
                is_object = True
        if is_object:
            pieces.append(data[copied:opened])
            length += opened - copied
            outline.marks.append(length)
            outline.spans.append((opened, at or len(data)))
            if not at:  # the file ends in the middle of an object
                outline.text = b"{}".join(pieces) + b"{"
                return outline
            length, copied = length + 2, at
        if length + at - copied > MAX_OUTLINE_BYTES:
            raise DataError(source, "too much stands beside its features")
    outline.text = b"{}".join((*pieces, data[copied:]))
    return outline


def object_end(data: bytes, start: int, limit: int | None = None) -> int:
    """Return the end of the object that begins at `start`; 0 where it has none before `limit`."""
    limit = len(data) if limit is None else limit
    whole = _OBJECT.match(data, start, min(start + _STEP, limit))
    if whole is not None:
        return whole.end()
    depth, at = 1, start + 1
    while at < limit:
        brace, at = _to_brace(data, at)
        depth += _DEEPER[brace]
        if depth == 0:
            return at if at <= limit else 0
    return 0


def _to_brace(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the next brace outside of strings and its end; b"" and the end of the search where none is near."""
    match = _TO_BRACE.match(data, at, min(at + _STEP, len(data)))
    if match is None:
        return b"", len(data)
    at = match.end()
    if not match[1] and data[at : at + 1] == b'"':
        at = _string_end(data, at)
    return match[1], at


def _string_end(data: bytes, start: int) -> int:
    """Return the end of the string that begins at `start`; the end of the data where it has none."""
    at, size = start + 1, len(data)
    while at < size:
        before = at
        match = _IN_STRING.match(data, at, min(at + _STEP, size))
        at = at if match is None else match.end()
        if at < size and data[at] == 0x22:
            return at + 1
        if at == before:
            break
    return size


def check(data: bytes, span: Span, source: str, *, is_located: bool = True) -> None:
    """Check that a span of the file is JSON, unless it is too large or too deep for the parser.

    To say the line takes time in proportion to the text before: leave it out (`is_located`) for thousands of spans.

    Raises:
        DataError: it is not JSON; says where.
    """
    if span[1] - span[0] > MAX_FEATURE_BYTES:
        return
    raw = data[span[0] : span[1]]
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        if not _is_grammatical(raw):
            raise DataError(source, malformed(error, data if is_located else None, span[0])) from error
    except RecursionError:
        return


def _check_beginning(data: bytes, span: Span, source: str) -> None:
    """Check the beginning of an object that may have no end."""
    raw = data[span[0] : min(span[1], span[0] + MAX_FEATURE_BYTES)]
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError) as error:
        is_cut_here = byte_of(error) is None and len(raw) < span[1] - span[0]
        if not is_cut_here and not _is_grammatical(raw):
            raise DataError(source, malformed(error, data, span[0])) from error


def _is_grammatical(raw: bytes) -> bool:
    """Tell whether text that msgspec refuses is JSON by RFC 8259 all the same: it may have a lone surrogate."""
    try:
        json.loads(raw.decode(), parse_constant=_refuse, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def byte_of(error: Exception) -> int | None:
    """Return the byte at which the parser failed, None where it does not say."""
    found = re.search(r" \(byte (\d+)\)$", str(error))
    return int(found[1]) if found is not None else None


def refusal(error: Exception) -> str:
    """Return the reason why the parser cannot decode valid JSON."""
    if isinstance(error, msgspec.ValidationError):
        return "it has a number too large to hold"
    return (
        "it is nested too deep" if isinstance(error, RecursionError) else "it has half a character (a lone surrogate)"
    )


def malformed(error: Exception, data: bytes | None = None, start: int = 0) -> str:
    """Return the reason why the parser refused the text from `start` on in `data`, with line and column."""
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    text = str(error).removeprefix("JSON is malformed: ")
    text = f"not JSON: {text[0].lower()}{text[1:]}"
    at = byte_of(error)
    if at is None:
        return text
    text = text[: text.rindex(" (byte ")]
    return text if data is None else f"{text} ({place(data, start + at)})"
