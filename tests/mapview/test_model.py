from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.geo.tiles import tile_bounds
from tests.mapview.world import (
    BASE,
    BUDGET,
    FRAME_S,
    HELSINKI,
    OVERLAY,
    World,
    ancestor,
    assert_partition,
    screen,
    whole,
    world,
)
from tvapp.geo.mercator import project
from tvapp.geo.position import Bounds, Position
from tvapp.mapview.layers import Layer
from tvapp.mapview.requests import Settled
from tvapp.remote.intents import Intent
from tvapp.tiles.tile import DRAWN_TILESET, TileId, TileImage, TileRevalidated

FENCE_LAYER = Layer(DRAWN_TILESET, "fences", 0, 22)
OTHER_BASE = Layer("imagery", "base", 1, 19)
IN_VIEW = 15
"""Tiles of one layer in the view of `screen()`: five columns, three rows."""


# --- requests


def test_the_tile_in_the_middle_is_requested_first_and_the_base_before_the_rest() -> None:
    here = world(layers=(BASE, OVERLAY, FENCE_LAYER))
    here.frame()
    u, v = project(HELSINKI)
    middle = (13, int(u * 8192), int(v * 8192))
    assert [(t.tileset, t.z, t.x, t.y) for t in here.requested[:3]] == [
        ("base", *middle),
        ("overlay", *middle),
        (DRAWN_TILESET, *middle),
    ]


def test_every_tile_requested_is_in_view_and_requested_once() -> None:
    here = world()
    here.frame()
    box = here.model.viewport.bounds()
    assert len(set(here.requested)) == len(here.requested) == IN_VIEW
    for tile in here.requested:
        assert tile_bounds(tile.z, tile.x, tile.y).intersects(box)


def test_the_list_is_returned_only_when_it_changes() -> None:
    here = world()
    here.model.update(0.0)
    assert here.model.request_list()
    assert here.model.request_list() is None
    here.load()
    assert here.requested == ()
    assert here.model.request_list() is None


def test_what_is_there_is_not_requested_again_on_the_way_back() -> None:
    here = world()
    here.load()
    there = here.model.viewport
    for view in (there.panned(1920 * 3, 0), there.zoomed(2), there.zoomed(-2), there):
        here.model.camera.jump_to(view)
        here.load()
    assert len(here.asked) == len(set(here.asked))
    here.asked.clear()
    here.model.camera.jump_to(there)
    here.load()
    assert here.asked == []


def test_panning_asks_one_column_ahead_and_nothing_behind() -> None:
    here = world()
    here.load()
    columns = {quad.key[2] for quad in here.model.quads(here.now)}
    here.model.camera.press(Intent.RIGHT, here.now)
    here.run(0.25)
    ahead = {tile.x for tile in here.requested}
    assert ahead
    assert min(ahead) > max(columns)
    assert len(ahead) <= 2
    here.model.camera.release(Intent.RIGHT, here.now)
    here.run(0.5)
    in_view = {tile.x for tile in here.requested}
    assert in_view <= {quad.key[2] for quad in here.load()}


def test_during_a_zoom_only_the_tiles_of_its_end_are_requested() -> None:
    here = world(screen(zoom=10))
    here.load()
    for _ in range(4):
        here.model.camera.zoom_by(1, here.now)
        here.frame(0.02)
    here.asked.clear()
    here.run(0.5)
    assert {tile.z for tile in here.requested} == {14}
    assert {tile.z for tile in here.asked} <= {14}


def test_a_far_flight_asks_only_for_tiles_at_its_end() -> None:
    here = world()
    here.load()
    here.asked.clear()
    target = screen(Position(-122.126986, 47.639754), 15)
    here.model.camera.fly_to(target, here.now)
    for _ in range(100):
        here.frame()
        for tile in here.asked:
            assert tile.z == 15
            assert tile_bounds(tile.z, tile.x, tile.y).intersects(target.bounds())


