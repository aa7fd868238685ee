"""Composed cells: what a frame draws does not depend on the number of layers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapview.world import BASE, BUDGET, FRAME_S, OVERLAY, World, assert_partition, screen, trimmed, whole
from tvapp.geo.position import Position
from tvapp.mapview.composed_cells import COMPOSED, MAX_PER_FRAME, MAX_PER_MOVING_FRAME, ComposedCells
from tvapp.mapview.composition import Composition
from tvapp.mapview.layer_picture import Texture, TileKey
from tvapp.mapview.layers import Layer
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.remote.intents import Intent
from tvapp.tiles.tile import TileId, TileImage

FENCES = Layer("overlay", "fences", 0, 20)
OTHER_BASE = Layer("other", "base", 0, 20, has_text=True)


def composed_world(
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
    world = composed_world()
    world.load(paint)
    settle(world)
    quads = world.frame()
    assert {quad.key[0] for quad in quads} == {COMPOSED}
    assert world.model.is_covered
    assert_partition(quads, world.model.viewport)


def test_a_few_cells_are_composed_in_one_frame() -> None:
    world = composed_world()
    world.load(paint)
    counts = []
    for _ in range(40):
        before = len(world.composed)
        world.frame()
        counts.append(len(world.composed) - before)
    assert max(counts) <= MAX_PER_FRAME
    assert counts[-1] == 0


def test_a_moving_map_puts_fewer_together_in_a_frame() -> None:
    world = composed_world()
    world.load(paint)
    world.model.camera.press(Intent.RIGHT, world.now)
    for _ in range(20):
        before = len(world.composed)
        world.frame()
        assert len(world.composed) - before <= MAX_PER_MOVING_FRAME


def test_frames_go_on_until_every_cell_is_composed_and_then_stop() -> None:
    world = composed_world()
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
    world = composed_world()
    world.load(paint_base_only)
    settle(world)
    assert world.composed == []
    assert {quad.key[0] for quad in world.frame()} == {"base"}
    assert world.model.is_covered


def test_a_new_drawing_of_the_geofences_is_put_onto_the_same_base() -> None:
    world = composed_world()
    world.load(paint)
    settle(world)
    tile = next(tile for tile in world.asked if tile.tileset == "overlay")
    world.composed.clear()
    world.arrive(tile, trimmed(0, 0, 10, 10), "worker", revision=1)
    settle(world)
    assert [requested.tileset for requested in world.requested] == ["base"], "its pixels had been given back"
    world.load()
    settle(world)
    assert [made.key[1:] for made in world.composed] == [(tile.z, tile.x, tile.y)]
    assert [quad.key[0] for quad in world.composed[0].quads] == ["base", "overlay"]
    assert world.composed[0].quads[1].dst == (0, 0, 10, 10)


def test_geofences_that_went_leave_the_base_alone() -> None:
    world = composed_world()
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


def test_geofences_are_shown_where_the_base_is_unavailable() -> None:
    world = composed_world()
    world.frame()
    for tile in world.requested:
        if tile.tileset == "overlay":
            world.arrive(tile, paint(tile), "worker")
        else:
            world.fail(tile)
    settle(world)
    made = {made.key for made in world.composed}
    assert {quad.key for quad in world.frame()} <= made
    assert all(quad.key[0] == "overlay" for one in world.composed for quad in one.quads)


def test_what_is_on_the_screen_stays_until_another_base_is_there() -> None:
    world = composed_world()
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


def test_another_base_replaces_the_former_one_cell_by_cell() -> None:
    world = composed_world(layers=(BASE,), motion=False)
    world.load()
    world.model.set_layers((OTHER_BASE,))
    quads = world.frame()
    assert {quad.key[0] for quad in quads} == {"base"}
    assert_partition(quads, world.model.viewport)
    world.arrive(world.requested[0])
    quads = world.frame()
    assert {quad.key[0] for quad in quads} == {"base", "other"}
    assert_partition(quads, world.model.viewport)


def test_after_leaving_a_layer_out_nothing_of_it_is_shown() -> None:
    world = composed_world()
    world.load(paint)
    settle(world)
    world.model.set_layers((BASE,))
    settle(world)
    assert {quad.key[0] for quad in world.frame()} == {COMPOSED}
    world.load()
    settle(world)
    assert {quad.key[0] for quad in world.frame()} == {"base"}


def test_a_translucent_layer_is_put_onto_the_base_with_its_opacity() -> None:
    world = composed_world(layers=(BASE, replace(OVERLAY, opacity=0.6)))
    world.load(paint)
    settle(world)
    assert {quad.alpha for made in world.composed for quad in made.quads if quad.key[0] == "overlay"} == {153}
    assert {quad.alpha for quad in world.frame()} == {255}


def test_on_a_4k_screen_the_base_is_enlarged_once_and_not_in_every_frame() -> None:
    world = composed_world(screen(scale=2.0))
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
    world = composed_world()
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
    world = composed_world()
    world.load(paint)
    settle(world)
    tile = next(tile for tile in world.asked if tile.tileset == "overlay")
    world.model.memory.remove(("overlay", tile.z, tile.x, tile.y))
    world.composed.clear()
    world.arrive(next(tile for tile in world.asked if tile.tileset == "base"))
    settle(world)
    assert (COMPOSED, tile.z, tile.x, tile.y) not in {made.key for made in world.composed if len(made.quads) == 1}


def test_what_is_composed_for_good_gives_the_pixels_of_its_base_back() -> None:
    world = composed_world()
    world.load(paint)
    settle(world)
    assert not any(key[0] == "base" for key in world.uploads)
    assert world.model.progress().missing == 0
    assert world.requested == ()
    pixels = sum(512 * 512 * 4 if key[0] == COMPOSED else 200 * 300 * 4 for key in world.uploads)
    assert pixels <= world.model.memory.size_bytes <= pixels * 1.01


def test_what_is_composed_for_good_gives_the_pixels_of_its_geofences_back() -> None:
    world = composed_world(layers=(BASE, FENCES))
    world.load(paint)
    settle(world)
    assert not [key for key in world.uploads if key[0] == "overlay"]


def test_a_new_base_is_composed_with_geofences_that_are_drawn_anew() -> None:
    world = composed_world(layers=(BASE, FENCES))
    world.load(paint)
    settle(world)
    tile = next(tile for tile in world.asked if tile.tileset == "base")
    world.composed.clear()
    world.arrive(tile, whole(tile), "network")
    settle(world)
    assert [requested.tileset for requested in world.requested] == ["overlay"], "its pixels had been given back"
    assert world.composed == [], "the former picture stays until then"
    world.load(paint)
    settle(world)
    assert [made.key[1:] for made in world.composed] == [(tile.z, tile.x, tile.y)]
    assert [quad.key[0] for quad in world.composed[0].quads] == ["base", "overlay"]


def test_geofences_on_a_4k_screen_are_given_back_although_several_cells_share_their_base() -> None:
    world = composed_world(screen(scale=2.0), (BASE, FENCES))
    world.load(paint)
    settle(world)
    assert not [key for key in world.uploads if key[0] == "overlay"]
    assert [key for key in world.uploads if key[0] == "base"]


def test_geofences_are_kept_while_the_base_is_requested_anew() -> None:
    world = composed_world(layers=(BASE, FENCES))
    world.frame(1.0)
    for tile in list(world.requested):
        world.arrive(tile, paint(tile), "stale" if tile.tileset == "base" else "worker")
    settle(world)
    assert [key for key in world.uploads if key[0] == "overlay"]
    world.asked.clear()
    world.load(paint)
    settle(world)
    assert {tile.tileset for tile in world.asked} <= {"base"}
    assert not [key for key in world.uploads if key[0] == "overlay"]


def test_geofences_are_kept_where_weather_or_traffic_lies_on_the_map() -> None:
    world = composed_world(layers=(BASE, FENCES, Layer("weather", "overlay", 0, 20)))
    world.load(lambda tile: whole(tile) if tile.tileset == "base" else trimmed(100, 50, 200, 300))
    settle(world)
    assert {key[0] for key in world.uploads} == {"overlay", "weather", COMPOSED}


def test_back_on_ground_that_has_been_seen_nothing_is_requested_or_composed() -> None:
    world = composed_world()
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
    world = composed_world(screen(center, 6.0, scale))
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
            for tile in world.requested[::3]:
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


SMALL = Viewport(Position(5.0, 5.0), 4.0, 64, 64)
"""Shows a part of one cell."""
CELL = (4, 8, 7)
KEY = (COMPOSED, *CELL)
BASE_KEY, FENCE_KEY = ("base", *CELL), ("overlay", *CELL)


class Bench:
    """Composed cells of one small view, with tiles under the test's control."""

    def __init__(self, *layers: Layer, view: Viewport = SMALL) -> None:
        self.there: dict[TileKey, Texture] = {}
        self.unavailable: set[TileKey] = set()
        self.revision = 0
        self.serial = 0
        self.view = view
        self.cells = ComposedCells(self.there.get, self.unavailable.__contains__, lambda _: self.revision)
        self.cells.set_layers(layers or (BASE, FENCES), view.scale)

    def add(self, key: TileKey, **fields: Any) -> Texture:
        self.serial += 1
        box = {"width": 512, "height": 512} | fields
        texture = self.there[key] = Texture(key, serial=self.serial, **box)
        return texture

    def add_fence(self, key: TileKey = FENCE_KEY) -> Texture:
        return self.add(key, left=100, top=100, width=50, height=50)

    def search(self) -> list[TileKey]:
        """Look for cells to compose; return the obsolete pictures."""
        self.serial += 1
        loaded: dict[str, dict[int, int]] = {}
        for tileset, z, _, _ in self.there:
            loaded.setdefault(tileset, {})[z] = 1
        return self.cells.find_pending(self.view, loaded, self.serial)

    def compose(self) -> list[Composition]:
        """Compose what is pending."""
        made = self.cells.take_compositions((1, 2, 3), is_moving=False)
        for each in made:
            self.add(each.key)
        return made

    def needed(self) -> tuple[TileKey, ...]:
        return self.cells.needed_tiles

    def pending(self) -> list[TileKey]:
        assert self.search() == []
        return [key for key, _ in self.cells.pending]


