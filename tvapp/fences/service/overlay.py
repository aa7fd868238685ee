"""Puts the changes that wait in the outbox on top of the geofences of the store, as the screen shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any

import msgspec

from tvapp.core.errors import DataError
from tvapp.fences.geojson import reading
from tvapp.fences.geojson.amend import same
from tvapp.fences.geojson.identity import clean
from tvapp.fences.model.change import Change
from tvapp.fences.model.fence import Geofence


@lru_cache(maxsize=1_024)
def fence_of(feature: bytes, source: str) -> Geofence | None:
    """Return the geofence of one Feature; None for one that cannot be shown.

    Cached: with many changes waiting, each is needed again whenever one comes or goes.
    """
    try:
        found = reading.read(b'{"type":"FeatureCollection","features":[' + feature + b"]}", source).fences
    except DataError:
        return None
    return found[0] if found else None


@lru_cache(maxsize=2_048)
def _shown(feature: bytes, source: str, fence_id: str, number: int, shown_source: str) -> Geofence | None:
    """Return the geofence under another id: the same object each time, so that the index can reuse its parts."""
    fence = fence_of(feature, source)
    return None if fence is None else msgspec.structs.replace(fence, id=fence_id, number=number, source=shown_source)


class _Named(msgspec.Struct):
    class Properties(msgspec.Struct):
        name: object = None
        geometry_id: object = msgspec.field(name="geometryId", default=None)

    properties: Properties = msgspec.field(default_factory=Properties)


@lru_cache(maxsize=2_048)
def name_of(feature: bytes) -> str:
    """Return the name of a Feature's fence as the map shows it, without reading its shape; "" where it has none."""
    try:
        found = msgspec.json.decode(feature, type=_Named).properties
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return clean(found.name) or clean(found.geometry_id)


class _Shaped(msgspec.Struct):
    geometry: dict[str, Any]


def geometry_of(fence: Geofence) -> Mapping[str, Any]:
    """Return the GeoJSON geometry of a fence, as its file has it."""
    return msgspec.json.decode(fence.raw, type=_Shaped).geometry


def overlaid(fences: Sequence[Geofence], changes: Iterable[Change]) -> tuple[Geofence, ...]:
    """Return the fences as they are once all changes are in the store, in order; ids stay what they were."""
    changes = tuple(changes)
    if not changes:
        return tuple(fences)
    overlay = _Overlay(fences, {change.geometry_id for change in changes})
    for change in changes:
        overlay.add(change)
    return tuple(fence for fence in overlay.fences if fence is not None)


class _Overlay:
    """The geofences while changes are put on top of them, one after the other."""

    def __init__(self, fences: Sequence[Geofence], changed: Set[str]) -> None:
        """`changed` are the geometry ids of all changes: other fences are not looked up."""
        self.fences: list[Geofence | None] = list(fences)
        self._places: dict[tuple[str, str], list[int]] = {}
        """Places in `fences` by file and id. The file "" stands for the file that the store chose for a new fence."""
        self._named: dict[str, list[int]] = {}
        for at, fence in enumerate(fences):
            if fence.geometry_id not in changed:
                continue
            self._places.setdefault((fence.source, fence.geometry_id), []).append(at)
            self._named.setdefault(fence.geometry_id, []).append(at)

    def add(self, change: Change) -> None:
        """Put one change on top."""
        at = self._find(change)
        after = fence_of(change.after, change.source) if change.after else None
        if at is None:
            if after is not None:
                self._mark(change.source, change.geometry_id, len(self.fences))
                self.fences.append(_shown(change.after, change.source, after.id, change.number, after.source))
                self._mark(change.source, after.geometry_id, len(self.fences) - 1)
            return
        former = self.fences[at]
        assert former is not None
        # Also where the edited fence cannot be shown: the old one would be wrong.
        self.fences[at] = None
        if after is not None:
            # The store may have chosen a file name meanwhile.
            source = change.source or former.source
            self.fences[at] = _shown(change.after, change.source, former.id, former.number, source)
            # Without an id the name stands in for it, and an edit may have changed that.
            self._mark(change.source, after.geometry_id, at)

    def _find(self, change: Change) -> int | None:
        """Return the place of the fence of a change: the one that `amend` finds in the file."""
        found = self._at(self._places.get((change.source, change.geometry_id), ()))
        if not found and not change.source:
            # An upload whose answer was lost: the store has the fence, under the file name that it chose.
            known = (change.before, change.after)
            found = [each for each in self._at(self._named.get(change.geometry_id, ())) if each[1].raw in known]
            for at, _ in found:
                self._mark("", change.geometry_id, at)
        elif not found:
            # The change names the file that the store chose, while the upload itself waits still: the program was
            # killed between writing the two to the disk.
            ours = self._at(self._places.get(("", change.geometry_id), ()))
            found = [each for each in ours if each[1].raw == change.before]
        if len(found) > 1:
            exact = [each for each in found if each[1].raw in (change.before, change.after)]
            found = exact or [each for each in found if _says_the_same(each[1], change)] or found
        near = min(found, key=lambda each: abs(each[1].number - change.number), default=None)
        return None if near is None else near[0]

    def _at(self, places: Iterable[int]) -> list[tuple[int, Geofence]]:
        return [(at, fence) for at in places if (fence := self.fences[at]) is not None]

    def _mark(self, source: str, geometry_id: str, at: int) -> None:
        places = self._places.setdefault((source, geometry_id), [])
        if at not in places:
            places.append(at)


def _says_the_same(fence: Geofence, change: Change) -> bool:
    return same(fence.raw, change.before) or bool(change.after and same(fence.raw, change.after))
