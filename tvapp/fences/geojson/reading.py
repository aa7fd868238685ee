"""The only reader of GeoJSON: bytes in, geofences out; one bad feature never costs the others.

RFC 7946 with Azure Maps' geofence extensions: `geometryId`, `subType`, `radius`, `validityTime`. Unknown members are
kept: each geofence carries its Feature byte for byte (`feature` alters those, `splice` the files). Each Feature is
decoded by itself, so that a large file does not block other threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from tvapp.core.errors import DataError
from tvapp.fences.geojson.encoding import as_utf8
from tvapp.fences.geojson.geometry import GeometryReader, InvalidGeometry
from tvapp.fences.geojson.identity import clean, identity
from tvapp.fences.geojson.layout import MAX_FEATURE_BYTES, check, lay_out, refusal
from tvapp.fences.geojson.validity_time import read_validity, stated_validity
from tvapp.fences.model.book import unique
from tvapp.fences.model.fence import Geofence, Skipped
from tvapp.fences.model.pages import Pages

MAX_BYTES = 100 * 1024 * 1024
"""The largest file Azure Maps took."""
MAX_FEATURES = 200_000
_LARGE_BYTES = 1 << 18
"""Files from this size on keep their Features in `Pages`."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The geofences of a file, and the Features that were skipped."""

    fences: tuple[Geofence, ...]
    skipped: tuple[Skipped, ...]


def read(data: bytes, source: str) -> ReadResult:
    """Read a GeoJSON file; `source` names it in reasons.

    Ids are unique in the result: a Feature without `geometryId` takes its Feature `id`, its name or its number, and
    a repeated id gets the suffix `~2`; `notes` say so.

    Raises:
        DataError: the file as a whole is not GeoJSON, or a part of it is not JSON; says where, with line and column.
    """
    if len(data) > MAX_BYTES:
        raise DataError(source, f"larger than {MAX_BYTES // (1024 * 1024)} MB")
    text = as_utf8(data, source)
    reader = _Reader(source, text.data)
    for number, (start, end) in enumerate(lay_out(text.data, source, text.start).features):
        if number >= MAX_FEATURES:
            reader.skipped.append(Skipped(source, f"more than {MAX_FEATURES} features; the rest is left out"))
            break
        reader.take(number, start, end)
    reader.close()
    return ReadResult(tuple(reader.fences), tuple(reader.skipped))


class _Reader:
    def __init__(self, source: str, text: bytes) -> None:
        self.source = source
        self._text = text
        self.fences: list[Geofence] = []
        self.skipped: list[Skipped] = []
        self._ids: set[str] = set()
        self._kinds: dict[str, str] = {}
        self._pages = Pages() if len(text) >= _LARGE_BYTES else None

    def take(self, number: int, start: int, end: int) -> None:
        label = f"feature {number + 1}"
        if end - start > MAX_FEATURE_BYTES:
            self._skip(f"larger than {MAX_FEATURE_BYTES // (1024 * 1024)} MB", label)
            return
        raw = self._text[start:end]
        try:
            feature = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError) as error:
            check(self._text, (start, end), self.source)
            self._skip(refusal(error), label)
            return
        if not isinstance(feature, dict):
            self._skip("it is not an object", label)
            return
        stated = feature.get("properties")
        properties: Mapping[str, object] = stated if isinstance(stated, dict) else {}
        geometry_id, note = identity(feature.get("id"), properties, number)
        if not note:
            label = geometry_id
        try:
            if feature.get("type") != "Feature":
                raise InvalidGeometry("its type is not Feature")
            fence = self._fence(feature, properties, geometry_id, number, raw, note)
        except InvalidGeometry as error:
            self._skip(str(error), label)
            return
        self.fences.append(fence)

    def close(self) -> None:
        """End the pages after the last Feature."""
        if self._pages is not None:
            self._pages.close()

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
        geometry = GeometryReader(subtype.lower() if isinstance(subtype, str) else "", properties.get("radius"))
        geometry.add(feature.get("geometry"))
        if not geometry.shapes:
            raise InvalidGeometry("its geometry encloses nothing")
        validity, validity_notes = read_validity(stated_validity(properties))
        fence_id = unique(geometry_id, self._ids)
        self._ids.add(fence_id)
        notes = [note] if note else []
        if fence_id != geometry_id:
            notes.append(f"another feature has the same id {geometry_id}")
        name, kind = clean(properties.get("name")), self._kind(properties.get("kind"))
        return Geofence(
            id=fence_id,
            name=name or clean(geometry_id) or fence_id,
            shapes=tuple(geometry.shapes),
            kind=kind,
            validity=validity,
            source=self.source,
            geometry_id=geometry_id,
            number=number,
            stored=raw if self._pages is None else self._pages.add(number, raw),
            notes=(*notes, *geometry.notes, *validity_notes),
        )

    def _kind(self, stated: object) -> str:
        # The same few words in a hundred thousand Features.
        if not isinstance(stated, str):
            return clean(stated)
        if (kind := self._kinds.get(stated)) is None:
            kind = self._kinds[stated] = clean(stated)
        return kind

    def _skip(self, reason: str, label: str) -> None:
        self.skipped.append(Skipped(self.source, reason, label))
