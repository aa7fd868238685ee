"""Changes of geofences where base tiles are unavailable, so that cells of other zooms are shown in their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.geo.tiles import tile_bounds
from tests.mapview.world import BASE, BUDGET, HELSINKI, World, assert_partition, screen, trimmed, whole
from tvapp.geo.position import Bounds
from tvapp.mapview.composed_cells import MAX_FALLBACK_CELLS
from tvapp.mapview.fallback_cells import fallback_cells
from tvapp.mapview.layer_picture import Texture
from tvapp.mapview.layers import Layer
from tvapp.mapview.model import MapModel
from tvapp.tiles.tile import DRAWN_TILESET, TileId, TileImage

FENCE_LAYER = Layer(DRAWN_TILESET, "fences", 0, 20)
WEATHER = Layer("weather", "overlay", 0, 20)
FENCE_PX = 400
"""The width of a geofence in its tiles, less the revision it was drawn at."""
SPOT = Bounds(HELSINKI.lon, HELSINKI.lat, HELSINKI.lon + 1e-6, HELSINKI.lat + 1e-6)


@dataclass
class Offline:
    """A TV without a network: it has the tiles that it has shown before on disk, and draws geofences by itself."""

    world: World
    on_disk: Callable[[TileId], bool]
    has_fence: bool
    revision: int = 1
    asked: list[TileId] = field(default_factory=list)
    """The tiles that were requested, each time anew."""
    is_old: bool = False
    """Tiles on disk would have to be revalidated."""

    def paint(self, tile: TileId) -> TileImage:
        if tile.tileset != DRAWN_TILESET:
            return whole(tile)
        is_there = self.has_fence and tile_bounds(tile.z, tile.x, tile.y).contains(HELSINKI)
        return trimmed(40, 40, FENCE_PX + self.revision, 400) if is_there else TileImage(None)

    def load(self) -> None:
        """Answer everything, as if the network were there."""
        for _ in range(3):
            self.world.frame(1.0)
            for tile in self.world.requested:
                self.answer(tile)
        self.target()

    def live(self, rounds: int = 40) -> None:
        """Answer the requests of the map, as far as possible, until there are no new ones."""
        answered: tuple[TileId, ...] | None = None
        for _ in range(rounds):
            self.target()
            if self.world.requested == answered:
                assert not any(self.can_be_had(tile) for tile in answered), "what was brought is wished for again"
                return
            answered = self.world.requested
            for tile in answered:
                self.asked.append(tile)
                if self.can_be_had(tile):
                    self.answer(tile)
                if not self.can_be_had(tile) or (self.is_old and tile.tileset != DRAWN_TILESET):
                    self.world.fail(tile, 30.0)
        raise AssertionError("it never comes to an end")

    def can_be_had(self, tile: TileId) -> bool:
        return tile.tileset == DRAWN_TILESET or self.on_disk(tile)

    def answer(self, tile: TileId) -> None:
        if tile.tileset == DRAWN_TILESET:
            self.world.arrive(tile, self.paint(tile), "worker", self.revision)
        else:
            self.world.arrive(tile, self.paint(tile), "stale" if self.is_old else "disk")

    def target(self) -> None:
        """Draw until nothing moves any more."""
        self.world.frame(1.0)
        for _ in range(100):
            if not (self.world.model.update(self.world.now) or self.world.model.is_animating(self.world.now)):
                return
            self.world.frame()
        raise AssertionError("it never comes to rest")

    def edit(self, *, has_fence: bool) -> None:
        """Draw, change or delete the geofence."""
        self.revision += 1
        self.has_fence = has_fence
        self.world.model.invalidate_bounds(DRAWN_TILESET, [SPOT], self.revision)

    def shown(self) -> set[int]:
        """Return the revisions of the pictures of the geofence on the screen."""
        images = [image for quad in self.world.frame() for image in self.world.contents.get(quad.key, ())]
        return {image.width - FENCE_PX for image in images if image.width < 512}

    def zooms(self) -> set[int]:
        """Return the zooms of the pictures on the screen."""
        return {quad.key[1] for quad in self.world.frame()}


def flown_to(
    zoom: float,
    *,
    has_fence: bool,
    seen: Callable[[TileId], bool] = lambda tile: tile.z == 13,
    layers: tuple[Layer, ...] = (BASE, FENCE_LAYER),
    budget_bytes: int = BUDGET,
    scale: float = 1.0,
    first: float = 13.0,
) -> Offline:
    """Load zoom 13 (after another one), lose the network, and go to another zoom."""
    model = MapModel(screen(scale=scale), layers, budget_bytes, motion=False, compose=True)
    tv = Offline(World(model), seen, has_fence)
    model.invalidate_bounds(DRAWN_TILESET, None, 1)
    for seen_at in dict.fromkeys((first, 13.0)):
        model.camera.jump_to(screen(zoom=seen_at, scale=scale))
        tv.load()
    model.camera.jump_to(screen(zoom=zoom, scale=scale))
    tv.live()
    tv.asked.clear()
    return tv


@pytest.mark.parametrize("is_old", [False, True], ids=["fresh", "old"])
@pytest.mark.parametrize(("zoom", "scale"), [(16.0, 1.0), (16.0, 0.667), (16.0, 2.0), (12.0, 1.0), (12.0, 0.667)])
def test_a_geofence_deleted_offline_goes_from_the_map_where_base_tiles_are_missing(
    zoom: float, scale: float, is_old: bool
) -> None:
    tv = flown_to(zoom, has_fence=True, scale=scale)
    assert tv.shown() == {1}
    tv.is_old = is_old
    before = tv.zooms()
    tv.edit(has_fence=False)
    tv.live()
    assert tv.shown() == set()
    assert set() < tv.zooms() <= before, "the map itself stays"
    assert len({tile for tile in tv.asked if tile.tileset == "base" and tile.z == 13}) <= 4


def test_a_geofence_drawn_offline_is_shown_where_base_tiles_are_missing() -> None:
    tv = flown_to(16.0, has_fence=False)
    assert tv.zooms() == {13}
    assert tv.shown() == set()
    tv.edit(has_fence=True)
    tv.live()
    assert tv.shown() == {2}
    assert_partition(tv.world.frame(), tv.world.model.viewport)


def test_a_geofence_changed_again_and_again_offline_is_shown_as_it_is() -> None:
    tv = flown_to(16.0, has_fence=True)
    for revision in range(2, 40):
        tv.edit(has_fence=True)
        tv.live()
        assert tv.shown() == {revision}


def test_when_all_is_drawn_anew_because_a_day_has_begun_so_are_the_pictures_shown_as_fallback() -> None:
    tv = flown_to(16.0, has_fence=True)
    tv.revision, tv.has_fence = 2, False
    tv.world.model.invalidate_bounds(DRAWN_TILESET, None, 2)
    tv.live()
    assert tv.shown() == set()
    assert tv.zooms() == {13}


def test_the_map_stays_while_the_base_of_fallback_cells_is_read_again() -> None:
    tv = flown_to(16.0, has_fence=True)
    tv.edit(has_fence=False)
    for _ in range(10):
        for tile in tv.world.requested:
            if tile.tileset == DRAWN_TILESET:
                tv.answer(tile)
        tv.target()
        assert_partition(tv.world.frame(), tv.world.model.viewport)
    assert TileId("base", 13, 4663, 2371) in tv.world.requested
    assert tv.shown() == {1}


def test_where_its_base_is_unavailable_any_more_a_blurred_map_is_better_than_a_deleted_geofence() -> None:
    tv = flown_to(16.0, has_fence=True, seen=lambda tile: tile.z in (10, 13), first=10.0)
    tv.on_disk = lambda tile: tile.z == 10
    tv.edit(has_fence=False)
    tv.live()
    assert tv.shown() == set()
    assert 10 in tv.zooms()
    assert_partition(tv.world.frame(), tv.world.model.viewport)


def test_a_geofence_deleted_where_there_has_never_been_a_base_leaves_bare_ground() -> None:
    tv = flown_to(16.0, has_fence=True, seen=lambda _: False, first=16.0)
    tv.world.model.forget_all()
    tv.live()
    assert tv.shown() == {1}
    tv.edit(has_fence=False)
    tv.live()
    assert tv.world.frame() == []


@pytest.mark.parametrize("has_fence", [True, False])
def test_where_no_base_can_be_had_any_more_only_the_geofences_as_they_are_stay(has_fence: bool) -> None:
    tv = flown_to(16.0, has_fence=True)
    tv.on_disk = lambda _: False
    tv.edit(has_fence=has_fence)
    tv.live()
    assert tv.shown() == ({2} if has_fence else set())
    tv.asked.clear()
    tv.live()
    assert not any(tile.tileset == DRAWN_TILESET or tile.z == 13 for tile in tv.asked)


def test_with_the_network_the_map_is_sharp_again() -> None:
    tv = flown_to(16.0, has_fence=True)
    tv.edit(has_fence=True)
    tv.live()
    tv.on_disk = lambda _: True
    tv.world.model.retry_unavailable()
    tv.live()
    assert tv.zooms() == {16}
    assert tv.shown() == {2}
    assert tv.world.requested == ()
    assert tv.world.model.progress().missing == 0


def test_with_nothing_outdated_pictures_shown_as_fallback_cost_nothing() -> None:
    tv = flown_to(16.0, has_fence=True)
    composed = len(tv.world.composed)
    tv.world.model.retry_unavailable()
    tv.live()
    assert tv.asked
    assert all(tile.z == 16 for tile in tv.asked)
    assert len(tv.world.composed) == composed


def test_while_the_base_is_only_on_its_way_nothing_else_is_requested() -> None:
    tv = flown_to(13.0, has_fence=True)
    tv.world.model.camera.jump_to(screen(zoom=16.0))
    tv.edit(has_fence=False)
    for _ in range(3):
        tv.target()
        for tile in tv.world.requested:
            assert tile.z == 16
            if tile.tileset == DRAWN_TILESET:
                tv.answer(tile)
    assert tv.world.requested


def test_the_map_does_not_settle_later_or_count_more_tiles_for_fallback_cells() -> None:
    tv = flown_to(16.0, has_fence=True)
    model = tv.world.model
    assert model.take_settled(tv.world.now) is not None
    before = model.progress()
    tv.edit(has_fence=False)
    tv.target()
    for tile in tv.world.requested:
        if tile.z == 16 and tile.tileset == DRAWN_TILESET:
            tv.answer(tile)
    tv.target()
    assert any(tile.z == 13 for tile in tv.world.requested)
    assert model.progress() == before
    assert model.take_settled(tv.world.now) is not None
    tv.live()
    assert model.take_settled(tv.world.now) is None


def test_many_outdated_pictures_are_seen_to_a_few_at_a_time_until_all_are() -> None:
    tv = flown_to(11.0, has_fence=True)
    tv.revision = 2
    tv.world.model.invalidate_bounds(DRAWN_TILESET, None, 2)
    tv.target()
    assert len({tile for tile in tv.world.requested if tile.z == 13}) <= MAX_FALLBACK_CELLS * 2 == 32
    tv.live()
    assert tv.shown() == {2}
    flat = [made for made in tv.world.composed if made.key[1] == 13]
    assert len(flat) <= 2 * 20


def test_of_many_outdated_pictures_sixteen_are_renewed_at_a_time() -> None:
    tv = flown_to(13.0, has_fence=True)
    model = tv.world.model
    model.camera.jump_to(model.viewport.panned(1920, 0))
    tv.load()
    model.camera.jump_to(screen(zoom=11.0))
    tv.live()
    tv.revision = 2
    model.invalidate_bounds(DRAWN_TILESET, None, 2)
    tv.target()
    renewed = {tile for tile in tv.world.requested if tile.z == 13 and tile.tileset == DRAWN_TILESET}
    assert len(renewed) == MAX_FALLBACK_CELLS == 16


def test_other_layers_of_fallback_cells_are_loaded_again_with_it() -> None:
    tv = flown_to(16.0, has_fence=True, layers=(BASE, WEATHER, FENCE_LAYER))
    for key in [key for key in tv.world.model.memory if key[:2] == ("weather", 13)]:
        tv.world.model.memory.remove(key)
    tv.edit(has_fence=False)
    tv.live()
    assert tv.shown() == set()
    assert {quad.key[0] for made in tv.world.composed[-1:] for quad in made.quads} == {"base", "weather"}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(("add", "delete", "pan", "in", "out", "lose", "all", "weather")), min_size=1, max_size=8),
    st.sampled_from((4, 8, 16)),
    st.sampled_from((0.667, 1.0, 2.0)),
)
def test_whatever_happens_it_comes_to_an_end_and_no_geofence_is_shown_that_is_not_there(
    moves: list[str], screens: int, scale: float
) -> None:
    budget_bytes = round(screens * 1920 * 1080 * 4 * max(scale, 1.0) ** 2)
    tv = flown_to(15.0, has_fence=True, budget_bytes=budget_bytes, scale=scale)
    is_lost = False
    for move in moves:
        model, view = tv.world.model, tv.world.model.viewport
        if move in ("add", "delete"):
            tv.edit(has_fence=move == "add")
        elif move == "pan":
            model.camera.jump_to(view.panned(700, 300))
        elif move in ("in", "out"):
            model.camera.jump_to(screen(view.center, view.zoom + (1 if move == "in" else -1), scale))
        elif move == "lose":
            tv.on_disk, is_lost = (lambda _: False), True
        elif move == "all":
            tv.revision += 1
            model.invalidate_bounds(DRAWN_TILESET, None, tv.revision)
        else:
            model.set_layers((BASE, FENCE_LAYER) if len(model.layers) == 3 else (BASE, WEATHER, FENCE_LAYER))
        tv.live()
        # Where the disk has lost the base of a cell in view, its former picture stays.
        assert is_lost or tv.shown() <= ({tv.revision} if tv.has_fence else set())


def fallbacks(*there: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    """Return the fallback cells of (5, 9, 11) where only these cells have a picture."""
    zooms = {z for z, _, _ in there}
    return list(fallback_cells(5, 9, 11, lambda *cell: Texture(("", *cell)) if cell in there else None, zooms))


def test_only_the_nearest_ancestor_is_shown_in_place_of_a_cell() -> None:
    assert fallbacks((4, 4, 5), (3, 2, 2), (1, 0, 0)) == [(4, 4, 5)]
    assert fallbacks((3, 2, 2), (1, 0, 0), (0, 0, 0)) == [(3, 2, 2)]
    assert fallbacks((0, 0, 0)) == [(0, 0, 0)]


def test_an_ancestor_too_far_up_is_no_fallback() -> None:
    def find(*cell: int) -> Texture | None:
        return Texture(("", 1, 0, 0)) if cell == (1, 0, 0) else None

    assert list(fallback_cells(9, 3, 3, find, {1})) == [(1, 0, 0)]
    assert list(fallback_cells(10, 3, 3, find, {1})) == []


def test_descendants_are_shown_and_below_the_gaps_among_them_the_next_zoom() -> None:
    child, other = (6, 18, 22), (6, 19, 23)
    below_a_gap, below_a_child = (7, 38, 45), (7, 36, 44)
    assert fallbacks(child, other) == [child, other]
    assert fallbacks(child, below_a_gap, below_a_child) == [child, below_a_gap]
    assert fallbacks((7, 37, 45), (7, 39, 47), (8, 72, 88)) == [(7, 37, 45), (7, 39, 47)]


def test_the_ancestor_and_the_descendants_are_shown_together() -> None:
    assert fallbacks((3, 2, 2), (6, 18, 22)) == [(3, 2, 2), (6, 18, 22)]


def test_descendants_are_looked_for_only_at_zooms_with_tiles() -> None:
    asked: list[int] = []

    def find(z: int, x: int, y: int) -> Texture | None:
        asked.append(z)
        return None

    assert list(fallback_cells(5, 9, 11, find, {7})) == []
    assert asked == [4, 3, 2, 1, 0] + [7] * 16
