"""Reads JSON text that is not quite JSON: comments, trailing commas, NaN, half characters, a broken object.

Strict reading comes first (`layout`); this is for what it refuses. Texts stay as long as they were, so that places in
them stay right. Hand-written because no JSON library goes on behind a broken object.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tvapp.fences.geojson.identity import clean
from tvapp.fences.geojson.layout import object_end
from tvapp.fences.geojson.scan import Span

_STRING = rb'"(?:[^"\\\n]++|\\.)*+"'
_COMMENT = re.compile(rb"(%b)|//[^\n]*+|/\*.*?\*/" % _STRING, re.DOTALL)
_TRAILING_COMMA = re.compile(rb"(%b)|,(?=[ \t\r\n]*+[\]}])" % _STRING, re.DOTALL)
_NOT_A_LINE_BREAK = re.compile(rb"[^\r\n]")
_BRACKET = re.compile(rb'%b|[\[\]{}"]' % _STRING, re.DOTALL)
_FEATURES = re.compile(rb'"features"[ \t\r\n]*+:[ \t\r\n]*+\[')
_REFERENCE_SYSTEM = re.compile(rb'"crs"[ \t\r\n]*+:[ \t\r\n]*+(?=\{)')
_NEXT_FEATURE = re.compile(rb'\{[ \t\r\n]*+"type"[ \t\r\n]*+:[ \t\r\n]*+"Feature"')
_NEXT_LINE = re.compile(rb"\n[ \t]*+,?[ \t]*+(?=[{\]])")
_BETWEEN = re.compile(rb"[ \t\r\n,\0\x1e]*+")
_NOT_AN_OBJECT = re.compile(rb'(?:%b|\[[^\[\]{}"]*+\]|[^,\]{}"\n]++|")' % _STRING, re.DOTALL)
_TYPE = re.compile(rb'"type"[ \t\r\n]*+:[ \t\r\n]*+"(\w+)"')
_NAMED = re.compile(rb'"(?:geometryId|name|id|desc)"[ \t\r\n]*+:[ \t\r\n]*+"((?:[^"\\\n]|\\.){1,400})"')
_NEAR = 400
_NAME_NEAR = 1 << 16
_MOST_DIGITS = 400
_TOO_LARGE = "a number too large to hold was read as null"
_PAIRS = {0x5D: 0x5B, 0x7D: 0x7B}


def without_comments(text: bytes) -> bytes:
    """Return text with spaces in place of comments and of commas before a closing bracket."""
    if b"//" in text or b"/*" in text:
        text = _blanked(text, _COMMENT)
    return _blanked(text, _TRAILING_COMMA)


def _blanked(text: bytes, pattern: re.Pattern[bytes]) -> bytes:
    # Match by match, because one call for all of them would keep the GIL.
    pieces, copied = [], 0
    for match in pattern.finditer(text):
        if match[1] is None:
            pieces += [text[copied : match.start()], _NOT_A_LINE_BREAK.sub(b" ", match[0])]
            copied = match.end()
    return b"".join((*pieces, text[copied:])) if pieces else text


def decode(raw: bytes) -> tuple[object, str]:
    """Decode one value that the strict parser refuses; returns a note about what was read in another way.

    Raises:
        ValueError: it cannot be read in any way.
        RecursionError: it is nested too deep.
    """
    lenient = _Lenient()
    text = raw.decode(errors="replace")
    try:
        value = lenient.decode(text)
    except ValueError:
        lenient.odd["a comment or a comma too many was passed over"] = None
        value = lenient.decode(without_comments(raw).decode(errors="replace"))
    return lenient.cleaned(value), "; ".join(lenient.odd)


class _Lenient:
    """Decodes with the standard library, which takes more than the standard, and notes what."""

    def __init__(self) -> None:
        self.odd: dict[str, None] = {}

    def decode(self, text: str) -> object:
        return json.loads(
            text, strict=False, parse_constant=self._constant, parse_float=self._float, parse_int=self._int
        )

    def cleaned(self, value: object) -> object:
        """Replace halves of characters, which no encoder takes."""
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                self.odd["half a character (a lone surrogate) was replaced"] = None
                return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            return value
        if isinstance(value, list):
            return value if _is_of_numbers(value) else [self.cleaned(each) for each in value]
        if isinstance(value, dict):
            return {self.cleaned(key): self.cleaned(each) for key, each in value.items()}
        return value

    def _constant(self, name: str) -> None:
        self.odd[f"{name} is not JSON; read as null"] = None

    def _float(self, text: str) -> float | None:
        number = float(text)
        if math.isfinite(number):
            return number
        self.odd[_TOO_LARGE] = None
        return None

    def _int(self, text: str) -> int | float | None:
        if len(text) <= 18:
            return int(text)
        return self._float(text if len(text) <= _MOST_DIGITS else "inf")


def _is_of_numbers(value: list[object]) -> bool:
    return all(type(each) is float or type(each) is int for each in value)


@dataclass(frozen=True, slots=True)
class Piece:
    """One element of a list: its span, and whether it is an object with an end."""

    span: Span
    is_whole: bool


def features_of(text: bytes, start: int) -> tuple[list[Piece], bytes] | None:
    """Return the elements of the list of Features in a broken file, and its `crs` object or b"".

    None where there is no list of Features, or the file ends in the middle, as while it is being written.
    """
    found = _FEATURES.search(text, start)
    pieces = None if found is None else elements_of(text, found.end(), b"{[")
    if pieces is None:
        return None
    for named in _REFERENCE_SYSTEM.finditer(text, start):
        if not any(piece.span[0] < named.start() < piece.span[1] for piece in pieces):
            close = object_end(text, named.end())
            return pieces, text[named.end() : close] if close else b""
        break
    return pieces, b""


def elements_of(text: bytes, start: int, brackets: bytes) -> list[Piece] | None:
    """Return the elements of a list that goes on at `start`, inside of `brackets`; None where the text is cut off."""
    pieces = list(pieces_of(text, start))
    broken = next((piece.span[0] for piece in reversed(pieces) if not piece.is_whole), None)
    end = max((piece.span[1] for piece in pieces if piece.is_whole), default=start)
    return None if is_cut_off(text, end if broken is None else min(broken, end), brackets) else pieces


def type_of(raw: bytes) -> str:
    """Return the type that an object too large to decode states at its beginning or end."""
    found = _TYPE.search(raw, 0, _NEAR) or next(iter([*_TYPE.finditer(raw, max(0, len(raw) - _NEAR))][-1:]), None)
    return found[1].decode() if found is not None else ""


def label_in(text: bytes, span: Span) -> str:
    """Return the id or the name that the text of an unreadable object states; "" where it states none."""
    found = _NAMED.search(text, span[0], min(span[1], span[0] + _NAME_NEAR))
    return clean(found[1].decode(errors="replace")) if found is not None else ""


class _Starts:
    """Where the next element probably begins. Remembers what it found, so that all searches together are one pass."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._next = {_NEXT_FEATURE: -1, _NEXT_LINE: -1}

    def after(self, at: int) -> int:
        """Return the next beginning of a Feature, else of a line with an object, else the end of the text."""
        size = len(self._text)
        feature = self._find(_NEXT_FEATURE, at)
        return feature if feature < size else self._find(_NEXT_LINE, at)

    def holds_feature(self, start: int, end: int) -> bool:
        """Tell whether a Feature begins within a span."""
        return self._find(_NEXT_FEATURE, start) < end

    def _find(self, pattern: re.Pattern[bytes], at: int) -> int:
        if self._next[pattern] < at:
            found = pattern.search(self._text, at)
            place = len(self._text) if found is None else found.start() if pattern is _NEXT_FEATURE else found.end()
            self._next[pattern] = place
        return self._next[pattern]


