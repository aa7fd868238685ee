import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.geo.places import places
from tests.geo.tiles import tile_bounds
from tests.mapview.world import (
    BASE,
    FRAME_S,
    HELSINKI,
    OVERLAY,
    World,
    ancestor,
    assert_partition,
    children,
    screen,
    square,
    trimmed,
    world,
)
from tvapp.core.image import PixelRect
from tvapp.geo.position import Position
from tvapp.mapview.layer_picture import LayerPicture, Quad, Texture, corner, tile_px, tile_zoom
from tvapp.mapview.layers import Layer
from tvapp.mapview.viewport import Viewport
from tvapp.tiles.pyramid import TileRange
from tvapp.tiles.tile import TileId, TileImage

views = st.builds(
    lambda center, zoom, size: Viewport(center, zoom, *size),
    places(88),
    st.one_of(st.floats(2, 20), st.integers(2, 20)),
    st.sampled_from([(1920, 1080, 1.0), (3840, 2160, 2.0), (1280, 720, 2 / 3), (3440, 1440, 4 / 3), (640, 360, 1 / 3)]),
)


def assert_in_place(quads: list[Quad], view: Viewport) -> None:
    """Check that whole tiles are drawn where their ground is, to a pixel, in one copy of the world or another."""
    for quad in quads:
        _, z, x, y = quad.key
        if quad.src is not None:
            continue
        ground = tile_bounds(z, x, y)
        left, top = view.to_screen(Position(ground.west, ground.north))
        assert (quad.dst.x - left + 1.5) % view.world < 3.0
        assert abs(quad.dst.y - top) < 1.5
        assert abs(quad.dst.w - math.ldexp(view.world, -z)) <= 1.0


@settings(max_examples=60, deadline=None)
@given(views)
def test_the_base_covers_every_pixel_once_in_any_view(view: Viewport) -> None:
    here = world(view)
    quads = here.load()
    assert_partition(quads, view)
    assert_in_place(quads, view)


