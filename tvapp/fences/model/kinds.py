"""Names geofences without a keyboard: a kind to choose, in the viewer's language, and the lowest free number."""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

ANY_LANGUAGE: Final = ""
"""Stands for every language in the names of a kind."""

LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "sv", "fi", "da", "nb", "pl", "pt")

# In the order in which they are offered; one column for each of LANGUAGES. `style` gives each a colour of its own.
_BUILT_IN: Final = {
    "depot": (
        "Depot", "Depot", "Dépôt", "Depósito", "Deposito", "Depot", "Depå", "Varikko", "Depot", "Depot", "Baza",
        "Depósito",
    ),
    "site": (
        "Site", "Standort", "Site", "Emplazamiento", "Sede", "Locatie", "Anläggning", "Toimipaikka", "Lokation",
        "Lokasjon", "Obiekt", "Instalação",
    ),
    "customer": (
        "Customer", "Kunde", "Client", "Cliente", "Cliente", "Klant", "Kund", "Asiakas", "Kunde", "Kunde", "Klient",
        "Cliente",
    ),
    "parking": (
        "Parking", "Parkplatz", "Parking", "Aparcamiento", "Parcheggio", "Parkeerplaats", "Parkering", "Pysäköinti",
        "Parkering", "Parkering", "Parking", "Estacionamento",
    ),
    "school": (
        "School", "Schule", "École", "Escuela", "Scuola", "School", "Skola", "Koulu", "Skole", "Skole", "Szkoła",
        "Escola",
    ),
    "construction": (
        "Construction site", "Baustelle", "Chantier", "Obra", "Cantiere", "Bouwplaats", "Byggarbetsplats", "Työmaa",
        "Byggeplads", "Byggeplass", "Plac budowy", "Obra",
    ),
    "restricted": (
        "Restricted area", "Sperrzone", "Zone interdite", "Zona restringida", "Area riservata", "Verboden gebied",
        "Avspärrat område", "Rajoitettu alue", "Spærret område", "Sperret område", "Strefa zamknięta", "Zona restrita",
    ),
    "event": (
        "Event", "Veranstaltung", "Événement", "Evento", "Evento", "Evenement", "Evenemang", "Tapahtuma",
        "Arrangement", "Arrangement", "Wydarzenie", "Evento",
    ),
}  # fmt: skip

_SAME_LANGUAGE: Final = {"no": "nb", "nn": "nb"}
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of geofence: `key` is `properties.kind` in a file, `name` is the viewer's word for it."""

    key: str
    name: str


def kinds_for(names_by_kind: Mapping[str, Mapping[str, str]], language: str) -> tuple[Kind, ...]:
    """Return the kinds to choose from, named in a language such as "fi" or "pt-BR".

    `names_by_kind` is `geofences.kinds` of the configuration; empty: the built-in kinds. A kind without names has its
    built-in ones, or else its key. The lookup tries the language, the language without its region, the name for any
    language, and English.

    >>> kinds_for({"depot": {}, "berth": {"en": "Berth", "fi": "Laituri"}}, "fi-FI")
    (Kind(key='depot', name='Varikko'), Kind(key='berth', name='Laituri'))
    """
    chosen = names_by_kind or {key: {} for key in _BUILT_IN}
    return tuple(Kind(key, _name(key, names, language)) for key, names in chosen.items())


def is_numbered(name: str, base: str) -> bool:
    """Tell whether a name is `base` with a number.

    >>> is_numbered("depot 3", "Depot"), is_numbered("Depot north", "Depot")
    (True, False)
    """
    stem, number = _split(name)
    return number > 0 and stem == _folded(base)


class TakenNames:
    """The numbers that are taken, by name, so that a free one is found at once among any number of names.

    Case and spaces make no difference.

    >>> TakenNames(["Depot 1", "depot  3", "Depot"]).next("Depot")
    'Depot 2'
    """

    __slots__ = ("_numbers",)

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._numbers: dict[str, array[int]] = {}
        """By name: each number as often as it occurs."""
        for name in names:
            stem, number = _split(name)
            if number:
                self._numbers.setdefault(stem, array("I")).append(number)

    def changed(self, gone: Iterable[str], more: Iterable[str]) -> TakenNames:
        """Return a copy without the names `gone`, which it was made of, and with the names `more`."""
        result = TakenNames()
        result._numbers = dict(self._numbers)
        for names, is_more in ((gone, False), (more, True)):
            for stem, number in map(_split, names):
                if number:
                    numbers = result._numbers[stem] = array("I", result._numbers.get(stem, ()))
                    numbers.append(number) if is_more else numbers.remove(number)
        return result

    def next(self, base: str, also: Iterable[str] = ()) -> str:
        """Return `base` with the lowest number from 1 that is free here and in `also`."""
        stem = _folded(base)
        taken = set(self._numbers.get(stem, ())) | {number for each, number in map(_split, also) if each == stem}
        return f"{base} {next(number for number in range(1, len(taken) + 2) if number not in taken)}"


def _name(key: str, names: Mapping[str, str], language: str) -> str:
    built_in = dict(zip(LANGUAGES, _BUILT_IN.get(key, ()), strict=False))
    found = _in_language(names, language) or _in_language(built_in, language)
    # The installer gave names in other languages only: better one of those than the key.
    return found or next(iter(names.values()), key)


def _in_language(names: Mapping[str, str], language: str) -> str | None:
    by_tag = {tag.casefold(): name for tag, name in names.items()}
    exact = language.casefold()
    primary = exact.partition("-")[0]
    for tag in (exact, primary, _SAME_LANGUAGE.get(primary, primary), ANY_LANGUAGE, "en"):
        if tag in by_tag:
            return by_tag[tag]
    return None


def _folded(name: str) -> str:
    folded = name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()
    return " ".join(folded.split())


def _split(name: str) -> tuple[str, int]:
    """Return a name without its number, folded, and the number; 0 where it has none."""
    folded = _folded(name)
    stem, _, last = folded.rpartition(" ")
    digits = last.lstrip("0")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return (stem, int(digits)) if stem and is_number else (folded, 0)
