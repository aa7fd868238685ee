import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.geo.places import places
from tests.mapview.world import FRAME_S, HELSINKI, screen
from tvapp.geo.position import Position
from tvapp.mapview.camera import ALIGNED_PX, FINE_STEP, GLIDE_S, HEAD_START_S, STEP, ZOOM_S, Camera
from tvapp.mapview.flight import FAR_S, NEAR_S, flight
from tvapp.mapview.viewport import MAX_ZOOM, Viewport
from tvapp.remote.intents import Intent

START = 50.0


def moved_px(camera: Camera, since: Viewport) -> tuple[float, float]:
    """Return how far the map has gone, in pixels at the zoom it had."""
    du = camera.viewport.u - since.u
    du -= math.floor(du + 0.5)
    return du * since.world, (camera.viewport.v - since.v) * since.world


def play(camera: Camera, start: float, seconds: float) -> list[Viewport]:
    """Let frames pass."""
    frames = round(seconds / FRAME_S)
    return [camera.update(start + (i + 1) * FRAME_S) for i in range(frames)]


@pytest.mark.parametrize(
    ("direction", "sign"),
    [(Intent.LEFT, (-1, 0)), (Intent.RIGHT, (1, 0)), (Intent.UP, (0, -1)), (Intent.DOWN, (0, 1))],
)
@pytest.mark.parametrize("held_s", [0.0, 0.03, 0.08, 0.15])
def test_a_tap_moves_exactly_one_step(direction: Intent, sign: tuple[int, int], held_s: float) -> None:
    camera = Camera(screen())
    camera.update(START)
    camera.press(direction, START)
    camera.release(direction, START + held_s)
    play(camera, START + held_s, 0.5)
    dx, dy = moved_px(camera, screen())
    assert (dx, dy) == pytest.approx((sign[0] * STEP * 1080, sign[1] * STEP * 1080), abs=0.01)
    assert not camera.is_moving(START + 1)


def test_the_map_has_moved_in_the_very_frame_of_the_press() -> None:
    camera = Camera(screen())
    camera.press(Intent.RIGHT, START)
    assert moved_px(camera, screen())[0] > 4


def test_a_tap_is_over_within_a_quarter_of_a_second() -> None:
    camera = Camera(screen())
    camera.press(Intent.RIGHT, START)
    camera.release(Intent.RIGHT, START + 0.08)
    camera.update(START + 0.25)
    assert not camera.is_moving(START + 0.25)


def test_quick_taps_add_up() -> None:
    camera = Camera(screen())
    for i in range(4):
        camera.press(Intent.DOWN, START + 0.1 * i)
        camera.release(Intent.DOWN, START + 0.1 * i + 0.05)
    play(camera, START + 0.4, 0.5)
    assert moved_px(camera, screen())[1] == pytest.approx(4 * STEP * 1080, abs=0.01)


def test_a_hold_accelerates_and_never_moves_back() -> None:
    camera = Camera(screen())
    camera.press(Intent.RIGHT, START)
    ways = [moved_px(camera, screen())[0]]
    for i in range(180):
        camera.update(START + (i + 1) * FRAME_S)
        ways.append(moved_px(camera, screen())[0])
    steps = [b - a for a, b in itertools.pairwise(ways)]
    assert all(later >= earlier - 1e-3 for earlier, later in itertools.pairwise(steps))
    assert steps[-1] > 2.5 * steps[0]
    assert camera.heading() == (1.0, 0.0)
    camera.release(Intent.RIGHT, START + 3.0)
    before = moved_px(camera, screen())[0]
    for i in range(20):
        camera.update(START + 3.0 + i * FRAME_S)
        assert moved_px(camera, screen())[0] >= before - 1e-6
        before = moved_px(camera, screen())[0]
    assert before - ways[-1] < 1080 / 4
    assert not camera.is_moving(START + 4)


def test_the_way_of_a_hold_does_not_depend_on_the_frame_rate() -> None:
    results = []
    for frames in (30, 60, 144):
        camera = Camera(screen())
        camera.update(START)
        camera.press(Intent.LEFT, START)
        for i in range(frames):
            camera.update(START + (i + 1) / frames)
        camera.release(Intent.LEFT, START + 1)
        camera.update(START + 2)
        results.append(moved_px(camera, screen())[0])
    assert results == [pytest.approx(results[0], abs=0.01)] * 3