def pieces_of(text: bytes, start: int) -> Iterator[Piece]:
    """Yield the elements of a list, or of a sequence of values, from `start` on; goes on behind broken ones.

    Takes time in proportion to the text: objects without an end are searched for in vain for four times its length in
    all, from then on up to the next probable beginning of another only.
    """
    at, size = start, len(text)
    starts, left = _Starts(text), 4 * size
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between is not None else at
        if at >= size or text[at] == 0x5D:
            return
        if text[at] != 0x7B:
            other = _NOT_AN_OBJECT.match(text, at)
            end = other.end() if other is not None else at + 1
            yield Piece((at, end), is_whole=False)
            at = end
            continue
        limit = size if left > 0 else starts.after(at + 1)
        end = object_end(text, at, limit)
        is_whole = bool(end) and not (starts.holds_feature(at + 1, end) and not _is_readable(text[at:end]))
        if not is_whole:
            left -= (end or limit) - at
            end = starts.after(at + 1)
        yield Piece((at, end), is_whole)
        at = end


def _is_readable(raw: bytes) -> bool:
    """Tell whether an object with a Feature in it is one object, and not one without its end and others behind it."""
    try:
        decode(raw)
    except (ValueError, RecursionError):
        return False
    return True


def texts_of(text: bytes, start: int) -> Iterator[Piece]:
    """Yield the texts of a sequence: one a line (newline-delimited), or after separators (RFC 8142).

    Texts of several lines are understood; a broken text costs its line, or what is up to the next separator.
    """
    at, size, left = start, len(text), 4 * len(text)
    separator = -1
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between is not None else at
        if at >= size:
            return
        if separator < at:
            found = text.find(b"\x1e", at)
            separator = size if found < 0 else found
        line = text.find(b"\n", at, separator)
        line = separator if line < 0 else line
        end = object_end(text, at, line) if text[at] == 0x7B else 0
        if not end and text[at] == 0x7B and line < separator and left > 0:
            end = object_end(text, at, separator)
            left -= (end or separator) - at
            end = end if end and _is_readable(text[at:end]) else 0
        yield Piece((at, end or line), is_whole=bool(end))
        at = end or line


def is_cut_off(text: bytes, at: int, brackets: bytes) -> bool:
    """Tell whether text that is inside of `brackets` at `at` ends before all brackets are closed.

    A bracket of the wrong sort shows that something is missing in the middle instead.
    """
    waiting = list(brackets)
    last_line = text.rfind(b"\n", 0, len(text.rstrip()))
    for match in _BRACKET.finditer(text, at):
        sign = text[match.start()]
        if sign == 0x22:
            if match.end() - match.start() == 1 and match.end() > last_line:
                return True  # a string without an end, and nothing behind it
        elif sign in (0x5B, 0x7B):
            waiting.append(sign)
        elif not waiting or waiting.pop() != _PAIRS[sign]:
            return False
    return bool(waiting)