def test_the_landing_place_is_there_when_the_flight_arrives_and_nothing_is_blank_on_the_way() -> None:
    here = world()
    here.load()
    here.arrive(TileId("base", 1, 0, 0))
    here.arrive(TileId("base", 1, 1, 0))
    here.model.camera.fly_to(screen(Position(28.0, 62.0), 14), here.now)
    here.run(1.6, loads=True)
    quads = here.frame(1.0)
    assert {quad.key[1] for quad in quads} == {14}
    assert_partition(quads, here.model.viewport)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.sampled_from([Intent.LEFT, Intent.RIGHT, Intent.UP, Intent.DOWN, Intent.ZOOM_IN, Intent.ZOOM_OUT]),
        min_size=1,
        max_size=10,
    ),
    st.integers(1, 20),
)
def test_no_frame_of_any_trip_has_a_hole_or_an_overlap(keys: list[Intent], latency: int) -> None:
    here = world(layers=(BASE, OVERLAY), motion=True)
    # The ancestors of a session that has been at a small zoom: enough for every place the trip can lead to.
    for z in (5, 7, 9, 11):
        u, v = project(HELSINKI)
        n = 1 << z
        for x in range(int(u * n) - 2, int(u * n) + 3):
            for y in range(int(v * n) - 2, int(v * n) + 3):
                here.arrive(TileId("base", z, x, y))
    waiting: list[tuple[int, TileId]] = []
    frame = 0

    def step() -> None:
        nonlocal frame, waiting
        frame += 1
        known = len(here.asked)
        base = [quad for quad in here.frame() if quad.key[0] == "base"]
        assert_partition(base, here.model.viewport)
        waiting += [(frame + latency + i % 7, tile) for i, tile in enumerate(here.asked[known:])]
        for _, tile in [item for item in waiting if item[0] <= frame]:
            here.arrive(tile)
        waiting = [item for item in waiting if item[0] > frame]

    for key in keys:
        if key is Intent.ZOOM_IN:
            here.model.camera.zoom_by(1, here.now)
        elif key is Intent.ZOOM_OUT:
            here.model.camera.zoom_by(-1, here.now)
        else:
            here.model.camera.press(key, here.now)
        for _ in range(8):
            step()
        here.model.camera.release_all(here.now)
    for _ in range(60):
        step()
    assert here.model.is_settled(here.now)
    assert here.model.progress().missing == 0


# --- arrivals


def test_a_tile_that_arrives_again_replaces_its_texture_without_a_flash() -> None:
    here = world()
    here.load()
    key = here.model.quads(here.now)[0].key
    upload = here.arrive(TileId(*key))
    assert upload is not None
    assert upload.key == key
    assert {quad.alpha for quad in here.frame()} == {255}


def test_a_stale_tile_is_shown_and_still_requested_until_the_fresh_one_comes() -> None:
    here = world()
    here.load(origin="stale")
    assert here.model.progress().missing == 0
    assert here.model.progress().loading == len(here.requested) == IN_VIEW
    assert not here.model.is_settled(here.now)
    for tile in here.requested:
        here.arrive(tile, origin="network")
    here.frame()
    assert here.requested == ()
    assert here.model.is_settled(here.now)


def test_a_stale_copy_never_replaces_what_is_shown() -> None:
    here = world()
    here.load()
    assert here.arrive(here.asked[0], origin="stale") is None


def test_offline_a_stale_tile_stays_and_the_map_settles() -> None:
    here = world()
    here.load(origin="stale")
    for tile in here.requested:
        here.fail(tile, retry_in_s=5.0)
    here.frame()
    assert here.model.is_settled(here.now)
    assert here.model.progress() == (IN_VIEW, 0, 0)
    assert len(here.requested) == IN_VIEW


def test_refused_tiles_keep_their_ancestors_and_are_not_requested_every_frame() -> None:
    here = world()
    here.frame()
    for tile in here.requested:
        here.arrive(ancestor(tile, 10))
    for tile in here.requested:
        here.fail(tile)
    here.frame()
    here.asked.clear()
    here.run(3.0)
    assert here.asked == [], "the loader has the list, and retries them by itself"
    assert_partition(here.frame(), here.model.viewport)
    assert here.model.progress() == (IN_VIEW, IN_VIEW, 0)
    assert here.model.is_settled(here.now)


