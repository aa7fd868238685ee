from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tvapp.core.errors import DataError
from tvapp.localcloud.basemap import TILESETS, attribution, render_tile
from tvapp.localcloud.basemap.tiles import TileCache, draw

DARK = "microsoft.base.darkgrey"
ROAD = "microsoft.base.road"
IMAGERY = "microsoft.imagery"
RADAR = "microsoft.weather.radar.main"
TRAFFIC = "microsoft.traffic.relative.main"
CENTRE = {12: (2331, 1185), 14: (9327, 4742), 15: (18654, 9484), 16: (37309, 18969)}  # Helsinki's main station


def pixels(tileset: str, z: int, x: int, y: int, size: int = 512) -> NDArray[np.int16]:
    image = Image.open(io.BytesIO(render_tile(tileset, z, x, y, size)))
    return np.asarray(image.convert("RGBA"), dtype=np.int16)


def seam(left: NDArray[np.int16], right: NDArray[np.int16]) -> tuple[float, float]:
    """Return how much two neighbours differ across their edge, and how much columns differ within one of them."""
    across = np.abs(left[:, -1, :3] - right[:, 0, :3]).mean()
    within = np.abs(left[:, -12:-1, :3] - left[:, -11:, :3]).mean()
    return float(across), float(within)


@pytest.mark.parametrize("tileset_id", sorted(TILESETS))
def test_every_tileset_renders_at_its_first_and_its_last_zoom(tileset_id: str) -> None:
    tileset = TILESETS[tileset_id]
    for zoom in (tileset.min_zoom, tileset.max_zoom):
        x, y = int(0.5692816 * 2**zoom), int(0.2894449 * 2**zoom)
        image = Image.open(io.BytesIO(render_tile(tileset_id, zoom, x, y, 512)))
        assert image.format == "PNG"
        assert image.size == (512, 512)
        assert image.mode == ("RGB" if tileset.opaque else "RGBA")


@pytest.mark.parametrize("tileset_id", sorted(TILESETS))
def test_every_tileset_names_whom_to_credit_in_plain_text(tileset_id: str) -> None:
    credit = attribution(tileset_id)
    assert credit
    assert not any("<" in line or "&" in line for line in credit)


def test_streets_are_credited_to_openstreetmap() -> None:
    assert "© OpenStreetMap contributors" in attribution(ROAD)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tileset", "zoom", "x", "y"),
    [
        (DARK, 2, 1, 1),
        (DARK, 5, 17, 9),
        (DARK, 12, *CENTRE[12]),
        (ROAD, 15, *CENTRE[15]),
        (ROAD, 16, *CENTRE[16]),
        (IMAGERY, 4, 8, 5),
        (IMAGERY, 15, *CENTRE[15]),
        (RADAR, 6, 35, 18),
        ("microsoft.terra.main", 4, 8, 5),
    ],
)
def test_neighbouring_tiles_agree_along_their_edge(tileset: str, zoom: int, x: int, y: int) -> None:
    here = pixels(tileset, zoom, x, y)
    for neighbour, turned in (((x + 1, y), False), ((x, y + 1), True)):
        there = pixels(tileset, zoom, *neighbour)
        across, within = seam(*((a.transpose(1, 0, 2) if turned else a) for a in (here, there)))
        assert across < within * 1.8 + 1.2


def test_the_map_goes_on_across_the_date_line() -> None:
    across, within = seam(pixels(DARK, 3, 7, 2), pixels(DARK, 3, 0, 2))
    assert across < within * 1.8 + 1.2


def test_a_256_tile_is_a_quarter_of_the_512_tile_one_zoom_farther_out() -> None:
    x, y = CENTRE[15]
    quarter = pixels(DARK, 15, x, y, 256)
    whole = pixels(DARK, 14, x // 2, y // 2)
    left, top = 256 * (x % 2), 256 * (y % 2)
    assert quarter.shape == (256, 256, 4)
    assert np.array_equal(quarter, whole[top : top + 256, left : left + 256])


def test_the_whole_world_fits_into_one_256_tile() -> None:
    assert pixels(DARK, 0, 0, 0, 256).shape == (256, 256, 4)


@pytest.mark.parametrize("tileset", [tileset.id for tileset in TILESETS.values() if not tileset.opaque])
def test_what_lies_over_a_map_lets_most_of_it_through(tileset: str) -> None:
    alpha = pixels(tileset, 12, *CENTRE[12])[..., 3]
    assert (alpha < 128).mean() > 0.4


def test_traffic_is_drawn_on_the_main_roads_and_nowhere_else() -> None:
    assert pixels(TRAFFIC, 15, *CENTRE[15])[..., 3].max() > 200
    assert pixels(TRAFFIC, 15, 100, 9484)[..., 3].max() == 0


def test_there_is_sea_at_sea_and_land_on_land() -> None:
    sea, land = pixels(DARK, 10, 583, 297)[470, 60, :3], pixels(DARK, 10, 583, 290)[20, 20, :3]
    assert sea[2] > sea[0] * 1.5
    assert land.mean() > sea.mean()


def test_the_same_tile_comes_out_the_same_again() -> None:
    fresh = [TileCache(draw).get(TILESETS[DARK], 15, *CENTRE[15], 512) for _ in range(2)]
    assert fresh[0] == fresh[1]


def test_weather_moves_on_and_maps_stand_still() -> None:
    assert render_tile(RADAR, 5, 17, 9, 512, moment=0) != render_tile(RADAR, 5, 17, 9, 512, moment=12)
    assert render_tile(ROAD, 5, 17, 9, 512, moment=0) == render_tile(ROAD, 5, 17, 9, 512, moment=12)


def test_tiles_are_forgotten_when_there_are_too_many() -> None:
    drawn: list[int] = []

    def count(_: object, __: int, x: int, ___: int, ____: int) -> Image.Image:
        drawn.append(x)
        return Image.effect_noise((512, 512), 90).convert("RGB")

    cache = TileCache(count, limit=400_000)
    for x in (0, 1, 2, 3, 3):
        cache.get(TILESETS[DARK], 9, x, 0, 512)
    assert drawn == [0, 1, 2, 3]
    assert len(cache) <= 2


def test_tiles_can_be_kept_on_disk(tmp_path: Path) -> None:
    first = TileCache(draw).get(TILESETS[RADAR], 4, 8, 5, 512, 0, tmp_path)
    assert [path.read_bytes() for path in tmp_path.rglob("*.png")] == [first]

    def fail(*_: object) -> Image.Image:
        raise AssertionError("drawn again")

    assert TileCache(fail).get(TILESETS[RADAR], 4, 8, 5, 512, 0, tmp_path) == first


@pytest.mark.parametrize(
    ("tileset", "z", "x", "y", "size"),
    [
        ("microsoft.nowhere", 1, 0, 0, 512),
        (DARK, 23, 0, 0, 512),
        (DARK, -1, 0, 0, 512),
        (DARK, 2, 4, 0, 512),
        (DARK, 2, 0, -1, 512),
        (DARK, 2, 0, 0, 300),
        (IMAGERY, 0, 0, 0, 512),
    ],
)
def test_a_tile_that_does_not_exist_is_refused(tileset: str, z: int, x: int, y: int, size: int) -> None:
    with pytest.raises(DataError):
        render_tile(tileset, z, x, y, size)
