"""Which tiles need no revalidation yet."""

from __future__ import annotations

import pytest

from tvapp.tiles.revalidation import MAX_TILES, RECENT_S, Revalidations
from tvapp.tiles.tile import TileId


def tile(x: int = 0, tileset: str = "microsoft.base.road") -> TileId:
    return TileId(tileset, 12, x, 0)


def test_a_base_tile_is_recent_for_five_minutes() -> None:
    revalidations = Revalidations()
    assert not revalidations.is_recent(tile(), 50.0)
    revalidations.add(tile(), 50.0)
    assert RECENT_S == 300.0
    assert revalidations.is_recent(tile(), 349.9)
    assert not revalidations.is_recent(tile(), 350.0)
    assert not revalidations.is_recent(tile(1), 51.0)


@pytest.mark.parametrize("tileset", ["microsoft.traffic.relative.main", "microsoft.weather.radar.main"])
def test_traffic_and_weather_are_never_recent(tileset: str) -> None:
    revalidations = Revalidations()
    revalidations.add(tile(0, tileset), 50.0)
    assert not revalidations.is_recent(tile(0, tileset), 50.0)


def test_of_many_tiles_the_oldest_is_forgotten() -> None:
    assert MAX_TILES == 500
    revalidations = Revalidations()
    for x in range(MAX_TILES):
        revalidations.add(tile(x), 0.0)
    revalidations.add(tile(0), 1.0)
    assert revalidations.is_recent(tile(1), 1.0)
    revalidations.add(tile(MAX_TILES), 1.0)
    assert not revalidations.is_recent(tile(1), 1.0)
    assert revalidations.is_recent(tile(0), 1.0)
    revalidations.clear()
    assert not revalidations.is_recent(tile(0), 1.0)
