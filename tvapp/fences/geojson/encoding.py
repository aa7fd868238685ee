"""Decodes a file to UTF-8 for reading, and encodes it again as it was for writing.

RFC 8259 asks for UTF-8 without a byte order mark; tools on Windows write one, or UTF-16. Works in slices, so that no
single call keeps the GIL for long.
"""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass

from tvapp.core.errors import DataError

_SLICE = 1 << 18


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file as UTF-8 in `data` from `start` on, the encoding of the file, and its byte order mark."""

    data: bytes
    start: int = 0
    codec: str = "utf-8"
    mark: bytes = b""

    def encoded(self, *parts: bytes | memoryview) -> bytes:
        """Return the concatenated UTF-8 `parts` in the encoding of the file, with its byte order mark."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        whole = io.BytesIO()
        whole.write(self.mark)
        for part in parts:
            view = memoryview(part)
            for at in range(0, len(view), _SLICE):
                piece = view[at : at + _SLICE]
                whole.write(piece if self.codec == "utf-8" else decoder.decode(piece).encode(self.codec))
        return whole.getvalue()


def as_utf8(data: bytes, source: str) -> Text:
    """Return the text of a file in UTF-8 or UTF-16.

    Raises:
        DataError: it is neither UTF-8 nor UTF-16 with a byte order mark; says where.
    """
    for mark, codec in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return Text(_recoded(data, codec, source), 0, codec, mark)
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for at in range(0, len(data), _SLICE):
        piece = data[at : at + _SLICE]
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(piece, final=at + _SLICE >= len(data))
        except UnicodeDecodeError as error:
            where = place(data, at - waiting + error.start)
            raise DataError(source, f"the text is not UTF-8 ({where})") from error
    return Text(data, len(mark), mark=mark)


def _recoded(data: bytes, codec: str, source: str) -> bytes:
    decoder = codecs.getincrementaldecoder(codec)()
    places = range(2, max(len(data), 3), _SLICE)
    try:
        pieces = [decoder.decode(data[at : at + _SLICE], at + _SLICE >= len(data)).encode() for at in places]
    except UnicodeError as error:
        raise DataError(source, "the text is not UTF-16 as its first bytes say") from error
    return b"".join(pieces)


def place(data: bytes, at: int) -> str:
    """Return line and column of a byte of UTF-8 text, as an editor counts them.

    >>> place(b"ab\\ncd", 4)
    'line 2, column 2'
    """
    line = data.count(b"\n", 0, at) + 1
    line_start = data.rfind(b"\n", 0, at) + 1
    if line == 1 and data.startswith(codecs.BOM_UTF8):
        line_start = min(3, at)
    column = len(data[line_start:at].decode(errors="replace")) + 1
    return f"line {line}, column {column}"