def test_a_cell_is_composed_once_and_again_after_its_picture_was_dropped() -> None:
    bench = Bench()
    bench.add(BASE_KEY)
    bench.add_fence()
    assert bench.pending() == [KEY]
    (made,) = bench.compose()
    assert (made.key, made.size, made.background) == (KEY, 512, (1, 2, 3))
    assert [(quad.key, quad.dst, quad.src, quad.alpha) for quad in made.quads] == [
        (BASE_KEY, (0, 0, 512, 512), None, 255),
        (FENCE_KEY, (100, 100, 50, 50), None, 255),
    ]
    assert bench.pending() == []
    del bench.there[KEY]
    assert bench.cells.dropped(KEY) == []
    assert bench.pending() == [KEY]


def test_with_its_picture_the_tiles_whose_pixels_were_in_it_alone_are_dropped() -> None:
    bench = Bench()
    bench.add(BASE_KEY)
    bench.add_fence()
    bench.search()
    bench.compose()
    assert bench.cells.mergeable(KEY) == [BASE_KEY, FENCE_KEY]
    bench.there[BASE_KEY].is_merged = True
    assert bench.cells.dropped(KEY) == [BASE_KEY]


def test_a_base_alone_needs_no_picture_and_makes_a_former_one_obsolete() -> None:
    bench = Bench()
    bench.add(BASE_KEY)
    bench.add(FENCE_KEY, width=0, height=0)
    assert bench.pending() == []
    bench.add_fence()
    assert bench.pending() == [KEY]
    bench.compose()
    bench.add(FENCE_KEY, width=0, height=0)
    assert bench.search() == [KEY]
    assert bench.cells.pending == []


