"""Reads which characters a font file has from its `cmap` table (OpenType 1.9, "cmap", formats 4 and 12).

SDL draws a box for a character that a font lacks, without an error. Hand-written, because fontTools would be a large
dependency for this one table.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

LIMIT_BYTES = 64 << 20
FORMAT_SEGMENTS = 4
FORMAT_GROUPS = 12


@dataclass(frozen=True, slots=True)
class Coverage:
    """The characters of a font as sorted ranges; `starts` and `ends` (inclusive) belong together."""

    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def __contains__(self, character: str) -> bool:
        code = ord(character)
        index = bisect_right(self.starts, code) - 1
        return index >= 0 and code <= self.ends[index]


def coverage(path: Path) -> Coverage:
    """Read which characters the font at `path` has; none when the file is no font."""
    try:
        with path.open("rb") as file:
            return _parse(file.read(LIMIT_BYTES))
    except (OSError, struct.error, IndexError):
        return Coverage()


def _parse(data: bytes) -> Coverage:
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    (tables,) = struct.unpack_from(">H", data, start + 4)
    for index in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * index)
        if tag == b"cmap":
            return _best_subtable(data, offset)
    return Coverage()


def _best_subtable(data: bytes, cmap: int) -> Coverage:
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    found: dict[int, int] = {}
    for index in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", data, cmap + 4 + 8 * index)
        if platform == 0 or (platform == 3 and encoding in (1, 10)):  # Unicode, Windows with Unicode
            (kind,) = struct.unpack_from(">H", data, cmap + offset)
            found[kind] = cmap + offset
    if FORMAT_GROUPS in found:
        return _groups(data, found[FORMAT_GROUPS])
    if FORMAT_SEGMENTS in found:
        return _segments(data, found[FORMAT_SEGMENTS])
    return Coverage()


def _groups(data: bytes, at: int) -> Coverage:
    (count,) = struct.unpack_from(">I", data, at + 12)
    ranges = sorted(struct.unpack_from(">II", data, at + 16 + 12 * index) for index in range(min(count, 100_000)))
    return Coverage(tuple(start for start, _ in ranges), tuple(end for _, end in ranges))


def _segments(data: bytes, at: int) -> Coverage:
    # A segment may hold characters without a glyph; that is rare enough to be ignored.
    (doubled,) = struct.unpack_from(">H", data, at + 6)
    count = doubled // 2
    ends = struct.unpack_from(f">{count}H", data, at + 14)
    starts = struct.unpack_from(f">{count}H", data, at + 16 + doubled)
    ranges = sorted((start, end) for start, end in zip(starts, ends, strict=True) if start != 0xFFFF)
    return Coverage(tuple(start for start, _ in ranges), tuple(end for _, end in ranges))
