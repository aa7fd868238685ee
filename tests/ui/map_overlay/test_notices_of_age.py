"""Notices show the age of tiles and geofences that could not be revalidated."""

from __future__ import annotations

import pytest

from tests.ui.fakes import FakeActions
from tvapp.core.clock import ManualClock
from tvapp.core.errors import ServiceDown, TvappError, UnexpectedReply, Unreachable
from tvapp.fences.service.messages import FencesUnavailable
from tvapp.geo.position import Position
from tvapp.mapview.layer_picture import cells_in_view, tile_zoom
from tvapp.mapview.layers import BaseStyle, LayerChoice, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.tiles.tile import Origin, TileArrived, TileId, TileImage, TileUnavailable
from tvapp.ui.map_overlay.notices import notices
from tvapp.ui.map_state.stale_tiles import CAPACITY
from tvapp.ui.map_state.state import MapState
from tvapp.ui.messages import ConnectionChanged
from tvapp.ui.settings import UiSettings

OLD = "Parts of the map are as they were"
HOUR = 3600.0


def state() -> MapState:
    choice = LayerChoice(BaseStyle.DARK)
    model = MapModel(Viewport(Position(24.9, 60.1), 12, 1920, 1080), layers(choice), 1 << 20)
    return MapState(UiSettings(), FakeActions(), ManualClock(), model, choice)


def somewhere(on: MapState, dx: int = 0) -> TileId:
    layer = on.model.layers[0]
    cells = cells_in_view(layer, on.viewport)
    return TileId(layer.tileset, tile_zoom(layer, on.viewport), cells.x0 + dx, cells.y0)


def arrive(on: MapState, tile: TileId, origin: Origin, age_s: float = 0.0) -> None:
    on.receive(TileArrived(tile, TileImage(None), origin, age_s=age_s), 0.0)


def advice(on: MapState) -> str:
    return notices(on)[0].advice


def test_offline_the_oldest_tile_in_view_says_how_old_it_is() -> None:
    shown = state()
    arrive(shown, somewhere(shown), "stale", 2 * HOUR)
    arrive(shown, somewhere(shown, 1), "stale", 5 * HOUR)
    assert notices(shown) == [], "with a network it is being looked at again"
    shown.receive(ConnectionChanged(shown.wall()), 0.0)
    assert f"{OLD} 5 hours ago." in advice(shown)


def test_a_stale_tile_grows_older_until_a_fresh_one_arrives() -> None:
    shown = state()
    arrive(shown, somewhere(shown), "stale", 2 * HOUR)
    shown.receive(ConnectionChanged(shown.wall()), 0.0)
    assert isinstance(shown.clock, ManualClock)
    shown.clock.advance(HOUR)
    assert f"{OLD} 3 hours ago." in advice(shown)
    arrive(shown, somewhere(shown), "network")
    assert OLD not in advice(shown)


def test_the_age_of_young_tiles_and_of_tiles_out_of_view_is_not_mentioned() -> None:
    shown = state()
    arrive(shown, somewhere(shown), "stale", 300.0)
    arrive(shown, somewhere(shown, -500), "stale", 5 * HOUR)
    shown.receive(ConnectionChanged(shown.wall()), 0.0)
    assert OLD not in advice(shown)


@pytest.mark.parametrize("error", [ServiceDown("h", 503), UnexpectedReply("h", 302, "html")])
def test_stale_tiles_show_their_age_when_the_map_service_does_not_answer(error: TvappError) -> None:
    shown = state()
    arrive(shown, somewhere(shown), "stale", 2 * HOUR)
    shown.receive(TileUnavailable(somewhere(shown), error), 0.0)
    assert OLD in advice(shown)


def test_the_memory_of_stale_tiles_is_bounded() -> None:
    shown = state()
    for x in range(CAPACITY + 50):
        arrive(shown, TileId("microsoft.base.darkgrey", 15, x, 0), "stale", 2 * HOUR)
    arrive(shown, somewhere(shown), "stale", 2 * HOUR)
    shown.receive(ConnectionChanged(shown.wall()), 0.0)
    assert OLD in advice(shown)
    assert len(shown.stale_tiles) == CAPACITY


def test_a_portal_in_front_of_map_and_store_is_named_once() -> None:
    shown = state()
    page = UnexpectedReply("h", 302, "html")
    shown.receive(TileUnavailable(somewhere(shown), page), 0.0)
    shown.receive(FencesUnavailable("blob", page), 0.0)
    (notice,) = notices(shown)
    assert "sign-in of its own" in notice.title


def test_without_a_network_the_viewer_sees_since_when() -> None:
    shown = state()
    shown.receive(ConnectionChanged(shown.wall() - 1500), 0.0)
    shown.receive(TileUnavailable(somewhere(shown), Unreachable("h")), 0.0)
    (notice,) = notices(shown)
    assert "since" in notice.title
