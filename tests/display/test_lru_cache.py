"""A cache stays within its limit and evicts what was not used for longest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tvapp.display.lru_cache import LruCache


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 60)), max_size=60))
def test_a_cache_never_grows_beyond_its_limit(asked: list[tuple[int, int]]) -> None:
    kept: LruCache[int, str] = LruCache(100)
    sizes: dict[int, int] = {}
    for key, size in asked:
        size = sizes.setdefault(key, size)
        assert kept.get(key, lambda key=key, size=size: (str(key), size)) == str(key)  # type: ignore[misc]
        assert kept.size_bytes <= 100
    assert kept.hits + kept.misses == len(asked)


def test_the_least_recently_used_goes_first() -> None:
    kept: LruCache[str, str] = LruCache(2)
    for key in "abac":
        kept.get(key, lambda key=key: (key, 1))  # type: ignore[misc]
    kept.get("a", lambda: ("made again", 1))
    assert (kept.hits, kept.misses) == (2, 3)


def filled() -> LruCache[str, str]:
    cache: LruCache[str, str] = LruCache(10)
    for key, size in (("a", 4), ("b", 6)):
        cache.get(key, lambda key=key, size=size: (key, size))  # type: ignore[misc]
    return cache


def test_items_fill_the_limit_to_the_last_byte() -> None:
    cache = filled()
    assert (len(cache), cache.size_bytes) == (2, 10)
    cache.get("c", lambda: ("c", 1))
    assert (cache.find("a"), cache.find("b"), cache.find("c")) == (None, "b", "c")
    assert cache.size_bytes == 7


def test_finding_an_item_counts_as_using_it_but_not_as_a_hit() -> None:
    cache = filled()
    assert cache.find("a") == "a"
    cache.get("c", lambda: ("c", 1))
    assert (cache.find("a"), cache.find("b")) == ("a", None)
    assert (cache.hits, cache.misses) == (0, 3)


def test_an_item_of_exactly_the_limit_is_cached_and_a_larger_one_is_not() -> None:
    cache = filled()
    assert cache.get("huge", lambda: ("huge", 11)) == "huge"
    assert (cache.find("huge"), len(cache)) == (None, 2)
    cache.get("whole", lambda: ("whole", 10))
    assert (cache.find("whole"), len(cache), cache.size_bytes) == ("whole", 1, 10)


def test_a_cleared_cache_is_empty_and_fills_again() -> None:
    cache = filled()
    cache.clear()
    assert (len(cache), cache.size_bytes, cache.find("a")) == (0, 0, None)
    cache.get("a", lambda: ("new", 10))
    assert cache.find("a") == "new"