def test_a_tile_that_is_retried_by_the_loader_stays_on_the_list_and_may_come() -> None:
    here = world()
    here.frame()
    for tile in here.requested:
        here.fail(tile, retry_in_s=2.0)
    here.frame()
    assert len(here.requested) == IN_VIEW
    assert here.model.is_settled(here.now)
    here.load()
    assert here.model.progress() == (IN_VIEW, 0, 0)


def test_when_the_network_is_back_refused_tiles_are_requested_again() -> None:
    here = world()
    here.frame()
    for tile in here.requested:
        here.fail(tile)
    here.frame()
    here.model.retry_unavailable()
    here.frame()
    assert len(here.requested) == IN_VIEW
    assert not here.model.is_settled(here.now)


def test_a_refused_tile_is_expected_again_after_a_while_when_the_view_changes() -> None:
    here = world()
    here.frame()
    for tile in here.requested:
        here.fail(tile)
    here.run(1.0)
    view = here.model.viewport
    for wait, is_expected in ((1.0, False), (700.0, True)):
        here.now += wait
        here.model.camera.jump_to(view.panned(0, 3000))
        here.frame()
        here.model.camera.jump_to(view)
        here.frame()
        assert (here.model.progress().loading > 0) is is_expected


def test_tiles_of_a_layer_that_is_gone_are_not_kept() -> None:
    here = world(layers=(BASE, OVERLAY))
    here.model.set_layers((BASE,))
    assert here.arrive(TileId("overlay", 3, 1, 1)) is None
    assert len(here.model.memory) == 0


# --- geofences that change


def fenced() -> World:
    here = world(layers=(BASE, FENCE_LAYER))
    here.frame()
    for tile in here.requested:
        here.arrive(tile, origin="worker" if tile.tileset == DRAWN_TILESET else "network", revision=1)
    here.frame()
    here.frame(1.0)
    here.asked.clear()
    return here


def test_an_outdated_geofence_tile_stays_on_screen_until_its_successor_comes() -> None:
    here = fenced()
    before = here.frame()
    here.model.invalidate(DRAWN_TILESET, None, 2)
    assert here.frame() == before
    assert {tile.tileset for tile in here.requested} == {DRAWN_TILESET}
    assert len(here.requested) == IN_VIEW
    for tile in here.requested:
        here.arrive(tile, origin="worker", revision=2)
    assert here.frame() == before
    assert here.requested == ()


def test_a_late_tile_of_an_older_revision_is_drawn_if_nothing_better_is_there_and_requested_again() -> None:
    here = world(layers=(FENCE_LAYER,))
    here.frame()
    tile = here.requested[0]
    here.model.invalidate(DRAWN_TILESET, None, 5)
    here.frame()
    assert here.arrive(tile, origin="worker", revision=4) is not None
    here.model.update(here.now)
    # The loader is done with it, so the same list must be told again.
    again = here.model.request_list()
    assert again is not None
    assert tile in again
    assert here.arrive(tile, origin="worker", revision=3) is None
    assert here.arrive(tile, origin="worker", revision=5) is not None
    here.frame()
    assert tile not in here.requested


def test_only_the_tiles_that_a_change_touches_are_drawn_anew() -> None:
    here = fenced()
    spot = Bounds(HELSINKI.lon, HELSINKI.lat, HELSINKI.lon + 1e-6, HELSINKI.lat + 1e-6)
    here.model.invalidate_bounds(DRAWN_TILESET, [spot], 2)
    here.frame()
    assert 1 <= len(here.requested) <= 4
    assert all(tile_bounds(tile.z, tile.x, tile.y).contains(spot.center) for tile in here.requested[:1])


def test_a_change_elsewhere_changes_nothing_here() -> None:
    here = fenced()
    here.model.invalidate_bounds(DRAWN_TILESET, [Bounds(-10, -10, -9, -9)], 2)
    here.model.invalidate(DRAWN_TILESET, [TileId(DRAWN_TILESET, 13, 1, 1)], 3)
    here.frame()
    assert here.asked == []


def test_many_changes_one_after_the_other_are_all_remembered() -> None:
    here = fenced()
    tile = TileId(DRAWN_TILESET, 13, 4663, 2371)
    here.model.invalidate(DRAWN_TILESET, [tile], 2)
    for revision in range(3, 60):
        here.model.invalidate(DRAWN_TILESET, [TileId(DRAWN_TILESET, 13, 1, 1)], revision)
    here.frame()
    assert here.requested == (tile,)
    here.arrive(tile, origin="worker", revision=1)
    here.frame()
    assert here.requested == (tile,)