def test_a_cell_whose_pixels_were_merged_is_composed_anew_only_when_they_are_back() -> None:
    bench = Bench()
    bench.add(BASE_KEY)
    bench.add_fence()
    bench.search()
    bench.compose()
    bench.there[BASE_KEY].is_merged = True
    bench.add_fence()
    assert bench.search() == [BASE_KEY]
    assert bench.cells.pending == []
    bench.add(BASE_KEY)
    assert bench.pending() == [KEY]


def test_geofences_are_composed_on_the_background_only_where_nothing_else_shows_the_ground() -> None:
    bench = Bench()
    bench.add_fence()
    assert bench.pending() == [KEY]
    for other in ((3, 4, 3), (0, 0, 0), (5, 17, 15), (6, 35, 31)):
        with_fallback = Bench()
        with_fallback.add_fence()
        with_fallback.add(("base", *other))
        assert with_fallback.pending() == [], other
    for other in ((3, 3, 3), (5, 18, 14), (5, 16, 16), (6, 36, 28), (7, 64, 56)):
        elsewhere = Bench()
        elsewhere.add_fence()
        elsewhere.add(("base", *other))
        assert elsewhere.pending() == [KEY], other


def test_a_picture_on_the_background_is_obsolete_once_its_geofences_are_gone() -> None:
    bench = Bench()
    bench.add_fence()
    bench.search()
    bench.compose()
    bench.add(FENCE_KEY, width=0, height=0)
    assert bench.search() == [KEY]
    kept = Bench()
    kept.add_fence()
    kept.search()
    kept.compose()
    del kept.there[FENCE_KEY]
    assert kept.search() == [], "a missing tile says nothing of the geofences"


