"""The only reader of GeoJSON: bytes in, geofences out; one bad feature never costs the others.

RFC 7946 with Azure Maps' geofence extensions: `geometryId`, `subType`, `radius`, `validityTime`. Everything
unknown is kept: each geofence carries its Feature byte for byte.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from tvapp.core.errors import DataError
from tvapp.fences.book import unique
from tvapp.fences.geometry import Geometry, Unusable
from tvapp.fences.model import Geofence, Skipped
from tvapp.fences.validity_time import read_validity

MAX_BYTES = 100 * 1024 * 1024
"""The largest file Azure Maps took."""
MAX_FEATURES = 200_000
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What was in a file."""

    fences: tuple[Geofence, ...]
    skipped: tuple[Skipped, ...]


class _Root(msgspec.Struct):
    type: msgspec.Raw = msgspec.Raw(b"null")
    features: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def read(data: bytes, source: str) -> ReadResult:
    """Read a GeoJSON file; `source` names it in reasons.

    Ids are unique in the result: a feature without `geometryId` takes its Feature `id`, its name or its number, and
    a second one of the same id gets a `~2`; its `notes` say so.

    Raises:
        DataError: the file as a whole is not GeoJSON; says where, with line and column.
    """
    if len(data) > MAX_BYTES:
        raise DataError(source, f"larger than {MAX_BYTES // (1024 * 1024)} MB")
    data = _utf8(data, source)
    reader = _Reader(source)
    for number, feature in enumerate(_features(data, source)):
        if number >= MAX_FEATURES:
            reader.skipped.append(Skipped(source, f"more than {MAX_FEATURES} features; the rest is left out"))
            break
        reader.take(number, feature)
    return ReadResult(tuple(reader.fences), tuple(reader.skipped))


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.fences: list[Geofence] = []
        self.skipped: list[Skipped] = []
        self._ids: set[str] = set()

    def take(self, number: int, raw: msgspec.Raw) -> None:
        label = f"feature {number + 1}"
        try:
            feature = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self.skipped.append(Skipped(self.source, _malformed(error), label))
            return
        if not isinstance(feature, dict):
            self.skipped.append(Skipped(self.source, "it is not an object", label))
            return
        stated = feature.get("properties")
        properties: Mapping[str, object] = stated if isinstance(stated, dict) else {}
        geometry_id, note = _identity(feature, properties, number)
        if not note:
            label = geometry_id
        try:
            if feature.get("type") != "Feature":
                raise Unusable("its type is not Feature")
            fence = self._fence(feature, properties, geometry_id, number, bytes(raw), note)
        except Unusable as error:
            self.skipped.append(Skipped(self.source, str(error), label))
            return
        self.fences.append(fence)

    def _fence(
        self,
        feature: Mapping[str, object],
        properties: Mapping[str, object],
        geometry_id: str,
        number: int,
        raw: bytes,
        note: str,
    ) -> Geofence:
        subtype = properties.get("subType")
        geometry = Geometry(subtype.lower() if isinstance(subtype, str) else "", properties.get("radius"))
        geometry.add(feature.get("geometry"))
        if not geometry.shapes:
            raise Unusable("its geometry encloses nothing")
        validity, validity_notes = read_validity(properties.get("validityTime"))
        fence_id = unique(geometry_id, self._ids)
        self._ids.add(fence_id)
        notes = [note] if note else []
        if fence_id != geometry_id:
            notes.append(f"another feature has the same id {geometry_id}")
        name, kind = clean(properties.get("name")), clean(properties.get("kind"))
        return Geofence(
            id=fence_id,
            name=name or clean(geometry_id) or fence_id,
            shapes=tuple(geometry.shapes),
            kind=kind,
            validity=validity,
            properties=properties,
            source=self.source,
            geometry_id=geometry_id,
            number=number,
            raw=raw,
            notes=(*notes, *geometry.notes, *validity_notes),
        )


def clean(value: object) -> str:
    """Return a property as one line of text: no control or direction-override characters; "" when it is no text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return ""
    if value.isascii() and value.isprintable():
        text = value
    else:
        # Joiners (U+200C, U+200D) shape letters in some scripts and stay; the other format characters only mislead.
        text = "".join(
            " " if ch.isspace() else ch
            for ch in value[: MAX_NAME * 4]
            if ch.isspace() or ch in "\u200c\u200d" or unicodedata.category(ch) not in ("Cc", "Cf", "Cs", "Co", "Cn")
        )
    return " ".join(text.split())[:MAX_NAME]


def _identity(feature: Mapping[str, object], properties: Mapping[str, object], number: int) -> tuple[str, str]:
    stated = properties.get("geometryId")
    if isinstance(stated, str) and stated:
        return stated[:MAX_NAME], ""
    others = ((stated, "a number"), (feature.get("id"), "its Feature id"), (properties.get("name"), "its name"))
    for value, what in others:
        text = clean(value)
        if text:
            return text, f"no geometryId as text; {what} stands in for it"
    return f"feature {number + 1}", "no geometryId; its number stands in for it"


def _utf8(data: bytes, source: str) -> bytes:
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16").encode()  # what Windows tools write
        data.decode()
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise DataError(source, f"the text is not UTF-8 ({_place(data, at)})") from error
    return data


def _features(data: bytes, source: str) -> list[msgspec.Raw]:
    if not data.strip(b" \t\r\n\0"):
        raise DataError(source, "the file is empty")
    try:
        root = msgspec.json.decode(data, type=_Root)
        kind = msgspec.json.decode(root.type)
    except msgspec.ValidationError as error:
        raise DataError(source, "the root is not a Feature or FeatureCollection object") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(source, _malformed(error, data)) from error
    if kind == "Feature":
        return [msgspec.Raw(data.strip())]
    if kind != "FeatureCollection":
        found = f"{kind[:40]!r}" if isinstance(kind, str) else "missing" if kind is None else "no text"
        raise DataError(source, f"the root's type is {found}, not Feature or FeatureCollection")
    if root.features is msgspec.UNSET:
        raise DataError(source, "the FeatureCollection has no features")
    try:
        return msgspec.json.decode(root.features, type=list[msgspec.Raw])
    except msgspec.DecodeError as error:
        raise DataError(source, "the FeatureCollection's features are not a list") from error


def _malformed(error: Exception, data: bytes | None = None) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    text = str(error).removeprefix("JSON is malformed: ")
    found = re.search(r" \(byte (\d+)\)$", text)
    if found is None:
        return f"not JSON: {text[0].lower()}{text[1:]}"
    text = text[: found.start()]
    where = f" ({_place(data, int(found[1]))})" if data is not None else ""
    return f"not JSON: {text}{where}"


def _place(data: bytes, at: int) -> str:
    """Say where a byte is, as an editor counts.

    >>> _place(b"ab\\ncd", 4)
    'line 2, column 2'
    """
    line = data.count(b"\n", 0, at) + 1
    line_start = data.rfind(b"\n", 0, at) + 1
    column = len(data[line_start:at].decode(errors="replace")) + 1
    return f"line {line}, column {column}"
