"""Applies one change of one geofence to the content of a file, or finds that it was applied already or conflicts.

Idempotent: for a file that has the change already it returns `AlreadyApplied`, so a change may be sent repeatedly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from tvapp.fences.geojson.identity import identity
from tvapp.fences.geojson.splice import SplicedFile, checked, collection, member, open_file
from tvapp.fences.model.change import Change, Conflicting


@dataclass(frozen=True, slots=True)
class Amended:
    """The new content of the file; None: delete it."""

    content: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class AlreadyApplied:
    """The file already has the change."""


Amendment: TypeAlias = Amended | AlreadyApplied | Conflicting


class _Named(msgspec.Struct):
    id: object = None
    properties: object = None


def amend(content: bytes | None, change: Change) -> Amendment:
    """Apply a change to the content of a file (None: there is no such file).

    The Feature to change is the one that equals `change.before` byte for byte, of several the nearest to place
    `change.number`; else one with the same geometryId and an equal value, as after another tool rewrote the file; else
    the nearest with the same geometryId, which then was changed elsewhere: a conflict. Where two Features share the id
    and one is to be deleted, a second call returns a conflict, because the other may be an edit of the deleted one.

    A collection loses its `bbox` when the geometry of a Feature changes (RFC 7946, 5: it is optional, and a wrong one
    is worse than none). All bytes that are not edited stay.

    Raises:
        DataError: the file is not GeoJSON, or the change's Feature is no object.
    """
    source = change.source or change.geometry_id
    after = checked(change.after, f"{source}: the change") if change.after else b""
    if content is None:
        if change.kind == "add":
            return Amended(collection(after))
        return Conflicting(b"") if change.kind == "edit" else AlreadyApplied()
    file = open_file(content, source)
    if change.kind == "add":
        return _added(file, after)
    found = _nearest(file, change.number, lambda each: each in (change.before, after))
    if found is None:
        found = _nearest_related(file, change, after)
    if found is None:
        return Conflicting(b"") if after else AlreadyApplied()
    present = file.feature(found)
    # Compare bytes first: where before and after have equal values, the change is one of formatting.
    if after and (present == after or (present != change.before and same(present, after))):
        return AlreadyApplied()
    if not same(present, change.before):
        return Conflicting(present)
    if not after:
        return Amended(file.without(found))
    if not _same_place(present, after):
        file = file.without_box()
    return Amended(file.replaced(found, after))


def _added(file: SplicedFile, after: bytes) -> Amendment:
    geometry_id = _identity(after, len(file))
    twins = [file.feature(number) for number in _of(file, {geometry_id})]
    if not twins:
        return Amended(file.without_box().appended(after))
    return AlreadyApplied() if any(same(twin, after) for twin in twins) else Conflicting(twins[0])


def _same_place(one: bytes, other: bytes) -> bool:
    """Tell whether two Features have the same geometry."""
    return same(member(one, "geometry") or b"null", member(other, "geometry") or b"null")


def _nearest_related(file: SplicedFile, change: Change, after: bytes) -> int | None:
    """Return the best match with the same geometryId: a Feature known to the change, else the nearest."""
    # A name that stands in for a missing geometryId may change with the fence.
    names = {change.geometry_id, _identity(after, change.number)}
    known: list[int] = []
    namesakes: list[int] = []
    for number in _of(file, names):
        present = file.feature(number)
        if same(present, change.before) or (after and same(present, after)):
            known.append(number)
        elif _identity(present, number) == change.geometry_id:
            namesakes.append(number)
    return min(known or namesakes, key=lambda number: abs(number - change.number), default=None)


def _nearest(file: SplicedFile, near: int, is_it: Callable[[bytes], bool]) -> int | None:
    found = (number for number in range(len(file)) if is_it(file.feature(number)))
    return min(found, key=lambda number: abs(number - near), default=None)


def _of(file: SplicedFile, names: set[str | None]) -> Iterator[int]:
    for number in range(len(file)):
        if _identity(file.feature(number), number) in names:
            yield number


def _identity(feature: bytes, number: int) -> str | None:
    """Return the id of a Feature; None for a value that is no object, or that the reader skips too."""
    try:
        named = msgspec.json.decode(feature, type=_Named)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    properties = named.properties if isinstance(named.properties, Mapping) else {}
    return identity(named.id, properties, number)[0]


def same(one: bytes, other: bytes) -> bool:
    """Tell whether two JSON texts have equal values (1 and 1.0 are equal; true and 1 are not).

    >>> same(b'{"a": 1, "b": [true]}', b'{"b":[true],"a":1.0}')
    True
    """
    if one == other:
        return True
    try:
        left, right = msgspec.json.decode(one), msgspec.json.decode(other)
        return bool(left == right) and _have_the_same_kinds(left, right)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _have_the_same_kinds(left: object, right: object) -> bool:
    """Tell whether two values that Python calls equal have booleans in the same places (Python: True == 1)."""
    pairs: list[tuple[Any, Any]] = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        if isinstance(one, dict):
            pairs += [(value, other[key]) for key, value in one.items()]
        elif isinstance(one, list):
            pairs += zip(one, other, strict=True)
        elif isinstance(one, bool) is not isinstance(other, bool):
            return False
    return True
