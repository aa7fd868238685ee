import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.geo.places import places
from tests.mapview.world import HELSINKI, screen
from tvapp.geo.mercator import MAX_LATITUDE, project
from tvapp.geo.position import Bounds, Position
from tvapp.mapview.viewport import MAX_ZOOM, MIN_ZOOM, Viewport, lowest_zoom, tile_side

views = st.builds(
    lambda center, zoom, size: Viewport(center, zoom, *size),
    places(89.0),
    st.floats(0.0, 22.0),
    st.sampled_from([(1920, 1080, 1.0), (3840, 2160, 2.0), (1280, 720, 2 / 3), (1080, 1920, 0.5625)]),
)


def test_the_centre_is_in_the_middle_of_the_screen() -> None:
    assert screen().to_screen(HELSINKI) == (960.0, 540.0)
    assert screen().to_position(960, 540).lat == pytest.approx(HELSINKI.lat)


def test_ground_resolution_is_that_of_the_scale() -> None:
    # 40075016.7 m / (512 px x 2^zoom) at the equator (Azure Maps); half of that on a 4K screen.
    assert screen(Position(0, 0), 10).ground_resolution_m() == pytest.approx(40075016.7 / (512 * 1024))
    assert screen(Position(0, 0), 10, 2.0).ground_resolution_m() == pytest.approx(40075016.7 / (1024 * 1024))
    assert screen(Position(0, 60), 10).ground_resolution_m() == pytest.approx(40075016.7 / (512 * 1024) / 2)


@given(views, st.floats(0, 1), st.floats(0, 1))
def test_a_point_of_the_screen_is_the_screen_point_of_its_place(view: Viewport, across: float, down: float) -> None:
    # Where the world is narrower than the screen a place is seen twice, and the nearer copy counts.
    assume(abs(across - 0.5) * view.width < view.world / 2 - 1)
    x, y = across * view.width, down * view.height
    back = view.to_screen(view.to_position(x, y))
    assert back == pytest.approx((x, y), abs=1e-3)


@given(views)
@example(Viewport(Position(0, 89), 2, 1920, 1080))
@example(Viewport(Position(0, -89), 2, 1080, 1920, 0.5625))
def test_nothing_beyond_the_poles_is_ever_shown(view: Viewport) -> None:
    assert view.v * view.world >= view.height / 2 - 1e-6
    assert (1 - view.v) * view.world >= view.height / 2 - 1e-6
    assert -180 <= view.center.lon < 180
    assert view.zoom <= MAX_ZOOM
    assert view.world >= view.height * (1 - 1e-12)


@given(views, st.floats(-3000, 3000), st.floats(-3000, 3000))
def test_panning_there_and_back_comes_home_unless_a_pole_was_in_the_way(view: Viewport, dx: float, dy: float) -> None:
    there = view.panned(dx, dy)
    assume(there.v * there.world > there.height / 2 + 1 and (1 - there.v) * there.world > there.height / 2 + 1)
    back = there.panned(-dx, -dy)
    assert back.v == pytest.approx(view.v, abs=1e-9)
    assert math.cos(math.radians(back.center.lon - view.center.lon)) == pytest.approx(1.0)


def test_panning_moves_the_map_by_that_many_pixels() -> None:
    moved = screen().panned(100, -50)
    x, y = moved.to_screen(HELSINKI)
    assert (x, y) == pytest.approx((860, 590))


def test_the_view_goes_round_the_date_line() -> None:
    view = screen(Position(179.999, 0), 10).panned(1000, 0)
    assert view.center.lon < -178
    assert view.bounds().crosses_date_line is False
    edge = screen(Position(180, 0), 10)
    assert edge.bounds().crosses_date_line
    assert edge.to_screen(Position(179.99, 0))[0] < 960 < edge.to_screen(Position(-179.99, 0))[0]


def test_zooming_about_a_point_keeps_its_place() -> None:
    view = screen()
    place = view.to_position(1500, 200)
    for levels in (1, -2, 0.37):
        x, y = view.zoomed(levels, (1500, 200)).to_screen(place)
        assert (x, y) == pytest.approx((1500, 200), abs=0.01)