def test_two_arrows_held_move_diagonally() -> None:
    camera = Camera(screen())
    camera.press(Intent.RIGHT, START)
    camera.press(Intent.UP, START)
    play(camera, START, 0.5)
    dx, dy = moved_px(camera, screen())
    assert dx > 0
    assert dy == pytest.approx(-dx)
    assert camera.heading() == pytest.approx((math.sqrt(0.5), -math.sqrt(0.5)))


def test_opposite_arrows_cancel_out() -> None:
    camera = Camera(screen())
    camera.press(Intent.RIGHT, START)
    camera.press(Intent.LEFT, START)
    play(camera, START, 0.5)
    assert moved_px(camera, screen())[0] == pytest.approx(0, abs=0.01)
    assert camera.heading() == (0.0, 0.0)


def test_a_lost_release_is_made_good_by_releasing_all() -> None:
    camera = Camera(screen())
    camera.press(Intent.RIGHT, START)
    camera.press(Intent.UP, START)
    camera.release_all(START + 0.2)
    assert camera.heading() == (0.0, 0.0)
    play(camera, START + 0.2, 0.5)
    assert not camera.is_moving(START + 1)


def test_releases_without_a_press_and_keys_that_are_no_arrows_change_nothing() -> None:
    camera = Camera(screen())
    camera.release(Intent.RIGHT, START)
    camera.press(Intent.SELECT, START)
    assert not camera.is_moving(START)
    assert camera.update(START + 1) == screen()


def test_a_stall_under_a_held_key_does_not_become_a_leap() -> None:
    camera = Camera(screen())
    camera.press(Intent.RIGHT, START)
    camera.update(START + 30)
    assert moved_px(camera, screen())[0] < 1080 / 4


def test_the_target_tells_where_a_tap_and_a_hold_come_to_rest() -> None:
    camera = Camera(screen())
    camera.press(Intent.RIGHT, START)
    play(camera, START, 0.7)
    expected = camera.target
    camera.release(Intent.RIGHT, START + 0.7)
    assert camera.target.u == pytest.approx(expected.u, abs=1e-9)
    play(camera, START + 0.7, 0.5)
    assert camera.viewport.u == pytest.approx(expected.u, abs=1e-9)
    assert camera.target == camera.viewport


def test_one_zoom_is_exactly_one_level_and_takes_a_fifth_of_a_second() -> None:
    camera = Camera(screen())
    camera.zoom_by(1, START)
    assert 13 < camera.viewport.zoom < 14
    assert camera.target.zoom == 14
    assert camera.is_zooming
    camera.update(START + 0.2)
    assert camera.viewport.zoom == 14
    assert not camera.is_moving(START + 0.2)
    assert camera.viewport.center.lat == pytest.approx(HELSINKI.lat, abs=1e-9)


def test_quick_zooms_add_up() -> None:
    camera = Camera(screen())
    for i in range(3):
        camera.zoom_by(1, START + 0.05 * i)
    camera.zoom_by(-1, START + 0.16)
    camera.update(START + 1)
    assert camera.viewport.zoom == 15


def test_zooming_stops_at_both_ends() -> None:
    camera = Camera(screen())
    camera.zoom_by(50, START)
    camera.update(START + 1)
    assert camera.viewport.zoom == MAX_ZOOM
    camera.zoom_by(1, START + 2)
    assert not camera.is_moving(START + 2)
    camera.zoom_by(-50, START + 3)
    camera.update(START + 4)
    assert camera.viewport.zoom == 2


def test_panning_goes_on_while_zooming() -> None:
    camera = Camera(screen())
    camera.press(Intent.RIGHT, START)
    camera.zoom_by(1, START)
    play(camera, START, 0.5)
    assert camera.viewport.zoom == 14
    assert moved_px(camera, screen())[0] > 50


def test_a_flight_ends_exactly_at_its_target() -> None:
    camera = Camera(screen())
    target = screen(Position(-122.1, 47.6), 16)
    camera.fly_to(target, START)
    assert camera.target == target
    play(camera, START, FAR_S + 0.1)
    assert camera.viewport == target
    assert not camera.is_moving(START + 2)