def test_an_outdated_fetched_tile_is_replaced_by_whatever_the_network_gives() -> None:
    here = world(layers=(BASE, OVERLAY))
    here.load()
    here.model.invalidate("overlay", None, 7)
    here.frame()
    assert len(here.requested) == IN_VIEW
    here.load()
    assert here.requested == ()


def test_a_geofence_tile_that_became_empty_gives_its_texture_back() -> None:
    here = fenced()
    tile = TileId(DRAWN_TILESET, 13, 4663, 2371)
    assert (DRAWN_TILESET, 13, 4663, 2371) in here.uploads
    assert here.arrive(tile, TileImage(None), origin="worker", revision=2) is None
    here.frame()
    assert (DRAWN_TILESET, 13, 4663, 2371) not in here.uploads


# --- memory


def test_memory_stays_within_its_budget_and_textures_are_released() -> None:
    here = world(budget_bytes=40 << 20)
    here.load()
    for i in range(8):
        here.model.camera.jump_to(here.model.viewport.panned(2000, 0))
        here.load()
        assert here.model.memory.size_bytes <= 41 << 20
        assert len(here.uploads) == len(here.model.memory), i


def test_what_is_on_screen_is_never_dropped_even_if_the_budget_is_too_small() -> None:
    here = world(budget_bytes=1 << 20)
    quads = here.load()
    assert len(quads) == IN_VIEW
    here.asked.clear()
    here.run(0.5)
    assert here.asked == []


def test_a_dropped_tile_that_comes_back_at_once_is_not_released() -> None:
    here = world(budget_bytes=1 << 20)
    here.load()
    tile = here.asked[0]
    here.model.camera.jump_to(here.model.viewport.panned(20000, 0))
    here.frame()
    for far in here.requested:
        here.arrive(far)
    key = (tile.tileset, tile.z, tile.x, tile.y)
    assert key not in here.model.memory
    # The screen has not taken the evictions yet when the viewer is back and the tile arrives.
    here.model.camera.jump_to(screen())
    here.model.update(here.now)
    here.model.request_list()
    assert here.arrive(tile) is not None
    assert key not in here.model.evictions()


def test_a_lost_display_asks_for_everything_again() -> None:
    here = world()
    here.load()
    here.uploads.clear()
    here.model.forget_all()
    assert here.frame() == []
    assert len(here.requested) == IN_VIEW
    assert_partition(here.load(), here.model.viewport)


# --- frames


def test_a_still_map_needs_no_frame_and_gives_the_same_list() -> None:
    here = world()
    quads = here.load()
    assert not here.model.update(here.now + 1)
    assert here.model.quads(here.now + 1) is quads
    assert not here.model.is_animating(here.now + 1)


def test_an_arrival_a_fade_and_a_motion_each_need_frames() -> None:
    here = world()
    here.frame()
    tile = here.requested[0]
    here.arrive(ancestor(tile, 8))
    assert here.model.update(here.now)
    here.model.quads(here.now)
    here.arrive(tile)
    assert here.model.update(here.now + 0.05)
    assert here.model.is_animating(here.now)
    assert here.model.update(here.now + 0.2)
    here.model.quads(here.now + 0.2)
    assert not here.model.update(here.now + 0.3)
    here.model.camera.zoom_by(1, here.now + 1)
    assert here.model.update(here.now + 1 + FRAME_S)


def test_another_base_keeps_the_former_one_below_until_it_fills_the_screen() -> None:
    here = world()
    here.load()
    here.model.set_layers((OTHER_BASE,))
    quads = here.frame()
    assert {quad.key[0] for quad in quads} == {"base"}
    assert_partition(quads, here.model.viewport)
    assert {tile.tileset for tile in here.requested} == {"imagery"}
    here.arrive(here.requested[0])
    assert {quad.key[0] for quad in here.frame()} == {"base", "imagery"}
    quads = here.load()
    assert {quad.key[0] for quad in quads} == {"imagery"}
    assert_partition(quads, here.model.viewport)


