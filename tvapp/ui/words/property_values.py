"""Values of properties in words: numbers, lists and objects without brackets, HTML as its text; bounded work."""

from __future__ import annotations

import html
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping

LONGEST_VALUE = 160
MOST_LINES = 8
MOST_ITEMS = 12
MOST_DEPTH = 4
_LONGEST_TEXT = 4_000
ELLIPSIS = "…"

_BLOCKS = "p|div|br|hr|li|ul|ol|dl|dt|dd|tr|table|thead|tbody|td|th|h[1-6]|section|article|blockquote|pre"
_HIDDEN = re.compile(r"<(script|style|head|template|title)\b[^<>]{0,400}>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^<>]{0,400}>", re.DOTALL)
_BREAK = re.compile(rf"</?(?:{_BLOCKS})\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][a-z0-9:-]*(?:\s[^<>]*)?/?>", re.IGNORECASE)
_HAS_HTML = re.compile(r"</?[a-z!?][^<>]*>|&(?:#\d+|#x[0-9a-f]+|[a-z]\w+);", re.IGNORECASE)


def property_lines(value: object) -> tuple[str, ...]:
    """Return a value as at most MOST_LINES lines of words; none where it says nothing.

    >>> property_lines([{"ride_start_allowed": False, "maximum_speed_kph": 15}])
    ('ride start allowed: no', 'maximum speed kph: 15')
    >>> property_lines("<p><b>Quay</b> area<br>plan &amp; map</p>")
    ('Quay area', 'plan & map')
    """
    found = [_cut(line) for line in itertools.islice(_lines(value), MOST_LINES + 1) if line]
    return tuple(found if len(found) <= MOST_LINES else [*found[: MOST_LINES - 1], ELLIPSIS])


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1].rstrip() + ELLIPSIS


def _lines(value: object) -> Iterator[str]:
    match value:
        case str():
            yield from _plain(value)
        case Mapping():
            yield from _pairs(value, MOST_DEPTH)
        case list() | tuple() if any(isinstance(item, Mapping) for item in value[:MOST_ITEMS]):
            for item in value:
                yield from _pairs(item, MOST_DEPTH) if isinstance(item, Mapping) else (_text(item, MOST_DEPTH),)
        case _:
            yield _text(value, MOST_DEPTH)


def _pairs(value: Mapping[object, object], depth: int) -> Iterator[str]:
    for name, item in itertools.islice(value.items(), MOST_ITEMS):
        text, key = _text(item, depth - 1), _key(str(name))
        if text:
            yield f"{key}: {text}" if key else text


def _text(value: object, depth: int) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            if not math.isfinite(value):
                return ""
            return f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.10g}"
        case int():
            return str(value) if abs(value) < 10**40 else ELLIPSIS
        case str():
            return " · ".join(_plain(value))
        case Mapping() | list() | tuple() if not depth:
            return ELLIPSIS if value else ""
        case Mapping():
            return _joined(_pairs(value, depth), ", ")
        case list() | tuple():
            is_nested = any(isinstance(item, Mapping | list | tuple) for item in value[:MOST_ITEMS])
            return _joined((_text(item, depth - 1) for item in value), "; " if is_nested else ", ")
    return ""


def _joined(parts: Iterable[str], separator: str) -> str:
    """Join the parts that say something, as many as can be shown."""
    found: list[str] = []
    length = 0
    for number, part in enumerate(parts):
        if number >= MOST_ITEMS or length > LONGEST_VALUE:
            found.append(ELLIPSIS)
            break
        if part:
            found.append(part)
            length += len(part)
    return separator.join(found)


def _key(name: str) -> str:
    return " ".join(name[:LONGEST_VALUE].replace("_", " ").replace("-", " ").split())


def _plain(text: str) -> list[str]:
    """Return the lines of a text; of HTML what a browser would show."""
    text = text[:_LONGEST_TEXT]
    if ("<" in text or "&" in text) and _HAS_HTML.search(text):
        if "<" in text:
            text = _HIDDEN.sub(" ", _COMMENT.sub(" ", text))
            text = _TAG.sub("", _BREAK.sub("\n", text))
        text = html.unescape(text)
    return [line for part in text.splitlines() if (line := " ".join(part.split()))]
