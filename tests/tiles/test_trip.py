"""What trips over the map cost in requests, counted by the service: a map in motion, real loader, cache and transport.

Time is simulated, and stands still until what is wished for has come.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.mapview.world import FRAME_S, screen
from tests.tiles.rig import Rig
from tvapp.core.image import Image
from tvapp.geo.position import Position
from tvapp.mapview.layer_picture import tile_px
from tvapp.mapview.layers import BaseStyle, LayerChoice, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.remote.intents import Intent
from tvapp.tiles.tile import DRAWN_TILESET, TILE_SIZE, TileArrived, TileId, TileImage, TileRevalidated, TileUnavailable

Cell = tuple[int, int, int]
LIMIT_S = 60.0
PLACES = [Position(24.94, 60.17), Position(25.3, 60.3), Position(24.5, 60.0), Position(25.0, 60.5)]


@dataclass(frozen=True)
class Fences:
    """Draws the same box into every tile."""

    revision: int

    def rasterise(self, tile: TileId, size: int) -> TileImage:
        return TileImage(Image(64, 64, bytes(64 * 64 * 4)), 100, 100)


class Traveller:
    """A map that loads its tiles over the network, and notes requests for tiles that are not near."""

    def __init__(self, rig: Rig, cloud: LocalCloud, choice: LayerChoice, budget_bytes: int = 1 << 40) -> None:
        self.rig, self.cloud = rig, cloud
        self._shown = {layer.tileset for layer in layers(choice)}
        self.model = MapModel(screen(zoom=12), layers(choice), budget_bytes, compose=True)
        rig.loader.set_rasteriser(Fences(0))
        self.strangers: set[Cell] = set()
        """Cells that were requested far from the view of that moment."""
        self.wanted: set[TileId] = set()
        self.now = 100.0
        self.before: Viewport | None = None

    def frame(self) -> None:
        """Let time pass and draw."""
        self.now += FRAME_S
        self._receive()
        self.model.update(self.now)
        near = self._near()
        wishes = self.model.request_list()
        if wishes is not None:
            self.strangers |= {(tile.z, tile.wrapped().x, tile.y) for tile in wishes} - near
            self.wanted = {tile.wrapped() for tile in wishes}
            self.rig.loader.request(wishes)
        self.model.compositions(self.now)
        self.model.quads(self.now)
        self.model.evictions()

    def settle(self) -> None:
        """Let frames pass until nothing more is expected."""
        for _ in range(round(LIMIT_S / FRAME_S)):
            self.frame()
            if not self.model.camera.is_moving(self.now) and self.model.take_settled(self.now) is not None:
                return
            self.catch_up()
        raise AssertionError("the map did not settle")

    def catch_up(self) -> None:
        """Stop the time until all requested tiles have come."""
        while self.wanted:
            self.rig.posted.clear()
            if not self._receive():
                assert self.rig.posted.wait(20), f"{len(self.wanted)} tiles did not come"

    def pan(self, direction: Intent, heights: float) -> None:
        """Hold an arrow until the map has moved by so many heights of the screen, and let it come to rest."""
        begin, camera = self.model.viewport, self.model.camera
        camera.press(direction, self.now)
        while abs(self.model.viewport.u - begin.u) * begin.world < heights * begin.height:
            self.frame()
            self.catch_up()
        camera.release(direction, self.now)
        self.settle()

    def zoom(self, levels: int) -> None:
        """Press a zoom key so often."""
        for _ in range(abs(levels)):
            self.model.camera.zoom_by(1 if levels > 0 else -1, self.now)
            self.settle()

    def asked(self) -> Counter[tuple[str, Cell]]:
        """Return which tiles were requested from the service since the last call, and how often."""
        recent = self.cloud.requests("tile")
        assert len(recent) == self.cloud.count("tile")
        self.cloud.forget_requests()
        # Requests that an earlier test had left under way do not count.
        queries = [request["query"] for request in recent if request["query"]["tilesetId"] in self._shown]
        return Counter((str(q["tilesetId"]), (int(q["zoom"]), int(q["x"]), int(q["y"]))) for q in queries)

    def _receive(self) -> bool:
        messages = [m for m in self.rig.inbox.drain() if isinstance(m, TileArrived | TileRevalidated | TileUnavailable)]
        stale = [m for m in messages if isinstance(m, TileArrived) and m.origin == "stale"]
        if stale:
            # The loader revalidates them once no new tile has been requested for a moment. No more may pass: a disk
            # that has not answered within two seconds would not be used any longer.
            self.rig.clock.advance(0.3)
        for message in messages:
            if message not in stale:
                self.wanted.discard(message.tile)
            if isinstance(message, TileRevalidated):
                self.model.revalidated(message)
            else:
                self.model.receive(message, self.now)
        return bool(messages)

    def _near(self) -> set[Cell]:
        """Return the cells in view and those up to where the map comes to rest, one further where it moves to."""
        view, target = self.model.viewport, self.model.camera.target
        before, self.before = self.before or view, view
        dx, dy = view.u - before.u, view.v - before.v
        z = math.floor(target.zoom + 0.5)
        boxes = [_cells(each, z) for each in (view, target) if math.floor(each.zoom + 0.5) == z]
        x0, x1 = min(box[0] for box in boxes) - (dx < 0), max(box[1] for box in boxes) + (dx > 0)
        y0, y1 = min(box[2] for box in boxes) - (dy < 0), max(box[3] for box in boxes) + (dy > 0)
        return {(z, x % (1 << z), y) for x in range(x0, x1) for y in range(y0, y1)}


def _cells(view: Viewport, z: int) -> tuple[int, int, int, int]:
    """Return the first and last column and row (ends exclusive) that a view touches."""
    edge = TILE_SIZE * 2.0 ** (view.zoom - z)
    x, y = view.u * 2**z, view.v * 2**z
    dx, dy = view.width / 2 / edge, view.height / 2 / edge
    return math.floor(x - dx), math.ceil(x + dx), math.floor(y - dy), math.ceil(y + dy)


@pytest.fixture
def rig(cloud: LocalCloud, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(cloud, tmp_path)
    cloud.forget_requests()
    yield made
    made.close()


@pytest.mark.parametrize("budget_bytes", [1 << 40, 40 << 20], ids=["in memory", "from disk"])
def test_on_a_trip_no_tile_is_requested_twice_none_on_the_way_back_and_none_that_was_not_in_view_or_next(
    rig: Rig, cloud: LocalCloud, budget_bytes: int
) -> None:
    here = Traveller(rig, cloud, LayerChoice(BaseStyle.DARK), budget_bytes)
    here.settle()
    three_screens = 3 * 1920 / 1080
    here.pan(Intent.RIGHT, three_screens)
    here.zoom(2)
    here.zoom(-2)
    there = here.asked()
    assert max(there.values()) == 1
    here.pan(Intent.LEFT, three_screens - 0.5)
    back = here.asked()
    assert back == {}
    assert here.strangers == set()


@pytest.mark.parametrize("lifetime_s", [0, 600])
def test_geofences_that_change_above_stale_tiles_cost_a_request_a_tile_once_and_not_with_each_change(
    rig: Rig, cloud: LocalCloud, lifetime_s: int
) -> None:
    cloud.settings(tile_max_age_s=lifetime_s)
    here = Traveller(rig, cloud, LayerChoice(BaseStyle.DARK))
    here.settle()
    first = here.asked()
    assert max(first.values()) == 1
    rig.clock.advance(700)
    confirmed: Counter[tuple[str, Cell]] = Counter()
    for revision in range(1, 6):
        rig.loader.set_rasteriser(Fences(revision))
        here.model.invalidate(DRAWN_TILESET, None, revision)
        here.settle()
        confirmed += here.asked()
    assert confirmed == first
    assert cloud.statuses("tile") in ({}, {"304": len(first)})


def test_a_day_of_touring_costs_what_its_first_lap_costs(rig: Rig, cloud: LocalCloud) -> None:
    here = Traveller(rig, cloud, LayerChoice(BaseStyle.DARK), budget_bytes=40 << 20)

    def lap(places: Sequence[Position]) -> Counter[tuple[str, Cell]]:
        for place in places:
            here.model.camera.fly_to(screen(place, 13), here.now)
            here.settle()
        return here.asked()

    first = lap(PLACES)
    assert max(first.values()) == 1
    for _ in range(22):
        rig.clock.advance(3600)
        assert lap(PLACES) == {}


def test_on_another_screen_every_tile_in_view_comes_from_disk_in_its_size(rig: Rig, cloud: LocalCloud) -> None:
    here = Traveller(rig, cloud, LayerChoice(BaseStyle.DARK))
    here.settle()
    assert here.asked()
    scale = 2 / 3
    here.model.resize(1278, 718, scale)
    rig.loader.set_sizes({layer.tileset: tile_px(layer, scale) for layer in here.model.layers})
    here.settle()
    assert here.asked() == {}
    shown = [here.model.memory.peek(quad.key) for quad in here.model.quads(here.now)]
    assert {texture.size for texture in shown if texture is not None} == {341}
