"""The rasteriser, judged by geometry: each pixel is what its distance from the outline says, to a third of a pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from tests.fences.drawing.test_raster import TILE, Pixels, disc, draw, pixels, place_in
from tests.fences.making import EXPIRED, NOW, OUT_OF_HOURS, UPCOMING, polygon, ring
from tvapp.core.clock import ManualClock
from tvapp.fences.drawing.raster import FenceRasteriser, rasterise
from tvapp.fences.drawing.raster_cache import RasterCache
from tvapp.fences.index.fence_index import FenceIndex
from tvapp.fences.model import style
from tvapp.fences.model.fence import Geofence, Ring
from tvapp.fences.model.validity import Validity
from tvapp.tiles.tile import TileId

DEPOT = style.style("depot", "active")
Points = list[tuple[float, float]]


def ring_at(points: Points) -> Ring:
    """Return a ring by its pixels in TILE."""
    places = [place_in(TILE, x, y) for x, y in points]
    return ring(*((place.lon, place.lat) for place in places))


def area(name: str, *rings: Points, kind: str = "depot", validity: Validity | None = None) -> Geofence:
    more = {} if validity is None else {"validity": validity}
    return polygon(name, *(ring_at(points) for points in rings), kind=kind, **more)


def square(left: float, top: float, right: float, bottom: float) -> Points:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def around(x: float, y: float, radius: float, count: int = 360, teeth: int = 0, tooth: float = 0.0) -> Points:
    """Return a ring around a pixel, with teeth."""
    turns = [2 * math.pi * step / count for step in range(count)]
    radii = [radius + tooth * math.sin(teeth * turn) for turn in turns]
    return [(x + r * math.cos(turn), y + r * math.sin(turn)) for r, turn in zip(radii, turns, strict=True)]


def mismatches(picture: Pixels, rings: list[Points], scale: float = 1.0, slack: float = 1.1) -> Points:
    """Return the pixels that differ from a fence with its outline; those within `slack` of a border may be mixed."""
    size = len(picture)
    # Every third pixel in every third row: a hundredth of a second for each ring.
    middles = np.arange(1, size, 3)
    xs, ys = (each.ravel() for each in np.meshgrid(middles, middles))
    points = shapely.points((xs + 0.5) * (512 / size), (ys + 0.5) * (512 / size))
    shape = shapely.Polygon(rings[0], rings[1:])
    # Only what is near the tile: distances of many points take long.
    near = shapely.intersection(shape.boundary, shapely.box(-60, -60, 572, 572))
    apart = shapely.distance(points, near) * (size / 512)
    shapely.prepare(shape)
    inside = shapely.contains(shape, points)
    found = picture[ys, xs].astype(int)
    line, casing = style.LINE_PX * scale / 2, (style.LINE_PX / 2 + style.CASING_PX) * scale
    wrong = np.zeros(len(xs), dtype=bool)
    for where, color in (
        (apart < line - slack, DEPOT.line),
        ((apart > line + slack) & (apart < casing - slack), DEPOT.casing),
        ((apart > casing + slack) & inside, DEPOT.fill),
        ((apart > casing + slack) & ~inside, (0, 0, 0, 0)),
    ):
        wrong |= where & (np.abs(found - np.array(color)).max(axis=1) > 4)
    return [(float(x), float(y)) for x, y in zip(xs[wrong], ys[wrong], strict=True)]


SHAPES: dict[str, list[Points]] = {
    "a square": [square(100, 120, 400, 380)],
    "a slanting quadrangle": [[(60, 200), (300, 40), (470, 260), (200, 480)]],
    "one with a hole": [square(60, 80, 450, 440), square(200, 210, 300, 330)],
    "one with two holes": [square(40, 40, 470, 470), square(100, 100, 200, 200), around(350, 350, 60)],
    "one whose hole leaves the tile": [square(-300, -300, 300, 300), square(-200, -200, 150, 170)],
    "one that leaves the tile to the south-east": [square(300, 200, 900, 800)],
    "one that leaves the tile to the north-west": [square(-400, -500, 300, 200)],
    "one whose west edge lies just inside": [square(0.4, 100, 300, 300)],
    "one that goes right through the tile": [square(-900, 200, 900, 300)],
    "a ring of many points that leaves the tile": [around(256, 256, 300, 200)],
    "one with a hole of many points that leaves the tile": [square(-200, 40, 600, 470), around(30, 256, 150, 200)],
    "one in the far corner of its surroundings": [square(480, 480, 40_000, 60_000)],
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_polygon_is_drawn_where_it_is(name: str) -> None:
    rings = SHAPES[name]
    assert mismatches(draw(area("p", *rings), tile=TILE), rings) == []


@pytest.mark.parametrize(("scale", "size"), [(2.0, 1024), (1.5, 768), (1.25, 640), (2.0, 512)])
def test_outlines_and_casings_grow_with_the_scale(scale: float, size: int) -> None:
    rings = SHAPES["one with a hole"]
    picture = draw(area("p", *rings), tile=TILE, scale=scale, size=size)
    assert mismatches(picture, rings, scale, slack=1.3) == []


@pytest.mark.parametrize("radius", [30.0, 100.0, 158.0, 162.0, 240.0, 400.0])
def test_a_disc_is_drawn_where_it_is_whether_as_an_ellipse_or_as_a_ring(radius: float) -> None:
    x, y = (256.0, 256.0) if radius < 300 else (256.0 - radius * 0.8, 256.0 - radius * 0.6)
    assert mismatches(draw(disc(x, y, radius), tile=TILE), [around(x, y, radius, 400)], slack=1.7) == []


@pytest.mark.parametrize("x", [-2.0, 514.0])
def test_half_an_outline_reaches_into_the_tile(x: float) -> None:
    left, right = (-300.0, x) if x < 0 else (x, 800.0)
    picture = draw(area("p", square(left, 100, right, 400)), tile=TILE)
    edge = picture[250, 0 if x < 0 else 511]
    assert edge[3] > 100
    assert (picture[250, 8:500] == 0).all()


@pytest.mark.parametrize("scale", [0.75, 1.0, 2.0, 3.0])
def test_an_outline_and_its_casing_are_as_wide_as_they_should_be(scale: float) -> None:
    size = round(512 * scale)
    picture = draw(area("p", square(100, 100, 400, 400)), tile=TILE, scale=scale, size=size).astype(float)
    row = picture[size // 2, : round(200 * scale), 3]
    outside = row[: round(100 * scale)].sum() / 255
    assert outside == pytest.approx(scale * (style.LINE_PX / 2 + style.CASING_PX * DEPOT.casing.a / 255), abs=0.36)
    assert (row == 255).sum() == pytest.approx(style.LINE_PX * scale, abs=1)


def test_an_outline_of_more_points_than_are_filled_at_once_is_filled_all_the_same() -> None:
    # Each tooth is too high to be left out, so that the ring keeps several thousand edges.
    points = around(256, 256, 200, 8_000, teeth=1_000, tooth=6.0)
    picture = draw(area("p", points), tile=TILE)
    apart = np.hypot(*np.meshgrid(np.arange(512) - 255.5, np.arange(512) - 255.5))
    assert (np.abs(picture[apart < 188].astype(int) - np.array(DEPOT.fill)) <= 4).all()
    assert (picture[apart > 212] == 0).all()
    assert (picture[(apart >= 190) & (apart <= 208)][:, 3] > 0).mean() > 0.9


def test_what_is_larger_than_a_pixel_is_not_left_out() -> None:
    spike: Points = [(100, 100), (250, 100), (253, 97), (256, 100), (400, 100), (400, 400), (100, 400)]
    flat, spiked = (draw(area("p", points), tile=TILE)[:, 253, 3] for points in (square(100, 100, 400, 400), spike))
    assert np.flatnonzero(flat)[0] - np.flatnonzero(spiked)[0] >= 2


@pytest.mark.parametrize(("dx", "dy"), [(14.0, 0.0), (0.0, 14.0), (14.0, 14.0), (28.0, -14.0)])
def test_tiny_fences_in_neighbouring_cells_have_a_dot_each(dx: float, dy: float) -> None:
    fences = [disc(200, 200, 0.5), disc(200 + dx, 200 + dy, 0.5)]
    picture = draw(*fences, tile=TILE)
    for x, y in ((200, 200), (200 + dx, 200 + dy)):
        assert tuple(picture[round(y), round(x)]) == DEPOT.line


def test_tiny_fences_in_one_cell_have_one_dot_and_no_outlines() -> None:
    left, top = (210 - (number * 512 + 210) % 14 for number in (TILE.x, TILE.y))
    picture = draw(disc(left + 1, top + 7, 3.0), disc(left + 13, top + 7, 2.0), tile=TILE)
    assert tuple(picture[top + 7, left + 1]) == DEPOT.line
    assert not picture[:, left + 12 :].any()


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("validity", [None, UPCOMING, OUT_OF_HOURS, EXPIRED])
def test_a_dot_has_a_casing_and_a_hollow_one_a_dark_middle(scale: float, validity: Validity | None) -> None:
    size = round(512 * scale)
    picture = draw(disc(200, 300, 0.5, validity), tile=TILE, scale=scale, size=size).astype(int)
    state = {None: "active", UPCOMING: "upcoming", OUT_OF_HOURS: "out-of-hours", EXPIRED: "expired"}[validity]
    look = style.style("depot", state)  # type: ignore[arg-type]
    x, y = 200 * scale, 300 * scale
    xs, ys = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    apart = np.hypot(xs - x, ys - y)
    radius, casing = style.DOT_PX * scale, (style.DOT_PX + style.CASING_PX) * scale
    middle = radius / 2 if look.hollow else 0.0
    for low, high, color in (
        (-1.0, middle, look.casing),
        (middle, radius, look.line),
        (radius, casing, look.casing),
        (casing, 600.0, (0, 0, 0, 0)),
    ):
        found = picture[(apart > low + 0.9) & (apart < high - 0.9)]
        assert (np.abs(found - np.array(color)) <= 4).all()
    assert (apart[picture[..., 3] > 0].max() - casing) < 0.9


def test_of_tiny_fences_in_a_cell_the_active_one_and_then_the_larger_one_gives_its_colour() -> None:
    school, depot = (style.style(kind, "active").line for kind in ("school", "depot"))
    for fences, color in (
        ([disc(200, 200, 0.5, kind="school"), disc(200, 200, 0.6)], depot),
        ([disc(200, 200, 0.6), disc(200, 200, 0.5, kind="school")], depot),
        ([disc(200, 200, 0.6, OUT_OF_HOURS), disc(200, 200, 0.5, kind="school")], school),
        ([disc(200, 200, 0.5, kind="school"), disc(200, 200, 0.6, OUT_OF_HOURS)], school),
    ):
        assert tuple(draw(*fences, tile=TILE)[200, 200]) == color


def test_a_smaller_fence_lies_over_a_larger_one_whatever_their_order() -> None:
    large, small = disc(256, 256, 150), disc(256, 256, 60, kind="school")
    one, other = draw(large, small, tile=TILE), draw(small, large, tile=TILE)
    assert (one == other).all()
    assert np.abs(one[256, 256].astype(int) - np.array(style.style("school", "active").fill)).max() <= 4


def test_dashes_are_drawn_in_their_lengths_with_a_casing_and_the_fill_shows_between() -> None:
    look = style.style("depot", "out-of-hours")
    assert look.dash_px == (18.0, 11.0)
    for scale in (1.0, 2.0):
        size = round(512 * scale)
        picture = draw(area("p", square(111, 100, 401, 390), validity=OUT_OF_HOURS), tile=TILE, scale=scale, size=size)
        row = picture[round(100 * scale), round(111 * scale) : round(401 * scale)].astype(int)
        drawn = np.abs(row - np.array(look.line)).max(axis=1) <= 4
        assert drawn.mean() == pytest.approx(18 / 29, abs=0.05)
        assert int((np.diff(drawn.astype(int)) == 1).sum()) + int(drawn[0]) == pytest.approx(10, abs=1)
        beside = picture[round(98.7 * scale), round(111 * scale) : round(401 * scale), 3]
        assert (beside == 255).any()


def test_a_wide_disc_that_is_not_active_has_dashes_of_the_same_length() -> None:
    picture = draw(disc(256, 256, 200, OUT_OF_HOURS), tile=TILE)
    turns = np.linspace(0, 2 * math.pi, 4_000, endpoint=False)
    xs, ys = ((256 + 200 * way(turns)).astype(int) for way in (np.cos, np.sin))
    drawn = picture[ys, xs, 3] > 200
    assert int((np.diff(drawn.astype(int)) == 1).sum()) == pytest.approx(2 * math.pi * 200 / 29, abs=1)
    assert drawn.mean() == pytest.approx(18 / 29, abs=0.06)


def test_the_main_thread_is_let_in_every_few_fences() -> None:
    def count(fences: int, validity: Validity | None = None) -> int:
        calls: list[bool] = []
        some = [disc(256 + 4 * number, 256, 40, validity) for number in range(fences)]
        rasterise(FenceIndex(some), TILE, NOW, yield_to_frame=lambda: calls.append(True))
        return len(calls)

    for validity in (None, OUT_OF_HOURS):
        # Once to fill and once to stroke for each eight fences; both ranges cover the same strips.
        assert count(33, validity) - count(1, validity) >= 8
        assert count(8, validity) - count(1, validity) <= 3


def test_a_tile_is_drawn_once_for_a_revision() -> None:
    expiring = disc(256, 256, 100, Validity(expires=NOW + 10))
    cache, clock = RasterCache(), ManualClock(epoch=NOW)
    cache.invalidate(None, 3)
    rasteriser = FenceRasteriser(FenceIndex([expiring]), 3, 1.0, clock, cache)
    first = rasteriser.rasterise(TILE, 512)
    clock.advance(20)
    assert (pixels(rasteriser.rasterise(TILE, 512)) == pixels(first)).all(), "as it was drawn, until told otherwise"
    cache.invalidate(None, 4)
    later = FenceRasteriser(FenceIndex([expiring]), 4, 1.0, clock, cache).rasterise(TILE, 512)
    assert (pixels(later) != pixels(first)).any()
    assert pixels(later).shape == (512, 512, 4)


def test_a_tile_lets_the_main_thread_in_and_is_as_large_as_it_is_asked_to_be() -> None:
    calls: list[bool] = []
    cache = RasterCache()
    index = FenceIndex([disc(256, 256, 100)])
    rasteriser = FenceRasteriser(index, 0, 2.0, ManualClock(), cache, lambda: calls.append(True))
    content = rasteriser.rasterise(TILE, 384)
    assert content.size == 384
    assert len(calls) > 1
    outline = np.flatnonzero((pixels(content)[192, :192] == DEPOT.line).all(axis=1))
    assert len(outline) >= 6, "twice as wide, in a tile of any size"
    empty = rasteriser.rasterise(TileId("g", 14, 1, 1), 384)
    assert (empty.image, empty.size) == (None, 384)
