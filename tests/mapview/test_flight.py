"""The path of a flight, by the formulas of van Wijk and Nuij."""

from __future__ import annotations

import math

import pytest

from tests.mapview.world import screen
from tvapp.geo.position import Position
from tvapp.mapview.flight import FAR_S, NEAR_S, ease_in_out, ease_out, flight

START = screen(Position(0.0, 0.0), 10.0)


def test_a_flight_over_ten_screens_goes_out_by_three_zooms_and_is_half_way_at_half_time() -> None:
    course = flight(START, START.panned(10 * 1920, 0))
    # rho^2 * 10 / 2
    b0 = 10.082
    assert course.length == pytest.approx(2 * math.asinh(b0) / 1.42)
    assert course.duration_s == pytest.approx(0.25 + 0.16 * (course.length - 1))
    middle = course.at(course.duration_s / 2)
    assert middle.zoom == pytest.approx(10 - math.log2(math.sqrt(1 + b0 * b0)))
    assert (middle.u - START.u) * START.world == pytest.approx(5 * 1920)
    assert middle.v == pytest.approx(START.v)


def test_the_path_to_another_zoom_starts_and_ends_at_both_views() -> None:
    target = START.panned(3000, -2000).zoomed(3)
    course = flight(START, target)
    for moment, view in ((0.0, START), (-1.0, START), (course.duration_s * (1 - 1e-6), target)):
        found = course.at(moment)
        assert found.zoom == pytest.approx(view.zoom, abs=1e-6)
        assert ((found.u - view.u) * view.world, (found.v - view.v) * view.world) == pytest.approx((0, 0), abs=0.01)
    assert course.at(course.duration_s) is target


def test_the_width_of_the_view_follows_the_paper() -> None:
    course = flight(START, START.panned(4 * 1920, 0).zoomed(2))
    s = ease_in_out(0.3) * course.length
    view = course.at(0.3 * course.duration_s)
    width = math.cosh(course.r0) / math.cosh(1.42 * s + course.r0)
    way = (math.cosh(course.r0) * math.tanh(1.42 * s + course.r0) - math.sinh(course.r0)) / 1.42**2
    assert view.zoom == pytest.approx(10 + math.log2(1 / width))
    assert (view.u - START.u) * START.world / 1920 == pytest.approx(way)


@pytest.mark.parametrize(
    ("levels", "duration_s"), [(1, 0.25), (-1, 0.25), (4, 0.25 + 0.16 * (4 * math.log(2) / 1.42 - 1))]
)
def test_a_mere_zoom_takes_its_time_by_the_levels(levels: int, duration_s: float) -> None:
    course = flight(START, START.zoomed(levels))
    assert course.duration_s == pytest.approx(duration_s)
    assert course.at(course.duration_s / 4).zoom == pytest.approx(10 + levels * ease_in_out(0.25))
    assert course.at(course.duration_s / 4).u == pytest.approx(START.u)


def test_a_zoom_with_a_tiny_pan_keeps_its_target_in_place() -> None:
    target = START.panned(1e-3, 0).zoomed(5)
    course = flight(START, target)
    view = course.at(course.duration_s / 2)
    done = (view.u - START.u) / (target.u - START.u)
    assert done == pytest.approx((1 - 2**-2.5) / (1 - 2**-5), abs=1e-3)


def test_the_shortest_and_the_longest_flight() -> None:
    assert flight(START, START.panned(10, 0)).duration_s == NEAR_S == 0.25
    assert flight(screen(Position(0, 0), 19), screen(Position(179, 0), 19)).duration_s == FAR_S == 1.5


def test_easing() -> None:
    assert [ease_in_out(p) for p in (0.0, 0.25, 0.5, 1.0)] == [0.0, 0.15625, 0.5, 1.0]
    assert [ease_out(p) for p in (0.0, 0.5, 1.0)] == [0.0, 0.875, 1.0]
