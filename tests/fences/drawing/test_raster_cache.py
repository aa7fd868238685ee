"""The cache of drawn tiles: compressed, bounded, and never out of date."""

from __future__ import annotations

import random

from tvapp.core.image import Image
from tvapp.fences.drawing.raster_cache import RasterCache
from tvapp.geo.position import Bounds
from tvapp.tiles.tile import TileId, TileImage

WEST, EAST = TileId("geofences", 1, 0, 0), TileId("geofences", 1, 1, 0)
IN_THE_EAST = Bounds(80.0, 20.0, 90.0, 30.0)


def picture(shade: int = 7) -> TileImage:
    return TileImage(Image(30, 20, bytes([shade, 2, 3, 4]) * 600), 5, 6)


def noise(number: int) -> TileImage:
    mixed = bytes((value * value * (number + 7) >> 3) & 0xFF for value in range(4096))
    return TileImage(Image(32, 32, mixed))


def same(one: TileImage | None, other: TileImage) -> bool:
    assert one is not None
    pixels = [None if tile.image is None else bytes(tile.image.pixels) for tile in (one, other)]
    return pixels[0] == pixels[1] and (one.left, one.top, one.size) == (other.left, other.top, other.size)


def test_a_tile_comes_back_as_it_was_and_takes_less_meanwhile() -> None:
    tiles = RasterCache()
    tiles.put(WEST, 0, picture())
    assert same(tiles.get(WEST, 0), picture())
    assert tiles.size_bytes < picture().size_bytes / 2
    assert tiles.get(EAST, 0) is None


def test_an_empty_tile_is_known_to_be_empty() -> None:
    tiles = RasterCache()
    tiles.put(WEST, 0, TileImage(None, size=256))
    assert same(tiles.get(WEST, 0), TileImage(None, size=256))


def test_the_least_recently_used_go_when_the_budget_is_spent() -> None:
    tiles = RasterCache(budget_bytes=20_000)
    ids = [TileId("geofences", 9, x, 0) for x in range(20)]
    for number, tile in enumerate(ids):
        tiles.put(tile, 0, noise(number))
        tiles.get(ids[0], 0)
        assert tiles.size_bytes <= 20_000
    assert same(tiles.get(ids[0], 0), noise(0))
    assert same(tiles.get(ids[-1], 0), noise(19))
    assert tiles.get(ids[1], 0) is None
    assert 0 < len(tiles) < len(ids)


def test_a_change_drops_what_it_touches_and_nothing_else() -> None:
    tiles = RasterCache()
    for tile in (WEST, EAST):
        tiles.put(tile, 0, picture())
    tiles.invalidate([IN_THE_EAST], 1)
    assert same(tiles.get(WEST, 1), picture())
    assert tiles.get(EAST, 1) is None
    tiles.invalidate(None, 2)
    assert tiles.get(WEST, 2) is None
    assert tiles.size_bytes == 0


def test_a_tile_that_was_begun_before_a_change_is_neither_cached_nor_served() -> None:
    tiles = RasterCache()
    tiles.invalidate([IN_THE_EAST], 1)
    tiles.put(EAST, 0, picture(1))
    assert tiles.get(EAST, 1) is None
    tiles.put(EAST, 1, picture(2))
    assert tiles.get(EAST, 0) is None
    assert same(tiles.get(EAST, 1), picture(2))


def test_empty_tiles_count_too() -> None:
    tiles = RasterCache(budget_bytes=4_000)
    for x in range(50):
        tiles.put(TileId("geofences", 9, x, 0), 0, TileImage(None))
    assert len(tiles) == 10


def test_a_tile_that_is_put_twice_counts_once() -> None:
    tiles = RasterCache()
    tiles.put(WEST, 0, picture(1))
    once = tiles.size_bytes
    tiles.put(WEST, 0, picture(2))
    assert (len(tiles), tiles.size_bytes) == (1, once)
    assert same(tiles.get(WEST, 0), picture(2))


def test_the_cache_holds_ten_megabytes_by_default() -> None:
    tiles = RasterCache()
    for number in range(30):
        tiles.put(
            TileId("geofences", 9, number, 0), 0, TileImage(Image(400, 400, random.Random(number).randbytes(640_000)))
        )
    assert 10 * 2**20 - 640_000 < tiles.size_bytes <= 10 * 2**20
