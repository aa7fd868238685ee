"""The tiles in memory and the textures to release."""

from __future__ import annotations

from tvapp.mapview.layer_picture import Texture
from tvapp.mapview.texture_cache import TextureCache

A, B = ("base", 3, 1, 1), ("base", 3, 2, 1)


def filled() -> TextureCache:
    cache = TextureCache(100)
    cache.put(A, Texture(A, width=512, height=512), 10)
    cache.put(B, Texture(B, width=512, height=512), 10)
    return cache


def test_tiles_are_counted_by_tileset_and_zoom() -> None:
    cache = filled()
    cache.put(A, Texture(A), 20)
    assert cache.loaded_zooms == {"base": {3: 2}}
    cache.remove(A)
    assert cache.loaded_zooms == {"base": {3: 1}}
    cache.remove(A)
    cache.remove(B)
    assert cache.loaded_zooms == {"base": {}}


def test_a_dropped_tile_releases_its_texture_once_unless_it_comes_back() -> None:
    cache = filled()
    cache.remove(A)
    cache.remove(B)
    cache.put(B, Texture(B), 10)
    assert cache.take_released() == [A]
    assert cache.take_released() == []


def test_a_tile_that_is_part_of_a_composed_cell_stays_without_its_texture_and_costs_nothing() -> None:
    cache = filled()
    assert cache.drawable(A) is not None
    cache.mark_merged(A)
    assert A in cache
    assert cache.drawable(A) is None
    assert cache.size_bytes == 10
    assert cache.take_released() == [A]
    cache.mark_merged(("base", 9, 9, 9))
    assert cache.take_released() == []


def test_only_outdated_tiles_become_stale() -> None:
    cache = filled()
    cache.outdate(lambda key, texture: key == A and texture.width == 512)
    assert [texture.is_stale for key in (A, B) if (texture := cache.peek(key))] == [True, False]


def test_clearing_releases_nothing_because_the_textures_are_gone() -> None:
    cache = filled()
    cache.remove(A)
    cache.clear()
    assert cache.take_released() == []
    assert cache.loaded_zooms == {}
    assert len(cache) == 0
