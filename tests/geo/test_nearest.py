"""The place on lines that is nearest to a given one."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.geo import surveyor
from tests.geo.places import places
from tvapp.geo.geodesy import circle_ring
from tvapp.geo.nearest import nearest_point
from tvapp.geo.position import Position


def line(*points: tuple[float, float]) -> list[Position]:
    return [Position(float(lon), float(lat)) for lon, lat in points]


def foot_m(lines: list[list[Position]], place: Position) -> float:
    foot = nearest_point(lines, place)
    assert foot is not None
    return surveyor.distance_m(place, foot.place)


@st.composite
def paths(draw: st.DrawFn) -> tuple[list[Position], Position]:
    """Draw a line of two to six places, from ten metres to a thousand kilometres long, and a place near it."""
    start = draw(places(max_lat=89.0))
    size_deg = 10.0 ** draw(st.floats(-4.0, 1.0))
    reach = min(size_deg / math.cos(math.radians(start.lat)), 60.0)
    points = [start]
    for _ in range(draw(st.integers(1, 5))):
        lon = points[-1].lon + draw(st.floats(-1.0, 1.0)) * reach
        lat = points[-1].lat + draw(st.floats(-1.0, 1.0)) * size_deg
        points.append(Position(lon, min(max(lat, -90.0), 90.0)))
    lon = start.lon + draw(st.floats(-3.0, 3.0)) * reach + draw(st.sampled_from((-360.0, 0.0, 360.0)))
    lat = min(max(start.lat + draw(st.floats(-3.0, 3.0)) * size_deg, -90.0), 90.0)
    return points, Position(lon, lat)


@settings(max_examples=150, deadline=None)
@given(paths())
def test_the_distance_agrees_with_an_independent_survey(drawn: tuple[list[Position], Position]) -> None:
    path, place = drawn
    expected = surveyor.distance_to_lines_m([path], place, steps=300)
    assume(expected < 5e6)
    found = foot_m([path], place)
    # Their edges are chords of steps: they may pass a little nearer or further than the edge itself.
    longest = max(abs(a.lon - b.lon) + abs(a.lat - b.lat) for a, b in itertools.pairwise(path)) * 111_320
    assert found == pytest.approx(expected, rel=1e-4, abs=0.01 + 2 * (longest / 300) ** 2 / 8 / 1e6)


@given(paths(), st.integers(-2, 2))
def test_whole_turns_and_the_direction_of_a_line_make_no_difference(
    drawn: tuple[list[Position], Position], turns: int
) -> None:
    path, place = drawn
    turned = [Position(point.lon + 360.0 * turns, point.lat) for point in reversed(path)]
    assert foot_m([turned], place) == pytest.approx(foot_m([path], place), rel=1e-4, abs=0.005)


def test_the_middle_of_a_parallel_is_nearest_to_what_lies_north_of_it() -> None:
    foot = nearest_point([line((10, 60), (40, 60))], Position(25.0, 62.0))
    assert foot is not None
    assert foot.place.lon == pytest.approx(25.0, abs=0.01)
    assert foot.place.lat == 60.0


def test_near_the_pole_the_other_side_is_near() -> None:
    place = Position(0.0, 89.9)
    beyond_the_pole = line((180, 89.9), (180, 89.0))
    foot = nearest_point([line((0, 89.0), (10, 89.0)), beyond_the_pole], place)
    assert foot is not None
    assert foot.place == Position(180.0, 89.9)


def test_an_edge_right_round_the_earth_is_met_in_the_middle() -> None:
    foot = nearest_point([line((-180, 60), (180, 60))], Position(24.9, 61.0))
    assert foot is not None
    assert foot.place.lon == pytest.approx(24.9, abs=0.01)


def test_a_place_on_a_line_is_its_own_nearest_point() -> None:
    foot = nearest_point([line((24, 60), (25, 60.5))], Position(24.5, 60.25))
    assert foot is not None
    assert surveyor.distance_m(foot.place, Position(24.5, 60.25)) < 0.003
    assert (foot.start, foot.end) == (Position(24.0, 60.0), Position(25.0, 60.5))


def test_the_centre_of_a_round_ring_is_its_radius_away() -> None:
    center = Position(24.9, 60.1)
    for radius_m in (20.0, 5_000.0, 1_000_000.0):
        ring = list(circle_ring(center, radius_m, 720))
        assert foot_m([ring], center) == pytest.approx(radius_m, rel=1e-4)


def test_edges_without_a_length_are_places() -> None:
    foot = nearest_point([line((5, 5), (5, 5))], Position(5.0, 6.0))
    assert foot is not None
    assert foot.place == Position(5.0, 5.0)


def test_lines_without_edges_have_no_nearest_point() -> None:
    assert nearest_point([], Position(0.0, 0.0)) is None
    assert nearest_point([[], line((1, 1))], Position(0.0, 0.0)) is None


@settings(max_examples=60, deadline=None)
@given(places(max_lat=80.0), st.tuples(*[st.floats(-3.0, 3.0)] * 4))
def test_no_place_on_an_edge_is_nearer_than_the_one_found(start: Position, offsets: tuple[float, ...]) -> None:
    end = Position(start.lon + offsets[0], start.lat + offsets[1])
    place = Position(start.lon + offsets[2], start.lat + offsets[3])

    def away_m(share: float) -> float:
        lon, lat = start.lon + share * (end.lon - start.lon), start.lat + share * (end.lat - start.lat)
        return surveyor.distance_m(place, Position(lon, lat))

    step, share = 1.0, 0.5
    while step > 1e-9:
        step /= 2
        share = min((max(share - step, 0.0), share, min(share + step, 1.0)), key=away_m)
    best = min(away_m(share), *(away_m(number / 50) for number in range(51)))
    assert foot_m([[start, end]], place) <= best + max(0.0015, 1.5e-5 * best)


def test_of_several_lines_the_nearest_edge_is_named() -> None:
    near, far = line((0, 1), (5, 1), (5, 4)), line((0, -3), (5, -3))
    for lines in ([near, far], [far, near]):
        found = nearest_point(lines, Position(2.0, 0.0))
        assert found is not None
        assert (found.start, found.end) == (Position(0.0, 1.0), Position(5.0, 1.0))
