"""The geofences that the map shows, and how fresh they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Geofence, Skipped
from tvapp.fences.service.messages import Index, IndexBuilt
from tvapp.geo.position import Position
from tvapp.mapview.viewport import Viewport

CROSSHAIR_REACH = 14.0
"""Design pixels around the crosshair within which a line or a spot counts as hit."""


@dataclass(slots=True)
class ShownFences:
    """Book and index always belong to the same revision."""

    book: FenceBook = field(default_factory=FenceBook)
    index: Index | None = None
    is_loaded: bool = False
    """At least one book has arrived; until then an empty list means nothing."""
    revision: int = 0
    confirmed_at: float | None = None
    """When the geofences were last known to be as the store has them (wall time)."""
    listed_skipped: tuple[Skipped, ...] = ()
    """Files and features that were skipped when the store was last read."""
    refusal: tuple[Skipped, ...] = ()
    """What the store as a whole gave in place of geofences, until it can be read again."""
    seem_swapped: frozenset[str] = frozenset()
    """Ids of geofences whose latitude seems to come first in the file."""
    told_by: Position | None = None
    """The place that they are far from."""
    stale_since: float | None = None
    """Since when some geofences could not be revalidated (wall time); None when all of them are fresh."""

    def take(self, message: IndexBuilt, home: Position | None = None) -> None:
        """Show another book. `home` tells which geofences lie in the wrong place."""
        self.index, self.book, self.revision = message.index, message.book, message.revision
        self.seem_swapped, self.told_by = message.index.seem_swapped(home)
        self.is_loaded = True

    def loaded(self, as_of: float | None, skipped: tuple[Skipped, ...], wall_s: float) -> None:
        """Note that the store answered at `wall_s`; some geofences are as old as `as_of` unless it is None."""
        self.stale_since, self.listed_skipped, self.confirmed_at = as_of, skipped, wall_s
        self.refusal = ()

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files and features of the store that are not shown, or only as they were before."""
        return self.refusal or self.listed_skipped

    @property
    def refused_files(self) -> int:
        """How many files as a whole cannot be read."""
        return sum(not each.feature for each in self.skipped)

    def unchanged(self, wall_s: float) -> None:
        """Note that the store said at `wall_s` that nothing has changed."""
        self.confirmed_at = wall_s
        self.refusal = ()

    def under_crosshair(self, view: Viewport, wall_s: float) -> tuple[tuple[Geofence, float], ...]:
        """Return the geofences in the middle of the screen, the smallest first, then those near it; each with metres.

        0 metres: the middle of the screen is inside.
        """
        if self.index is None:
            return ()
        tolerance_m = CROSSHAIR_REACH * view.scale * view.ground_resolution_m()
        return self.index.distances_at(view.center, wall_s, tolerance_m)
