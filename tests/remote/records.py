"""Input-event records as the kernel writes them."""

from __future__ import annotations

import struct


def record(kind: int, code: int, value: int, *, long_bytes: int = struct.calcsize("@l")) -> bytes:
    letter = "q" if long_bytes == 8 else "i"
    return struct.pack(f"={letter}{letter}HHi", 1_790_000_000, 250_000, kind, code, value)


def key(code: int, value: int, *, long_bytes: int = struct.calcsize("@l")) -> bytes:
    """Return a scan code, the key, and the mark that ends a report: what a remote really sends."""
    return (
        record(4, 4, 0xC0041, long_bytes=long_bytes)
        + record(1, code, value, long_bytes=long_bytes)
        + record(0, 0, 0, long_bytes=long_bytes)
    )
