"""A cache bounded in bytes that evicts the least recently used item.

Hand-written, because `cachetools.LRUCache` is no faster, cannot change its limit, which here follows the size of the
window, and counts neither hits nor misses.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Caches what `get` makes, up to `limit_bytes`."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.size_bytes = 0
        self.hits = 0
        self.misses = 0
        self._items: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def find(self, key: K) -> V | None:
        """Return the item of `key`, if it is cached."""
        found = self._items.get(key)
        if found is None:
            return None
        self._items.move_to_end(key)
        return found[0]

    def get(self, key: K, make: Callable[[], tuple[V, int]]) -> V:
        """Return the item of `key`; on a miss, `make` returns it with its size in bytes.

        An item that is larger than the limit is returned, but not cached.
        """
        found = self._items.get(key)
        if found is not None:
            self.hits += 1
            self._items.move_to_end(key)
            return found[0]
        self.misses += 1
        value, size = make()
        if size <= self.limit_bytes:
            self._items[key] = (value, size)
            self.size_bytes += size
            while self.size_bytes > self.limit_bytes:
                _, (_, freed) = self._items.popitem(last=False)
                self.size_bytes -= freed
        return value

    def clear(self) -> None:
        """Empty the cache."""
        self._items.clear()
        self.size_bytes = 0
