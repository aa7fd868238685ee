"""Finds the name, the kind and the radius of a geofence under the keys that people use.

Keys are compared without case and punctuation, in the order of the list. A name may be a list or an object of
translations, as in GBFS: the viewer's language comes first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tvapp.fences.geojson.identity import clean

NAME_KEYS = (
    "name", "title", "label", "shapeName", "displayName", "zoneName", "areaName", "regionName", "siteName", "fenceName",
    "geofenceName", "featureName", "officialName", "longName", "shortName", "nameEn", "nom", "nombre", "nome", "nimi",
    "namn", "navn", "naam", "nazwa", "bezeichnung",
)  # fmt: skip
KIND_KEYS = ("kind", "category", "class", "zoneType", "fenceType", "areaType", "geofenceType", "shapeType", "type")

LARGEST_RADIUS_M = 9_000_000.0
"""Nearly a quarter of the way round the earth: a larger circle has its inside on the other side."""

_METRES = {
    "": 1.0, "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0,
    "km": 1000.0, "kilometer": 1000.0, "kilometers": 1000.0, "kilometre": 1000.0, "kilometres": 1000.0,
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "yd": 0.9144, "yards": 0.9144,
    "mi": 1609.344, "mile": 1609.344, "miles": 1609.344, "nm": 1852.0, "nmi": 1852.0,
}  # fmt: skip
_RADIUS_KEY = re.compile(r"(?:circle|fence|geofence|buffer)?(?:radius|rad)(?:in)?([a-z]*)")
_MEASURE = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z]*)\.?\s*")
_PUNCTUATION = re.compile(r"[^0-9a-z\u0080-\U0010ffff]+")
_MOST_KEYS = 400
"""Keys of one Feature that are looked at."""
_MOST_KNOWN = 200
_TEXT_KEYS = ("text", "value", "@value", "name")
_LANGUAGE_KEYS = ("language", "lang", "@language", "locale")


def _folded(key: str) -> str:
    return _PUNCTUATION.sub("", key.casefold())


@dataclass(frozen=True, slots=True)
class Conventions:
    """The keys under which a name and a kind are looked for, in order, and the languages that the viewer reads."""

    name_keys: tuple[str, ...] = NAME_KEYS
    kind_keys: tuple[str, ...] = KIND_KEYS
    languages: tuple[str, ...] = ("en",)
    _found: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """The keys to look at, by those of a Feature: most Features of a file have the same ones."""

    def name_of(self, properties: Mapping[str, object]) -> str:
        """Return the name among the properties; "" where there is none."""
        stated = properties.get(self.name_keys[0])
        if type(stated) is str and (name := clean(stated)):  # as most have it
            return name
        return self._first_text(properties, self.name_keys)

    def kind_of(self, properties: Mapping[str, object]) -> str:
        """Return the kind among the properties; "" where there is none."""
        return self._first_text(properties, self.kind_keys)

    def _first_text(self, properties: Mapping[str, object], wanted: tuple[str, ...]) -> str:
        there = tuple(properties)
        keys = self._found.get((wanted, there))
        if keys is None:
            if len(self._found) >= _MOST_KNOWN or len(there) > _MOST_KEYS:
                self._found.clear()
                there = there[:_MOST_KEYS]
            keys = self._found[wanted, there] = _matching(there, wanted)
        return next((text for key in keys if (text := self._text(properties[key]))), "")

    def _text(self, value: object) -> str:
        if isinstance(value, list | dict):
            return self._translated(value)
        return clean(value)

    def _translated(self, value: list[object] | dict[str, object]) -> str:
        """Return the text in the viewer's language, else in English, else the first."""
        by_language = dict(_translations(value))
        for language in (*self.languages, "en"):
            wanted = language.casefold().replace("_", "-")
            primary = wanted.partition("-")[0]
            for tag in (wanted, primary):
                if tag in by_language:
                    return by_language[tag]
            if found := next((text for tag, text in by_language.items() if tag.partition("-")[0] == primary), ""):
                return found
        return next(iter(by_language.values()), "")


DEFAULT = Conventions()


