"""Finds the letters of names that no font of this machine has, and the Debian packages with fonts for them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from tvapp.fences.drawing.text_renderer import covers

PACKAGES = (
    (("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH", "IDEOGRAPHIC"), "fonts-noto-cjk"),
    (("ARABIC", "HEBREW", "THAI", "DEVANAGARI", "GREEK", "CYRILLIC"), "fonts-noto-core"),
)
"""By the beginning of a letter's Unicode name: the package with the font that the app draws it with."""
OTHER = "fonts-unifont"
"""A font with every letter of the Basic Multilingual Plane, for all other scripts."""


def lacking(names: Iterable[str]) -> set[str]:
    """Return the letters of `names` that no font of this machine has."""
    letters = {letter for name in names for letter in name if letter > "\x7f" and not letter.isspace()}
    return {letter for letter in letters if unicodedata.category(letter)[0] != "C" and not covers(letter)}


def packages_for(letters: Iterable[str]) -> Sequence[str]:
    """Return the packages to install for letters.

    >>> packages_for("東ก")
    ['fonts-noto-cjk', 'fonts-noto-core']
    """
    return sorted({_package(letter) for letter in letters})


def _package(letter: str) -> str:
    name = unicodedata.name(letter, "")
    return next((package for scripts, package in PACKAGES if name.startswith(scripts)), OTHER)
