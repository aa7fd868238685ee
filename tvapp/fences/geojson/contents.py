"""Finds the Features in a file, whatever its root is: any GeoJSON object, a list, a sequence, a known export.

A collection of Features that is plain JSON is only cut into spans, as it can be edited in place. All else is decoded
value by value, and shown only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from tvapp.core.errors import DataError
from tvapp.fences.formats import owntracks, refusals, traccar
from tvapp.fences.geojson import recovery
from tvapp.fences.geojson.geometry import is_geometry
from tvapp.fences.geojson.identity import clean
from tvapp.fences.geojson.layout import MAX_FEATURE_BYTES, lay_out, object_end
from tvapp.fences.geojson.opening import Opened
from tvapp.fences.geojson.scan import Span, after_blanks

_WRAPPED = b'{"type":"Feature","properties":{},"geometry":%b}'
_SEPARATOR = 0x1E
"""Begins each text of a sequence (RFC 8142)."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An element that cannot be read; `reason` says why, `label` is its id or name where it states one."""

    reason: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """The Features of a file: `spans` of `text`, or `values` that were decoded.

    `is_kept` tells that the spans can be edited in place; else `notes` say in which other way the file was read.
    """

    text: bytes
    spans: Sequence[Span] = ()
    values: Iterator[tuple[object, str]] | None = None
    """Each with a note about what was read in another way; a Feature that cannot be read is `Broken`."""
    reference_system: object = None
    notes: tuple[str, ...] = ()
    is_kept: bool = True
    takes_name_of_file: bool = False
    """Whether the root is a mere geometry, which has no name."""
    broken: dict[int, str] = field(default_factory=dict)
    """Reasons why elements cannot be read, by number."""


def contents(opened: Opened, source: str) -> Contents:
    """Find the Features of a file.

    Raises:
        DataError: there are none to be found; says why, and where.
    """
    text, start = opened.text.data, opened.text.start
    try:
        return _laid_out(text, start, source, opened.notes, is_kept=opened.is_kept)
    except DataError as error:
        try:
            return _other(opened, source, error)
        except RecursionError:
            raise error from None


def _laid_out(text: bytes, start: int, source: str, notes: tuple[str, ...], *, is_kept: bool) -> Contents:
    layout = lay_out(text, source, start)
    span = layout.reference_system
    system = msgspec.json.decode(text[span[0] : span[1]]) if span is not None else None
    return Contents(text, layout.features, reference_system=system, notes=notes, is_kept=is_kept)


def _other(opened: Opened, source: str, error: DataError) -> Contents:
    """Find the Features of a file that is no plain collection of them."""
    text, notes = opened.text.data, opened.notes
    at = _first(text, opened.text.start)
    if at >= len(text):
        raise error
    if text[at] == 0x5B:
        pieces = recovery.elements_of(text, at + 1, b"[")
        if pieces is None or not any(piece.is_whole for piece in pieces):
            raise error
        return Contents(text, values=_values(text, pieces), notes=(*notes, "the root is a list"), is_kept=False)
    if text[at] != 0x7B:
        raise error
    end = object_end(text, at)
    if end and (following := _first(text, end)) < len(text):
        return _sequence(opened, at, source, error, is_next=text[following] == 0x7B)
    if end:
        found = _single(text[at:end], notes)
        if found is not None:
            return found
        if end - at <= MAX_FEATURE_BYTES and (root := _decoded(text[at:end])) is not None:
            if reason := refusals.of_object(root):
                raise DataError(source, reason)
            if root.get("type") not in ("Feature", "FeatureCollection"):
                raise error
    return _broken(text, at, source, notes, error)


def _single(raw: bytes, notes: tuple[str, ...]) -> Contents | None:
    """Return the contents of a root that is one object, but no Feature or collection of them."""
    if len(raw) > MAX_FEATURE_BYTES:
        kind = recovery.type_of(raw)
        root: dict[str, object] | None = {"type": kind}
    else:
        root = _decoded(raw)
    if root is None:
        return None
    if is_geometry(root.get("type")):
        wrapped = _WRAPPED % raw
        said = (*notes, "the root is a geometry without a Feature")
        system = root.get("crs")
        return Contents(wrapped, ((0, len(wrapped)),), None, system, said, is_kept=False, takes_name_of_file=True)
    if owntracks.waypoints(root) is not None:
        notes = (*notes, "waypoints of OwnTracks")
    elif traccar.is_geofence(root):
        notes = (*notes, "a geofence of Traccar")
    else:
        return None
    return Contents(raw, values=((each, "") for each in _features(root)), notes=notes, is_kept=False)


