"""Which sentences of the phrase tables are on the screen: told by key, whatever their words are today."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from tvapp.ui.words.english import SENTENCES

TITLES = re.compile(
    r"notice\.[a-z-]+|(problem|step)\.[a-z-]+\.title|signin\.status\.(offline|busy|confirming)|signin\.paused\.title"
)
"""What the viewer is told of trouble; advice comes with each."""


def same_words(keys: Iterable[str]) -> frozenset[str]:
    """Return the sentences of keys: on the screen, two that have the same words cannot be told apart."""
    return frozenset(SENTENCES[key] for key in keys)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    found = []
    for key, sentence in SENTENCES.items():
        if TITLES.fullmatch(key):
            literal = [re.escape(part) for part in re.split(r"\{[^}]*\}", sentence)]
            found.append((key, re.compile(r"(?<!\w)" + ".{1,40}?".join(literal))))
    # Of two sentences of which one is part of the other, the longer one is meant.
    return tuple(sorted(found, key=lambda each: -len(each[1].pattern)))


def told(texts: Iterable[str]) -> frozenset[str]:
    """Return the keys of the sentences about trouble in the texts of a frame."""
    shown = " ".join(" ".join(texts).split())
    found = set()
    for key, pattern in _patterns():
        if pattern.search(shown):
            found.add(key)
            shown = pattern.sub("…", shown)
    return frozenset(found)
