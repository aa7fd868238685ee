"""The number of tiles that a frame takes."""

from __future__ import annotations

import pytest

from tvapp.core.image import Image
from tvapp.geo.position import Position
from tvapp.mapview.layers import LayerChoice, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.tiles.tile import Origin, TileArrived, TileId, TileImage, TileRevalidated
from tvapp.ui.map_state.arriving_tiles import UPLOAD_BYTES_PER_FRAME, ArrivingTiles

HERE = Position(24.95, 60.17)
SIDE = 512
BYTES = SIDE * SIDE * 4


@pytest.fixture
def model() -> MapModel:
    model = MapModel(Viewport(HERE, 13.0, 1920, 1080), layers(LayerChoice()), 64 << 20, motion=False)
    model.update(0.0)
    return model


def wanted(model: MapModel) -> tuple[TileId, ...]:
    return tuple(tile for tile in model.request_list() or () if tile.tileset == "microsoft.base.road")


def arrived(tile: TileId, origin: Origin = "disk", *, is_empty: bool = False) -> TileArrived:
    image = None if is_empty else Image(SIDE, SIDE, bytes(BYTES))
    return TileArrived(tile, TileImage(image), origin)


def test_a_burst_of_tiles_is_spread_over_frames(model: MapModel) -> None:
    tiles = ArrivingTiles()
    names = wanted(model)[:8]
    assert len(names) == 8
    tiles.queue.extend(arrived(tile) for tile in names)
    frames = []
    while tiles.queue:
        before = len(tiles.queue)
        assert tiles.hand_over(model, 0.0).uploads
        frames.append(before - len(tiles.queue))
    per_frame = UPLOAD_BYTES_PER_FRAME // BYTES
    assert frames == [per_frame, per_frame, 8 - 2 * per_frame]
    assert [upload.image.size_bytes for upload in tiles.uploads] == [BYTES] * 8


def test_an_empty_tile_needs_no_upload(model: MapModel) -> None:
    tiles = ArrivingTiles()
    tiles.queue.append(arrived(wanted(model)[0], is_empty=True))
    assert tiles.hand_over(model, 0.0) == (False, False)
    assert not tiles.uploads


def test_only_a_tile_from_the_network_shows_that_the_service_works(model: MapModel) -> None:
    tiles = ArrivingTiles()
    names = wanted(model)
    tiles.queue.append(arrived(names[0], "disk"))
    assert not tiles.hand_over(model, 0.0).from_network
    tiles.queue.extend((arrived(names[1], "network"), arrived(names[2], "disk")))
    assert tiles.hand_over(model, 0.0).from_network


def test_a_confirmation_needs_no_upload_and_does_not_count_as_a_tile_from_the_network(model: MapModel) -> None:
    tiles = ArrivingTiles()
    tiles.queue.append(TileRevalidated(wanted(model)[0]))
    assert tiles.hand_over(model, 0.0) == (False, False)
    assert not tiles.queue