def test_a_far_flight_goes_out_and_in_again_within_a_second_and_a_half() -> None:
    camera = Camera(screen())
    camera.fly_to(screen(Position(-122.1, 47.6), 13), START)
    zooms = [view.zoom for view in play(camera, START, FAR_S)]
    assert min(zooms) < 6
    lowest = zooms.index(min(zooms))
    assert zooms[:lowest] == sorted(zooms[:lowest], reverse=True)
    assert zooms[lowest:] == sorted(zooms[lowest:])
    assert not camera.is_moving(START + FAR_S)


def test_a_near_flight_is_quick_and_hardly_zooms() -> None:
    camera = Camera(screen())
    camera.fly_to(screen().panned(300, 100), START)
    zooms = [view.zoom for view in play(camera, START, NEAR_S)]
    assert min(zooms) > 12.9
    camera.update(START + NEAR_S + 0.01)
    assert not camera.is_moving(START + NEAR_S + 0.01)


@settings(max_examples=60, deadline=None)
@given(places(80), places(80), st.integers(2, 20), st.integers(2, 20))
def test_every_flight_is_continuous_and_in_time(a: Position, b: Position, za: int, zb: int) -> None:
    course = flight(screen(a, za), screen(b, zb))
    assert NEAR_S <= course.duration_s <= FAR_S
    assert course.at(course.duration_s) == screen(b, zb)
    # The journal of a flight: no jump by more than part of a screen in a two hundredth of its time.
    before = course.at(0.0)
    assert math.cos(math.tau * (before.u - screen(a, za).u)) == pytest.approx(1.0)
    assert before.zoom == pytest.approx(za, abs=1e-6)
    for i in range(1, 201):
        view = course.at(course.duration_s * i / 200)
        du = view.u - before.u
        du -= math.floor(du + 0.5)
        assert abs(du) * min(view.world, before.world) < 960
        assert abs(view.zoom - before.zoom) < 1.0
        before = view


def test_flights_take_the_short_way_over_the_date_line() -> None:
    camera = Camera(screen(Position(179, 0), 6))
    camera.fly_to(screen(Position(-179, 0), 6), START)
    assert all(abs(view.center.lon) > 178 for view in play(camera, START, 1.6))


def test_an_arrow_ends_a_flight_where_it_is() -> None:
    camera = Camera(screen())
    camera.fly_to(screen(Position(-122.1, 47.6), 13), START)
    camera.update(START + 0.5)
    camera.press(Intent.LEFT, START + 0.5)
    camera.release(Intent.LEFT, START + 0.55)
    play(camera, START + 0.55, 1.0)
    assert camera.viewport.center.lon > -100


def test_a_zoom_during_a_flight_changes_what_it_flies_to() -> None:
    camera = Camera(screen())
    camera.fly_to(screen(Position(25.2, 60.2), 13), START)
    camera.zoom_by(1, START + 0.1)
    play(camera, START + 0.1, 2.0)
    assert camera.viewport.zoom == 14
    assert camera.viewport.center.lon == pytest.approx(25.2)


def test_flying_to_where_one_is_is_no_motion() -> None:
    camera = Camera(screen())
    camera.fly_to(screen(), START)
    assert not camera.is_moving(START)


def test_without_motion_everything_jumps() -> None:
    camera = Camera(screen(), motion=False)
    camera.update(START)
    camera.zoom_by(2, START)
    assert camera.viewport.zoom == 15
    camera.fly_to(screen(Position(0, 0), 5), START)
    assert camera.viewport == screen(Position(0, 0), 5)
    camera.press(Intent.RIGHT, START)
    assert moved_px(camera, screen(Position(0, 0), 5))[0] == pytest.approx(135)
    camera.release(Intent.RIGHT, START + 0.1)
    assert not camera.is_moving(START + 0.1)
    assert camera.update(START + 1) == camera.viewport
    assert moved_px(camera, screen(Position(0, 0), 5))[0] == pytest.approx(135)


def test_without_motion_a_held_arrow_repeats_whole_steps() -> None:
    camera = Camera(screen(), motion=False)
    camera.update(START)
    camera.press(Intent.RIGHT, START)
    play(camera, START, 1.0)
    steps = moved_px(camera, screen())[0] / 135
    assert steps == pytest.approx(round(steps), abs=1e-6)
    assert steps > 3


