import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.geo.places import places
from tvapp.geo.geodesy import circle_ring, destination, distance_m, ring_area_m2
from tvapp.geo.local_plane import Transform, buffer_outline, degree_m, simplified, size_keeping
from tvapp.geo.nearest import nearest_point
from tvapp.geo.polygon import contains, signed_area
from tvapp.geo.position import Position


@given(places(80.0))
def test_degrees_have_the_length_that_geodesy_measures(place: Position) -> None:
    across, along = degree_m(place.lat)
    east = distance_m(place, Position(place.lon + 0.001, place.lat))
    assert across / 1000 == pytest.approx(east, rel=1e-6)
    north = distance_m(Position(place.lon, place.lat - 0.0005), Position(place.lon, place.lat + 0.0005))
    assert along / 1000 == pytest.approx(north, rel=1e-6)


@given(places(75.0), places(75.0), st.floats(10.0, 5_000.0))
def test_a_moved_shape_keeps_its_size(origin: Position, target: Position, radius_m: float) -> None:
    ring = circle_ring(origin, radius_m)
    moved = [size_keeping(origin, target)(place) for place in ring]
    assert ring_area_m2(moved) == pytest.approx(ring_area_m2(ring), rel=5e-3)
    for place in moved[::8]:
        assert distance_m(target, place) == pytest.approx(radius_m, rel=5e-3)


@given(places(), places())
def test_a_transform_onto_itself_changes_no_digit(origin: Position, place: Position) -> None:
    assert Transform(origin, origin)(place) == place


@settings(max_examples=40)
@given(places(60.0), st.lists(st.tuples(st.floats(0, math.tau), st.floats(50.0, 500.0)), min_size=1, max_size=5))
def test_the_outline_of_a_line_is_closed_and_at_its_radius_from_the_ends(
    start: Position, steps: list[tuple[float, float]]
) -> None:
    line = [start]
    for turn, metres in steps:
        line.append(destination(line[-1], math.degrees(turn), metres))
    outline = buffer_outline(line, 20.0)
    assert outline[0] == outline[-1]
    for place in outline:
        assert min(abs(distance_m(place, corner) - 20.0) for corner in line) < 0.2


def test_a_straight_line_lies_in_the_middle_of_its_buffer() -> None:
    line = (Position(25.0, 60.0), Position(25.01, 60.0))
    outline = buffer_outline(line, 50.0)
    area = distance_m(*line) * 100 + math.pi * 50**2
    assert ring_area_m2(outline) == pytest.approx(area, rel=0.01)
    assert contains((outline,), Position(25.0001, 60.0))


def test_a_line_that_stands_still_has_a_circle_around_it() -> None:
    outline = buffer_outline((Position(25.0, 60.0), Position(25.0, 60.0)), 50.0)
    assert ring_area_m2(outline) == pytest.approx(math.pi * 50**2, rel=0.02)


@given(st.lists(places(), min_size=2, max_size=200), st.integers(12, 60))
def test_a_simplified_line_keeps_its_ends_and_some_of_its_places_in_order(points: list[Position], most: int) -> None:
    fewer = simplified(points, most)
    assert len(fewer) <= max(most, 2)
    assert (fewer[0], fewer[-1]) == (points[0], points[-1])
    rest = iter(points)
    assert all(place in rest for place in fewer)


def test_identical_places_are_simplified_to_the_two_ends() -> None:
    assert simplified([Position(1.0, 2.0)] * 100, 10) == (Position(1.0, 2.0),) * 2


def test_a_transform_moves_the_origin_to_the_target_and_scales_differences_in_degrees() -> None:
    transform = Transform(Position(10.0, 50.0), Position(20.0, 60.0), 2.0, 0.5)
    assert transform(Position(10.0, 50.0)) == Position(20.0, 60.0)
    assert transform(Position(11.0, 52.0)) == Position(22.0, 61.0)
    assert transform(Position(9.0, 46.0)) == Position(18.0, 58.0)
    assert Transform(Position(10.0, 50.0), Position(20.0, 60.0))(Position(11.0, 52.0)) == Position(21.0, 62.0)


def test_a_shape_that_keeps_its_size_is_stretched_in_longitude_and_keeps_its_sides() -> None:
    transform = size_keeping(Position(10.0, 0.0), Position(30.0, 60.0))
    east, north = transform(Position(10.1, 0.0)), transform(Position(10.0, 0.1))
    assert (east.lat, north.lon) == (60.0, 30.0)
    # 111 319.491 m and 110 574.3 m a degree at the equator, 55 800.0 m and 111 412.2 m at 60 degrees (Snyder, table 3).
    assert east.lon - 30.0 == pytest.approx(0.1 * 111_319.491 / 55_800.0, rel=1e-4)
    assert north.lat - 60.0 == pytest.approx(0.1 * 110_574.3 / 111_412.2, rel=1e-4)


