"""The goals of flights, and the room that they leave for panels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.ui.sample_fences import AWAY, HERE, LARGE, SMALL
from tvapp.config.model import Home
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Circle, Geofence
from tvapp.geo.position import Bounds, Position
from tvapp.mapview.layers import LayerChoice, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui import theme
from tvapp.ui.map_state.moves import NEAREST_ZOOM, SHEET_WIDTH, MapMoves
from tvapp.ui.map_state.shown_fences import ShownFences

WIDTH, HEIGHT = 1920, 1080


class Bench:
    """Moves over a map without motion; `frames` counts how often a frame was asked for."""

    def __init__(self, *fences: Geofence, home: Home | None = None, scale: float = 1.0) -> None:
        size = round(WIDTH * scale), round(HEIGHT * scale)
        self.model = MapModel(Viewport(HERE, 12.0, *size, scale), layers(LayerChoice()), 64 << 20, motion=False)
        self.moves = MapMoves(self.model, ShownFences(FenceBook(fences)), home, self._moved)
        self.frames = 0

    def _moved(self) -> None:
        self.frames += 1

    def box(self, bounds: Bounds) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of a box on the screen once the map has arrived, in design pixels."""
        view = self.model.camera.target
        left, top = view.to_screen(Position(bounds.west, bounds.north))
        right, bottom = view.to_screen(Position(bounds.east, bounds.south))
        return left / view.scale, top / view.scale, right / view.scale, bottom / view.scale


def fills(box: tuple[float, float, float, float], room: tuple[float, float, float, float]) -> bool:
    """Tell whether a box is in the middle of a room, which the next zoom level would exceed."""
    wide, high = box[2] - box[0], box[3] - box[1]
    room_wide, room_high = room[2] - room[0], room[3] - room[1]
    assert (box[0] + box[2]) / 2 == pytest.approx((room[0] + room[2]) / 2, abs=1)
    assert (box[1] + box[3]) / 2 == pytest.approx((room[1] + room[3]) / 2, abs=1)
    assert wide <= room_wide + 1
    assert high <= room_high + 1
    return wide * 2 > room_wide or high * 2 > room_high


EDGE_X, EDGE_Y = WIDTH * theme.SAFE, HEIGHT * theme.SAFE
BESIDE_SHEET = (EDGE_X + SHEET_WIDTH + 40, 150.0, WIDTH - EDGE_X - 40, HEIGHT - 170.0)
WHOLE_MAP = (EDGE_X + 40, 150.0, WIDTH - EDGE_X - 40, HEIGHT - 170.0)


@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize(("beside_sheet", "room"), [(True, BESIDE_SHEET), (False, WHOLE_MAP)])
def test_a_flight_to_a_geofence_fills_what_panels_leave_free(
    scale: float, beside_sheet: bool, room: tuple[float, float, float, float]
) -> None:
    bench = Bench(scale=scale)
    bench.moves.fly_to(AWAY, 0.0, beside_sheet=beside_sheet)
    assert fills(bench.box(AWAY.bounds), room)
    assert bench.frames == 1


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_a_flight_above_a_panel_fills_what_the_panel_leaves_free(scale: float) -> None:
    bench = Bench(scale=scale)
    bench.moves.fly_above(AWAY.bounds, 400.0, 0.0)
    room = (EDGE_X, EDGE_Y + 80, WIDTH - EDGE_X, HEIGHT - EDGE_Y - 400 - theme.HINT_HEIGHT)
    assert fills(bench.box(AWAY.bounds), room)
    assert bench.frames == 1


def test_a_flight_to_something_small_goes_no_nearer_than_a_street() -> None:
    dot = Geofence("dot", "Dot", (Circle(HERE, 1.0),))
    bench = Bench()
    bench.moves.fly_to(dot, 0.0)
    assert bench.model.camera.target.zoom == NEAREST_ZOOM
    bench.moves.fly_above(dot.bounds, 400.0, 0.0)
    assert bench.model.camera.target.zoom == NEAREST_ZOOM


def test_everything_is_on_the_screen_after_fit_all() -> None:
    bench = Bench(SMALL, LARGE, AWAY)
    bench.moves.fit_all(0.0)
    assert fills(bench.box(FenceBook((SMALL, LARGE, AWAY)).bounds or AWAY.bounds), WHOLE_MAP)
    for fence in (SMALL, LARGE, AWAY):
        left, top, right, bottom = bench.box(fence.bounds)
        assert left > 0
        assert top > 0
        assert right < WIDTH
        assert bottom < HEIGHT
    assert bench.frames == 1


def test_without_a_geofence_fit_all_stays() -> None:
    bench = Bench()
    bench.moves.fit_all(0.0)
    assert bench.model.viewport == Bench().model.viewport
    assert bench.frames == 0


def test_home_is_the_configured_place_or_else_all_geofences() -> None:
    bench = Bench(AWAY, home=Home(25.0, 60.0, 9))
    bench.moves.go_home(0.0)
    target = bench.model.camera.target
    assert (round(target.center.lon, 6), round(target.center.lat, 6), target.zoom) == (25.0, 60.0, 9)
    assert bench.frames == 1
    everything, home = Bench(AWAY), Bench(AWAY)
    everything.moves.fit_all(0.0)
    home.moves.go_home(0.0)
    assert home.model.viewport == everything.model.viewport != Bench().model.viewport


def zoom_with_keys(moves: MapMoves, intent: Intent) -> bool:
    return moves.zoom_keys().act(Input(intent), 0.0)


def zoom_by_levels(moves: MapMoves, intent: Intent) -> bool:
    moves.zoom(1 if intent is Intent.ZOOM_IN else -1, 0.0)
    return True


@pytest.mark.parametrize("zoom", [zoom_with_keys, zoom_by_levels])
def test_a_zoom_key_is_one_level(zoom: Callable[[MapMoves, Intent], bool]) -> None:
    for intent, level in ((Intent.ZOOM_IN, 13.0), (Intent.ZOOM_OUT, 11.0)):
        bench = Bench()
        assert zoom(bench.moves, intent)
        assert bench.model.camera.target.zoom == level
        assert bench.frames == 1


def test_zoom_keys_are_in_the_hint_line_where_there_is_room() -> None:
    moves = Bench().moves
    assert moves.zoom_keys().hint is not None
    assert moves.zoom_keys(mentioned=False).hint is None
    assert moves.zoom_keys().intents == {Intent.ZOOM_IN, Intent.ZOOM_OUT}


def test_an_arrow_moves_the_map_from_its_press_to_its_release() -> None:
    bench = Bench()
    camera = bench.model.camera
    assert bench.moves.pan(Input(Intent.RIGHT), 0.0)
    assert bench.moves.pan(Input(Intent.RIGHT, Phase.REPEAT, 0.5), 0.5)
    bench.model.update(1.0)
    assert camera.is_moving(1.0)
    east = bench.model.viewport.center.lon
    assert east > HERE.lon
    assert bench.moves.pan(Input(Intent.RIGHT, Phase.RELEASE, 1.0), 1.0)
    bench.model.update(1.0)
    bench.model.update(9.0)
    assert not camera.is_moving(9.0)
