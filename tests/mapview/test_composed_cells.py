"""Cells put together: what a frame draws does not depend on how many layers there are."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapview.world import BASE, BUDGET, FRAME_S, OVERLAY, World, assert_partition, screen, trimmed, whole
from tvapp.geo.position import Position
from tvapp.mapview.composed_cells import COMPOSED, MAX_PER_FRAME, MAX_PER_MOVING_FRAME
from tvapp.mapview.layers import Layer
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.remote.intents import Intent
from tvapp.tiles.tile import TileId, TileImage

FENCES = Layer("overlay", "fences", 0, 20)
OTHER_BASE = Layer("other", "base", 0, 20, has_text=True)


def flat_world(
    viewport: Viewport | None = None, layers: tuple[Layer, ...] = (BASE, OVERLAY), *, motion: bool = True
) -> World:
    return World(MapModel(viewport or screen(), layers, BUDGET, motion=motion, compose=True))


def paint(tile: TileId) -> TileImage:
    """Fill the base; of the overlay a box is not transparent."""
    return trimmed(100, 50, 200, 300) if tile.tileset == "overlay" else whole(tile)


def paint_base_only(tile: TileId) -> TileImage:
    return TileImage(None) if tile.tileset == "overlay" else whole(tile)


def settle(world: World) -> None:
    world.frame(1.0)
    for _ in range(60):
        world.frame()


def test_a_frame_of_a_loaded_map_draws_nothing_but_opaque_pictures_that_fill_the_screen() -> None:
    world = flat_world()
    world.load(paint)
    settle(world)
    quads = world.frame()
    assert {quad.key[0] for quad in quads} == {COMPOSED}
    assert world.model.is_covered
    assert_partition(quads, world.model.viewport)


def test_a_few_cells_are_put_together_in_one_frame() -> None:
    world = flat_world()
    world.load(paint)
    counts = []
    for _ in range(40):
        before = len(world.composed)
        world.frame()
        counts.append(len(world.composed) - before)
    assert max(counts) <= MAX_PER_FRAME
    assert counts[-1] == 0


def test_a_moving_map_puts_fewer_together_in_a_frame() -> None:
    world = flat_world()
    world.load(paint)
    world.model.camera.press(Intent.RIGHT, world.now)
    for _ in range(20):
        before = len(world.composed)
        world.frame()
        assert len(world.composed) - before <= MAX_PER_MOVING_FRAME


def test_frames_go_on_until_every_cell_is_put_together_and_then_stop() -> None:
    world = flat_world()
    world.load(paint)
    world.frame(1.0)
    frames = 0
    while world.model.update(world.now + FRAME_S):
        world.frame()
        frames += 1
        assert frames < 100
    assert not world.model.is_animating(world.now)
    assert {quad.key[0] for quad in world.frame()} == {COMPOSED}


def test_a_cell_with_nothing_but_its_base_costs_no_picture_of_its_own() -> None:
    world = flat_world()
    world.load(paint_base_only)
    settle(world)
    assert world.composed == []
    assert {quad.key[0] for quad in world.frame()} == {"base"}
    assert world.model.is_covered


def test_a_new_drawing_of_the_geofences_is_put_onto_the_same_base() -> None:
    world = flat_world()
    world.load(paint)
    settle(world)
    tile = next(tile for tile in world.asked if tile.tileset == "overlay")
    world.composed.clear()
    world.arrive(tile, trimmed(0, 0, 10, 10), "worker", revision=1)
    settle(world)
    assert [wanted.tileset for wanted in world.wanted] == ["base"], "its pixels had been given back"
    world.load()
    settle(world)
    assert [made.key[1:] for made in world.composed] == [(tile.z, tile.x, tile.y)]
    assert [quad.key[0] for quad in world.composed[0].quads] == ["base", "overlay"]
    assert world.composed[0].quads[1].dst == (0, 0, 10, 10)


def test_geofences_that_went_leave_the_base_alone() -> None:
    world = flat_world()
    world.load(paint)
    settle(world)
    for tile in dict.fromkeys(tile for tile in world.asked if tile.tileset == "overlay"):
        world.arrive(tile, TileImage(None), "worker", revision=1)
    settle(world)
    assert {quad.key[0] for quad in world.frame()} == {COMPOSED}
    world.load()
    settle(world)
    assert {quad.key[0] for quad in world.frame()} == {"base"}
    assert not any(key[0] == COMPOSED for key in world.uploads)


def test_geofences_are_shown_where_the_base_cannot_be_had() -> None:
    world = flat_world()
    world.frame()
    for tile in world.wanted:
        if tile.tileset == "overlay":
            world.arrive(tile, paint(tile), "worker")
        else:
            world.fail(tile)
    settle(world)
    made = {made.key for made in world.composed}
    assert {quad.key for quad in world.frame()} <= made
    assert all(quad.key[0] == "overlay" for one in world.composed for quad in one.quads)


def test_what_is_on_the_screen_stays_until_another_base_is_there() -> None:
    world = flat_world()
    world.load(paint)
    settle(world)
    world.model.set_layers((OTHER_BASE, OVERLAY))
    settle(world)
    assert {quad.key[0] for quad in world.frame()} == {COMPOSED}
    assert "other" not in {quad.key[0] for one in world.composed for quad in one.quads}
    world.load(paint)
    settle(world)
    assert all(one.quads[0].key[0] == "other" for one in world.composed[-12:])
    assert_partition(world.frame(), world.model.viewport)


def test_after_leaving_a_layer_out_nothing_of_it_is_shown() -> None:
    world = flat_world()
    world.load(paint)
    settle(world)
    world.model.set_layers((BASE,))
    settle(world)
    assert {quad.key[0] for quad in world.frame()} == {COMPOSED}
    world.load()
    settle(world)
    assert {quad.key[0] for quad in world.frame()} == {"base"}


def test_a_translucent_layer_is_put_onto_the_base_with_its_opacity() -> None:
    world = flat_world(layers=(BASE, replace(OVERLAY, opacity=0.6)))
    world.load(paint)
    settle(world)
    assert {quad.alpha for made in world.composed for quad in made.quads if quad.key[0] == "overlay"} == {153}
    assert {quad.alpha for quad in world.frame()} == {255}


def test_on_a_4k_screen_the_base_is_enlarged_once_and_not_in_every_frame() -> None:
    world = flat_world(screen(scale=2.0))
    world.load(paint)
    for _ in range(6):
        settle(world)
    quads = world.frame()
    assert {quad.key[0] for quad in quads} == {COMPOSED}
    assert {(quad.dst.w, quad.dst.h) for quad in quads} == {(512, 512)}
    base = world.composed[0].quads[0]
    assert (base.src[2:] if base.src else None) == (256, 256)
    assert base.dst == (0, 0, 512, 512)


def test_a_lost_display_gets_every_cell_again() -> None:
    world = flat_world()
    world.load(paint)
    settle(world)
    world.model.forget_all()
    world.uploads.clear()
    world.composed.clear()
    world.load(paint)
    settle(world)
    assert {quad.key[0] for quad in world.frame()} == {COMPOSED}
    assert world.composed


def test_a_cell_whose_tiles_made_room_keeps_its_sharp_picture() -> None:
    world = flat_world()
    world.load(paint)
    settle(world)
    tile = next(tile for tile in world.asked if tile.tileset == "overlay")
    world.model.memory.remove(("overlay", tile.z, tile.x, tile.y))
    world.composed.clear()
    world.arrive(next(tile for tile in world.asked if tile.tileset == "base"))
    settle(world)
    assert (COMPOSED, tile.z, tile.x, tile.y) not in {made.key for made in world.composed if len(made.quads) == 1}


def test_what_is_put_together_for_good_gives_the_pixels_of_its_base_back() -> None:
    world = flat_world()
    world.load(paint)
    settle(world)
    assert not any(key[0] == "base" for key in world.uploads)
    assert world.model.progress().missing == 0
    assert world.wanted == ()
    pixels = sum(512 * 512 * 4 if key[0] == COMPOSED else 200 * 300 * 4 for key in world.uploads)
    assert pixels <= world.model.memory.size_bytes <= pixels * 1.01


def test_what_is_put_together_for_good_gives_the_pixels_of_its_geofences_back() -> None:
    world = flat_world(layers=(BASE, FENCES))
    world.load(paint)
    settle(world)
    assert not [key for key in world.uploads if key[0] == "overlay"]


def test_a_new_base_is_put_together_with_geofences_that_are_drawn_anew() -> None:
    world = flat_world(layers=(BASE, FENCES))
    world.load(paint)
    settle(world)
    tile = next(tile for tile in world.asked if tile.tileset == "base")
    world.composed.clear()
    world.arrive(tile, whole(tile), "network")
    settle(world)
    assert [wanted.tileset for wanted in world.wanted] == ["overlay"], "its pixels had been given back"
    assert world.composed == [], "the former picture stays until then"
    world.load(paint)
    settle(world)
    assert [made.key[1:] for made in world.composed] == [(tile.z, tile.x, tile.y)]
    assert [quad.key[0] for quad in world.composed[0].quads] == ["base", "overlay"]


def test_geofences_on_a_4k_screen_are_given_back_although_several_cells_share_their_base() -> None:
    world = flat_world(screen(scale=2.0), (BASE, FENCES))
    world.load(paint)
    settle(world)
    assert not [key for key in world.uploads if key[0] == "overlay"]
    assert [key for key in world.uploads if key[0] == "base"]


def test_geofences_are_kept_while_the_base_is_asked_for_anew() -> None:
    world = flat_world(layers=(BASE, FENCES))
    world.frame(1.0)
    for tile in list(world.wanted):
        world.arrive(tile, paint(tile), "stale" if tile.tileset == "base" else "worker")
    settle(world)
    assert [key for key in world.uploads if key[0] == "overlay"]
    world.asked.clear()
    world.load(paint)
    settle(world)
    assert {tile.tileset for tile in world.asked} <= {"base"}
    assert not [key for key in world.uploads if key[0] == "overlay"]


def test_geofences_are_kept_where_weather_or_traffic_lies_on_the_map() -> None:
    world = flat_world(layers=(BASE, FENCES, Layer("weather", "overlay", 0, 20)))
    world.load(lambda tile: whole(tile) if tile.tileset == "base" else trimmed(100, 50, 200, 300))
    settle(world)
    assert {key[0] for key in world.uploads} == {"overlay", "weather", COMPOSED}


def test_back_on_ground_that_has_been_seen_nothing_is_asked_for_or_put_together() -> None:
    world = flat_world()
    world.load(paint)
    settle(world)
    home = world.model.viewport
    world.model.camera.jump_to(home.panned(4000, 0))
    world.load(paint)
    settle(world)
    world.asked.clear()
    world.composed.clear()
    world.model.camera.jump_to(home)
    settle(world)
    assert (world.asked, world.composed) == ([], [])
    assert {quad.key[0] for quad in world.frame()} == {COMPOSED}


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.sampled_from(("in", "out", "pan", "load", "some", "layers")), min_size=1, max_size=8),
    st.sampled_from((0.667, 1.0, 2.0)),
    st.sampled_from((Position(24.94, 60.17), Position(179.99, -16.8))),
)
def test_whatever_happens_no_hole_opens_in_a_map_that_was_filled(
    moves: list[str], scale: float, center: Position
) -> None:
    world = flat_world(screen(center, 6.0, scale))
    world.load(paint)
    settle(world)
    has_base = True
    for move in moves:
        camera = world.model.camera
        if move in ("in", "out"):
            camera.zoom_by(1 if move == "in" else -1, world.now)
        elif move == "pan":
            camera.jump_to(world.model.viewport.panned(300, 100))
            has_base = False
        elif move == "layers":
            world.model.set_layers((OTHER_BASE if world.model.layers[0] is BASE else BASE, OVERLAY))
            has_base = False
        elif move == "some":
            for tile in world.wanted[::3]:
                world.arrive(tile, paint(tile))
        world.run(0.3)
        if move == "load":
            world.load(paint)
            has_base = True
        if move in ("out",):
            has_base = False
        settle(world)
        quads = world.frame()
        if has_base:
            assert_partition([q for q in quads if q.key[0] != "overlay"], world.model.viewport)
