"""Buffers for the pixels of tiles, used again once nothing refers to them any more.

A megabyte of fresh memory costs 256 page faults while the GIL is held: about as much time as decoding a plain tile.
"""

from __future__ import annotations

import sys
import threading

POOL_SIZE = 6
"""One buffer for each worker, and as many on their way to the screen."""


class PixelPool:
    """Hands out buffers; may be used from any thread.

    Buffers are not handed back: one that only the pool refers to is free. A picture on its way to the screen, a surface
    and a memoryview each hold a reference to theirs.
    """

    def __init__(self, size: int = POOL_SIZE) -> None:
        self._size = size
        self._buffers: list[bytearray] = []
        self._lock = threading.Lock()
        self._unused_references = _references([bytearray()], 0)

    def take(self, size_bytes: int) -> bytearray:
        """Return a buffer of `size_bytes` with arbitrary content."""
        with self._lock:
            buffers = self._buffers
            for index in range(len(buffers)):
                if len(buffers[index]) == size_bytes and _references(buffers, index) == self._unused_references:
                    return buffers[index]
        fresh = bytearray(size_bytes)
        with self._lock:
            if len(self._buffers) < self._size:
                self._buffers.append(fresh)
        return fresh

    def clear(self) -> None:
        """Free all buffers: no more tiles are expected for a while."""
        with self._lock:
            self._buffers.clear()


def _references(buffers: list[bytearray], index: int) -> int:
    """Count the references to one of `buffers`; the result is the same for each that only the list refers to."""
    return sys.getrefcount(buffers[index])
