"""Which tiles are in memory, least recently used first, bounded in bytes; counts hits and misses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class TileMemory(Generic[K, V]):
    """A bounded cache. It never drops anything by itself: `evict` does, and tells what went.

    >>> memory = TileMemory[str, str](budget_bytes=10)
    >>> memory.put("a", "A", 6)
    >>> memory.put("b", "B", 6)
    >>> memory.evict()
    ['a']
    """

    def __init__(self, budget_bytes: int) -> None:
        self.budget_bytes = budget_bytes
        self.size_bytes = 0
        self.hits = 0
        self.misses = 0
        # A dict keeps insertion order: the first key is the least recently used.
        self._held: dict[K, tuple[V, int]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: K) -> bool:
        return key in self._held

    def __iter__(self) -> Iterator[K]:
        """Yield the keys, least recently used first."""
        return iter(tuple(self._held))

    def put(self, key: K, value: V, size_bytes: int) -> None:
        """Keep a value as the most recently used one, replacing what was there."""
        former = self._held.pop(key, None)
        if former is not None:
            self.size_bytes -= former[1]
        self._held[key] = (value, size_bytes)
        self.size_bytes += size_bytes

    def get(self, key: K) -> V | None:
        """Return a value and mark it as used; counts a hit or a miss."""
        held = self._held.get(key)
        if held is None:
            self.misses += 1
            return None
        self.hits += 1
        del self._held[key]
        self._held[key] = held
        return held[0]

    def peek(self, key: K) -> V | None:
        """Return a value without touching order or counters."""
        held = self._held.get(key)
        return None if held is None else held[0]

    def touch(self, key: K) -> None:
        """Mark a value as used, without counting."""
        held = self._held.pop(key, None)
        if held is not None:
            self._held[key] = held

    def remove(self, key: K) -> V | None:
        """Drop one value and return it."""
        held = self._held.pop(key, None)
        if held is None:
            return None
        self.size_bytes -= held[1]
        return held[0]

    def evict(self, is_pinned: Callable[[K], bool] = lambda _: False) -> list[K]:
        """Drop the least recently used values that are not pinned until the rest fits; return their keys."""
        gone: list[K] = []
        excess = self.size_bytes - self.budget_bytes
        if excess <= 0:
            return gone
        for key, (_, size) in self._held.items():
            if is_pinned(key):
                continue
            gone.append(key)
            excess -= size
            if excess <= 0:
                break
        for key in gone:
            self.remove(key)
        return gone

    def clear(self) -> None:
        """Drop everything; the counters stay."""
        self._held.clear()
        self.size_bytes = 0
