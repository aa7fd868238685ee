from hypothesis import given
from hypothesis import strategies as st

from tvapp.tiles.memory_cache import MemoryCache


def filled(budget: int = 10) -> MemoryCache[str, str]:
    memory = MemoryCache[str, str](budget)
    memory.put("a", "A", 4)
    memory.put("b", "B", 4)
    memory.put("c", "C", 4)
    return memory


def test_the_least_recently_used_goes_first() -> None:
    memory = filled()
    assert memory.get("a") == "A"
    assert memory.evict() == ["b"]
    assert memory.size_bytes == 8


def test_peeking_does_not_count_as_use_and_touching_does() -> None:
    memory = filled()
    assert memory.peek("a") == "A"
    memory.touch("b")
    memory.touch("nothing")
    assert memory.evict() == ["a"]


def test_what_is_pinned_stays_even_above_the_budget() -> None:
    memory = filled(budget=1)
    assert memory.evict({"a", "c"}.__contains__) == ["b"]
    assert list(memory) == ["a", "c"]


def test_replacing_a_value_counts_its_new_size_only() -> None:
    memory = filled(budget=100)
    memory.put("a", "AA", 10)
    assert memory.size_bytes == 18
    assert memory.get("a") == "AA"
    assert len(memory) == 3


def test_a_key_that_was_never_put_is_not_there() -> None:
    memory = filled()
    assert memory.get("z") is None
    assert "z" not in memory


def test_removing_and_clearing_give_the_bytes_back() -> None:
    memory = filled()
    assert memory.remove("a") == "A"
    assert memory.remove("a") is None
    assert "a" not in memory
    assert memory.size_bytes == 8
    memory.clear()
    assert memory.size_bytes == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 50))), st.integers(1, 120))
def test_after_evicting_the_rest_fits_and_the_sizes_add_up(puts: list[tuple[int, int]], budget: int) -> None:
    memory = MemoryCache[int, int](budget)
    sizes: dict[int, int] = {}
    for key, size in puts:
        memory.put(key, key, size)
        sizes[key] = size
        for gone in memory.evict():
            del sizes[gone]
        assert memory.size_bytes == sum(sizes.values()) <= budget
        assert set(memory) == set(sizes)
