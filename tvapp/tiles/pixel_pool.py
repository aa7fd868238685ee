"""Room for the pixels of tiles, used again once nobody looks at them any more.

A megabyte of fresh memory costs 256 page faults, under the interpreter lock: about as much as decoding a plain tile.
"""

from __future__ import annotations

import sys
import threading

KEPT = 6
"""One for each worker, and as many on their way to the screen."""


class PixelPool:
    """Gives out buffers; may be used from any thread.

    Nobody hands them back: a buffer that nothing refers to but the pool is free. A picture on its way, a surface and a
    memoryview each refer to theirs.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._most = kept
        self._kept: list[bytearray] = []
        self._lock = threading.Lock()
        self._alone = _references([bytearray()], 0)

    def take(self, size: int) -> bytearray:
        """Return a buffer of `size` bytes, whatever is in it."""
        with self._lock:
            kept = self._kept
            for index in range(len(kept)):
                if len(kept[index]) == size and _references(kept, index) == self._alone:
                    return kept[index]
        fresh = bytearray(size)
        with self._lock:
            if len(self._kept) < self._most:
                self._kept.append(fresh)
        return fresh

    def clear(self) -> None:
        """Keep nothing: no more is expected for a while."""
        with self._lock:
            self._kept.clear()


def _references(buffers: list[bytearray], index: int) -> int:
    """Count the references to one of `buffers`; always the same number where there is none but the list's."""
    return sys.getrefcount(buffers[index])
