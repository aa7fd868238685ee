"""Looks sentences up by key and language: every sentence on the screen comes from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tvapp.core.errors import TvappError
from tvapp.ui.words.english import SENTENCES

LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = {"en": SENTENCES}
"""Language (ISO 639-1) -> key -> sentence. English has every key; others fall back to it."""


def words(key: str, language: str = "en", **fields: object) -> str:
    """Return the sentence for `key` with the fields filled in.

    A language we do not have, or one without this sentence, falls back to English.

    >>> words("fences.counter", index=3, total=27)
    '3 of 27'
    """
    table = LANGUAGES.get(language) or LANGUAGES.get(language.partition("-")[0]) or SENTENCES
    sentence = table.get(key) or SENTENCES[key]
    return sentence.format_map(fields) if fields else sentence


def knows(key: str) -> bool:
    """Tell whether there is a sentence for `key`."""
    return key in SENTENCES


def counted(key: str, count: int, language: str = "en") -> str:
    """Return the sentence for a number of things: `key` + ".one" for one.

    >>> counted("fences.skipped", 1)
    '1 could not be read'
    """
    return words(f"{key}.one" if count == 1 and knows(f"{key}.one") else key, language, count=count)


def problem_words(kind: str, part: str, language: str = "en") -> str:
    """Return the title, advice or admin line for a kind of sign-in problem; unknown kinds have those of "refused"."""
    key = f"problem.{kind}.{part}"
    return words(key if knows(key) else f"problem.refused.{part}", language)


def error_words(error: TvappError, part: str, language: str = "en") -> str:
    """Return the title or advice for one of our errors: that of the nearest branch of the tree that has words."""
    for branch in type(error).__mro__:
        key = f"error.{branch.__name__}.{part}"
        if knows(key):
            return words(key, language)
    return words(f"error.TvappError.{part}", language)