def test_a_shape_moved_along_its_parallel_keeps_every_latitude_to_the_last_digit() -> None:
    transform = size_keeping(Position(24.9, 60.1), Position(25.7, 60.1))
    assert transform == Transform(Position(24.9, 60.1), Position(25.7, 60.1), 1.0, 1.0)
    assert transform(Position(24.91, 60.123456789)).lat == 60.123456789


def test_the_outline_of_a_straight_line_has_round_ends_and_runs_counter_clockwise_from_its_right_side() -> None:
    line = (Position(0.0, 0.0), Position(0.01, 0.0))
    outline = buffer_outline(line, 50.0)
    assert len(outline) == 27
    assert outline[0].lon == 0.0
    assert outline[0].lat == pytest.approx(-50.0 / 110_574.3, rel=1e-5)
    assert outline[1] == Position(0.01, outline[0].lat)
    assert signed_area(outline) > 0.0
    for place in outline:
        nearest = nearest_point([line], place)
        assert nearest is not None
        assert distance_m(nearest.place, place) == pytest.approx(50.0, rel=1e-3)
    # The half-round end: its middle lies 50 m beyond the end of the line.
    assert outline[7].lon == pytest.approx(0.01 + 50.0 / 111_319.491, rel=1e-6)
    assert outline[7].lat == pytest.approx(0.0, abs=1e-9)


def test_the_outline_of_a_bent_line_has_a_place_on_either_side_of_each_end_of_an_edge() -> None:
    line = (Position(0.0, 0.0), Position(0.01, 0.0), Position(0.01, 0.0), Position(0.01, 0.01))
    outline = buffer_outline(line, 50.0)
    east, north = 50.0 / 111_319.491, 50.0 / 110_574.3
    expected = [(0.0, -north), (0.01, -north), (0.01 + east, 0.0), (0.01 + east, 0.01)]
    assert [(place.lon, place.lat) for place in outline[:4]] == [pytest.approx(at, abs=1e-7) for at in expected]
    back = [(0.01 - east, 0.01), (0.01 - east, 0.0), (0.01, north), (0.0, north)]
    assert [(place.lon, place.lat) for place in outline[15:19]] == [pytest.approx(at, abs=1e-7) for at in back]
    assert len(outline) == 31


def test_the_outline_of_a_place_is_a_whole_circle() -> None:
    outline = buffer_outline((Position(25.0, 60.0),), 50.0)
    assert len(outline) == 25
    assert outline[0].lon == pytest.approx(outline[-1].lon, abs=1e-12)
    for place in outline:
        assert distance_m(Position(25.0, 60.0), place) == pytest.approx(50.0, rel=1e-3)


def test_an_outline_at_a_pole_stays_finite() -> None:
    # There a degree of longitude is nothing; it counts as a metre.
    outline = buffer_outline((Position(0.0, 90.0),), 50.0)
    assert max(abs(place.lon) for place in outline) == pytest.approx(50.0)


def test_simplifying_drops_places_near_the_last_kept_one_and_widens_until_few_enough_are_left() -> None:
    points = [Position(float(lon), 0.0) for lon in range(10)]
    assert simplified(points, 10) == tuple(points)
    assert simplified(points, 5) == tuple(points[at] for at in (0, 3, 6, 9))
    assert simplified(points, 9) == tuple(points[at] for at in (0, 2, 4, 6, 8, 9))
    upright = [Position(0.0, place.lon) for place in points]
    assert simplified(upright, 9) == tuple(upright[at] for at in (0, 2, 4, 6, 8, 9))
    slanting = [Position(place.lon / 2, place.lon / 2) for place in points]
    assert simplified(slanting, 9) == tuple(slanting[at] for at in (0, 2, 4, 6, 8, 9))


def test_places_are_dropped_up_to_a_distance_that_grows_until_few_enough_are_left() -> None:
    def kept(count: int, most: int) -> list[float]:
        return [place.lon for place in simplified([Position(float(lon), 60.0) for lon in range(count)], most)]

    assert kept(11, 11) == list(range(11))
    assert kept(11, 6) == [0, 2, 4, 6, 8, 10]
    # At first every third one: these are five. Then those at least 4.5 apart.
    assert kept(13, 4) == [0, 5, 10, 12]
    assert kept(13, 2) == [0, 12]
    upright = [Position(60.0, float(lat)) for lat in range(50, 63)]
    assert [place.lat - 50 for place in simplified(upright, 4)] == [0, 5, 10, 12]