def test_below_a_translucent_base_the_former_one_is_not_shown() -> None:
    here = world()
    here.load()
    here.model.set_layers((replace(OTHER_BASE, opacity=0.5),))
    assert here.frame() == []


def test_a_translucent_base_does_not_stay_below_the_next_one() -> None:
    here = world(layers=(replace(BASE, opacity=0.5),))
    here.load()
    here.model.set_layers((OTHER_BASE,))
    assert here.frame() == []


def test_a_map_whose_layers_are_all_switched_off_is_empty() -> None:
    here = world()
    here.load()
    here.model.set_layers(())
    assert here.frame() == []
    assert here.requested == ()
    here.model.set_layers((BASE,))
    assert len(here.frame()) == IN_VIEW


def test_on_a_screen_of_another_scale_and_after_a_lost_display_the_former_base_is_gone() -> None:
    def below(change: Callable[[World], object]) -> set[str]:
        here = world(layers=(BASE,))
        here.load()
        here.model.set_layers((OTHER_BASE,))
        assert {quad.key[0] for quad in here.frame()} == {"base"}
        change(here)
        return {quad.key[0] for quad in here.frame()}

    assert below(lambda here: here.model.resize(960, 540, 0.75)) == set()
    assert below(lambda here: here.model.forget_all()) == set()
    assert below(lambda here: here.model.resize(1600, 900, 1.0)) == {"base"}


def test_a_tile_that_is_revalidated_twice_does_not_send_the_list_again() -> None:
    here = world()
    here.load(origin="stale")
    tile = here.requested[0]
    for news in (True, False):
        here.model.revalidated(TileRevalidated(tile))
        here.model.update(here.now)
        assert (here.model.request_list() is not None) is news


def test_a_tile_that_arrives_just_after_a_layer_was_switched_on_fades_in_all_the_same() -> None:
    here = world()
    here.frame()
    tile = here.requested[0]
    here.arrive(ancestor(tile, 10))
    here.frame(1.0)
    here.model.set_layers((BASE, OVERLAY))
    here.arrive(tile)
    assert [quad.alpha < 255 for quad in here.frame() if quad.key == ("base", tile.z, tile.x, tile.y)] == [True]


def test_other_layers_another_size_and_a_lost_display_each_need_a_frame() -> None:
    here = world()
    here.load()
    assert not here.model.update(here.now)
    changes: list[Callable[[], object]] = [
        lambda: here.model.set_layers((BASE, OVERLAY)),
        lambda: here.model.resize(1920, 1080, 1.0),
        here.model.forget_all,
    ]
    for change in changes:
        change()
        assert here.model.update(here.now)
        assert not here.model.update(here.now)


def test_leafing_through_bases_quickly_keeps_the_one_that_is_there() -> None:
    here = world()
    here.load()
    here.model.set_layers((OTHER_BASE,))
    here.frame()
    here.model.set_layers((Layer("dark", "base", 0, 22),))
    quads = here.frame()
    assert {quad.key[0] for quad in quads} == {"base"}
    here.model.set_layers((BASE,))
    assert_partition(here.frame(), here.model.viewport)
    assert len(here.frame()) == IN_VIEW


def test_switching_back_to_a_layer_that_is_still_in_memory_asks_for_nothing() -> None:
    here = world(layers=(BASE, OVERLAY))
    here.load()
    here.model.set_layers((BASE,))
    here.load()
    here.asked.clear()
    here.model.set_layers((BASE, OVERLAY))
    assert {quad.key[0] for quad in here.frame()} == {"base", "overlay"}
    assert here.asked == []


def test_the_background_is_that_of_the_base() -> None:
    assert len(world().model.background) == 3


def test_another_screen_size_draws_at_once() -> None:
    here = world()
    here.load()
    here.model.resize(3840, 2160, 2.0)
    assert here.model.update(here.now)
    quads = here.load()
    assert_partition(quads, here.model.viewport)
    assert here.model.viewport.width == 3840


# --- settling