def test_a_composed_cell_stays_until_the_next_base_is_there() -> None:
    bench = Bench()
    bench.add(BASE_KEY)
    bench.add_fence()
    bench.search()
    bench.compose()
    assert bench.cells.set_layers((OTHER_BASE, FENCES), 1.0) == [KEY], "it is not on the screen"
    bench.add_fence()
    assert bench.pending() == []
    bench.add(("other", *CELL))
    assert bench.pending() == [KEY]


def test_a_sharp_layer_is_not_replaced_by_a_blurred_one() -> None:
    bench = Bench()
    bench.add(BASE_KEY)
    bench.add_fence()
    bench.search()
    bench.compose()
    del bench.there[FENCE_KEY]
    bench.add(("overlay", 3, 4, 3))
    assert bench.pending() == []


def test_the_cell_nearest_to_the_middle_is_composed_first() -> None:
    bench = Bench(view=Viewport(Position(11.25, -11.25), 4.0, 1100, 1100))
    for x in range(7, 10):
        for y in range(7, 10):
            bench.add(("base", 4, x, y))
            bench.add_fence(("overlay", 4, x, y))
    found = bench.pending()
    assert len(found) == 9
    assert found[0] == (COMPOSED, 4, 8, 8)
    assert {key[2:] for key in found[1:5]} == {(8, 7), (7, 8), (9, 8), (8, 9)}


def test_only_exact_opaque_wholes_are_merged() -> None:
    bench = Bench()
    base = bench.add(BASE_KEY)
    bench.search()
    assert bench.cells.mergeable(KEY) == [], "nothing is composed"
    fence = bench.add_fence()
    bench.search()
    bench.compose()
    base.is_stale = True
    assert bench.cells.mergeable(KEY) == [BASE_KEY], "with a new base the geofences are needed once more"
    base.is_stale = False
    fence.serial += 1
    assert bench.cells.mergeable(KEY) == [], "other pixels came meanwhile"
    del bench.there[FENCE_KEY]
    assert bench.cells.mergeable(KEY) == []


def test_with_a_layer_missing_no_tile_is_merged() -> None:
    bench = Bench(BASE, replace(OVERLAY, tileset="weather"), FENCES)
    bench.add(BASE_KEY)
    bench.add_fence()
    bench.search()
    bench.compose()
    assert bench.cells.mergeable(KEY) == []
    bench.add_fence(("weather", *CELL))
    bench.search()
    bench.compose()
    assert bench.cells.mergeable(KEY) == [BASE_KEY], "weather is new every few minutes"
    blurred = Bench()
    blurred.add(BASE_KEY)
    blurred.add(("overlay", 3, 4, 3))
    blurred.search()
    blurred.compose()
    assert blurred.cells.mergeable(KEY) == []


def test_a_translucent_base_is_no_plain_picture() -> None:
    bench = Bench(replace(BASE, opacity=0.5), FENCES)
    bench.add(BASE_KEY)
    bench.add(FENCE_KEY, width=0, height=0)
    assert bench.pending() == [KEY]
    (made,) = bench.compose()
    assert [quad.alpha for quad in made.quads] == [128]


