"""What the screen shows while changes wait: the store's geofences with the outbox's changes on top."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from tvapp.core.errors import DataError
from tvapp.fences import geojson
from tvapp.fences.change import Change
from tvapp.fences.identity import clean
from tvapp.fences.model import Geofence


def fence_of(feature: bytes, source: str) -> Geofence | None:
    """Return the geofence of one Feature; None for one that cannot be shown."""
    try:
        found = geojson.read(b'{"type":"FeatureCollection","features":[' + feature + b"]}", source).fences
    except DataError:
        return None
    return found[0] if found else None


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
    shown: list[Geofence | None] = list(fences)
    places: dict[tuple[str, str], list[int]] = {}
    for number, fence in enumerate(fences):
        places.setdefault((fence.source, fence.geometry_id), []).append(number)
    for change in changes:
        key = change.source, change.geometry_id
        at = _place(shown, places.get(key, ()), change)
        after = fence_of(change.after, change.source) if change.after else None
        if at is None:
            if after is not None and not _is_there(shown, after):
                places.setdefault(key, []).append(len(shown))
                shown.append(after)
        elif after is None:
            # Also where what was edited cannot be shown: the old one would be a lie.
            shown[at] = None
        else:
            former = shown[at]
            assert former is not None
            shown[at] = dataclasses.replace(after, id=former.id, number=former.number)
    return tuple(fence for fence in shown if fence is not None)


def _place(shown: Sequence[Geofence | None], places: Iterable[int], change: Change) -> int | None:
    """Return where the fence of a change is; of several with one id the one that looks as it did."""
    found = [(at, fence) for at in places if (fence := shown[at]) is not None]
    exact = [at for at, fence in found if fence.raw in (change.before, change.after)]
    if exact:
        return exact[0]
    return found[0][0] if found else None


def _is_there(shown: Iterable[Geofence | None], fence: Geofence) -> bool:
    """Tell whether the store has it already, under the name that it chose."""
    return any(each is not None and each.geometry_id == fence.geometry_id and each.raw == fence.raw for each in shown)