def conventions_for(name_keys: Sequence[str], kind_keys: Sequence[str], language: str) -> Conventions:
    """Return the conventions of a configuration; empty keys stand for the usual ones.

    What is drawn on the screen has its name under `name` and its kind under `kind`: these are looked for too.
    """
    return Conventions(
        tuple(dict.fromkeys((*name_keys, "name"))) if name_keys else NAME_KEYS,
        tuple(dict.fromkeys((*kind_keys, "kind"))) if kind_keys else KIND_KEYS,
        (language,),
    )


def key_of(properties: Mapping[str, object], text: str, usual: str) -> str:
    """Return the key under which a text stands, so that another can be put in its place; else the usual key.

    >>> key_of({"Name": "Depot 1"}, "Depot 1", "name")
    'Name'
    """
    if text and clean(properties.get(usual)) != text:
        return next(
            (key for key, value in properties.items() if isinstance(value, str) and clean(value) == text), usual
        )
    return usual


def _matching(there: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the keys that are wanted, in the order in which they are wanted, exact ones first."""
    by_folded: dict[str, list[str]] = {}
    for key in there:
        by_folded.setdefault(_folded(key), []).append(key)
    found: dict[str, None] = {}
    for key in wanted:
        alike = by_folded.get(_folded(key), ())
        found |= dict.fromkeys((key, *alike) if key in alike else alike)
    return tuple(found)


def _translations(value: list[object] | dict[str, object]) -> Iterator[tuple[str, str]]:
    """Yield language and text of [{"language": "fi", "text": "Satama"}], {"fi": "Satama"} and their like."""
    if isinstance(value, dict):
        # GBFS 2 wraps the list.
        nested = value.get("translation")
        pairs: Iterable[tuple[str, object]] = _listed(nested) if isinstance(nested, list) else value.items()
    else:
        pairs = _listed(value)
    for number, (tag, text) in enumerate(pairs):
        if number >= _MOST_KEYS:
            break
        if isinstance(text, str) and (said := clean(text)):
            yield tag.casefold().replace("_", "-"), said


def _listed(items: list[object]) -> Iterator[tuple[str, object]]:
    for number, item in enumerate(items):
        tag: object = f"item {number}"
        if isinstance(item, dict):
            tag = next((item[key] for key in _LANGUAGE_KEYS if item.get(key)), tag)
            item = next((item[key] for key in _TEXT_KEYS if item.get(key)), None)
        yield tag if isinstance(tag, str) else f"item {number}", item


def radius_of(properties: Mapping[str, object]) -> tuple[float, str]:
    """Return the radius among the properties in metres, and a note where it was read in another way than it stands.

    0 where there is none, or none that makes an area: the note says why.

    >>> radius_of({"radius": 500}), radius_of({"radius_m": "250"})
    ((500.0, ''), (250.0, "its radius is the text '250'"))
    """
    stated = properties.get("radius")
    if isinstance(stated, float) and 0.0 < stated <= LARGEST_RADIUS_M:
        return stated, ""
    if stated is not None:
        return _measured(stated, "")
    for number, (key, value) in enumerate(properties.items()):
        if number >= _MOST_KEYS:
            break
        match = _RADIUS_KEY.fullmatch(_folded(key))
        if match is not None and match[1] in _METRES and value is not None:
            metres, note = _measured(value, match[1])
            return metres, note or f"its radius is found under {clean(key)[:40]!r}"
    return 0.0, ""


def _measured(stated: object, unit: str) -> tuple[float, str]:
    note = ""
    if isinstance(stated, str):
        said = repr(clean(stated)[:40])
        match = _MEASURE.fullmatch(stated[:60])
        unit = unit if match is None or not match[2] else match[2].casefold()
        if match is None or unit not in _METRES:
            return 0.0, f"its radius {said} is not a number of metres; shown without an area"
        note, stated = f"its radius is the text {said}", float(match[1])
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        return 0.0, "its radius is not a number; shown without an area"
    # Without infinities, which a whole number of JSON may be too large for.
    metres = float(min(max(stated, -1e300), 1e300)) * _METRES[unit]
    if not metres > 0.0 or not math.isfinite(metres):
        return 0.0, f"its radius is {metres:g} m; shown without an area"
    if metres > LARGEST_RADIUS_M:
        return LARGEST_RADIUS_M, f"its radius of {metres:g} m is shown as {LARGEST_RADIUS_M / 1000:.0f} km"
    return metres, note