def test_the_map_settles_once_after_each_change() -> None:
    here = world()
    assert here.model.take_settled(here.now) is None
    here.load()
    assert here.model.take_settled(here.now) == Settled(tiles=IN_VIEW, missing=0, from_cache=0, zoom=13.0)
    assert here.model.take_settled(here.now) is None
    here.model.camera.zoom_by(1, here.now)
    here.frame()
    assert here.model.take_settled(here.now) is None
    here.run(0.5)
    assert here.model.take_settled(here.now) is None
    here.load()
    settled = here.model.take_settled(here.now)
    assert settled is not None
    assert settled.zoom == 14.0


def test_what_came_from_disk_or_memory_counts_as_from_the_cache() -> None:
    here = world()
    here.frame()
    for i, tile in enumerate(here.requested):
        here.arrive(tile, origin="disk" if i < 5 else "network")
    here.run(0.3)
    settled = here.model.take_settled(here.now)
    assert settled == Settled(tiles=IN_VIEW, missing=0, from_cache=5, zoom=13.0)
    here.model.camera.zoom_by(1, here.now)
    here.run(0.5, loads=True)
    here.model.take_settled(here.now)
    here.model.camera.zoom_by(-1, here.now)
    here.run(0.5)
    assert here.model.take_settled(here.now) == Settled(tiles=IN_VIEW, missing=0, from_cache=IN_VIEW, zoom=13.0)


def test_it_settles_offline_with_what_is_missing_and_again_when_that_has_come() -> None:
    here = world()
    here.frame()
    requested = here.requested
    for tile in requested:
        here.fail(tile, retry_in_s=1.0)
    here.frame()
    assert here.model.take_settled(here.now) == Settled(tiles=IN_VIEW, missing=IN_VIEW, from_cache=0, zoom=13.0)
    here.run(2.0)
    assert here.model.take_settled(here.now) is None
    for tile in requested:
        here.arrive(tile)
    here.run(0.5)
    assert here.model.take_settled(here.now) == Settled(tiles=IN_VIEW, missing=0, from_cache=0, zoom=13.0)


def test_the_map_settles_again_once_redrawn_geofences_are_there() -> None:
    here = fenced()
    assert here.model.take_settled(here.now) is not None
    here.model.invalidate(DRAWN_TILESET, None, 2)
    assert here.model.take_settled(here.now) is None
    here.load()
    assert here.model.take_settled(here.now) is not None
    assert here.model.take_settled(here.now) is None


def test_a_key_against_the_end_of_the_world_changes_nothing() -> None:
    here = world(screen(Position(0, 0), 20))
    here.load()
    here.model.take_settled(here.now)
    here.model.camera.zoom_by(1, here.now)
    here.frame()
    assert here.model.take_settled(here.now) is None


def test_a_map_without_layers_is_settled_and_empty() -> None:
    here = world(layers=())
    assert here.model.update(here.now), "even an empty map is drawn once"
    assert here.frame() == []
    assert here.model.take_settled(here.now) == Settled(tiles=0, missing=0, from_cache=0, zoom=13.0)
    assert here.model.progress() == (0, 0, 0)
    assert here.model.is_settled(here.now)


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(IN_VIEW)))
def test_the_order_of_arrival_makes_no_difference(order: list[int]) -> None:
    here, other = world(), world()
    here.frame()
    other.frame()
    for i in order:
        here.arrive(here.requested[i])
    for tile in other.requested:
        other.arrive(tile)
    here.frame()
    other.frame()
    assert here.frame(1.0) == other.frame(1.0)


