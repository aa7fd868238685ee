"""The collection of geofences on this screen: found by id, listed by name."""

from __future__ import annotations

import dataclasses
import heapq
import operator
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tvapp.fences import extent
from tvapp.fences.model import Geofence
from tvapp.fences.naming import TakenNames
from tvapp.fences.validity import ALWAYS
from tvapp.geo.position import Bounds


class FenceBook:
    """Geofences with unique ids, and how many features could not be shown. Never changes once built."""

    __slots__ = ("_by_id", "_listed", "_timed", "bounds", "fences", "skipped_count", "taken_names")

    def __init__(self, fences: Iterable[Geofence] = (), skipped_count: int = 0) -> None:
        self.fences: tuple[Geofence, ...] = with_unique_ids(fences)
        self.skipped_count = skipped_count
        self.bounds: Bounds | None = extent.union(fence.bounds for fence in self.fences)
        self._timed = tuple(fence for fence in self.fences if fence.validity != ALWAYS)
        self.taken_names = TakenNames(fence.name for fence in self.fences)
        self._by_id: Mapping[str, Geofence] = {fence.id: fence for fence in self.fences}
        self._listed: tuple[Geofence, ...] = _by_name(self.fences)

    def __len__(self) -> int:
        return len(self.fences)

    def __iter__(self) -> Iterator[Geofence]:
        return iter(self.fences)

    def __contains__(self, fence_id: object) -> bool:
        return fence_id in self._by_id

    def get(self, fence_id: str) -> Geofence | None:
        """Return the fence of that id, if there is one."""
        return self._by_id.get(fence_id)

    @property
    def listed(self) -> tuple[Geofence, ...]:
        """All fences by name, numbers in names by value (`Depot 9` before `Depot 10`)."""
        return self._listed

    def next_change(self, now: float) -> float | None:
        """Return the next instant at which some fence's state may be another one."""
        changes = [at for fence in self._timed if (at := fence.validity.next_change(now)) is not None]
        return min(changes, default=None)

    def changed_bounds(self, older: FenceBook) -> tuple[Bounds, ...]:
        """Return where the pictures of the two books differ: the boxes of fences that came, went or changed."""
        boxes = [fence.bounds for fence in self.fences if older._by_id.get(fence.id) != fence]
        boxes += [fence.bounds for fence in older.fences if self._by_id.get(fence.id) != fence]
        return tuple(dict.fromkeys(boxes))

    def restated_bounds(self, before: float, now: float) -> tuple[Bounds, ...]:
        """Return the boxes of fences whose state at `now` is another one than `before`."""
        return tuple(dict.fromkeys(fence.bounds for fence in self._timed if fence.state(before) != fence.state(now)))


def with_unique_ids(fences: Iterable[Geofence]) -> tuple[Geofence, ...]:
    """Return the fences in the same order; a later one whose id is taken gets `~2`, `~3` ... and a note."""
    taken: set[str] = set()
    result = []
    for fence in fences:
        fence_id = unique(fence.id, taken)
        taken.add(fence_id)
        if fence_id != fence.id:
            note = f"another fence has the same id {fence.id}"
            result.append(dataclasses.replace(fence, id=fence_id, notes=(*fence.notes, note)))
        else:
            result.append(fence)
    return tuple(result)


def unique(wanted: str, taken: set[str]) -> str:
    """Return `wanted`, or `wanted~2`, `wanted~3` ... when that is taken."""
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}~{number}" in taken:
        number += 1
    return f"{wanted}~{number}"


def _by_name(fences: Sequence[Geofence]) -> tuple[Geofence, ...]:
    # Sorting holds up every other thread, so it is done in portions.
    portions = [
        sorted(((_listing_key(fence), fence) for fence in fences[start : start + extent.BATCH]), key=_first)
        for start in range(0, len(fences), extent.BATCH)
    ]
    return tuple(fence for _, fence in heapq.merge(*portions, key=_first))


_first = operator.itemgetter(0)


def _listing_key(fence: Geofence) -> tuple[list[tuple[int, int, str]], str]:
    folded = unicodedata.normalize("NFKD", fence.name).casefold()
    folded = "".join(ch for ch in folded if not unicodedata.combining(ch))
    parts: list[tuple[int, int, str]] = []
    run = ""
    for ch in [*folded, ""]:
        if run and (ch == "" or ch.isdecimal() != run[0].isdecimal()):
            parts.append((0, int(run), "") if run[0].isdecimal() else (1, 0, run))
            run = ""
        run += ch
    return parts, fence.id
