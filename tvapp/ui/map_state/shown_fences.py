"""The geofences that the map shows, and how fresh they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Geofence
from tvapp.fences.service.messages import Index, IndexBuilt
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
    stale_since: float | None = None
    """Since when some geofences could not be revalidated (wall time); None when all of them are fresh."""

    def take(self, message: IndexBuilt) -> None:
        """Show another book."""
        self.index, self.book, self.revision = message.index, message.book, message.revision
        self.is_loaded = True

    def loaded(self, as_of: float | None, wall_s: float) -> None:
        """Note that the store answered at `wall_s`; some geofences are as old as `as_of` unless it is None."""
        self.stale_since, self.confirmed_at = as_of, wall_s

    def unchanged(self, wall_s: float) -> None:
        """Note that the store said at `wall_s` that nothing has changed."""
        self.confirmed_at = wall_s

    def under_crosshair(self, view: Viewport, wall_s: float) -> tuple[Geofence, ...]:
        """Return the geofences in the middle of the screen, the smallest first."""
        if self.index is None:
            return ()
        tolerance_m = CROSSHAIR_REACH * view.scale * view.ground_resolution_m()
        return self.index.at(view.center, wall_s, tolerance_m)