@pytest.mark.slow
def test_a_frame_while_panning_costs_about_a_millisecond() -> None:
    import time

    here = world(layers=(BASE, OVERLAY, FENCE_LAYER), budget_bytes=BUDGET)
    here.load()
    here.model.camera.press(Intent.RIGHT, here.now)
    spent_s = []
    for _ in range(240):
        here.now += FRAME_S
        start = time.process_time()
        here.model.update(here.now)
        requested = here.model.request_list() or ()
        here.model.quads(here.now)
        spent_s.append(time.process_time() - start)
        for tile in requested:
            here.arrive(tile, whole(tile))
    spent_s.sort()
    # Generous: this guards against a plan that is made anew in every frame, not against a slow machine.
    assert spent_s[len(spent_s) // 2] < 0.002


def test_with_motion_off_a_flight_changes_the_view_all_the_same() -> None:
    here = world(motion=False)
    here.load()
    assert here.model.take_settled(here.now) is not None
    here.model.camera.fly_to(here.model.viewport.panned(5000, 0), here.now)
    here.now += FRAME_S
    assert here.model.update(here.now)
    here.load()
    assert here.model.take_settled(here.now) is not None


def test_a_tap_asks_for_what_its_end_shows_and_no_more() -> None:
    here = world()
    here.load()
    home = here.model.viewport
    here.asked.clear()
    for intent in (Intent.RIGHT, Intent.LEFT):
        for _ in range(12):
            here.model.camera.press(intent, here.now)
            here.run(0.06, loads=True)
            here.model.camera.release(intent, here.now)
            here.run(0.25, loads=True)
        if intent is Intent.RIGHT:
            assert here.asked
            here.asked.clear()
    assert here.model.viewport.center.lon == pytest.approx(home.center.lon)
    assert here.asked == [], "the way back shows nothing new"


def test_drawn_tiles_do_not_count_as_from_the_cache() -> None:
    here = world(layers=(BASE, FENCE_LAYER))
    here.frame()
    for tile in here.requested:
        here.arrive(tile, origin="worker" if tile.tileset == DRAWN_TILESET else "disk")
    here.run(0.3)
    settled = here.model.take_settled(here.now)
    assert settled == Settled(tiles=2 * IN_VIEW, missing=0, from_cache=IN_VIEW, zoom=13.0)


def test_an_ancestor_on_the_screen_is_never_dropped_even_if_the_budget_is_too_small() -> None:
    here = world(motion=False)
    here.frame()
    tiles = here.requested
    for tile in tiles:
        here.arrive(ancestor(tile, 10))
    here.frame()
    here.model.memory.budget_bytes = 1
    here.arrive(tiles[0])
    assert_partition(here.frame(), here.model.viewport)


def test_a_base_that_has_only_begun_to_load_stays_below_the_next_one_if_there_is_no_other() -> None:
    here = world(motion=False)
    here.frame()
    tile = here.requested[0]
    here.arrive(tile)
    here.frame()
    here.model.set_layers((OTHER_BASE,))
    assert {quad.key for quad in here.frame()} == {("base", tile.z, tile.x, tile.y)}


def test_the_former_base_is_never_dropped_while_it_is_shown_even_if_the_budget_is_too_small() -> None:
    here = world(motion=False)
    here.load()
    here.model.set_layers((OTHER_BASE,))
    here.frame()
    here.model.memory.budget_bytes = 1
    here.arrive(here.requested[0])
    quads = here.frame()
    assert {quad.key[0] for quad in quads} == {"base", "imagery"}
    assert sum(quad.key[0] == "base" for quad in quads) == IN_VIEW


def test_messages_of_tilesets_that_are_not_shown_change_nothing() -> None:
    here = world()
    here.load()
    here.model.revalidated(TileRevalidated(TileId("nowhere", 3, 1, 1)))
    assert not here.model.update(here.now)
    assert here.model.request_list() is None


def test_a_moving_map_is_animated_and_a_settled_one_is_not() -> None:
    here = world()
    here.load()
    here.model.camera.press(Intent.RIGHT, here.now)
    assert here.model.is_animating(here.now)
    assert not here.model.is_settled(here.now)
    here.model.camera.release_all(here.now)
    here.run(1.0, loads=True)
    here.run(1.0)
    assert not here.model.is_animating(here.now)
    assert here.model.is_settled(here.now)


def test_no_two_pictures_have_the_same_serial() -> None:
    here = world()
    here.frame()
    tiles = here.requested[:4]
    here.arrive(tiles[0])
    here.model.invalidate(DRAWN_TILESET, None, 2)
    here.arrive(tiles[1])
    here.fail(here.requested[-1])
    here.arrive(tiles[2])
    here.model.revalidated(TileRevalidated(tiles[0]))
    here.arrive(tiles[3])
    serials = [found.serial for key in here.model.memory if (found := here.model.memory.peek(key))]
    assert serials == sorted(set(serials))
    assert len(serials) == 4
