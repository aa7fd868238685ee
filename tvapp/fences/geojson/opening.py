"""Opens a file for reading: decompressed, as UTF-8, without NULs at its end. Tolerant where `encoding` is strict."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from tvapp.core.errors import DataError
from tvapp.fences.formats import compression, refusals
from tvapp.fences.geojson.encoding import Text, as_utf8

_SLICE = 1 << 18
_FOREIGN = re.compile(rb"[\x80-\xff]+")
_UNMARKED = (
    (re.compile(rb"[\[{ \t\r\n\x1e]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[\[{ \t\r\n\x1e]"), "utf-32-be"),
    (re.compile(rb"(?:[\[{ \t\r\n\x1e]\0){2}|[\[{]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"(?:\0[\[{ \t\r\n\x1e]){2}|\0[\[{]\0[^\0]"), "utf-16-be"),
)
_MARKED = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """The text of a file. `is_kept`: its bytes can be edited in place; else `notes` say in which way it was read."""

    text: Text
    notes: tuple[str, ...] = ()
    is_kept: bool = True


def opened(data: bytes, source: str, limit: int) -> Opened:
    """Open the content of a file of at most `limit` bytes.

    Raises:
        DataError: it is too large, damaged, or in a format that is known not to be GeoJSON.
    """
    notes: list[str] = []
    if data.startswith(compression.MAGIC):
        try:
            data = compression.decompressed(data, limit)
        except compression.NotGzip as error:
            raise DataError(source, str(error)) from error
        notes.append("the file is compressed (gzip)")
    if len(data) > limit:
        raise DataError(source, f"larger than {limit // (1024 * 1024)} MB")
    if reason := refusals.of_content(data):
        raise DataError(source, reason)
    codec, is_marked = _wide(data)
    trimmed = data if codec else data.rstrip(b"\0")
    if trimmed and len(trimmed) < len(data):
        notes.append("the file ends in NUL bytes")
        data = trimmed
    if codec and not (is_marked and codec.startswith("utf-16")):
        notes.append(f"the text is {codec[:6].upper()}")
        return Opened(Text(_decoded(data, codec)), tuple(notes), is_kept=False)
    try:
        text = as_utf8(data, source)
    except DataError:
        if codec:
            notes.append("the text is not all UTF-16; what could not be read was replaced")
            text = Text(_decoded(data, codec))
        else:
            notes.append("the text is not UTF-8; read as Windows-1252 (ISO 8859-1) where it is not")
            text = Text(_western(data.removeprefix(codecs.BOM_UTF8)))
    return Opened(text, tuple(notes), is_kept=not notes)


def _wide(data: bytes) -> tuple[str, bool]:
    """Return UTF-16 or UTF-32 and whether a byte order mark says so; "" for others (RFC 4627, 3)."""
    for mark, codec in _MARKED:
        if data.startswith(mark):
            return codec, True
    return next((codec for pattern, codec in _UNMARKED if pattern.match(data)), ""), False


def _decoded(data: bytes, codec: str) -> bytes:
    decoder = codecs.getincrementaldecoder(codec)("replace")
    places = range(0, max(len(data), 1), _SLICE)
    pieces = [
        decoder.decode(data[at : at + _SLICE], at + _SLICE >= len(data)).encode("utf-8", "replace") for at in places
    ]
    return b"".join(pieces).removeprefix(codecs.BOM_UTF8).rstrip(b"\0")


def _western(data: bytes) -> bytes:
    """Return text as UTF-8: runs of bytes that are not, as Windows-1252."""
    pieces, at = [], 0
    while at < len(data):
        end = min(at + _SLICE, len(data))
        while end < len(data) and data[end] >= 0x80 and end - at < 2 * _SLICE:
            end += 1
        pieces.append(_FOREIGN.sub(_run, data[at:end]))
        at = end
    return b"".join(pieces)


def _run(match: re.Match[bytes]) -> bytes:
    run = match[0]
    try:
        run.decode()
        return run
    except UnicodeDecodeError:
        text = run.decode(errors="replace")
        if text.count("\ufffd") * 2 < len(text):  # UTF-8 with a character or two cut in half
            return text.encode()
    return run.decode("cp1252", "replace").encode()
