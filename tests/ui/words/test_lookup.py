"""Lookup of sentences: every key exists, languages fall back to English, every problem and error has a sentence."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import tvapp.ui
from tvapp.auth.problems import KINDS
from tvapp.auth.view import STATUSES
from tvapp.core import errors
from tvapp.ui.words.english import SENTENCES
from tvapp.ui.words.lookup import counted, error_words, knows, problem_words, words

PREFIXES = ("start.", "signin.", "action.", "map.", "notice.", "fences.", "fence.", "valid.", "layers.", "account.",
            "usage.")  # fmt: skip


def keys_in_the_code() -> set[str]:
    found: set[str] = set()
    for path in Path(tvapp.ui.__file__).parent.rglob("*.py"):
        if path.name.startswith("english"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(PREFIXES):
                found.add(node.value)
    return found


def test_every_key_used_on_a_screen_has_a_sentence() -> None:
    used = {key for key in keys_in_the_code() if key[-1] not in ".-" and " " not in key}
    assert len(used) > 60
    missing = {key for key in used if key not in SENTENCES and f"{key}.one" not in SENTENCES}
    assert missing == set()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_problem_has_a_title_and_an_advice(kind: str) -> None:
    for part in ("title", "advice", "admin"):
        assert knows(f"problem.{kind}.{part}")
    assert problem_words(kind, "title")
    assert problem_words(kind, "advice").endswith(".")


def test_an_unknown_kind_of_problem_still_has_words() -> None:
    assert problem_words("something-new", "title") == problem_words("refused", "title")


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_of_signing_in_has_words(status: str) -> None:
    assert knows(f"signin.status.{status}")


def all_errors() -> list[type[errors.TvappError]]:
    found: list[type[errors.TvappError]] = [errors.TvappError]
    for branch in found:
        found.extend(branch.__subclasses__())
    return [branch for branch in found if branch.__module__ == errors.__name__]


@pytest.mark.parametrize("branch", all_errors())
def test_every_error_has_words(branch: type[errors.TvappError]) -> None:
    assert knows(f"error.{branch.__name__}.title")
    assert knows(f"error.{branch.__name__}.advice")


def test_an_error_without_words_has_those_of_its_branch() -> None:
    class Stranger(errors.Throttled):
        pass

    stranger = Stranger("example.com", 429)
    assert error_words(stranger, "title") == error_words(errors.Throttled("example.com", 429), "title")


def test_an_unknown_language_falls_back_to_english() -> None:
    assert words("start.title", "xx") == words("start.title") == words("start.title", "en-GB")


def test_a_count_of_one_has_its_own_sentence() -> None:
    assert counted("fences.skipped", 1) == "1 could not be read"
    assert counted("fences.skipped", 2) == "2 could not be read"
    assert counted("fence.shape.holes", 1) == "Area with a part left out"


def test_no_sentence_has_technical_jargon() -> None:
    jargon = ("token", "HTTP", "TLS", "OAuth", "URI", "JSON", "API", "cache", "tileset", "429", "403")
    for key, sentence in SENTENCES.items():
        if ".admin" in key or key.startswith("diagnosis."):
            continue  # for an administrator
        spoken = sentence.translate(str.maketrans("", "", string.punctuation)).split()
        assert not {word for word in jargon if word in spoken}, key