@settings(max_examples=60, deadline=None)
@given(views, st.randoms(use_true_random=False), st.floats(-2.5, 2.5))
def test_ancestors_children_and_tiles_together_cover_every_pixel_once(
    view: Viewport, random: object, levels: float
) -> None:
    import random as random_module

    assert isinstance(random, random_module.Random)
    here = world(view, motion=False)
    here.frame()
    requested = here.requested
    z = requested[0].z
    above = {ancestor(tile, max(z - random.randrange(1, 8), 0)) for tile in requested}
    for tile in {*above, *(ancestor(tile, max(z - 8, 0)) for tile in requested)}:
        here.arrive(tile)
    below = [child for tile in requested for child in children(tile)]
    for tile in random.sample(below, len(below) // 3) + random.sample(requested, len(requested) // 2):
        here.arrive(tile)
    assert_partition(here.frame(), view)
    # And a little further out or in, where others of these take part.
    nearer = view.zoomed(levels)
    here.model.camera.jump_to(nearer)
    quads = here.frame()
    if tile_zoom(BASE, nearer) <= z + 1 and not here.model._pictures["base"].holes:
        assert_partition(quads, nearer)


@settings(max_examples=40, deadline=None)
@given(views, st.integers(1, 8))
def test_the_part_of_an_ancestor_lies_where_its_tile_would(view: Viewport, depth: int) -> None:
    here = world(view, motion=False)
    here.frame()
    tile = here.requested[0]
    above = ancestor(tile, max(tile.z - depth, 0))
    if above.z == tile.z:
        return
    here.arrive(above)
    ground = tile_bounds(above.z, above.x, above.y)
    quads = here.frame()
    assert quads
    left, top = view.to_screen(Position(ground.west, ground.north))
    ratio = math.ldexp(view.world, -above.z) / 512
    for quad in quads:
        assert quad.src is not None or above.z == 0 or depth < 3
        src = quad.src or (0, 0, 512, 512)
        assert (quad.dst.x - (left + src[0] * ratio) + 2) % view.world < 4
        assert abs(quad.dst.y - (top + src[1] * ratio)) < 2
        assert abs(quad.dst.w - src[2] * ratio) <= 2
        assert abs(quad.dst.h - src[3] * ratio) <= 2


def test_at_a_whole_zoom_tiles_are_drawn_pixel_by_pixel() -> None:
    quads = world().load()
    assert {(quad.dst.w, quad.dst.h) for quad in quads} == {(512, 512)}


@settings(max_examples=30, deadline=None)
@given(st.floats(2, 18), st.lists(st.tuples(st.floats(-40, 40), st.floats(-40, 40)), min_size=2, max_size=5))
def test_tiles_keep_their_size_while_the_map_pans(zoom: float, pans: list[tuple[float, float]]) -> None:
    here = world(screen(Position(10, 10), zoom))
    sizes: dict[object, tuple[int, int]] = {}
    for dx, dy in pans:
        here.load()
        here.model.camera.jump_to(here.model.viewport.panned(dx, dy))
        for quad in here.frame():
            # The same tile in another copy of the world may differ by a pixel.
            if here.model.viewport.world > 4000:
                assert sizes.setdefault(quad.key, quad.dst[2:]) == quad.dst[2:]


def test_a_trimmed_tile_is_drawn_where_its_pixels_belong() -> None:
    here = world(layers=(OVERLAY,))
    quads = here.load(lambda tile: trimmed(50, 60, 300, 200))
    edges = {(quad.key, quad.dst, quad.src) for quad in quads}
    whole = {quad.key: quad.dst for quad in world(layers=(OVERLAY,)).load()}
    assert len(edges) == len(whole)
    for key, dst, src in edges:
        cell = whole[key]
        assert dst == (cell.x + 50, cell.y + 60, 300, 200)
        assert src is None


def test_a_trimmed_ancestor_is_drawn_where_its_pixels_belong() -> None:
    view = screen(Position(0, 0), 4)
    here = world(view, layers=(OVERLAY,), motion=False)
    here.frame()
    # The south-eastern quarter of the world, of which only the box from (20, 8) to (120, 40) is not transparent.
    here.arrive(TileId("overlay", 1, 1, 1), trimmed(20, 8, 100, 32))
    quads = here.frame()
    # One of its pixels is 8 x 8 on the screen; its corner is the centre of the screen.
    left = min(quad.dst.x for quad in quads)
    top = min(quad.dst.y for quad in quads)
    assert (left, top) == (960 + 20 * 8, 540 + 8 * 8)
    bottom = max(quad.dst.y + quad.dst.h for quad in quads)
    assert bottom == 540 + 40 * 8
    for quad in quads:
        src = quad.src or PixelRect(0, 0, 100, 32)
        assert (quad.dst.x - 960) == (src.x + 20) * 8
        assert (quad.dst.y - 540) == (src.y + 8) * 8
        assert (quad.dst.w, quad.dst.h) == (src.w * 8, src.h * 8)


def test_margins_that_touch_the_tiles_edge_leave_no_seam() -> None:
    view = screen(HELSINKI, 13.37)
    here = world(view, layers=(OVERLAY,))
    quads = here.load(lambda tile: trimmed(100 if tile.x % 2 else 0, 0, 412, 512))
    rows: dict[int, list[Quad]] = {}
    for quad in quads:
        rows.setdefault(quad.key[3], []).append(quad)
    for row in rows.values():
        row.sort(key=lambda quad: quad.dst.x)
        for west, east in itertools.pairwise(row):
            if west.key[2] % 2 == 1:
                assert west.dst.x + west.dst.w == east.dst.x


def test_the_whole_world_seen_more_than_once_draws_the_same_textures() -> None:
    view = Viewport(Position(0, 0), 2, 3440, 1440, 4 / 3)
    here = world(view)
    quads = here.load()
    assert len(quads) > len({quad.key for quad in quads})
    assert len(here.asked) == len(set(here.asked))
    assert all(0 <= tile.x < 4 for tile in here.asked)


def test_a_view_over_the_date_line_asks_for_both_ends_of_the_world() -> None:
    here = world(screen(Position(180, 0), 5))
    assert_partition(here.load(), here.model.viewport)
    assert {tile.x for tile in here.asked} == {30, 31, 0, 1}


def test_above_its_largest_zoom_a_layer_is_enlarged() -> None:
    here = world(screen(HELSINKI, 20), layers=(OVERLAY.__class__("imagery", "base", 1, 18),))
    quads = here.load()
    assert {quad.key[1] for quad in quads} == {18}
    assert quads[0].dst.w == 2048
    assert {tile.z for tile in here.asked} == {18}


def test_on_a_4k_screen_text_is_enlarged_and_pictures_are_sharp() -> None:
    quads = world(screen(scale=2.0), layers=(BASE, OVERLAY)).load()
    sizes = {(quad.key[0], quad.key[1], quad.dst.w) for quad in quads}
    assert sizes == {("base", 13, 1024), ("overlay", 14, 512)}


def fading(here: World, seconds: float) -> list[int]:
    return [quad.alpha for quad in here.frame(seconds)]


def test_a_tile_fades_in_above_its_opaque_ancestor() -> None:
    here = world()
    here.frame()
    tile = here.requested[0]
    here.arrive(ancestor(tile, 9))
    here.frame()
    here.arrive(tile)
    quads = here.frame(0.075)
    assert_partition(quads, here.model.viewport)
    assert quads[-1].key == ("base", 13, tile.x, tile.y)
    assert quads[-1].alpha == pytest.approx(127, abs=2)
    quads = here.frame(0.08)
    assert {quad.alpha for quad in quads} == {255}
    assert_partition(quads, here.model.viewport)


def test_a_transparent_tile_is_never_drawn_twice_over_the_same_ground() -> None:
    here = world(layers=(OVERLAY,))
    here.frame()
    tile = here.requested[0]
    here.arrive(ancestor(tile, 9))
    here.frame()
    here.frame(1.0)
    here.arrive(tile)
    quads = here.frame(0.05)
    below, above = [q for q in quads if q.alpha < 255]
    assert above.key[1] == 13
    assert below.dst == above.dst
    assert below.alpha + above.alpha == 255
    quads = here.frame(0.2)
    assert [q.key for q in quads if q.dst == above.dst] == [above.key]


def test_an_empty_tile_draws_nothing_and_hides_its_ancestor() -> None:
    here = world(layers=(OVERLAY,), motion=False)
    here.frame()
    here.arrive(ancestor(here.requested[0], 9))
    before = sum(quad.dst.w * quad.dst.h for quad in here.frame())
    upload = here.arrive(here.requested[0], TileImage(None))
    assert upload is None
    after = sum(quad.dst.w * quad.dst.h for quad in here.frame())
    assert before - after == 512 * 512


def test_without_motion_nothing_fades() -> None:
    here = world(motion=False)
    here.frame()
    tile = here.requested[0]
    here.arrive(ancestor(tile, 9))
    here.arrive(tile)
    assert set(fading(here, FRAME_S)) == {255}


def test_a_tile_that_arrived_out_of_sight_is_simply_there() -> None:
    here = world()
    here.load()
    beyond = TileId("base", 13, max(tile.x for tile in here.asked) + 1, 2371)
    here.arrive(beyond)
    here.frame()
    here.model.camera.jump_to(here.model.viewport.panned(600, 0))
    alphas = {quad.alpha for quad in here.frame() if quad.key == ("base", 13, beyond.x, beyond.y)}
    assert alphas == {255}


def test_opacity_belongs_to_the_layer() -> None:
    faint = OVERLAY.__class__("radar", "overlay", 0, 15, opacity=0.5)
    assert {quad.alpha for quad in world(layers=(faint,)).load()} == {128}


def test_only_the_parts_that_are_not_hidden_are_drawn() -> None:
    here = world(motion=False)
    here.load()
    (picture,) = here.model._pictures.values()
    asked: list[tuple[int, int, int, int, int]] = []

    def hides(*box: int) -> bool:
        z, x0, y0, x1, y1 = box
        asked.append((z, x0, y0, x1, y1))
        return (x0, y0) == (4664, 2372)

    picture.leave_out(hides)
    quads: list[Quad] = []
    picture.draw(here.model.viewport, here.now, quads)
    assert ("base", 13, 4664, 2372) not in {quad.key for quad in quads}
    assert len(quads) == len(asked) - 1
    assert set(asked) == {(13, tile.x, tile.y, tile.x + 1, tile.y + 1) for tile in here.asked}
    picture.leave_out(lambda *box: False)
    again: list[Quad] = []
    picture.draw(here.model.viewport, here.now, again)
    assert len(again) == len(asked)


def test_a_descendant_is_left_out_by_its_own_cell() -> None:
    picture = LayerPicture(BASE)
    cells = TileRange(3, 2, 5, 3, 6)
    child = Texture(("base", 4, 5, 10), width=512, height=512)
    picture.plan(cells, lambda z, x, y: child if (z, x, y) == (4, 5, 10) else None, {4})
    asked: list[tuple[int, ...]] = []

    def hides(*box: int) -> bool:
        asked.append(box)
        return False

    picture.leave_out(hides)
    assert asked == [(4, 5, 10, 6, 11)]
    assert picture.holes == 1


@pytest.mark.parametrize(
    ("scale", "layer", "px"),
    [
        (1.0, Layer("x", "base", 0, 20), 512),
        (2.0, Layer("x", "base", 0, 20), 512),
        (2.0, Layer("x", "base", 0, 20, has_text=True), 512),
        (0.5, Layer("x", "base", 0, 20, has_text=True), 256),
        (0.5, Layer("x", "overlay", 0, 20), 512),
        (0.75, Layer("x", "overlay", 0, 20), 384),
        (0.6, Layer("x", "overlay", 0, 20), 512),
        (2 / 3, Layer("x", "fences", 0, 20), 341),
        (0.5, Layer("x", "fences", 0, 20), 256),
        (4 / 3, Layer("x", "fences", 0, 20), 512),
        (1.5, Layer("x", "fences", 0, 20), 384),
        (1 / 2000, Layer("x", "base", 0, 20, has_text=True), 1),
    ],
)
def test_tiles_are_decoded_to_the_size_in_which_they_are_shown(scale: float, layer: Layer, px: int) -> None:
    assert tile_px(layer, scale) == px


@pytest.mark.parametrize(
    ("scale", "zoom", "layer", "expected"),
    [
        (1.0, 7.49, Layer("x", "base", 0, 20), 7),
        (1.0, 7.5, Layer("x", "base", 0, 20), 8),
        (2.0, 7.0, Layer("x", "base", 0, 20), 8),
        (2.0, 7.0, Layer("x", "base", 0, 20, has_text=True), 7),
        (2.0, 7.0, Layer("x", "fences", 0, 20), 8),
        (0.5, 7.0, Layer("x", "fences", 0, 20), 7),
        (0.5, 7.0, Layer("x", "overlay", 0, 20), 6),
        (1.0, 7.0, Layer("x", "base", 0, 5), 5),
        (1.0, 7.0, Layer("x", "base", 9, 20), 9),
    ],
)
def test_a_layer_shows_the_tiles_nearest_to_their_own_size(
    scale: float, zoom: float, layer: Layer, expected: int
) -> None:
    assert tile_zoom(layer, screen(zoom=zoom, scale=scale)) == expected


def test_a_texture_is_whole_only_if_no_margin_was_cut_off() -> None:
    key = ("base", 1, 0, 0)
    assert Texture(key, width=512, height=512).is_whole
    assert not Texture(key, width=511, height=512).is_whole
    assert not Texture(key, width=512, height=511).is_whole
    assert Texture(key, width=0).is_empty
    assert not Texture(key, width=1).is_empty
    texture = Texture(key, is_merged=True, is_stale=True)
    texture.show(TileImage(square(256), 3, 4, 400), 7, 5, is_stale=False)
    assert (texture.left, texture.top, texture.size, texture.width, texture.height) == (3, 4, 400, 256, 256)
    assert (texture.serial, texture.revision, texture.is_stale, texture.is_merged) == (7, 5, False, False)
    texture.show(TileImage(None), 8, 5, is_stale=True)
    assert (texture.width, texture.height, texture.is_stale) == (0, 0, True)


def test_a_picture_is_complete_when_it_is_planned_and_nothing_is_missing_or_fading() -> None:
    cells = TileRange(3, 2, 5, 3, 6)
    picture = LayerPicture(BASE)
    tile, ancestor = (
        Texture(("base", 3, 2, 5), width=512, height=512),
        Texture(("base", 0, 0, 0), width=512, height=512),
    )
    there: dict[tuple[int, int, int], Texture] = {}
    found = [picture.is_complete]

    def plan() -> None:
        picture.plan(cells, lambda *cell: there.get(cell), (0, 3))
        found.append(picture.is_complete)

    plan()
    there |= {(3, 2, 5): tile, (0, 0, 0): ancestor}
    plan()
    tile.fade_from = 10.0
    plan()
    tile.fade_from = None
    plan()
    picture.dirty = True
    assert [*found, picture.is_complete] == [False, False, True, False, True, False]


def test_a_picture_shows_the_tiles_of_its_cells_in_any_copy_of_the_world() -> None:
    picture = LayerPicture(BASE)
    assert not picture.shows(("base", 3, 2, 5))
    picture.plan(TileRange(3, -6, 5, -5, 6), lambda z, x, y: None, ())
    assert picture.shows(("base", 3, 2, 5))
    assert not picture.shows(("base", 4, 2, 5))
    assert not picture.shows(("base", 3, 3, 5))
    assert not picture.shows(("base", 3, 2, 6))


@pytest.mark.parametrize(("after_s", "alpha"), [(-1.0, 0), (0.0, 0), (0.075, 127), (0.15, 255), (9.0, 255)])
def test_a_tile_fades_in_within_0_15_s_while_what_it_replaces_fades_out(after_s: float, alpha: int) -> None:
    cells, view = TileRange(0, 0, 0, 1, 1), screen(Position(0, 0), 2.0)
    for layer, below in ((BASE, 255), (Layer("x", "overlay", 0, 20), 255 - alpha)):
        picture = LayerPicture(layer)
        there = {
            (1, 0, 0): Texture(("x", 1, 0, 0), width=512, height=512),
            (0, 0, 0): Texture(("x", 0, 0, 0), width=512, height=512, fade_from=10.0),
        }
        picture.plan(cells, lambda *cell, there=there: there.get(cell), (0, 1))
        quads: list[Quad] = []
        picture.draw(view, 10.0 + after_s, quads)
        assert [(quad.key[1], quad.alpha) for quad in quads] == [(1, below), (0, alpha)]


@pytest.mark.parametrize(
    ("texture", "dst", "src"),
    [
        # The ancestor's quarter to the south-east, 256 to 512 both ways, is shown on 512 x 512 pixels at (100, 200).
        (Texture(("x", 2, 0, 0), 0, 0, 512, 512), (100, 200, 512, 512), (256, 256, 256, 256)),
        (Texture(("x", 2, 0, 0), 256, 256, 256, 256), (100, 200, 512, 512), None),
        (Texture(("x", 2, 0, 0), 300, 320, 100, 50), (188, 328, 200, 100), None),
        (Texture(("x", 2, 0, 0), 200, 220, 100, 100), (100, 200, 88, 128), (56, 36, 44, 64)),
        (Texture(("x", 2, 0, 0), 400, 450, 112, 62), (388, 588, 224, 124), None),
        (Texture(("x", 2, 0, 0), 256, 300, 256, 100), (100, 288, 512, 200), None),
        (Texture(("x", 2, 0, 0), 300, 256, 100, 256), (188, 200, 200, 512), None),
        (Texture(("x", 2, 0, 0), 0, 0, 256, 512), None, None),
        (Texture(("x", 2, 0, 0), 0, 0, 512, 256), None, None),
    ],
)
def test_of_a_trimmed_ancestor_the_part_of_a_cell_is_drawn(
    texture: Texture, dst: tuple[int, int, int, int] | None, src: tuple[int, int, int, int] | None
) -> None:
    picture = LayerPicture(Layer("x", "overlay", 0, 20))
    view = Viewport(Position(0.0, 0.0), 3.0, 1024, 1024)
    picture.plan(TileRange(3, 1, 1, 2, 2), lambda *cell: texture if cell == (2, 0, 0) else None, (2,))
    quads: list[Quad] = []
    picture.draw(view, 0.0, quads)
    # The cell's corner lies at world pixel (512, 512), the screen's at 2048 - 512.
    assert [(quad.dst, quad.src) for quad in quads] == (
        [] if dst is None else [((dst[0] - 100 - 1024, dst[1] - 200 - 1024, dst[2], dst[3]), src)]
    )


def test_a_trimmed_tile_is_rounded_to_whole_pixels_and_left_out_below_one() -> None:
    picture = LayerPicture(Layer("x", "overlay", 3, 3))
    tile = Texture(("x", 3, 1, 1), 100, 101, 3, 1)
    picture.plan(TileRange(3, 1, 1, 2, 2), lambda *cell: tile if cell == (3, 1, 1) else None, (3,))

    def drawn(zoom: float) -> list[tuple[int, ...]]:
        quads: list[Quad] = []
        view = Viewport(Position(0.0, 0.0), zoom, 64, 64)
        picture.draw(view, 0.0, quads)
        left, top = corner(view)
        return [(quad.dst.x + left, quad.dst.y + top, quad.dst.w, quad.dst.h) for quad in quads]

    assert drawn(3.0) == [(612, 613, 3, 1)]
    assert drawn(4.0) == [(1224, 1226, 6, 2)]
    # 256 pixels a cell: across from 306 to 307.5, down from 306.5 to 307, which are both 307.
    assert drawn(2.0) == []
