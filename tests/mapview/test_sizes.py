"""Tiles in the size in which a screen shows them: a map at rest is copied, not scaled."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.geo.places import places
from tests.mapview.world import BASE, BUDGET, HELSINKI, OVERLAY, World, assert_partition, screen, square, trimmed, world
from tvapp.geo.position import Position
from tvapp.mapview.composed_cells import COMPOSED
from tvapp.mapview.layer_picture import Quad, tile_px
from tvapp.mapview.layers import Layer
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport, tile_side
from tvapp.remote.intents import Intent
from tvapp.tiles.tile import DRAWN_TILESET, TileId, TileImage, TileRevalidated

DRAWN = Layer(DRAWN_TILESET, "fences", 0, 22)
PLAIN = Layer("plain", "base", 0, 20)
SMALL = 2 / 3
"""A screen of 720 lines."""

scales = st.one_of(st.floats(0.2, 3.0), st.sampled_from([SMALL, 768 / 1080, 0.5, 1.0, 4 / 3, 2.0]))


@given(scales, st.integers(3, 20), places(80))
def test_at_a_whole_zoom_tiles_begin_at_whole_pixels_on_every_screen(scale: float, zoom: int, center: Position) -> None:
    view = Viewport(center, float(zoom), round(1920 * scale), round(1080 * scale), scale)
    assert math.ldexp(view.world, -zoom) == tile_side(scale)
    assert abs(tile_side(scale) - 512 * scale) <= 0.5


@pytest.mark.parametrize(
    ("scale", "text", "plain", "drawn"),
    [
        (0.5, 256, 512, 256),
        (SMALL, 341, 512, 341),
        (0.75, 384, 384, 384),
        (1.0, 512, 512, 512),
        (4 / 3, 512, 512, 512),
        (1.5, 512, 384, 384),
        (2.0, 512, 512, 512),
    ],
)
def test_tiles_are_never_larger_than_they_are_shown_nor_than_they_come(
    scale: float, text: int, plain: int, drawn: int
) -> None:
    assert [tile_px(layer, scale) for layer in (BASE, PLAIN, DRAWN)] == [text, plain, drawn]


@settings(max_examples=40, deadline=None)
@given(scales, st.integers(3, 20), places(80))
def test_what_is_smaller_than_it_comes_is_copied_at_every_whole_zoom(scale: float, zoom: int, center: Position) -> None:
    here = Sized(scale, (BASE,), center, float(zoom))
    here.settle()
    if scale <= 1.0:
        assert here.scaled == 0
    assert_partition(here.quads, here.world.model.viewport)


@pytest.mark.parametrize("layers", [(BASE, DRAWN), (BASE, OVERLAY, DRAWN), (PLAIN, DRAWN)], ids=len)
@pytest.mark.parametrize(("scale", "side"), [(SMALL, 341), (1.0, 512), (2.0, 512)])
def test_a_pan_over_ground_that_was_seen_copies_everything(layers: tuple[Layer, ...], scale: float, side: int) -> None:
    here = Sized(scale, layers)
    here.settle()
    here.pan(Intent.RIGHT)
    here.settle()
    here.copied = here.scaled = 0
    here.pan(Intent.LEFT)
    assert here.copied > 500
    assert here.scaled == 0
    assert {quad.dst.w for quad in here.quads} == {side}


def test_geofences_take_as_much_room_in_memory_as_on_the_screen() -> None:
    here = Sized(SMALL, (BASE, DRAWN))
    here.settle()
    cells = [key for key in here.world.uploads if key[0] == COMPOSED]
    assert here.world.model.memory.size_bytes < len(cells) * (341 * 341 * 4 + 1024)


@pytest.mark.parametrize(("before", "after"), [(1.0, SMALL), (SMALL, 1.0), (0.5, 0.75)])
@pytest.mark.parametrize("layers", [(BASE,), (BASE, DRAWN)], ids=len)
def test_on_another_screen_tiles_come_once_more_in_its_size_and_there_is_no_hole_until_then(
    layers: tuple[Layer, ...], before: float, after: float
) -> None:
    here = Sized(before, layers)
    here.settle()
    here.world.asked.clear()
    here.resize(after)
    assert here.world.model.progress().missing == 0
    here.settle(holes=False)
    asked = here.world.asked
    in_view = here.world.model.progress().in_view
    assert len({tile for tile in asked if tile.tileset == "base"}) * len(layers) >= in_view
    assert {quad.dst.w for quad in here.quads} == {tile_side(after)}
    here.copied = here.scaled = 0
    here.frame()
    assert here.scaled == 0
    assert here.world.requested == ()


def test_tiles_of_layers_that_were_left_come_anew_on_another_screen() -> None:
    here = Sized(1.0, (BASE, DRAWN))
    here.settle()
    here.world.model.set_layers((PLAIN, DRAWN))
    here.settle()
    here.resize(SMALL)
    here.settle()
    here.world.model.set_layers((BASE, DRAWN))
    here.settle()
    assert {image.width for key, image in here.world.uploads.items() if key[0] == "base"} <= {341}
    assert here.size_of(here.quads[0]) == (341, 341)


def test_on_a_larger_screen_that_shows_them_as_they_come_nothing_is_requested_again() -> None:
    here = Sized(1.0, (BASE,))
    here.settle()
    here.world.asked.clear()
    here.resize(2.0)
    here.settle()
    assert here.world.asked == []


def test_a_stale_copy_replaces_what_is_shown_in_another_size() -> None:
    here = Sized(1.0, (BASE,))
    here.settle()
    here.resize(SMALL)
    here.frame()
    tile = here.world.requested[0]
    assert here.world.arrive(tile, here.paint(tile), "stale") is not None
    assert here.world.arrive(tile, here.paint(tile), "stale") is None


def test_a_revalidated_tile_is_as_good_as_new_and_nothing_is_drawn_anew_for_it() -> None:
    here = world()
    here.load(origin="stale")
    here.uploads.clear()
    for tile in here.requested:
        here.model.revalidated(TileRevalidated(tile))
    here.model.update(here.now)
    assert here.model.request_list() == ()
    assert here.model.is_settled(here.now)
    assert here.uploads == {}


def test_revalidated_cells_stay_as_they_were_composed_and_give_their_geofences_back() -> None:
    here = Sized(1.0, (BASE, DRAWN))
    here.settle(origin="stale")
    assert [key for key in here.world.uploads if key[0] == DRAWN_TILESET]
    here.world.composed.clear()
    for tile in list(here.world.requested):
        here.world.model.revalidated(TileRevalidated(tile))
    here.settle()
    assert here.world.composed == []
    assert here.world.requested == ()
    assert not [key for key in here.world.uploads if key[0] == DRAWN_TILESET]


def test_geofences_that_came_meanwhile_are_composed_with_a_base_that_is_revalidated() -> None:
    here = Sized(1.0, (BASE, DRAWN))
    here.settle(origin="stale")
    base = next(tile for tile in here.world.requested if tile.tileset == "base")
    here.world.composed.clear()
    drawn = TileId(DRAWN_TILESET, base.z, base.x, base.y)
    here.world.arrive(drawn, trimmed(0, 0, 9, 9), "worker", revision=1)
    for tile in list(here.world.requested):
        here.world.model.revalidated(TileRevalidated(tile))
    here.settle()
    assert [made.key[1:] for made in here.world.composed] == [(base.z, base.x, base.y)]
    assert here.world.composed[0].quads[1].dst == (0, 0, 9, 9)


def test_a_revalidation_of_what_is_no_longer_there_leaves_it_requested() -> None:
    here = world()
    here.frame()
    here.model.revalidated(TileRevalidated(here.requested[0]))
    assert here.model.progress().loading == len(here.requested)


class Sized:
    """A map whose tiles arrive in the size in which they are wanted, and which counts how they are drawn."""

    def __init__(
        self, scale: float, layers: tuple[Layer, ...], center: Position = HELSINKI, zoom: float = 13.0
    ) -> None:
        view = screen(center, zoom, scale)
        is_composed = len(layers) > 1
        self.world = World(MapModel(view, layers, BUDGET, motion=False, compose=is_composed))
        self.quads: list[Quad] = []
        self.copied = 0
        self.scaled = 0

    def paint(self, tile: TileId) -> TileImage:
        model = self.world.model
        layer = next(layer for layer in model.layers if layer.tileset == tile.tileset)
        size = tile_px(layer, model.viewport.scale)
        if layer.role == "base":
            return TileImage(square(size), size=size)
        return TileImage(square(size // 4), size // 8, size // 8, size)

    def resize(self, scale: float) -> None:
        self.world.model.resize(round(1920 * scale), round(1080 * scale), scale)

    def frame(self) -> None:
        self.quads = self.world.frame()
        for quad in self.quads:
            if quad.dst[2:] == (quad.src[2:] if quad.src is not None else self.size_of(quad)):
                self.copied += 1
            else:
                self.scaled += 1

    def size_of(self, quad: Quad) -> tuple[int, int]:
        """Return the sizes of the boxes that are drawn."""
        image = self.world.uploads[quad.key]
        return image.width, image.height

    def settle(self, origin: str = "network", *, holes: bool = True) -> None:
        for _ in range(40):
            self.frame()
            for tile in list(self.world.requested):
                is_base = tile.tileset not in (DRAWN_TILESET, "overlay")
                if origin == "network" or self.world.model.memory.peek((tile.tileset, tile.z, tile.x, tile.y)) is None:
                    self.world.arrive(tile, self.paint(tile), "stale" if origin == "stale" and is_base else "worker")
            if not holes:
                assert_partition(self.quads, self.world.model.viewport)
        self.copied = self.scaled = 0
        self.frame()

    def pan(self, direction: Intent) -> None:
        camera = self.world.model.camera
        camera.press(direction, self.world.now)
        for number in range(90):
            if number == 60:
                camera.release(direction, self.world.now)
            self.frame()
            for tile in list(self.world.requested):
                self.world.arrive(tile, self.paint(tile))
