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
    signed_ring_area_m2,
)
from tvapp.geo.position import Position

WGS84 = Geodesic.WGS84


def truth(a: Position, b: Position) -> float:
    return float(WGS84.Inverse(a.lat, a.lon, b.lat, b.lon)["s12"])


def test_flinders_peak_to_buninyong_agrees_with_the_survey() -> None:
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
    expected = WGS84.Inverse(a.lat, a.lon, b.lat, b.lon)
    # Only nearly antipodal pairs fall back to the great circle.
    is_antipodal = expected["s12"] > 19_500_000
    assert distance_m(a, b) == pytest.approx(expected["s12"], rel=0.0, abs=120_000.0 if is_antipodal else 0.0002)
    if not is_antipodal:
        turn = (bearing_deg(a, b) - expected["azi1"] + 180.0) % 360.0 - 180.0
        assert math.radians(turn) * min(expected["s12"], 1e6) == pytest.approx(0.0, abs=0.001)


@pytest.mark.parametrize("lat", [-89.0, -60.0, -30.0, 0.0, 15.0, 45.0, 75.0])
@pytest.mark.parametrize("distance", [10.0, 1e5, 1e6, 5e6, 1e7, 1.5e7])
def test_both_geodesic_problems_are_right_to_a_fifth_of_a_millimetre(lat: float, distance: float) -> None:
    for bearing in range(0, 360, 15):
        there = WGS84.Direct(lat, 170.0, bearing, distance)
        end = Position(there["lon2"], there["lat2"])
        assert distance_m(Position(170.0, lat), end) == pytest.approx(distance, abs=0.0002)
        assert truth(destination(Position(170.0, lat), bearing, distance), end) < 0.0002


def test_places_too_close_to_be_told_apart_are_at_no_distance_and_north_of_one_another() -> None:
    here, there = Position(0.0, 0.0), Position(0.0, 5e-324)
    assert (distance_m(here, there), bearing_deg(here, there)) == (0.0, 0.0)


def test_nearly_antipodal_places_get_the_length_and_bearing_of_the_great_circle() -> None:
    origin = Position(10.0, 30.0)
    for place in (Position(-169.9, -30.0), Position(-170.1, -30.02), Position(189.95, -29.95)):
        angle = math.acos(
            math.sin(math.radians(30.0)) * math.sin(math.radians(place.lat))
            + math.cos(math.radians(30.0))
            * math.cos(math.radians(place.lat))
            * math.cos(math.radians(place.lon - 10.0))
        )
        assert distance_m(origin, place) == pytest.approx(6_371_008.8 * angle, rel=1e-7)
    # From the spherical triangle: sin C = cos b sin c / sin a.
    assert bearing_deg(origin, Position(-169.9, -30.0)) == pytest.approx(269.975, abs=1e-4)
    assert bearing_deg(origin, Position(-170.1, -30.0)) == pytest.approx(90.025, abs=1e-4)


@settings(max_examples=100)
@given(places(89.0), st.floats(0.0, 360.0), st.floats(1.0, 10_000_000.0))
def test_destinations_agree_with_geographiclib(origin: Position, bearing: float, distance: float) -> None:
    there = destination(origin, bearing, distance)
    expected = WGS84.Direct(origin.lat, origin.lon, bearing, distance)
    assert truth(there, Position(expected["lon2"], expected["lat2"])) < 0.0002


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
    assert truth(exact, circle_ring(center, radius)[i]) < 0.0002 + 0.03 * (radius / 20_000.0) ** 4


@pytest.mark.parametrize(
    ("lat", "radius", "within_m"),
    [
        (0.0, 20_000.0, 0.001),
        (-45.0, 20_000.0, 0.001),
        (60.0, 20_000.0, 0.001),
        (79.9, 10_000.0, 0.001),
        # Beyond the reach of the quick formula:
        (45.0, 20_001.0, 0.0002),
        (60.0, 100_000.0, 0.0002),
        (80.5, 20_000.0, 0.0002),
        (-80.5, 20_000.0, 0.0002),
    ],
)
def test_a_circle_is_as_exact_as_its_formula_promises(lat: float, radius: float, within_m: float) -> None:
    for i, point in enumerate(circle_ring(Position(10.0, lat), radius)):
        exact = WGS84.Direct(lat, 10.0, -360.0 * i / 64, radius)
        assert truth(point, Position(exact["lon2"], exact["lat2"])) < within_m


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
    assert ring_area_m2(north) == pytest.approx(510_065_621.724e6 / 2, rel=1e-11)


def corners(center: Position, offsets: list[tuple[float, float]]) -> list[Position]:
    return [Position(center.lon + dlon, center.lat + dlat) for dlon, dlat in offsets]


@given(places(70.0, 170.0), st.lists(st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)), min_size=3, max_size=6))
def test_an_area_is_the_same_with_more_places_on_its_edges(
    center: Position, offsets: list[tuple[float, float]]
) -> None:
    ring = corners(center, offsets)
    dense = [
        Position(a.lon + (b.lon - a.lon) * step / 8, a.lat + (b.lat - a.lat) * step / 8)
        for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
        for step in range(8)
    ]
    assert signed_ring_area_m2(ring) == pytest.approx(signed_ring_area_m2(dense), abs=100.0)


def test_an_area_is_positive_counter_clockwise_and_areas_that_share_an_edge_add_up() -> None:
    a, b, c, d = (Position(*at) for at in ((10.0, 50.0), (10.1, 50.0), (10.1, 50.1), (10.0, 50.1)))
    assert signed_ring_area_m2((a, b, c)) > 0.0 > signed_ring_area_m2((a, c, b))
    together = signed_ring_area_m2((a, b, c)) + signed_ring_area_m2((a, c, d))
    assert together == pytest.approx(signed_ring_area_m2((a, b, c, d)), rel=1e-6)
    assert ring_area_m2((a, b, c)) == pytest.approx(ring_area_m2((c, b, a)))
    assert ring_area_m2((c, b, a)) > 0.0


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


def test_a_path_is_as_long_as_its_edges_together_and_is_not_closed() -> None:
    a, b, c = Position(24.9, 60.1), Position(25.0, 60.1), Position(25.0, 60.2)
    assert path_length_m([a, b, c]) == distance_m(a, b) + distance_m(b, c)
    assert ring_perimeter_m([a, b, c]) == pytest.approx(path_length_m([a, b, c, a]))


@pytest.mark.parametrize(("lon", "expected"), [(1.0, 90.0), (-1.0, 270.0), (361.0, 90.0), (359.0, 270.0)])
def test_the_shortest_line_along_the_equator_goes_the_short_way_round(lon: float, expected: float) -> None:
    # One degree of the equator, 6378137 m times pi / 180.
    assert distance_m(Position(0.0, 0.0), Position(lon, 0.0)) == pytest.approx(111_319.4908, abs=0.0001)
    assert bearing_deg(Position(0.0, 0.0), Position(lon, 0.0)) == pytest.approx(expected)


def test_a_pole_is_one_place_under_every_longitude() -> None:
    assert distance_m(Position(0.0, 90.0), Position(90.0, 90.0)) == pytest.approx(0.0, abs=1e-6)
    # A quarter of the meridian on WGS 84: 10 001 965.729 m.
    assert distance_m(Position(20.0, 0.0), Position(70.0, 90.0)) == pytest.approx(10_001_965.7293, abs=0.0005)
