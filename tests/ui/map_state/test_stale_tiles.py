"""The age of the oldest stale tile in view."""

from __future__ import annotations

from tvapp.geo.position import Position
from tvapp.mapview.layer_picture import cells_in_view, tile_zoom
from tvapp.mapview.layers import LayerChoice, layers
from tvapp.mapview.viewport import Viewport
from tvapp.tiles.tile import Origin, TileArrived, TileId, TileImage, TileRevalidated
from tvapp.ui.map_state.stale_tiles import CAPACITY, StaleTiles

VIEW = Viewport(Position(24.95, 60.17), 13.0, 1280, 720)
LAYERS = layers(LayerChoice())
BASE = LAYERS[0]
CELLS = cells_in_view(BASE, VIEW)


def tile(dx: int = 0) -> TileId:
    """Return a tile in the first column of the view, or `dx` columns further."""
    return TileId(BASE.tileset, tile_zoom(BASE, VIEW), CELLS.x0 + dx, CELLS.y0)


def arrived(which: TileId, age_s: float, origin: Origin = "stale") -> TileArrived:
    return TileArrived(which, TileImage(None), origin, age_s=age_s)


def test_the_oldest_in_view_counts() -> None:
    stale = StaleTiles()
    assert stale.oldest(LAYERS, VIEW) is None
    stale.take(arrived(tile(0), 50.0), 1000.0)
    stale.take(arrived(tile(1), 80.0), 1000.0)
    assert stale.oldest(LAYERS, VIEW) == 920.0


def test_the_last_column_of_the_view_counts_and_the_next_one_does_not() -> None:
    width = CELLS.x1 - CELLS.x0
    stale = StaleTiles()
    stale.take(arrived(tile(width), 80.0), 1000.0)
    assert stale.oldest(LAYERS, VIEW) is None
    stale.take(arrived(tile(width - 1), 50.0), 1000.0)
    assert stale.oldest(LAYERS, VIEW) == 950.0


def test_a_tile_that_was_confirmed_or_arrived_fresh_is_not_stale_any_more() -> None:
    for message in (TileRevalidated(tile()), arrived(tile(), 0.0, "network"), arrived(tile(), 0.0, "disk")):
        stale = StaleTiles()
        stale.take(arrived(tile(), 50.0), 1000.0)
        stale.take(message, 1001.0)
        assert stale.oldest(LAYERS, VIEW) is None
        assert len(stale) == 0


def test_above_the_capacity_the_oldest_note_is_dropped() -> None:
    stale = StaleTiles()
    stale.take(arrived(tile(0), 50.0), 1000.0)
    stale.take(arrived(tile(1), 40.0), 1000.0)
    for x in range(CAPACITY - 2):
        stale.take(arrived(TileId("microsoft.base.darkgrey", 15, x, 0), 0.0), 1000.0)
    assert len(stale) == CAPACITY
    assert stale.oldest(LAYERS, VIEW) == 950.0
    stale.take(arrived(TileId("microsoft.base.darkgrey", 15, CAPACITY, 0), 0.0), 1000.0)
    assert len(stale) == CAPACITY
    assert stale.oldest(LAYERS, VIEW) == 960.0
