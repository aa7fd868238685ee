"""The keys of the disk cache."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tvapp.tiles.cache_key import CacheKey, CacheScope
from tvapp.tiles.tile import TileId

SCOPE = CacheScope("https://atlas.example", "aino", "en", "Unified")
TILE = TileId("road", 3, 1, 2)


def test_a_key_names_scope_and_tile() -> None:
    assert CacheKey(SCOPE, TILE).text == f"{SCOPE.digest}/road/3/1/2"


@pytest.mark.parametrize(
    "other",
    [
        replace(SCOPE, endpoint="https://atlas2.example"),
        replace(SCOPE, endpoint="https://atlas.exampleX"),
        replace(SCOPE, account="veikko"),
        replace(SCOPE, language="fi"),
        replace(SCOPE, view="Auto"),
        CacheScope("https://atlas.exampl", "eaino", "en", "Unified"),
    ],
)
def test_whatever_a_reply_depends_on_changes_the_digest(other: CacheScope) -> None:
    assert other.digest != SCOPE.digest


def test_a_trailing_slash_and_the_case_of_a_language_change_nothing() -> None:
    assert replace(SCOPE, endpoint="https://atlas.example/", language="EN").digest == SCOPE.digest
    assert CacheScope("https://atlas.example", "aino").digest == SCOPE.digest


def test_digests_stay_the_same_from_one_release_to_the_next() -> None:
    assert SCOPE.digest == "3f3b291c0e85847e5698115b"
    assert SCOPE.account_digest == "ed1b68efce496e5f0156f6fc"
    assert CacheScope("elsewhere", "aino").account_digest == SCOPE.account_digest