def test_zooming_without_a_point_keeps_the_centre() -> None:
    assert screen().zoomed(1).center.lat == pytest.approx(HELSINKI.lat, abs=1e-9)
    assert screen().zoomed(1).zoom == 14
    assert screen().zoomed(100).zoom == MAX_ZOOM
    assert screen().zoomed(-100).zoom == 2


def test_a_screen_wider_than_the_world_shows_all_longitudes() -> None:
    ultra_wide = Viewport(Position(0, 0), 2, 3440, 1440, 4 / 3)
    assert ultra_wide.bounds().lon_span == 360


boxes = st.builds(
    lambda west, span, south, rise: Bounds(west, south, (west + span + 180) % 360 - 180, min(south + rise, 84)),
    st.floats(-180, 179.9),
    st.floats(0.0001, 150),
    st.floats(-84, 80),
    st.floats(0.0001, 60),
)


@given(boxes, st.tuples(*[st.integers(0, 300)] * 4))
def test_fitting_shows_all_of_the_box_inside_the_padding(
    box: Bounds, padding: tuple[float, float, float, float]
) -> None:
    view = screen().fitting(box, padding)
    assert view.zoom == int(view.zoom)
    _, north = project(Position(0, box.north))
    _, south = project(Position(0, box.south))
    # Near the poles the map cannot move as far as the padding asks, and the whole world may not fit at all.
    fits = box.lon_span / 360 * 2048 <= 1920 - padding[0] - padding[2]
    fits = fits and (south - north) * 2048 <= 1080 - padding[1] - padding[3]
    assume(fits)
    left, right = view.to_screen(Position(box.west, 0))[0], view.to_screen(Position(box.east, 0))[0]
    assert padding[0] - 0.01 <= left <= right <= 1920 - padding[2] + 0.01
    top, bottom = view.to_screen(Position(0, box.north))[1], view.to_screen(Position(0, box.south))[1]
    assert -0.01 <= top <= bottom <= 1080.01


def test_fitting_takes_the_largest_zoom_that_holds_the_box() -> None:
    box = Bounds(24.9, 60.15, 25.0, 60.2)
    view = screen().fitting(box)
    assert view.bounds().contains(Position(24.9, 60.2))
    assert view.bounds().contains(Position(25.0, 60.15))
    nearer = view.zoomed(1).bounds()
    assert not (nearer.contains(Position(24.9, 60.2)) and nearer.contains(Position(25.0, 60.15)))


def test_fitting_a_box_across_the_date_line_looks_at_the_date_line() -> None:
    view = screen().fitting(Bounds(170, -20, -170, -10))
    assert abs(view.center.lon) == pytest.approx(180)
    assert view.zoom == 6


def test_fitting_a_single_place_stops_at_the_largest_zoom_allowed() -> None:
    spot = Bounds(24.9, 60.1, 24.9, 60.1)
    assert screen().fitting(spot).zoom == MAX_ZOOM
    assert screen().fitting(spot, max_zoom=16).zoom == 16


def test_another_screen_size_keeps_centre_and_zoom() -> None:
    view = screen().resized(3840, 2160, 2.0)
    assert (view.center, view.zoom, view.width) == (HELSINKI, 13, 3840)


def test_latitudes_past_the_map_are_put_on_its_edge() -> None:
    assert (
        screen(Position(0, 0), 3).to_screen(Position(0, 90))[1]
        == screen(Position(0, 0), 3).to_screen(Position(0, MAX_LATITUDE))[1]
    )


def test_the_map_is_between_zoom_2_and_20_and_at_least_as_high_as_the_screen() -> None:
    assert (MIN_ZOOM, MAX_ZOOM) == (2.0, 20.0)
    assert screen(zoom=25).zoom == 20.0
    assert screen(zoom=0).zoom == pytest.approx(2.0)
    assert Viewport(HELSINKI, 0, 5120, 4096, 1.0).zoom == 3.0
    assert lowest_zoom(1080, 1.0) == 2.0
    assert lowest_zoom(4096, 1.0) == 3.0
    assert lowest_zoom(1 << 40, 1.0) == 20.0


def test_a_design_pixel_is_one_pixel_unless_told_otherwise() -> None:
    assert Viewport(HELSINKI, 13, 640, 480).scale == 1.0
    assert [tile_side(scale) for scale in (1.0, 2 / 3, 2.0, 0.0001)] == [512, 341, 1024, 1]


