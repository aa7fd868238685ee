"""The rasteriser, judged by a few pixels and by how neighbouring tiles meet."""

from __future__ import annotations

import math
import time

import numpy as np
import numpy.typing as npt
import pytest

from tests.fences.making import EXPIRED, NOW, OUT_OF_HOURS, UPCOMING, box, circle, line, polygon, ring, spot, town
from tvapp.core.clock import ManualClock
from tvapp.fences.drawing import raster
from tvapp.fences.drawing.raster import rasterise
from tvapp.fences.drawing.raster_cache import RasterCache
from tvapp.fences.index.fence_index import FenceIndex
from tvapp.fences.model import style
from tvapp.fences.model.fence import Geofence
from tvapp.fences.model.validity import Validity
from tvapp.geo import mercator
from tvapp.geo.position import Position
from tvapp.tiles.tile import TileId, TileImage

Pixels = npt.NDArray[np.uint8]


def pixels(content: TileImage) -> Pixels:
    """Return a whole tile as rows of R, G, B, A."""
    result = np.zeros((content.size, content.size, 4), dtype=np.uint8)
    image = content.image
    if image is not None:
        found = np.frombuffer(image.pixels, dtype=np.uint8).reshape(image.height, image.width, 4)
        result[content.top : content.top + image.height, content.left : content.left + image.width] = found
    return result[..., [2, 1, 0, 3]]


def tile_at(position: Position, zoom: int) -> TileId:
    u, v = mercator.project(position)
    return TileId("geofences", zoom, int(u * (1 << zoom)), int(v * (1 << zoom)))


def draw(*fences: Geofence, tile: TileId, scale: float = 1.0, size: int = 512) -> Pixels:
    return pixels(rasterise(FenceIndex(fences), tile, NOW, size, scale))


def place_in(tile: TileId, x: float, y: float) -> Position:
    return mercator.unproject((tile.x + x / 512) / (1 << tile.z), (tile.y + y / 512) / (1 << tile.z))


TILE = TileId("geofences", 14, 9326, 4736)
METRE_PX = 512 * 2**14 / mercator.EQUATOR_M / math.cos(math.radians(place_in(TILE, 256, 256).lat))


def disc(x: float, y: float, radius_px: float, validity: Validity | None = None, kind: str = "depot") -> Geofence:
    place = place_in(TILE, x, y)
    more = {} if validity is None else {"validity": validity}
    return circle(f"{x},{y},{radius_px}", place.lon, place.lat, radius_px / METRE_PX, kind=kind, **more)


def is_color(pixel: Pixels, color: style.Rgba, tolerance: int = 8) -> bool:
    return bool(np.abs(pixel.astype(int) - np.array(color)).max() <= tolerance)


def test_a_tile_without_fences_is_empty() -> None:
    content = rasterise(FenceIndex([disc(256, 256, 100)]), TileId("geofences", 14, 5, 5), NOW)
    assert content.image is None
    assert content.size == 512


def test_a_circle_has_a_fill_an_outline_and_a_casing() -> None:
    look = style.style("depot", "active")
    picture = draw(disc(256, 256, 100), tile=TILE)
    assert is_color(picture[256, 256], look.fill)
    assert is_color(picture[256, 356], look.line)
    assert is_color(picture[256, 156], look.line)
    assert picture[256, 400, 3] == 0
    row = picture[256, 340:370]
    solid = [pixel for pixel in row if is_color(pixel, look.line)]
    assert len(solid) >= 3
    assert any(is_color(pixel, look.casing, 40) for pixel in row)


def test_empty_margins_are_cut_off() -> None:
    content = rasterise(FenceIndex([disc(300, 200, 50)]), TILE, NOW)
    assert content.image is not None
    assert 240 <= content.left <= 250
    assert 140 <= content.top <= 150
    assert 105 <= content.image.width <= 116


def test_the_circle_is_as_large_as_the_ground_says() -> None:
    picture = draw(disc(256, 256, 200), tile=TILE)
    inked = np.flatnonzero(picture[256, :, 3])
    assert inked[0] == pytest.approx(256 - 200 - 4, abs=1.5)
    assert inked[-1] == pytest.approx(256 + 200 + 3, abs=1.5)


