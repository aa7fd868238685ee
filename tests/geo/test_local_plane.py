import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.geo.places import places
from tvapp.geo.geodesy import circle_ring, destination, distance_m, ring_area_m2
from tvapp.geo.local_plane import Transform, buffer_outline, degree_m, simplified, size_keeping
from tvapp.geo.polygon import contains
from tvapp.geo.position import Position


@given(places(80.0))
def test_degrees_have_the_length_that_geodesy_measures(place: Position) -> None:
    across, along = degree_m(place.lat)
    east = distance_m(place, Position(place.lon + 0.001, place.lat))
    assert across / 1000 == pytest.approx(east, rel=1e-6)
    north = distance_m(Position(place.lon, place.lat - 0.0005), Position(place.lon, place.lat + 0.0005))
    assert along / 1000 == pytest.approx(north, rel=1e-6)


@given(places(75.0), places(75.0), st.floats(10.0, 5_000.0))
def test_what_is_carried_stays_as_large(origin: Position, target: Position, radius_m: float) -> None:
    ring = circle_ring(origin, radius_m)
    moved = [size_keeping(origin, target)(place) for place in ring]
    assert ring_area_m2(moved) == pytest.approx(ring_area_m2(ring), rel=5e-3)
    for place in moved[::8]:
        assert distance_m(target, place) == pytest.approx(radius_m, rel=5e-3)


@given(places(), places())
def test_a_transfer_to_where_one_is_changes_no_digit(origin: Position, place: Position) -> None:
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


def test_a_straight_line_lies_in_the_middle_of_its_corridor() -> None:
    line = (Position(25.0, 60.0), Position(25.01, 60.0))
    outline = buffer_outline(line, 50.0)
    area = distance_m(*line) * 100 + math.pi * 50**2
    assert ring_area_m2(outline) == pytest.approx(area, rel=0.01)
    assert contains((outline,), Position(25.0001, 60.0))


def test_a_line_that_stands_still_has_a_circle_around_it() -> None:
    outline = buffer_outline((Position(25.0, 60.0), Position(25.0, 60.0)), 50.0)
    assert ring_area_m2(outline) == pytest.approx(math.pi * 50**2, rel=0.02)


@given(st.lists(places(), min_size=2, max_size=200), st.integers(12, 60))
def test_a_thinned_line_keeps_its_ends_and_some_of_its_places_in_order(points: list[Position], most: int) -> None:
    fewer = simplified(points, most)
    assert len(fewer) <= max(most, 2)
    assert (fewer[0], fewer[-1]) == (points[0], points[-1])
    rest = iter(points)
    assert all(place in rest for place in fewer)


def test_places_on_top_of_each_other_are_thinned_to_the_ends() -> None:
    assert simplified([Position(1.0, 2.0)] * 100, 10) == (Position(1.0, 2.0),) * 2