def test_another_screen_size_ends_a_flight_at_its_target() -> None:
    camera = Camera(screen())
    camera.fly_to(screen(Position(0, 0), 5), START)
    camera.resize(3840, 2160, 2.0)
    assert camera.viewport == Viewport(Position(0, 0), 5, 3840, 2160, 2.0)


def test_the_map_stops_at_the_pole() -> None:
    camera = Camera(screen(Position(0, 84), 4))
    camera.press(Intent.UP, START)
    play(camera, START, 3.0)
    assert camera.viewport.v * camera.viewport.world == pytest.approx(540)


def test_a_held_map_is_shown_aligned_sideways_and_comes_to_rest_where_it_would_have_anyway() -> None:
    camera = Camera(screen())
    camera.press(Intent.RIGHT, 0.0)
    for frame in range(1, 60):
        camera.update(frame / 60)
        shown, exact = camera.shown, camera.viewport
        left = shown.u * shown.world - shown.width / 2
        assert left / ALIGNED_PX == pytest.approx(round(left / ALIGNED_PX), abs=1e-4)
        assert abs(shown.u - exact.u) * exact.world <= ALIGNED_PX / 2 + 1e-3
        assert shown.center.lat == pytest.approx(exact.center.lat, abs=1e-9)
        assert camera.shown is shown
    camera.release(Intent.RIGHT, 1.0)
    assert camera.shown is camera.viewport


def test_while_placing_a_tap_of_any_length_that_people_make_moves_one_fine_step() -> None:
    for held_s in (0.02, 0.08, 0.15, 0.28):
        camera = Camera(Viewport(Position(24.9, 60.2), 14, 1920, 1080))
        camera.is_fine = True
        start = camera.viewport
        now = 10.0
        camera.update(now)
        camera.press(Intent.RIGHT, now)
        while now < 10.0 + held_s:
            now += 1 / 60
            camera.update(now)
        camera.release(Intent.RIGHT, now)
        camera.update(now + 1.0)
        assert moved_px(camera, start)[0] == pytest.approx(1080 * FINE_STEP, abs=0.01), held_s


def test_while_placing_a_hold_still_gets_anywhere() -> None:
    camera = Camera(Viewport(Position(24.9, 60.2), 14, 1920, 1080))
    camera.is_fine = True
    start, now = camera.viewport, 10.0
    camera.update(now)
    camera.press(Intent.RIGHT, now)
    for _ in range(120):
        now += 1 / 60
        camera.update(now)
    assert moved_px(camera, start)[0] > 1080


def test_without_motion_a_fine_tap_is_a_fine_step_at_once() -> None:
    camera = Camera(Viewport(Position(24.9, 60.2), 14, 1920, 1080), motion=False)
    camera.is_fine = True
    start = camera.viewport
    camera.press(Intent.DOWN, 10.0)
    assert moved_px(camera, start)[1] == pytest.approx(1080 * FINE_STEP)


HEIGHT = 1080


def held(seconds: float, *, is_fine: bool = False) -> Camera:
    """Return a camera under a key that has been down for so long, the first 16 ms of it taken for granted."""
    camera = Camera(screen())
    camera.is_fine = is_fine
    camera.update(START)
    camera.press(Intent.RIGHT, START)
    play(camera, START, seconds)
    return camera


@pytest.mark.parametrize(
    ("seconds", "heights"),
    [
        (0.1, 0.45 * 0.116),
        # From 0.2 s on it accelerates by 0.9 heights/s^2 ...
        (1.0, 0.45 * 1.016 + 0.9 * 0.816**2 / 2),
        # ... up to 1.5 heights/s after another 1.05 / 0.9 s.
        (2.0, 0.45 * (0.2 + 1.05 / 0.9) + 0.9 * (1.05 / 0.9) ** 2 / 2 + 1.5 * (1.816 - 1.05 / 0.9)),
    ],
)
def test_a_held_key_moves_the_map_by_a_known_distance(seconds: float, heights: float) -> None:
    assert moved_px(held(seconds), screen())[0] == pytest.approx(heights * HEIGHT, rel=1e-6)


