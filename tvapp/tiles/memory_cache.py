"""An LRU cache bounded in bytes.

Not `cachetools.LRUCache`, which evicts inside `__setitem__`: here the owner evicts when it is ready to release
textures, may pin keys, and learns which keys went.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class MemoryCache(Generic[K, V]):
    """A bounded cache. It never drops anything by itself: `evict` does, and returns the keys.

    >>> cache = MemoryCache[str, str](budget_bytes=10)
    >>> cache.put("a", "A", 6)
    >>> cache.put("b", "B", 6)
    >>> cache.evict()
    ['a']
    """

    def __init__(self, budget_bytes: int) -> None:
        self.budget_bytes = budget_bytes
        self.size_bytes = 0
        # A dict keeps insertion order: the first key is the least recently used.
        self._entries: dict[K, tuple[V, int]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[K]:
        """Yield the keys, least recently used first."""
        return iter(tuple(self._entries))

    def put(self, key: K, value: V, size_bytes: int) -> None:
        """Store a value as the most recently used one, replacing any former one."""
        former = self._entries.pop(key, None)
        if former is not None:
            self.size_bytes -= former[1]
        self._entries[key] = (value, size_bytes)
        self.size_bytes += size_bytes

    def get(self, key: K) -> V | None:
        """Return a value and mark it as used."""
        self.touch(key)
        return self.peek(key)

    def peek(self, key: K) -> V | None:
        """Return a value without marking it as used."""
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    def touch(self, key: K) -> None:
        """Mark a value as used."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._entries[key] = entry

    def remove(self, key: K) -> V | None:
        """Drop one value and return it."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return None
        self.size_bytes -= entry[1]
        return entry[0]

    def evict(self, is_pinned: Callable[[K], bool] = lambda _: False) -> list[K]:
        """Drop the least recently used values that are not pinned until the rest fits; return their keys."""
        evicted: list[K] = []
        excess = self.size_bytes - self.budget_bytes
        if excess <= 0:
            return evicted
        for key, (_, size) in self._entries.items():
            if is_pinned(key):
                continue
            evicted.append(key)
            excess -= size
            if excess <= 0:
                break
        for key in evicted:
            self.remove(key)
        return evicted

    def clear(self) -> None:
        """Drop everything."""
        self._entries.clear()
        self.size_bytes = 0
