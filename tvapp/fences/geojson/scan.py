"""Finds the byte spans of members and elements in JSON text, so that it can be edited in place.

Takes valid JSON in UTF-8, which a parser has checked before. Hand-written because no JSON library that we have gives
byte spans.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

Span: TypeAlias = tuple[int, int]
"""From the first byte up to, not including, the second."""

_BLANK = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[^ \t\r\n,\]}]++")
_SHORT = re.compile(rb"(\{\}|[^ \t\r\n,\[\]{}\"]++)[ \t\r\n]*+,[ \t\r\n]*+")
_TO_BRACE = re.compile(rb'(?:[^"{}]++|"(?:[^"\\]++|\\.)*+")*+([{}])', re.DOTALL)
_TO_BRACKET = re.compile(rb'(?:[^"\[\]]++|"(?:[^"\\]++|\\.)*+")*+([\[\]])', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object: `key` decoded, `start` at its opening quote, `value` the span of its value."""

    key: str
    start: int
    value: Span


def after_blanks(text: bytes, at: int) -> int:
    """Return the position of the next byte that is no white space."""
    return match.end() if (match := _BLANK.match(text, at)) else at


def value_end(text: bytes, start: int) -> int:
    """Return the end of the value that begins at `start`."""
    first = text[start : start + 1]
    if first == b"{":
        return _balanced(text, start, _TO_BRACE, b"{")
    if first == b"[":
        return _balanced(text, start, _TO_BRACKET, b"[")
    return _matched(_STRING if first == b'"' else _SCALAR, text, start).end()


def members(text: bytes, start: int = 0) -> list[Member]:
    """Return all members, in order, of the object that begins at `start`; keys may repeat.

    >>> [(member.key, member.value) for member in members(b'{"a": 1, "b":[2]}')]
    [('a', (6, 7)), ('b', (13, 16))]
    """
    found: list[Member] = []
    at = after_blanks(text, start + 1)
    while text[at] != 0x7D:
        key_end = _matched(_STRING, text, at).end()
        value = after_blanks(text, after_blanks(text, key_end) + 1)
        end = value_end(text, value)
        found.append(Member(msgspec.json.decode(text[at:key_end], type=str), at, (value, end)))
        at = _next(text, end)
    return found


def elements(text: bytes, start: int = 0) -> list[Span]:
    """Return the spans of the elements of the array that begins at `start`.

    >>> elements(b'[1, "a]", [[]]]')
    [(1, 2), (4, 8), (10, 14)]
    """
    found: list[Span] = []
    at = after_blanks(text, start + 1)
    while text[at] != 0x5D:
        if short := _SHORT.match(text, at):
            found.append(short.span(1))
            at = short.end()
            continue
        end = value_end(text, at)
        found.append((at, end))
        at = _next(text, end)
    return found


def _next(text: bytes, end: int) -> int:
    """Return the start of the next item, or the closing bracket."""
    at = after_blanks(text, end)
    return after_blanks(text, at + 1) if text[at] == 0x2C else at


def _balanced(text: bytes, start: int, pattern: re.Pattern[bytes], opening: bytes) -> int:
    depth, at = 1, start + 1
    while depth:
        match = _matched(pattern, text, at)
        at = match.end()
        depth += 1 if match[1] == opening else -1
    return at


def _matched(pattern: re.Pattern[bytes], text: bytes, at: int) -> re.Match[bytes]:
    match = pattern.match(text, at)
    if match is None:
        raise ValueError("the text is not valid JSON")
    return match


def with_comma(spans: Sequence[Span], around: Span, number: int) -> Span:
    """Return the span to delete with one of several items in brackets: its comma too, or all blanks for a sole item."""
    if len(spans) == 1:
        return around[0] + 1, around[1] - 1
    if number + 1 < len(spans):
        return spans[number][0], spans[number + 1][0]
    return spans[number - 1][1], spans[number][1]