def test_changed_geofences_on_the_bare_background_are_composed_anew() -> None:
    bench = Bench()
    bench.add_fence()
    assert bench.pending() == [KEY]
    bench.compose()
    assert bench.pending() == []
    bench.add_fence()
    assert bench.pending() == [KEY]


def test_a_trimmed_base_is_no_plain_picture() -> None:
    bench = Bench()
    bench.add(BASE_KEY, width=500)
    bench.add(FENCE_KEY, width=0, height=0)
    assert bench.pending() == [KEY]


def test_fallback_cells_with_outdated_geofences_are_composed_anew() -> None:
    bench = Bench()
    above, above_base, above_fence = (COMPOSED, 3, 4, 3), ("base", 3, 4, 3), ("overlay", 3, 4, 3)
    bench.unavailable.add(BASE_KEY)
    bench.add(above_base)
    bench.add_fence(above_fence)
    assert bench.pending() == [above], "a base is shown without the geofences on it"
    assert bench.needed() == (above_base, above_fence)
    bench.compose()
    assert bench.pending() == []
    assert bench.needed() == (above_fence,), "it stays in memory for the comparison"
    bench.there[above_fence].is_stale = True
    assert bench.pending() == []
    assert bench.needed() == (above_base, above_fence)
    bench.add_fence(above_fence)
    assert bench.pending() == [above]
    bench.unavailable.clear()
    assert bench.pending() == []
    assert bench.needed() == ()


def test_a_fallback_without_its_geofences_in_memory_is_current_if_it_was_composed_with_the_newest() -> None:
    bench = Bench()
    above, above_base, above_fence = (COMPOSED, 3, 4, 3), ("base", 3, 4, 3), ("overlay", 3, 4, 3)
    bench.unavailable.add(BASE_KEY)
    bench.add(above_base)
    bench.add_fence(above_fence).revision = 5
    bench.search()
    bench.compose()
    del bench.there[above_fence]
    bench.revision = 5
    bench.search()
    assert bench.needed() == (above_fence,)
    bench.revision = 6
    bench.search()
    assert bench.needed() == (above_base, above_fence)
    # Asked for, and its base is gone for good: it can never be composed again.
    bench.unavailable.add(above_base)
    del bench.there[above_base]
    assert bench.search() == [above]


def test_what_was_seen_last_is_evicted_last() -> None:
    world = composed_world(motion=False)
    world.load(paint)
    settle(world)
    here = world.model.viewport
    world.model.camera.jump_to(here.panned(6000, 0))
    world.load(paint)
    settle(world)
    world.model.camera.jump_to(here)
    quads = world.frame()
    assert set(list(world.model.memory)[-len(quads) :]) == {quad.key for quad in quads}


def test_merged_tiles_stay_as_long_as_the_picture_that_has_their_pixels() -> None:
    world = composed_world(motion=False, layers=(BASE, FENCES))
    world.load(paint)
    settle(world)
    here = world.model.viewport
    world.model.memory.budget_bytes = world.model.memory.size_bytes + (10 << 20)
    world.model.camera.jump_to(here.panned(6000, 0))
    world.load(paint)
    settle(world)
    left = {key[1:] for key in world.model.memory if key[0] == COMPOSED}
    world.model.camera.jump_to(here)
    world.frame()
    requested = {(tile.z, tile.x, tile.y) for tile in world.requested}
    assert requested
    assert not requested & left


def test_three_cells_are_composed_in_a_frame_and_one_while_the_map_moves() -> None:
    bench = Bench(view=screen())
    for x in range(4661, 4668):
        for y in range(2369, 2375):
            bench.add(("base", 13, x, y))
            bench.add_fence(("overlay", 13, x, y))
    count = len(bench.pending())
    assert len(bench.cells.take_compositions((0, 0, 0), is_moving=True)) == 1
    assert len(bench.cells.take_compositions((0, 0, 0), is_moving=False)) == 3
    assert len(bench.cells.pending) == count - 4


