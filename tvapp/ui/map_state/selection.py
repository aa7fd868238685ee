"""The selected geofence, with the outlines that the map draws of it."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.fences.model.fence import Geofence
from tvapp.fences.service.messages import Index
from tvapp.ui.map_state.shown_fences import ShownFences
from tvapp.ui.outline import Outline, outlines


@dataclass(slots=True)
class Selection:
    """At most one geofence; survives a restart by its id."""

    fence: Geofence | None = None
    outlines: tuple[Outline, ...] = ()
    awaited_id: str = ""
    """The id that was selected before the restart, until its geofence is loaded; "" for none."""

    @property
    def id(self) -> str:
        """The id to select again after a restart; "" for none."""
        return self.fence.id if self.fence is not None else self.awaited_id

    def select(self, fence: Geofence | None, index: Index | None) -> None:
        """Select a geofence, or none."""
        self.fence = fence
        self.awaited_id = ""
        self.outlines = ()
        if fence is not None and index is not None:
            self.outlines = outlines(index.outline(fence))

    def follow(self, fences: ShownFences, *, is_unsent: bool) -> None:
        """Select the same geofence in another book.

        `is_unsent`: the selected geofence has a change that is not in the store yet. One that was just drawn stays
        selected although the book does not have it.
        """
        if self.fence is not None:
            shown = fences.book.get(self.fence.id)
            self.select(self.fence if shown is None and is_unsent else shown, fences.index)
        elif self.awaited_id and (found := fences.book.get(self.awaited_id)) is not None:
            self.select(found, fences.index)
