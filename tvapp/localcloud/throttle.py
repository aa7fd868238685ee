"""Limits how many wrong user codes one address may try."""

from __future__ import annotations

from collections import deque

ALLOWED = 10
WINDOW_S = 60.0
MOST_ADDRESSES = 1000


class GuessThrottle:
    """Remembers wrong guesses for a minute."""

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = {}

    def wait_s(self, address: str, now: float) -> float:
        """Return how long an address has to wait before its next guess; 0: not at all."""
        guesses = self._wrong.get(address)
        while guesses and guesses[0] <= now - WINDOW_S:
            guesses.popleft()
        if not guesses or len(guesses) < ALLOWED:
            return 0.0
        return guesses[0] + WINDOW_S - now

    def wrong(self, address: str, now: float) -> None:
        """Count a wrong guess."""
        if address not in self._wrong and len(self._wrong) >= MOST_ADDRESSES:
            self._wrong.pop(next(iter(self._wrong)))
        self._wrong.setdefault(address, deque()).append(now)

    def clear(self) -> None:
        """Forget all guesses."""
        self._wrong.clear()
