"""The selected geofence, with the outlines that the map draws of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tvapp.fences.model.fence import Geofence
from tvapp.fences.model.measures import is_detailed
from tvapp.fences.service.messages import Index
from tvapp.mapview.viewport import Viewport
from tvapp.ui.map_state.shown_fences import ShownFences
from tvapp.ui.outline import Outline, outline_of, outlines

TOLERANCE_PX = 0.4
"""How far the outline of a detailed geofence may be off."""


@dataclass(slots=True)
class Selection:
    """At most one geofence; survives a restart by its id."""

    fence: Geofence | None = None
    outlines: tuple[Outline, ...] = ()
    _index: Index | None = None
    _seen: tuple[int, tuple[float, float, float, float]] | None = None
    """Of a detailed geofence: the zoom level and the box of world units that `outlines` are for."""
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
        self._index = self._seen = None
        if fence is not None and index is not None:
            if is_detailed(fence.shapes):
                self._index = index
            else:
                self.outlines = outlines(index.outline(fence))

    def look(self, view: Viewport) -> tuple[Outline, ...]:
        """Return the outlines for a view: of a detailed geofence what can be seen in and around it."""
        if self._index is None or self.fence is None:
            return self.outlines
        level = math.ceil(view.zoom)
        wide, high = view.width / view.world / 2, view.height / view.world / 2
        if self._seen is None or self._seen[0] != level or not _is_within(view.u, view.v, wide, high, self._seen[1]):
            box = (view.u - 3 * wide, view.v - 3 * high, view.u + 3 * wide, view.v + 3 * high)
            tolerance = TOLERANCE_PX / (view.world * 2.0 ** (level - view.zoom))
            lines = self._index.outline_in(self.fence, box, tolerance)
            self._seen = level, box
            self.outlines = tuple(outline_of(tuple((u, v) for u, v in line.tolist())) for line in lines)
        return self.outlines

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


def _is_within(u: float, v: float, wide: float, high: float, box: tuple[float, float, float, float]) -> bool:
    west, north, east, south = box
    return west <= u - wide and u + wide <= east and north <= v - high and v + high <= south