def _sequence(opened: Opened, at: int, source: str, error: DataError, *, is_next: bool) -> Contents:
    """Return the contents of several texts; `is_next`: an object follows the first one, and no mere rest of it."""
    text = opened.text.data
    notes = (*opened.notes, "a sequence of JSON texts")
    if not is_next:
        # A collection with something behind it, or with a bracket too many.
        try:
            return _broken(text, at, source, opened.notes, error)
        except DataError:
            pass
    return Contents(text, values=_values(text, recovery.texts_of(text, at)), notes=notes, is_kept=False)


def _broken(text: bytes, at: int, source: str, notes: tuple[str, ...], error: DataError) -> Contents:
    """Return what can be read of a collection that is not JSON as a whole."""
    repaired = recovery.without_comments(text)
    if repaired != text:
        try:
            said = (*notes, "comments or commas too many were passed over")
            return _laid_out(repaired, at, source, said, is_kept=False)
        except DataError:
            pass
    found = recovery.features_of(repaired, at)
    if found is None or not any(piece.is_whole for piece in found[0]):
        raise error
    pieces, system = found
    reason = f"it is broken ({error.reason})"
    broken = {number: reason for number, piece in enumerate(pieces) if not piece.is_whole}
    decoded = _decoded(system) if system else None
    said = (*notes, "the file is not JSON as a whole; what could be read is shown")
    return Contents(repaired, [piece.span for piece in pieces], None, decoded, said, is_kept=False, broken=broken)


def _values(text: bytes, pieces: Iterable[recovery.Piece]) -> Iterator[tuple[object, str]]:
    """Yield the Features in the elements of a list, or in the texts of a sequence, each with a note."""
    for piece in pieces:
        begin, end = piece.span
        if not piece.is_whole:
            reason = "it is broken, or has no end" if text[begin] == 0x7B else "it is not an object"
            yield Broken(reason, recovery.label_in(text, piece.span)), ""
        elif end - begin > MAX_FEATURE_BYTES:
            reason = f"larger than {MAX_FEATURE_BYTES // (1024 * 1024)} MB"
            yield Broken(reason, recovery.label_in(text, piece.span)), ""
        elif (found := _read(text[begin:end])) is None:
            yield Broken("it is not JSON", recovery.label_in(text, piece.span)), ""
        else:
            value, note = found
            for each in _features(value):
                yield each, note


def _features(value: dict[str, object]) -> Iterator[object]:
    """Yield the Features that an object stands for."""
    kind = value.get("type")
    features = value.get("features")
    if kind == "FeatureCollection" and isinstance(features, list):
        system = value.get("crs")
        for each in features:
            yield {"crs": system, **each} if system is not None and isinstance(each, dict) else each
    elif is_geometry(kind) and "geometry" not in value:
        yield {"type": "Feature", "properties": {}, "geometry": value}
    elif (waypoints := owntracks.waypoints(value)) is not None:
        for each in waypoints:
            yield owntracks.feature(each) if isinstance(each, dict) else each
    elif traccar.is_geofence(value):
        try:
            yield traccar.feature(value)
        except traccar.NotAnArea as error:
            yield Broken(str(error), clean(value.get("name")) or clean(value.get("id")))
    else:
        yield value


def _decoded(raw: bytes) -> dict[str, object] | None:
    """Return a decoded object; None for anything else."""
    found = _read(raw)
    return None if found is None else found[0]


def _read(raw: bytes) -> tuple[dict[str, object], str] | None:
    """Return a decoded object and a note about what was read in another way; None for anything else."""
    note = ""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        try:
            value, note = recovery.decode(raw)
        except (ValueError, RecursionError):
            return None
    return (value, note) if isinstance(value, dict) else None


def _first(text: bytes, start: int) -> int:
    """Return where the first value begins: after blanks, NULs and the separators of RFC 8142."""
    at = after_blanks(text, start)
    while at < len(text) and text[at] in (_SEPARATOR, 0):
        at = after_blanks(text, at + 1)
    return at
