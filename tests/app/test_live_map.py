"""The map and what is behind it meet in any order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

from tests.app.rig import FakeBackend, FakeJobs
from tests.surroundings import surroundings
from tvapp.app.backend import Backend
from tvapp.app.live_map import EVERYWHERE, OVERLAY_REFRESH_S, LiveMap
from tvapp.app.tile_backend import TileBackend
from tvapp.config.model import Config, Home, View
from tvapp.core.clock import ManualClock
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.geo.position import Position
from tvapp.mapview.last_view import LastView
from tvapp.mapview.layers import BaseStyle, LayerChoice, Overlay, layers
from tvapp.tiles.tile import DRAWN_TILESET, TileArrived, TileId, TileImage
from tvapp.ui.messages import TroubleChanged

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


def test_requests_wait_for_the_end_of_the_frame_that_follows() -> None:
    here = live_map()
    backend = connected(here)
    backend.loader.requested.clear()
    here.want_tiles([TILE])
    here.tick(0.0, frame_follows=True)
    assert backend.loader.requested == []
    here.pass_on_request()
    here.pass_on_request()
    assert backend.loader.requested == [(TILE,)]


def test_requests_do_not_wait_where_no_frame_follows() -> None:
    here = live_map()
    backend = connected(here)
    backend.loader.requested.clear()
    here.want_tiles([TILE])
    here.tick(0.0, frame_follows=False)
    assert backend.loader.requested == [(TILE,)]


def test_no_list_of_tiles_is_left_out_even_if_two_come_between_two_frames() -> None:
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


def with_radar(here: LiveMap) -> None:
    here.model.set_layers(layers(LayerChoice(BaseStyle.DARK, frozenset({Overlay.RADAR}))))


def test_weather_and_traffic_in_view_are_asked_for_again_now_and_then() -> None:
    here = live_map()
    connected(here)
    here.tick(0.0, frame_follows=False)
    assert here.next_wakeup() is None, "no overlay is on"
    with_radar(here)
    here.tick(10.0, frame_follows=False)
    assert here.next_wakeup() == 10.0 + OVERLAY_REFRESH_S
    here.tick(10.0 + OVERLAY_REFRESH_S - 0.1, frame_follows=False)
    assert here.next_wakeup() == 10.0 + OVERLAY_REFRESH_S
    here.tick(10.0 + OVERLAY_REFRESH_S, frame_follows=False)
    assert here.next_wakeup() == 10.0 + 2 * OVERLAY_REFRESH_S


def test_what_needs_the_backend_waits_for_it_without_harm() -> None:
    here = live_map()
    here.retry()
    here.load_previews()
    here.request_labels(here.model.viewport.bounds(), 5, None)
    here.tick(0.0, frame_follows=False)
    here.disconnect()
    assert (here.next_wakeup(), here.outbox, here.fences) == (None, None, None)


def test_the_geofences_are_drawn_anew_on_a_screen_of_another_size() -> None:
    here, backend = live_map(), FakeBackend.with_services()
    here.connect(cast(Backend, backend), "aino")
    assert backend.accounts == ["aino"]
    assert backend.fences is not None
    assert backend.fences.calls == ["load"]
    here.rescale(1280, 720, 2 / 3)
    assert backend.fences.calls == ["load", "rescale"]


def test_names_are_placed_by_the_service_of_the_geofences() -> None:
    here, backend = live_map(), FakeBackend.with_services()
    here.connect(cast(Backend, backend), "")
    here.request_labels(here.model.viewport.bounds(), 5, None)
    assert backend.fences is not None
    assert backend.fences.calls[-1] == "request_labels"


def test_the_tiles_of_the_disk_are_shown_before_the_rest_is_there() -> None:
    here, tiles = live_map(), FakeBackend()
    here.want_tiles((TILE,))
    here.connect_tiles(cast(TileBackend, tiles), "aino")
    assert tiles.accounts == ["aino"]
    assert tiles.loader.requested == [(TILE,)]
    here.disconnect()
    assert tiles.loader.requested[-1] == ()
    assert tiles.accounts == ["aino", None]


def test_a_store_that_was_not_chosen_is_told_once_the_backend_is_there() -> None:
    told: list[object] = []
    jobs = Jobs(Inbox(), RecordingLog())
    here = LiveMap(Config(), surroundings(Path("/nowhere"), jobs), (1920, 1080), 1.0, tell=told.append)
    connected(here)
    assert told == [TroubleChanged("store", state="undecided")]


def test_the_map_starts_where_it_was_left_with_its_layers_and_otherwise_at_home() -> None:
    jobs = Jobs(Inbox(), RecordingLog())
    around = surroundings(Path("/nowhere"), jobs)
    config = replace(Config(), view=View(Home(24.95, 60.17, 13.0)))
    last = LastView(Position(4.9, 52.4), 9.0, LayerChoice(BaseStyle.IMAGERY))

    def start(config: Config, last: LastView | None) -> tuple[Position, float, LayerChoice]:
        here = LiveMap(config, around, (1920, 1080), 1.0, tell=lambda _message: None, last=last)
        return here.model.viewport.center, here.model.viewport.zoom, here.choice

    assert start(config, last) == (last.center, 9.0, last.choice)
    assert start(config, None) == (Position(24.95, 60.17), 13.0, LayerChoice(BaseStyle.DARK))
    assert start(Config(), None)[:2] == EVERYWHERE


def test_pictures_of_the_layers_are_loaded_once() -> None:
    jobs = FakeJobs(ManualClock())
    around = surroundings(Path("/nowhere"), cast(Jobs, jobs))
    here = LiveMap(Config(), around, (1920, 1080), 1.0, tell=lambda _message: None)
    here.load_previews()
    assert jobs.asked == []
    connected(here)
    here.load_previews()
    here.load_previews()
    assert jobs.asked == ["previews"]
