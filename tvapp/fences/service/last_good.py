"""Keeps geofences of the snapshot for files that have been broken since before this program started."""

from __future__ import annotations

from dataclasses import replace

from tvapp.fences.model.fence import Skipped
from tvapp.fences.service.messages import SnapshotRestored
from tvapp.fences.stores.base import Loaded
from tvapp.fences.stores.content import KEPT


class LastGood:
    """Completes what a store gives. The snapshot may come before or after the first load, from another thread."""

    def __init__(self) -> None:
        self._snapshot: SnapshotRestored | None = None
        self._completed_with: SnapshotRestored | None = None
        self._incomplete: Loaded | None = None
        """The last load, where it lacks files."""

    @property
    def is_wanted(self) -> bool:
        """Whether the last load lacks files that the snapshot may have."""
        return self._incomplete is not None

    def take_snapshot(self, snapshot: SnapshotRestored) -> None:
        """Note the geofences of an earlier run."""
        self._snapshot = snapshot

    def complete(self, loaded: Loaded) -> Loaded:
        """Return a load with the geofences of the snapshot in place of the files that it lacks."""
        snapshot = self._snapshot
        if loaded.unchanged:
            if self._incomplete is None or snapshot is self._completed_with:
                return loaded
            loaded = self._incomplete
        self._incomplete, self._completed_with = (loaded if loaded.refused else None), snapshot
        if not loaded.refused:
            self._snapshot = None  # from now on the store itself remembers
            return loaded
        if snapshot is None:
            return loaded
        refused = set(loaded.refused)
        kept = tuple(fence for fence in snapshot.fences if fence.source in refused)
        if not kept:
            return loaded
        sources = {fence.source for fence in kept}
        skipped = tuple(
            Skipped(each.source, KEPT + each.reason) if each.source in sources and not each.feature else each
            for each in loaded.skipped
        )
        as_of = snapshot.as_of if loaded.as_of is None else min(loaded.as_of, snapshot.as_of)
        return replace(loaded, fences=(*loaded.fences, *kept), skipped=skipped, as_of=as_of)
