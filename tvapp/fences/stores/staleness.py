"""Tells how old the content of a store is that could not be read again."""

from __future__ import annotations

from collections.abc import Iterable

from tvapp.core.clock import Clock


class Staleness:
    """Remembers when each part of a store was last known to be right.

    Times are monotonic until they are reported: a box without a clock battery sets its wall clock after the start.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._confirmed: dict[str, float] = {}

    def now(self) -> float:
        """Return the time, in monotonic seconds."""
        return self._clock.monotonic()

    def confirm(self, part: str, moment: float) -> None:
        """Note that `part` was right at `moment`."""
        self._confirmed[part] = moment

    def oldest(self, parts: Iterable[str]) -> float | None:
        """Return the earliest of the times at which `parts` were last right; None where none is known."""
        return min((self._confirmed[part] for part in parts if part in self._confirmed), default=None)

    def wall(self, moment: float | None) -> float | None:
        """Convert a monotonic time to seconds since 1970 UTC."""
        return None if moment is None else self._clock.wall() - (self._clock.monotonic() - moment)