def test_fitting_without_padding_puts_the_middle_of_the_box_into_the_middle_of_the_screen() -> None:
    view = screen().fitting(Bounds(10.0, -1.0, 12.0, 1.0))
    assert (view.center.lon, view.center.lat) == pytest.approx((11.0, 0.0))
    # 2 degrees are 728 px at zoom 8, and would be 1456 px, more than the height, at zoom 9.
    assert view.zoom == 8


def test_fitting_moves_the_box_away_from_what_covers_the_screen() -> None:
    box = Bounds(10.0, -0.5, 11.0, 0.5)
    view = screen().fitting(box, (600.0, 300.0, 200.0, 100.0))
    x, y = view.to_screen(Position(10.5, 0.0))
    assert (x, y) == pytest.approx((600 + (1920 - 800) / 2, 300 + (1080 - 400) / 2))


def test_a_box_that_exactly_fills_the_screen_does_not_fall_to_the_next_zoom() -> None:
    span = 360.0 * 1920 / 512 / 2**9
    assert screen().fitting(Bounds(0.0, 0.0, span, 0.0)).zoom == 9
    assert screen().fitting(Bounds(0.0, 0.0, span * 1.0001, 0.0)).zoom == 8


def test_fitting_never_zooms_out_beyond_the_lowest_zoom() -> None:
    assert screen().fitting(Bounds(-170.0, -80.0, 170.0, 80.0)).zoom == 2.0
    view = Viewport(HELSINKI, 13, 5120, 4096).fitting(Bounds(-100.0, -60.0, 100.0, 60.0), (0.0, 1000.0, 0.0, 0.0))
    assert view.zoom == 3.0


def test_padding_that_covers_the_whole_screen_leaves_a_pixel() -> None:
    assert screen().fitting(Bounds(0.0, 0.0, 1e-9, 1e-9), (1000.0, 600.0, 1000.0, 600.0)).zoom == MAX_ZOOM


def test_aligning_moves_the_left_edge_to_the_nearest_multiple() -> None:
    view = screen()
    left = view.u * view.world - view.width / 2
    for moved in (0.0, 1.0, 1.9, 2.1, 3.0):
        start = view.panned(4 * math.ceil(left / 4) - left + moved, 0.0)
        aligned = start.aligned(4)
        assert (aligned.u - start.u) * view.world == pytest.approx(-moved if moved < 2 else 4 - moved, abs=1e-4)
        assert aligned.v == pytest.approx(start.v)


def test_panning_by_nothing_is_the_same_view() -> None:
    view = screen()
    assert view.panned(0.0, 0.0) is view
    assert view.panned(1.0, 0.0) is not view
    assert view.panned(0.0, 1.0) is not view


def test_the_bounds_are_what_the_corners_show() -> None:
    bounds = screen(Position(0.0, 0.0), 2.0).bounds()
    assert (bounds.west, bounds.east) == pytest.approx((-168.75, 168.75))
    assert (bounds.south, bounds.north) == pytest.approx((-68.3992, 68.3992), abs=1e-4)
    assert bounds.north == pytest.approx(51.1, abs=2.0) or bounds.north > 50
    exactly = Viewport(Position(0.0, 0.0), 2.0, 2048, 1080).bounds()
    assert (exactly.west, exactly.east) == (-180.0, 180.0)
    just_less = Viewport(Position(0.0, 0.0), 2.0, 2047, 1080).bounds()
    assert just_less.west > -180.0


def test_a_place_is_shown_at_the_nearest_of_its_copies() -> None:
    view = screen(Position(170.0, 0.0), 3.0)
    assert view.to_screen(Position(-170.0, 0.0))[0] == pytest.approx(960 + 20 / 360 * 4096)
    assert view.to_screen(Position(150.0, 0.0))[0] == pytest.approx(960 - 20 / 360 * 4096)


def test_another_centre_keeps_everything_else() -> None:
    view = Viewport(HELSINKI, 7.5, 640, 480, 0.5).at_place(Position(1.0, 2.0))
    assert view == Viewport(Position(1.0, 2.0), 7.5, 640, 480, 0.5)