@pytest.mark.parametrize("size", [341, 384, 512])
def test_it_is_so_in_a_tile_of_any_size(size: int) -> None:
    index, drawn = FenceIndex([disc(256, 256, 200)]), RasterCache()
    rasteriser = raster.FenceRasteriser(index, 0, size / 512, ManualClock(), drawn)
    # What was drawn in another size before, on another screen, is not what is wanted.
    drawn.put(TILE, 0, raster.FenceRasteriser(index, 0, 0.5, ManualClock(), RasterCache()).rasterise(TILE, 256))
    content = rasteriser.rasterise(TILE, size)
    assert content.size == size
    inked = np.flatnonzero(pixels(content)[size // 2, :, 3])
    assert inked[0] == pytest.approx((256 - 200 - 4) * size / 512, abs=1.5)
    assert inked[-1] == pytest.approx((256 + 200 + 3) * size / 512, abs=1.5)


def test_a_hole_shows_the_fence_below() -> None:
    below = disc(256, 256, 240, kind="school")
    nw, se = place_in(TILE, 150, 150), place_in(TILE, 362, 362)
    inner_nw, inner_se = place_in(TILE, 220, 220), place_in(TILE, 292, 292)
    above = polygon(
        "p",
        box(nw.lon, se.lat, se.lon, nw.lat),
        box(inner_nw.lon, inner_se.lat, inner_se.lon, inner_nw.lat),
        kind="depot",
    )
    picture = draw(below, above, tile=TILE)
    assert is_color(picture[256, 256], style.style("school", "active").fill)
    assert is_color(picture[180, 180], style.style("depot", "active").fill)


def test_states_differ_in_pattern() -> None:
    def outline(validity: Validity | None) -> tuple[float, int]:
        picture = draw(disc(256, 256, 150, validity), tile=TILE)
        angles = np.linspace(0, 2 * math.pi, 720, endpoint=False)
        xs, ys = (256 + 150 * np.cos(angles)).round().astype(int), (256 + 150 * np.sin(angles)).round().astype(int)
        drawn = picture[ys, xs, 3] > 200
        return float(drawn.mean()), int((np.diff(drawn.astype(int)) == 1).sum())

    whole, dashed, dotted, expired = (outline(v) for v in (None, OUT_OF_HOURS, UPCOMING, EXPIRED))
    assert whole[0] == 1.0
    assert 0.4 < dashed[0] < 0.85
    assert dotted[1] > 1.5 * dashed[1]
    assert dashed[1] == expired[1] > 20


def test_expired_fences_are_grey_and_hatched() -> None:
    picture = draw(disc(256, 256, 150, EXPIRED), tile=TILE)
    inside = picture[200:300, 200:300]
    assert inside[..., 3].max() > inside[..., 3].min() + 40
    colors = inside[inside[..., 3] > 0][:, :3].astype(int)
    assert (colors.max(axis=1) - colors.min(axis=1)).max() < 40


@pytest.mark.parametrize("validity", [None, OUT_OF_HOURS, UPCOMING])
def test_kinds_that_warn_are_told_apart_without_colour_in_every_state_that_keeps_it(validity: Validity | None) -> None:
    def inside(kind: str) -> npt.NDArray[np.intp]:
        """Return the opacities in the middle of a fence: what is left when colours cannot be told apart."""
        picture = draw(disc(256, 256, 150, validity, kind), tile=TILE)
        return picture[176:336, 176:336, 3].astype(int)

    plain, stripes, dots = inside("depot"), inside("restricted"), inside("construction")
    assert plain.max() == plain.min()
    for patterned in (stripes, dots):
        assert patterned.max() > patterned.min() + 50
        assert patterned.min() == plain.min()
    # Stripes stay themselves a pixel further down and right, which hatching (it leans the other way) and dots do not.
    assert np.abs(stripes[1:, 1:] - stripes[:-1, :-1]).max() <= 2
    assert np.abs(dots[1:, 1:] - dots[:-1, :-1]).max() > 20
    hatching = draw(disc(256, 256, 150, EXPIRED), tile=TILE)[176:336, 176:336, 3].astype(int)
    assert np.abs(hatching[1:, :-1] - hatching[:-1, 1:]).max() <= 2


def test_an_expired_fence_looks_the_same_whatever_it_was() -> None:
    pictures = [draw(disc(256, 256, 150, EXPIRED, kind), tile=TILE) for kind in ("restricted", "construction")]
    assert (pictures[0] == pictures[1]).all()


def test_four_tiles_are_one_picture() -> None:
    # Twice the size one zoom lower is the same ground at the same scale, with no border in it.
    assert TILE.x % 2 == TILE.y % 2 == 0
    fences = [
        disc(512 + dx, 512 + dy, radius, validity, kind)
        for dx, dy, radius, validity, kind in (
            (0, 0, 300, None, "depot"),
            (10, -20, 190, OUT_OF_HOURS, "school"),
            (-90, 200, 120, UPCOMING, "harbour"),
            (200, 30, 140, EXPIRED, ""),
            (-250, 2, 4, None, ""),
            (3, 300, 4, None, "depot"),
            (0, -300, 40, None, "depot"),
            (-20, -150, 90, None, "restricted"),
            (150, -30, 110, None, "construction"),
        )
    ]
    points = [place_in(TILE, 512 + x, 512 + y) for x, y in ((-200, -150), (210, -180), (-60, 190), (-200, 10))]
    fences.append(polygon("p", ring(*((point.lon, point.lat) for point in points)), validity=OUT_OF_HOURS))
    fences.extend(town(150))
    index = FenceIndex(fences)
    whole = pixels(rasterise(index, TileId("g", TILE.z - 1, TILE.x // 2, TILE.y // 2), NOW, 1024)).astype(int)
    rows = [
        np.concatenate(
            [pixels(rasterise(index, TileId("g", TILE.z, TILE.x + dx, TILE.y + dy), NOW)) for dx in (0, 1)], 1
        )
        for dy in (0, 1)
    ]
    joined = np.concatenate(rows).astype(int)
    covered = np.maximum(whole[..., 3], joined[..., 3]) > 0
    apart = (np.abs(whole - joined) * (np.maximum(whole[..., 3:], joined[..., 3:]) / 255)).max(axis=2)
    assert covered.mean() > 0.3
    assert apart[covered].mean() < 0.5
    # Lines cut at a tile's surroundings are one fine pixel off at most, here and there.
    assert (apart > 120).sum() < 40
    assert apart[:, 505:519].mean() < 3 * apart.mean() + 1


def test_a_tile_one_world_further_east_is_the_same() -> None:
    # One world further east: the same ground gives the same pixels.
    index = FenceIndex(town(300))
    zoom = 13
    tile = tile_at(Position(24.94, 60.17), zoom)
    picture = pixels(rasterise(index, tile, NOW))
    again = pixels(rasterise(index, TileId("g", zoom, tile.x + (1 << zoom), tile.y), NOW))
    assert (picture == again).all()


def test_tiny_fences_never_vanish() -> None:
    for zoom in (0, 3, 8):
        picture = draw(circle("c", 24.94, 60.17, 5, kind="depot"), tile=tile_at(Position(24.94, 60.17), zoom))
        assert (picture[..., 3] > 200).sum() > 40


def test_a_crowd_of_tiny_fences_shares_dots() -> None:
    index = FenceIndex(town(5000, spread=0.2))
    content = rasterise(index, tile_at(Position(24.94, 60.17), 3), NOW)
    assert content.image is not None
    assert content.image.width < 60


def test_a_polygon_larger_than_the_tile_fills_it() -> None:
    picture = draw(polygon("big", box(0, 40, 60, 70), kind="depot"), tile=TILE)
    fill = style.style("depot", "active").fill
    assert (np.abs(picture.astype(int) - np.array(fill)).max(axis=2) <= 4).all()


def test_fences_over_the_date_line_show_on_both_sides() -> None:
    fence = polygon("p", box(179.9, 10, 180.1, 10.2), kind="depot")
    for x in (0, 255):
        v = mercator.project(Position(0, 10.1))[1]
        picture = draw(fence, tile=TileId("g", 8, x, int(v * 256)))
        assert (picture[..., 3] > 0).any()


def test_lines_self_crossing_rings_and_huge_rings_are_drawn() -> None:
    eight = polygon("8", ring((24.9, 60.1), (25.0, 60.2), (25.0, 60.1), (24.9, 60.2)))
    steps = [2 * math.pi * step / 20_000 for step in range(20_000)]
    coast = polygon(
        "coast",
        ring(*((24.94 + 0.2 * math.cos(t) * (1 + 0.02 * math.sin(900 * t)), 60.17 + 0.1 * math.sin(t)) for t in steps)),
        validity=OUT_OF_HOURS,
    )
    way = line("way", 60, (24.8, 60.1), (24.94, 60.17), (25.1, 60.1))
    index = FenceIndex([eight, coast, way])
    for zoom in (5, 9, 13, 17, 20):
        content = rasterise(index, tile_at(Position(24.94, 60.17), zoom), NOW)
        assert content.image is not None


def test_a_larger_scale_draws_thicker_lines() -> None:
    def thickness(scale: float) -> int:
        picture = draw(disc(256, 256, 150), tile=TILE, scale=scale)
        return sum(is_color(pixel, style.style("depot", "active").line) for pixel in picture[256, 380:440])

    assert thickness(2.0) >= 2 * thickness(1.0) - 1


def test_an_unknown_kind_always_has_the_same_color() -> None:
    assert style.palette_index("Zebra crossing") == style.palette_index("ZEBRA CROSSING")
    assert style.palette_index("") == style.BLUE
    assert style.palette_index("School zone") == style.AMBER


def test_a_crowd_is_drawn_with_less_detail_that_cannot_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    tile = tile_at(Position(24.94, 60.17), 12)

    def from_afar(crowd: int, seed: int = 1) -> npt.NDArray[np.float64]:
        """Return the colours on black of a picture four times as small: seen from four times as far away."""
        monkeypatch.setattr(raster, "_CROWD", crowd)
        picture = pixels(rasterise(FenceIndex(town(600, seed)), tile, NOW)).astype(float)
        on_black = (picture[..., :3] * picture[..., 3:] / 255).reshape(128, 4, 128, 4, 3)
        return np.asarray(on_black.mean(axis=(1, 3)))

    fine, coarse, other = from_afar(10_000), from_afar(0), from_afar(0, seed=2)
    assert 0 < np.abs(fine - coarse).mean() < 8
    assert np.abs(fine - other).mean() > 40


def test_ten_thousand_fences_are_drawn_at_any_zoom() -> None:
    index = FenceIndex(town(10_000, spread=0.3))
    for zoom in (0, 4, 8, 12, 16, 20):
        before = time.thread_time()
        rasterise(index, tile_at(Position(24.94, 60.17), zoom), NOW)
        assert time.thread_time() - before < 2.0


def test_a_dot_grows_with_the_number_of_tiny_fences_that_share_it_up_to_half() -> None:
    place = place_in(TILE, 256, 256)
    for count, radius_px in (
        (1, style.DOT_PX),
        (10, style.DOT_PX * 1.25),
        (100, style.DOT_PX * 1.5),
        (400, style.DOT_PX * 1.5),
    ):
        fences = [circle(f"c{number}", place.lon, place.lat, 1.0, kind="depot") for number in range(count)]
        width = np.ptp(np.flatnonzero(draw(*fences, tile=TILE)[:, :, 3].any(axis=0))) + 1
        assert width == pytest.approx(2 * (radius_px + style.CASING_PX), abs=1.5)


def test_a_fence_becomes_a_dot_below_thirteen_pixels_and_has_a_slim_line_below_thirty_six() -> None:
    def line_px(radius_px: float) -> int:
        picture = draw(disc(256, 256, radius_px), tile=TILE)
        line = style.style("depot", "active").line
        return sum(is_color(pixel, line, 30) for pixel in picture[256, :256])

    assert line_px(6.0) == pytest.approx(style.DOT_PX, abs=1.1)
    slim, whole = line_px(style.SMALL_PX / 2 - 1), line_px(style.SMALL_PX / 2 + 1)
    assert 2 <= slim < whole <= style.LINE_PX


def test_dots_of_fences_that_do_not_count_yet_are_hollow() -> None:
    for validity, state in (
        (None, "active"),
        (UPCOMING, "upcoming"),
        (OUT_OF_HOURS, "out-of-hours"),
        (EXPIRED, "expired"),
    ):
        middle = draw(disc(256, 256, 3, validity), tile=TILE)[256, 256]
        look = style.style("depot", state)  # type: ignore[arg-type]
        assert is_color(middle, look.casing if look.hollow else look.line, 12)


@pytest.mark.parametrize("zoom", [6, 12, 17])
def test_a_line_without_a_radius_is_a_thin_line_and_a_point_a_mark(zoom: int) -> None:
    places = (24.94, 60.16), (24.99, 60.17)
    route, gate = line("r", 0.0, *places), spot("g", 24.965, 60.165, 0.0)
    for fence in (route, gate):
        index = FenceIndex([fence])
        u, v = mercator.project(Position(24.965, 60.165))
        tile = TileId("geofences", zoom, int(u * 2**zoom), int(v * 2**zoom))
        drawn = rasterise(index, tile, NOW)
        assert drawn.image is not None
        if fence is gate:
            assert max(drawn.image.width, drawn.image.height) < 20
