"""The map and what is behind it meet in any order."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from tests.app.rig import FakeBackend
from tests.surroundings import surroundings
from tvapp.app.backend import Backend
from tvapp.app.live_map import LiveMap
from tvapp.config.model import Config
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.tiles.tile import DRAWN_TILESET, TileArrived, TileId, TileImage

TILE = TileId("microsoft.base.darkgrey", 3, 4, 2)


def live_map(log: RecordingLog | None = None) -> LiveMap:
    jobs = Jobs(Inbox(), RecordingLog())
    around = surroundings(Path("/nowhere"), jobs, log=log)
    return LiveMap(Config(), around, (1920, 1080), 1.0, tell=lambda _message: None)


def connected(here: LiveMap) -> FakeBackend:
    backend = FakeBackend()
    here.connect(cast(Backend, backend), "")
    return backend


def test_the_attribution_of_a_map_that_came_to_rest_before_the_network_was_there_is_asked_for() -> None:
    here = live_map()
    here.view_rested(here.model.viewport)
    backend = connected(here)
    assert [zoom for _, zoom in backend.attribution.asked] == [here.model.viewport.zoom]


def test_tiles_come_in_the_size_of_the_screen_from_the_first_and_after_another_one_is_plugged_in() -> None:
    here = live_map()
    backend = connected(here)
    assert set(backend.loader.sizes.values()) == {512}
    budget = here.model.memory.budget_bytes
    here.rescale(1280, 720, 2 / 3)
    assert backend.loader.sizes["microsoft.base.darkgrey"] == backend.loader.sizes[DRAWN_TILESET] == 341
    assert backend.loader.sizes["microsoft.imagery"] == 512
    assert here.model.memory.budget_bytes < budget / 2


def test_wishes_wait_for_the_end_of_the_frame_that_follows() -> None:
    here = live_map()
    backend = connected(here)
    backend.loader.requested.clear()
    here.want_tiles([TILE])
    here.tick(0.0, frame_follows=True)
    assert backend.loader.requested == []
    here.pass_on_request()
    here.pass_on_request()
    assert backend.loader.requested == [(TILE,)]


def test_wishes_do_not_wait_where_no_frame_follows() -> None:
    here = live_map()
    backend = connected(here)
    backend.loader.requested.clear()
    here.want_tiles([TILE])
    here.tick(0.0, frame_follows=False)
    assert backend.loader.requested == [(TILE,)]


def test_no_wish_list_is_left_out_even_if_two_come_between_two_frames() -> None:
    here, backend = live_map(), FakeBackend()
    here.connect(cast(Backend, backend), "")
    backend.loader.requested.clear()
    here.want_tiles((TILE,))
    here.pass_on_request()
    here.want_tiles(())
    here.want_tiles((TILE,))
    here.pass_on_request()
    assert backend.loader.requested == [(TILE,), (), (TILE,)]


def test_the_first_tile_on_the_screen_is_told_once_after_its_frame() -> None:
    log = RecordingLog()
    here = live_map(log)
    here.presented()
    for tile in (TILE, TILE):
        here.receive(TileArrived(tile, TileImage(None), "disk"), 0.0)
    assert log.named("tile.first") == []
    here.presented()
    here.presented()
    assert [fields["origin"] for fields in log.named("tile.first")] == ["disk"]
