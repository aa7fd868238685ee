"""What a screen may hold of a store: features, parts, positions and bytes."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Numbers of features, of their parts (circles, polygons, lines), of positions, and of bytes of their text."""

    features: int = 0
    parts: int = 0
    positions: int = 0
    bytes: int = 0

    def beyond(self, limits: Limits) -> str:
        """Return in which way this is more than the limits; "" where it is not."""
        names = ("features", "parts", "positions", "bytes")
        return next((name for name, has, most in zip(names, self, limits, strict=True) if has > most), "")

    def plus(self, other: Limits) -> Limits:
        return Limits(*(a + b for a, b in zip(self, other, strict=True)))

    def less(self, other: Limits) -> Limits:
        """Return what remains of this, at least nothing."""
        return Limits(*(max(0, a - b) for a, b in zip(self, other, strict=True)))

    def least(self, other: Limits) -> Limits:
        return Limits(*map(min, self, other))

    def most(self, other: Limits) -> Limits:
        return Limits(*map(max, self, other))


NOTHING = Limits()
MOST = Limits(200_000, 400_000, 20_000_000, 512 << 20)
"""For one file, whatever the machine."""