def test_a_fine_step_is_a_sixtieth_of_the_height_and_a_step_an_eighth() -> None:
    assert (FINE_STEP * HEIGHT, STEP * HEIGHT) == (18, 135)


@pytest.mark.parametrize(
    ("seconds", "heights"),
    [(0.0, 0.45 * 0.016), (0.2, 1 / 60), (0.28, 1 / 60), (1.0, 1 / 60 + 0.45 * 0.716 + 0.9 * 0.516**2 / 2)],
)
def test_a_key_held_while_placing_waits_at_the_fine_step_and_then_moves_on(seconds: float, heights: float) -> None:
    assert moved_px(held(seconds, is_fine=True), screen())[0] == pytest.approx(heights * HEIGHT, rel=1e-6)


@pytest.mark.parametrize(("seconds", "rest"), [(1.0, (0.45 + 0.9 * 0.516) * 0.16 / 3), (0.2, 0.0)])
def test_released_while_placing_the_map_comes_to_rest_as_after_a_hold_that_began_later(
    seconds: float, rest: float
) -> None:
    camera = held(seconds, is_fine=True)
    before = camera.viewport
    camera.release(Intent.RIGHT, START + seconds)
    play(camera, START + seconds, 0.3)
    assert moved_px(camera, before)[0] == pytest.approx(rest * HEIGHT, abs=1e-6)


def test_after_a_release_the_map_slows_down_smoothly() -> None:
    camera = held(1.0)
    before = camera.viewport
    camera.release(Intent.RIGHT, START + 1.0)
    speed = 0.45 + 0.9 * 0.816
    way = speed * 0.16 / 3
    covered = []
    for quarter in range(1, 5):
        camera.update(START + 1.0 + 0.04 * quarter)
        covered.append(moved_px(camera, before)[0] / HEIGHT)
    p = 0.25
    assert covered[0] == pytest.approx(p * (1 - p) ** 2 * speed * 0.16 + p * p * (3 - 2 * p) * way, rel=1e-6)
    assert covered[1] == pytest.approx(0.125 * speed * 0.16 + 0.5 * way, rel=1e-6)
    assert covered[3] == pytest.approx(way, rel=1e-6)
    camera.update(START + 1.17)
    assert not camera.is_moving(START + 1.17)


@pytest.mark.parametrize(
    ("direction", "sign"),
    [(Intent.LEFT, (-1, 0)), (Intent.RIGHT, (1, 0)), (Intent.UP, (0, -1)), (Intent.DOWN, (0, 1))],
)
def test_the_target_lies_in_the_direction_of_the_key_both_held_and_released(
    direction: Intent, sign: tuple[int, int]
) -> None:
    camera = Camera(screen())
    camera.update(START)
    camera.press(direction, START)
    for _ in range(2):
        target = camera.target
        du, dv = (target.u - screen().u) * target.world, (target.v - screen().v) * target.world
        assert (du, dv) == pytest.approx((sign[0] * 135, sign[1] * 135), abs=0.01)
        camera.release(direction, START + 0.05)
        camera.update(START + 0.1)


def test_a_pan_that_goes_on_has_a_heading_of_length_one() -> None:
    camera = Camera(screen())
    assert camera.heading() == (0.0, 0.0)
    camera.update(START)
    camera.press(Intent.RIGHT, START)
    camera.press(Intent.UP, START)
    play(camera, START, 0.15)
    assert camera.heading() == (0.0, 0.0), "it may still be a tap"
    play(camera, START + 0.15, 0.1)
    assert camera.heading() == pytest.approx((math.sqrt(0.5), -math.sqrt(0.5)))
    camera.release(Intent.RIGHT, START + 0.3)
    assert camera.heading() == (0.0, -1.0)
    camera.zoom_by(1, START + 0.3)
    assert camera.heading() == (0.0, 0.0)


def test_a_zoom_starts_at_once_and_ends_softly() -> None:
    camera = Camera(screen())
    camera.update(START)
    camera.zoom_by(1, START)
    assert camera.viewport.zoom == pytest.approx(13 + 1 - (1 - 0.016 / 0.2) ** 3)
    assert camera.target.zoom == 14
    camera.update(START + 0.084)
    assert camera.viewport.zoom == pytest.approx(13 + 1 - 0.5**3)
    under_way = []
    for moment in (0.183, 0.185):
        camera.update(START + moment)
        under_way.append(camera.is_zooming)
    assert under_way == [True, False]
    assert camera.viewport.zoom == 14


