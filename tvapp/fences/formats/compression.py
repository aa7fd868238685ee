"""Decompresses gzip, bounded: a small file may claim to be terabytes."""

from __future__ import annotations

import io
import zlib

MAGIC = b"\x1f\x8b"
_STEP = 1 << 18
_GZIP = 31


class NotGzip(ValueError):
    """The data is damaged, ends in the middle, or is too large when decompressed; the text says which."""


def decompressed(data: bytes, limit: int) -> bytes:
    """Return the content of gzip data, of several members that of all; what follows the last one is not kept.

    Raises:
        NotGzip: it cannot be decompressed, or the content is larger than `limit` bytes.
    """
    content = io.BytesIO()
    rest = memoryview(data)
    while bytes(rest[:2]) == MAGIC:
        decoder = zlib.decompressobj(_GZIP)
        at = 0
        while not decoder.eof:
            waiting = decoder.unconsumed_tail or rest[at : at + _STEP]
            if not waiting:
                raise NotGzip("the gzip data ends in the middle")
            if not decoder.unconsumed_tail:
                at += len(waiting)
            try:
                content.write(decoder.decompress(waiting, _STEP))
            except zlib.error as error:
                raise NotGzip("the gzip data is damaged") from error
            if content.tell() > limit:
                raise NotGzip(f"larger than {limit >> 20} MB when decompressed")
        rest = rest[at - len(decoder.unused_data) :]
    return content.getvalue()
