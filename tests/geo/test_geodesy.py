import itertools
import math

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.geo.places import places
from tvapp.geo.geodesy import (
    bearing_deg,
    circle_ring,
    destination,
    distance_m,
    path_length_m,
    ring_area_m2,
    ring_perimeter_m,
)
from tvapp.geo.position import Position

WGS84 = Geodesic.WGS84


def truth(a: Position, b: Position) -> float:
    return float(WGS84.Inverse(a.lat, a.lon, b.lat, b.lon)["s12"])


def test_flinders_peak_to_buninyong_is_what_the_survey_says() -> None:
    # Geoscience Australia's test line (GDA94 manual), on GRS 80, which is WGS 84 to a tenth of a millimetre.
    flinders = Position(144 + 25 / 60 + 29.52440 / 3600, -(37 + 57 / 60 + 3.72030 / 3600))
    buninyong = Position(143 + 55 / 60 + 35.38390 / 3600, -(37 + 39 / 60 + 10.15610 / 3600))
    assert distance_m(flinders, buninyong) == pytest.approx(54972.271, abs=0.001)
    assert bearing_deg(flinders, buninyong) == pytest.approx(306 + 52 / 60 + 5.37 / 3600, abs=1e-5)


@settings(max_examples=150)
@given(places(89.9), places(89.9))
@example(Position(0.0, 0.0), Position(180.0, 0.0))
@example(Position(10.0, 0.0), Position(-170.0, 1e-9))
def test_distances_agree_with_geographiclib(a: Position, b: Position) -> None:
    expected = truth(a, b)
    # Only nearly antipodal pairs fall back to the great circle.
    tolerance = 1e-6 if expected < 19_900_000 else 0.006
    assert distance_m(a, b) == pytest.approx(expected, rel=tolerance, abs=0.001)


@settings(max_examples=100)
@given(places(89.0), st.floats(0.0, 360.0), st.floats(1.0, 10_000_000.0))
def test_destinations_agree_with_geographiclib(origin: Position, bearing: float, distance: float) -> None:
    there = destination(origin, bearing, distance)
    expected = WGS84.Direct(origin.lat, origin.lon, bearing, distance)
    assert truth(there, Position(expected["lon2"], expected["lat2"])) < 0.01


@settings(max_examples=100)
@given(places(88.0), st.floats(0.0, 359.99), st.floats(1.0, 5_000_000.0))
def test_going_somewhere_and_looking_back_at_distance_and_bearing(
    origin: Position, bearing: float, distance: float
) -> None:
    there = destination(origin, bearing, distance)
    assert distance_m(origin, there) == pytest.approx(distance, abs=0.001, rel=1e-6)
    turn = (bearing_deg(origin, there) - bearing + 180.0) % 360.0 - 180.0
    assert turn == pytest.approx(0.0, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(places(85.0), st.floats(1.0, 30_000.0))
@example(Position(25.0, 79.9), 20_000.0)
@example(Position(0.0, 0.0), 10_000.0)
def test_every_point_of_a_circle_is_at_its_radius(center: Position, radius: float) -> None:
    ring = circle_ring(center, radius)
    assert len(ring) == 65
    assert ring[0] == ring[-1]
    for point in ring:
        assert truth(center, point) == pytest.approx(radius, rel=1e-3, abs=0.001)


@settings(max_examples=60, deadline=None)
@given(places(80.0), st.floats(1.0, 20_000.0), st.integers(0, 63))
def test_the_quick_circle_goes_through_vincentys_points(center: Position, radius: float, i: int) -> None:
    exact = destination(center, -360.0 * i / 64, radius)
    assert truth(exact, circle_ring(center, radius)[i]) < 0.1 + radius * 2e-5


def test_a_circle_on_the_date_line_has_continuous_longitudes() -> None:
    ring = circle_ring(Position(179.99, 10.0), 5_000.0)
    assert max(p.lon for p in ring) > 180.0
    assert all(abs(a.lon - b.lon) < 1.0 for a, b in itertools.pairwise(ring))


def test_a_circle_runs_counter_clockwise_from_the_north() -> None:
    north, quarter = circle_ring(Position(0.0, 0.0), 1000.0)[0], circle_ring(Position(0.0, 0.0), 1000.0)[16]
    assert north.lat > 0.008
    assert quarter.lon < -0.008


@settings(max_examples=60, deadline=None)
@given(places(80.0), st.floats(10.0, 10_000.0))
def test_the_area_of_a_circle_is_that_of_its_polygon(center: Position, radius: float) -> None:
    sides = 64
    expected = sides / 2 * radius * radius * math.sin(math.tau / sides)
    assert ring_area_m2(circle_ring(center, radius, sides)) == pytest.approx(expected, rel=1e-3)


def test_the_area_of_a_block_agrees_with_geographiclib() -> None:
    block = [Position(24.90, 60.15), Position(24.98, 60.15), Position(24.98, 60.19), Position(24.90, 60.19)]
    polygon = WGS84.Polygon()
    for place in block:
        polygon.AddPoint(place.lat, place.lon)
    _, perimeter, area = polygon.Compute()
    assert ring_area_m2(block) == pytest.approx(area, rel=1e-4)
    assert ring_area_m2([*block, block[0]][::-1]) == pytest.approx(area, rel=1e-4)
    assert ring_perimeter_m(block) == pytest.approx(perimeter, abs=0.01)
    assert ring_perimeter_m([*block, block[0]]) == pytest.approx(perimeter, abs=0.01)


def test_half_the_earth_has_half_its_area() -> None:
    # 510 065 621.7 km2: NGA.STND.0036, WGS 84, derived from a and f.
    north = [Position(lon, lat) for lon, lat in ((-180, 0), (0, 0), (180, 0), (180, 90), (-180, 90))]
    assert ring_area_m2(north) == pytest.approx(510_065_621.724e6 / 2, rel=1e-3)


@given(places(80.0), st.floats(10.0, 10_000.0), st.integers(1, 15))
@settings(max_examples=30)
def test_area_does_not_depend_on_where_the_ring_starts(center: Position, radius: float, start: int) -> None:
    ring = circle_ring(center, radius, 16)[:-1]
    assert ring_area_m2(ring[start:] + ring[:start]) == pytest.approx(ring_area_m2(ring), rel=1e-6)


@given(places(), places())
@settings(max_examples=50)
def test_distance_is_the_same_both_ways(a: Position, b: Position) -> None:
    assume(truth(a, b) < 19_900_000)
    assert distance_m(a, b) == pytest.approx(distance_m(b, a), abs=0.01)


def test_nothing_has_no_length_and_no_area() -> None:
    here = Position(24.9, 60.1)
    assert distance_m(here, here) == 0.0
    assert bearing_deg(here, here) == 0.0
    assert ring_area_m2([here, here]) == 0.0
    assert path_length_m([here]) == 0.0