def test_nothing_is_hidden_or_filled_before_the_first_plan_and_after_other_layers_were_chosen() -> None:
    bench = Bench()

    def state() -> tuple[bool, bool]:
        return bench.cells.is_filled, bench.cells.hides(4, 8, 7, 9, 8)

    assert state() == (False, False)
    assert bench.cells.plan(bench.view, {}, changed=False)
    assert state() == (False, False)
    bench.add(BASE_KEY)
    assert not bench.cells.plan(bench.view, {}, changed=False)
    assert bench.cells.plan(bench.view, {}, changed=True)
    assert state() == (True, True)
    bench.cells.set_layers((OTHER_BASE, FENCES), 1.0)
    assert state() == (False, False)


def test_on_another_screen_cells_are_composed_in_its_size() -> None:
    bench = Bench()
    bench.add(BASE_KEY)
    bench.add_fence()
    bench.search()
    bench.cells.rescale(0.5)
    bench.search()
    (made,) = bench.compose()
    assert made.size == 256
    assert [quad.dst for quad in made.quads] == [(0, 0, 256, 256), (50, 50, 25, 25)]


def test_across_the_date_line_each_cell_is_composed_once_under_its_wrapped_column() -> None:
    bench = Bench(view=Viewport(Position(180.0, 5.0), 4.0, 600, 64))
    for x in (15, 0):
        bench.add(("base", 4, x, 7))
        bench.add_fence(("overlay", 4, x, 7))
    assert sorted(bench.pending()) == [(COMPOSED, 4, 0, 7), (COMPOSED, 4, 15, 7)]
    twice = Bench(view=Viewport(Position(0.0, 0.0), 2.0, 4096, 1024))
    for x in range(4):
        for y in range(4):
            twice.add(("base", 2, x, y))
            twice.add_fence(("overlay", 2, x, y))
    found = twice.pending()
    assert len(found) == len(set(found))
    assert {key[2] for key in found} == {0, 1, 2, 3}


def test_a_composed_picture_hides_what_lies_below_even_while_it_appears() -> None:
    bench = Bench()
    bench.add(KEY, fade_from=1.0)
    assert bench.cells.plan(bench.view, {COMPOSED: {4: 1}}, changed=True)
    assert bench.cells.is_filled
    assert bench.cells.picture.layer.is_opaque


def test_on_a_4k_screen_a_fallback_cell_needs_the_base_of_a_zoom_less() -> None:
    bench = Bench(view=Viewport(Position(5.0, 5.0), 4.0, 64, 64, 2.0))
    bench.unavailable.add(BASE_KEY)
    bench.add(("base", 3, 4, 3))
    bench.add_fence(("overlay", 3, 4, 3))
    bench.search()
    assert bench.needed() == (("base", 2, 2, 1), ("overlay", 3, 4, 3))
    deeper = Bench(view=Viewport(Position(5.0, 5.0), 4.0, 64, 64, 2.0))
    deeper.unavailable.add(BASE_KEY)
    deeper.add(("base", 6, 33, 31))
    deeper.search()
    assert deeper.needed() == (("base", 5, 16, 15), ("overlay", 6, 33, 31))


def test_a_fallback_with_blurred_geofences_is_outdated() -> None:
    bench = Bench()
    bench.unavailable.add(BASE_KEY)
    bench.add(("base", 3, 4, 3))
    # Cell (3, 4, 3) lies in the quarter to the south-west of tile (2, 2, 1).
    bench.add(("overlay", 2, 2, 1), left=10, top=300, width=50, height=50)
    assert bench.pending() == [(COMPOSED, 3, 4, 3)]
    bench.compose()
    bench.search()
    assert bench.needed() == (("base", 3, 4, 3), ("overlay", 3, 4, 3))


def test_a_base_that_arrives_anew_after_geofences_changed_is_composed_anew() -> None:
    world = composed_world(motion=False, layers=(BASE, FENCES))
    world.load(paint)
    settle(world)
    tile = next(tile for tile in world.asked if tile.tileset == "base")
    world.arrive(tile)
    world.load(paint)
    settle(world)
    before = len(world.composed)
    world.arrive(tile)
    world.model.invalidate("elsewhere", None, 1)
    world.load(paint)
    settle(world)
    assert len(world.composed) == before + 1
