"""How old that is which a store shows although it could not be read again."""

from __future__ import annotations

from collections.abc import Iterable

from tvapp.core.clock import Clock


class Staleness:
    """Remembers when each part of a store was last known to be right.

    Moments are monotonic until somebody is told: the wall clock of a box without a battery is set after its start.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._confirmed: dict[str, float] = {}

    def now(self) -> float:
        """Return the moment it is now."""
        return self._clock.monotonic()

    def confirm(self, part: str, moment: float) -> None:
        """Note that `part` was right at that moment."""
        self._confirmed[part] = moment

    def oldest(self, parts: Iterable[str]) -> float | None:
        """Return the earliest moment at which one of `parts` was last right; None where there are none."""
        return min((self._confirmed[part] for part in parts if part in self._confirmed), default=None)

    def wall(self, moment: float | None) -> float | None:
        """Return a moment in seconds since 1970 UTC."""
        return None if moment is None else self._clock.wall() - (self._clock.monotonic() - moment)
