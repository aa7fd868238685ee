"""The only reader of geofences: bytes in, geofences out; one bad feature never costs the others.

RFC 7946 with Azure Maps' geofence extensions: `geometryId`, `subType`, `radius`, `validityTime`; what else is read,
`contents` says. Unknown members are kept: each geofence of a plain file carries its Feature byte for byte (`feature`
alters those, `splice` the files). Each Feature is decoded by itself, so that a large file does not block other threads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from tvapp.core.errors import DataError
from tvapp.fences.geojson import recovery, reference_system
from tvapp.fences.geojson.coarse import coarsened
from tvapp.fences.geojson.contents import Broken, Contents, contents
from tvapp.fences.geojson.conventions import DEFAULT, Conventions
from tvapp.fences.geojson.geometry import GeometryReader, InvalidGeometry, TooDetailed
from tvapp.fences.geojson.identity import clean, identity
from tvapp.fences.geojson.layout import MAX_FEATURE_BYTES, check, refusal
from tvapp.fences.geojson.limits import MOST, NOTHING, Limits
from tvapp.fences.geojson.opening import opened
from tvapp.fences.geojson.reference_system import Convert, UnknownSystem
from tvapp.fences.geojson.scan import Span
from tvapp.fences.geojson.validity_time import read_validity, stated_validity
from tvapp.fences.model.book import UniqueIds
from tvapp.fences.model.fence import Geofence, Skipped
from tvapp.fences.model.pages import Pages
from tvapp.fences.model.style import Paint, stated_paint

MAX_BYTES = 100 * 1024 * 1024
"""The largest file Azure Maps took."""
MAX_FEATURES = 200_000
_MOST_LOCATED = 100
"""Features of one file of which the line is told where they cannot be read."""
_LARGE_BYTES = 1 << 18
"""Files from this size on keep their Features in `Pages`."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The geofences of a file, the Features that were skipped, and what of the limits was used.

    `notes` say what of the file was read in another way than the standard says. `is_cut`: limits left some out.
    """

    fences: tuple[Geofence, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...] = ()
    used: Limits = NOTHING
    is_cut: bool = False


def read(data: bytes, source: str, conventions: Conventions = DEFAULT, limits: Limits = MOST) -> ReadResult:
    """Read a file of geofences; `source` names it in reasons.

    Ids are unique in the result: a Feature without `geometryId` takes its Feature `id`, its name or its number, and
    a repeated id gets the suffix `~2`; `notes` say so. Features beyond the limits are left out.

    Raises:
        DataError: the file as a whole cannot be read, or ends in the middle; says where, with line and column.
    """
    if len(data) > MAX_BYTES:
        raise DataError(source, f"larger than {MAX_BYTES // (1024 * 1024)} MB")
    found = contents(opened(data, source, MAX_BYTES), source)
    try:
        reader = _Reader(source, found, conventions, limits)
    except UnknownSystem as error:
        raise DataError(source, str(error)) from error
    if found.values is None:
        for number, span in enumerate(found.spans):
            if not reader.has_room(number):
                break
            reader.take(number, span)
    else:
        for number, (value, note) in enumerate(found.values):
            if not reader.has_room(number):
                break
            reader.take_value(number, value, note)
    return reader.close()


class _Reader:
    def __init__(self, source: str, found: Contents, conventions: Conventions, limits: Limits) -> None:
        self._source = source
        self._text = found.text
        self._broken = found.broken
        self._is_kept = found.is_kept
        self._notes = found.notes
        self._conventions = conventions
        self._limits = limits
        self._parts = self._positions = self._bytes = 0
        self._is_cut = False
        self._odd = 0
        self._fences: list[Geofence] = []
        self._skipped: list[Skipped] = []
        self._ids = UniqueIds()
        self._kinds: dict[str, str] = {}
        self._paints: dict[str, Paint | None] = {}
        self._kind_key = conventions.kind_keys[0]
        self._pages = Pages() if len(found.text) >= _LARGE_BYTES else None
        self._convert, self._system_note = reference_system.converter(found.reference_system)
        self._name = clean(_stem(source)) if found.takes_name_of_file else ""

    def has_room(self, number: int) -> bool:
        """Tell whether another Feature may be read; what is beyond the limits is skipped, in one line."""
        most = self._limits
        if (
            number < MAX_FEATURES
            and len(self._fences) < most.features
            and self._parts <= most.parts
            and self._positions <= most.positions
            and self._bytes <= most.bytes
        ):
            return True
        reason = f"more than {MAX_FEATURES} features; the rest is left out"
        if number < MAX_FEATURES:
            beyond = Limits(len(self._fences) + 1, self._parts, self._positions, self._bytes).beyond(most)
            reason = f"more {beyond} than this screen holds; the rest is left out"
        self._is_cut = True
        self._skip(reason, "")
        return False

    def take(self, number: int, span: Span) -> None:
        """Read the Feature in a span of the text."""
        start, end = span
        if number in self._broken:
            self._skip_unread(number, span, self._broken[number])
            return
        if end - start > MAX_FEATURE_BYTES:
            self._take_coarse(number, self._text, span)
            return
        raw = self._text[start:end]
        try:
            feature = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError) as error:
            self._take_odd(number, span, error)
            return
        self._take(number, feature, raw)

    def take_value(self, number: int, value: object, note: str) -> None:
        """Read a Feature that was decoded."""
        if isinstance(value, Broken):
            self._skip(value.reason, value.label or f"feature {number + 1}")
        else:
            self._take(number, value, None, note)

    def _take_odd(self, number: int, span: Span, error: Exception) -> None:
        """Read a Feature that the strict parser refuses: in another way, or not at all."""
        reason = refusal(error)
        self._odd += 1
        try:
            check(self._text, span, self._source, is_located=self._odd < _MOST_LOCATED)
        except DataError as invalid:
            # Not even the other Features can be edited in place.
            reason, self._is_kept = invalid.reason, False
            self._notes = (*self._notes, "a feature of its file is not JSON") if not self._notes else self._notes
        try:
            feature, note = recovery.decode(self._text[span[0] : span[1]])
        except (ValueError, RecursionError):
            self._skip_unread(number, span, reason)
            return
        self._take(number, feature, None, note or reason, reason)

    def _take_coarse(self, number: int, text: bytes, span: Span) -> None:
        """Read a Feature that has more positions than are shown as a coarser one."""
        try:
            coarse = coarsened(text, *span)
        except InvalidGeometry as error:
            self._skip(str(error), recovery.label_in(text, span) or f"feature {number + 1}")
            return
        note = f"shown coarser, with {coarse.kept} of its {coarse.whole} positions"
        self._take(number, coarse.feature, None, note)

    def _take(self, number: int, feature: object, raw: bytes | None, note: str = "", reason: str = "") -> None:
        """Read a decoded Feature; `raw` is its text where that can be kept. `reason` wins over one found here."""
        if not isinstance(feature, dict):
            self._skip(reason or "it is not an object", f"feature {number + 1}")
            return
        stated = feature.get("properties")
        properties: Mapping[str, object] = stated if isinstance(stated, dict) else {}
        geometry_id, id_note = identity(feature.get("id"), properties, number)
        if self._name and id_note:
            geometry_id, id_note = self._name, "no geometryId; the name of its file stands in for it"
        notes = [each for each in (id_note, note, self._system_note) if each]
        try:
            if feature.get("type") != "Feature":
                raise InvalidGeometry("its type is not Feature")
            converted = self._converted(feature, notes)
            if converted is not feature or raw is None:
                raw, feature = None, converted
            self._add(number, feature, properties, raw, geometry_id, notes)
        except TooDetailed as error:
            if raw is None:
                self._skip(reason or str(error), geometry_id)
            else:
                self._take_coarse(number, raw, (0, len(raw)))
        except (InvalidGeometry, UnknownSystem) as error:
            label = geometry_id
            if id_note and label == f"feature {number + 1}":
                label = self._conventions.name_of(properties) or label
            self._skip(reason or str(error), label)

    def _converted(self, feature: dict[str, object], notes: list[str]) -> dict[str, object]:
        """Return a Feature in WGS 84: itself, where it is."""
        convert: Convert | None = self._convert
        geometry = feature.get("geometry")
        system = feature.get("crs") or (geometry.get("crs") if isinstance(geometry, dict) else None)
        if system is not None:
            convert, note = reference_system.converter(system)
            notes += [note] if note else []
        if convert is None:
            return feature
        result = {key: value for key, value in feature.items() if key not in ("bbox", "crs")}
        return {**result, "geometry": reference_system.converted(geometry, convert)}

    def _add(
        self,
        number: int,
        feature: Mapping[str, object],
        properties: Mapping[str, object],
        raw: bytes | None,
        geometry_id: str,
        notes: list[str],
    ) -> None:
        subtype = properties.get("subType")
        geometry = GeometryReader(subtype.lower() if isinstance(subtype, str) else "", properties)
        geometry.add(feature.get("geometry"))
        if not geometry.shapes:
            raise InvalidGeometry("its geometry encloses nothing")
        validity, validity_notes = read_validity(stated_validity(properties))
        fence_id = self._ids.take(geometry_id)
        if fence_id != geometry_id:
            notes.append(f"another feature has the same id {geometry_id}")
        text = raw if raw is not None else msgspec.json.encode(feature)
        name = self._conventions.name_of(properties) or clean(geometry_id) or fence_id
        self._parts += len(geometry.shapes)
        self._positions += geometry.vertices
        self._bytes += len(text)
        self._fences.append(
            Geofence(
                id=fence_id,
                name=name,
                shapes=tuple(geometry.shapes),
                kind=self._kind(properties),
                validity=validity,
                source=self._source,
                geometry_id=geometry_id,
                number=number,
                stored=text if self._pages is None else self._pages.add(number, text),
                notes=(*notes, *geometry.notes, *validity_notes),
                is_editable=raw is not None,
                paint=self._paint(properties),
            )
        )

    def _paint(self, properties: Mapping[str, object]) -> Paint | None:
        stroke, fill = properties.get("stroke"), properties.get("fill")
        if stroke is None and fill is None:
            return None
        key = repr((stroke, fill, properties.get("fill-opacity")))[:200]
        if key not in self._paints:
            self._paints[key] = stated_paint(properties)
        return self._paints[key]

    def _kind(self, properties: Mapping[str, object]) -> str:
        # The same few words in a hundred thousand Features.
        stated = properties.get(self._kind_key)
        if type(stated) is not str or not stated.strip():
            kind = self._conventions.kind_of(properties)
            return self._kinds.setdefault(kind, kind)
        if (known := self._kinds.get(stated)) is None:
            known = self._kinds[stated] = self._conventions.kind_of(properties)
        return known

    def _skip_unread(self, number: int, span: Span, reason: str) -> None:
        self._skip(reason, recovery.label_in(self._text, span) or f"feature {number + 1}")

    def _skip(self, reason: str, label: str) -> None:
        self._skipped.append(Skipped(self._source, reason, label))

    def close(self) -> ReadResult:
        """Return what was read."""
        if self._pages is not None:
            self._pages.close()
        fences = self._fences
        if not self._is_kept:
            fences = [
                msgspec.structs.replace(fence, is_editable=False, notes=(*fence.notes, *self._notes))
                for fence in fences
            ]
        used = Limits(len(fences), self._parts, self._positions, self._bytes)
        return ReadResult(tuple(fences), tuple(self._skipped), self._notes, used, self._is_cut)


def _stem(source: str) -> str:
    name = source.rstrip("/").rpartition("/")[2]
    return re.sub(r"(?i)(?:\.gz|\.geojson|\.json)+$", "", name)