def test_a_zoom_back_to_where_the_map_is_ends_the_zoom() -> None:
    camera = Camera(screen(zoom=20.0))
    camera.zoom_by(1, START)
    assert not camera.is_moving(START)
    camera = Camera(screen(zoom=2.0))
    camera.zoom_by(-1, START)
    assert not camera.is_moving(START)


@pytest.mark.parametrize(
    ("seconds", "steps"), [(0.0, 1), (0.39, 1), (0.41, 2), (0.54, 2), (0.56, 3), (0.69, 3), (0.71, 4)]
)
def test_without_motion_a_held_key_repeats_after_0_4_s_and_then_every_0_15_s(seconds: float, steps: int) -> None:
    camera = Camera(screen(), motion=False)
    camera.update(START)
    camera.press(Intent.RIGHT, START)
    for tenth in range(1, 11):
        camera.update(START + seconds * tenth / 10)
    assert moved_px(camera, screen())[0] == pytest.approx(steps * 135)
    assert camera.target == camera.viewport
    camera.release(Intent.RIGHT, START + seconds)
    assert not camera.is_moving(START + seconds)


def test_a_stall_counts_as_a_tenth_of_a_second() -> None:
    camera = held(0.0)
    camera.update(START + 9.0)
    assert moved_px(camera, screen())[0] == pytest.approx(0.45 * 0.116 * HEIGHT)


def test_time_that_goes_backwards_moves_nothing() -> None:
    camera = held(0.1)
    before = camera.viewport
    camera.update(START)
    assert camera.viewport is before
    camera.update(START + 0.1)
    assert moved_px(camera, before)[0] == pytest.approx(0.0, abs=1e-9)


def test_a_flight_to_a_view_of_another_screen_size_keeps_the_size_of_this_one() -> None:
    camera = Camera(screen())
    camera.fly_to(Viewport(Position(0, 0), 5, 640, 480, 0.5), START)
    assert camera.target == screen(Position(0, 0), 5)


def test_a_jump_ends_all_motion() -> None:
    camera = held(0.5)
    camera.press(Intent.UP, START + 0.5)
    camera.release(Intent.UP, START + 0.5)
    camera.zoom_by(1, START + 0.5)
    camera.jump_to(screen(Position(0, 0), 5))
    assert not camera.is_moving(START + 0.5)
    assert camera.heading() == (0.0, 0.0)
    assert camera.update(START + 1.0) == screen(Position(0, 0), 5)


def test_a_held_map_is_drawn_at_multiples_of_four_pixels_so_that_rows_begin_at_16_bytes() -> None:
    assert ALIGNED_PX == 4


def test_a_jump_ends_a_flight() -> None:
    camera = Camera(screen())
    camera.fly_to(screen(Position(0, 0), 5), START)
    camera.jump_to(screen(Position(1, 1), 5))
    assert not camera.is_moving(START)
    assert camera.update(START + 0.1) == screen(Position(1, 1), 5)


def test_a_zoom_a_glide_and_a_flight_are_over_exactly_at_their_end() -> None:
    camera = Camera(screen())
    camera.zoom_by(1, HEAD_START_S)
    camera.update(ZOOM_S)
    assert not camera.is_zooming
    camera = Camera(screen())
    camera.press(Intent.RIGHT, 0.0)
    camera.release(Intent.RIGHT, 0.0)
    camera.update(GLIDE_S)
    assert not camera.is_moving(GLIDE_S)
    camera = Camera(screen())
    camera.fly_to(screen(zoom=15), 0.0)
    camera.update(flight(screen(), screen(zoom=15)).duration_s)
    assert not camera.is_zooming


def test_without_motion_the_second_step_of_a_held_key_comes_exactly_after_0_4_s() -> None:
    camera = Camera(screen(), motion=False)
    camera.press(Intent.RIGHT, 0.0)
    for stall in range(1, 5):
        camera.update(float(stall))  # each counts as 0.1 s
    assert moved_px(camera, screen())[0] == pytest.approx(2 * 135)
