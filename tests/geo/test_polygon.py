import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tvapp.geo.geodesy import distance_m
from tvapp.geo.nearest import nearest_point
from tvapp.geo.polygon import (
    centroid,
    contains,
    oriented,
    signed_area,
    unwrapped,
)
from tvapp.geo.position import Position


def ring(*places: tuple[float, float]) -> list[Position]:
    return [Position(lon, lat) for lon, lat in places]


SQUARE = ring((0, 0), (4, 0), (4, 4), (0, 4))
HOLE = ring((1, 1), (1, 3), (3, 3), (3, 1))

stars = st.builds(
    lambda radii: [
        Position(10 + r * math.cos(math.tau * i / len(radii)), 20 + r * math.sin(math.tau * i / len(radii)))
        for i, r in enumerate(radii)
    ],
    st.lists(st.floats(0.5, 3.0), min_size=5, max_size=12),
)


def test_outer_rings_turn_counter_clockwise_and_holes_clockwise() -> None:
    assert signed_area(SQUARE) == 16.0
    assert signed_area(oriented(SQUARE[::-1])) == 16.0
    assert signed_area(oriented(SQUARE, clockwise=True)) == -16.0


def test_a_ring_across_the_date_line_becomes_continuous() -> None:
    raw = ring((179, 0), (-179, 0), (-179, 1), (179, 1))
    assert [p.lon for p in unwrapped(raw)] == [179, 181, 181, 179]
    assert [p.lon for p in unwrapped([*raw, raw[0]])][-1] == 179


def test_a_place_in_the_hole_is_outside() -> None:
    assert contains([SQUARE, HOLE], Position(0.5, 0.5))
    assert not contains([SQUARE, HOLE], Position(2.0, 2.0))
    assert not contains([SQUARE, HOLE], Position(5.0, 2.0))


def test_a_place_is_found_inside_a_ring_past_the_date_line_under_either_longitude() -> None:
    crossing = ring((179, 0), (181, 0), (181, 1), (179, 1))
    assert contains([crossing], Position(-179.5, 0.5))
    assert contains([crossing], Position(180.5, 0.5))
    assert contains([crossing], Position(179.5, 0.5))
    assert not contains([crossing], Position(178.5, 0.5))


@given(stars, st.integers(0, 11), st.floats(7, 13), st.floats(17, 23))
def test_inside_does_not_depend_on_start_direction_or_closing(
    star: list[Position], start: int, lon: float, lat: float
) -> None:
    place = Position(lon, lat)
    expected = contains([star], place)
    turned = star[start % len(star) :] + star[: start % len(star)]
    assert contains([[*star, star[0]]], place) is expected
    # On an edge rounding may decide either way; that is as far from the edge as makes no difference.
    foot = nearest_point([[*star, star[0]]], place)
    if foot is not None and distance_m(foot.place, place) > 0.01:
        assert contains([turned], place) is expected
        assert contains([star[::-1]], place) is expected


def test_a_ring_right_round_the_earth_has_no_gap_where_it_begins() -> None:
    belt = ring((-180, -10), (180, -10), (180, 10), (-180, 10))
    for lon in (-540.0, -180.0, 0.0, 180.0, 540.0):
        assert contains([belt], Position(lon, 5.0))


def test_a_ring_with_fewer_than_three_places_has_no_area() -> None:
    assert signed_area(ring((0, 0), (4, 0))) == 0.0
    assert signed_area(ring((0, 0), (4, 0), (0, 0))) == 0.0
    assert signed_area(ring((1, 1))) == signed_area([]) == 0.0


def test_closing_a_ring_changes_neither_area_nor_centroid() -> None:
    right = ring((20, 10), (26, 10), (20, 13))
    assert signed_area(right) == signed_area([*right, right[0]]) == 9.0
    # A triangle's centroid is the mean of its corners.
    assert centroid(right) == centroid([*right, right[0]]) == Position(22.0, 11.0)
    assert centroid(right[::-1]) == Position(22.0, 11.0)


@given(stars)
def test_area_and_centroid_agree_with_shapely(star: list[Position]) -> None:
    polygon = shapely.Polygon([(place.lon, place.lat) for place in star])
    assert signed_area(star) == pytest.approx(polygon.area, rel=1e-9)
    middle = centroid(star)
    assert (middle.lon, middle.lat) == pytest.approx((polygon.centroid.x, polygon.centroid.y), rel=1e-9)


def test_the_centroid_of_a_ring_without_an_area_is_the_mean_of_its_places() -> None:
    assert centroid(ring((1, 1), (1, 1), (4, 7))) == Position(2.0, 3.0)
    assert centroid(ring((10, 0), (14, 2))) == Position(12.0, 1.0)
    trapezium = ring((10, 0), (10 + 4e-7, 0), (10 + 2e-7, 1e-7), (10, 1e-7))
    # A rectangle of 2 by 1 and a triangle of half its area beside it, which has its centroid at a third.
    assert centroid(trapezium).lon - 10.0 == pytest.approx((2 * 1.0 + 1 * (2 + 2 / 3)) / 3 * 1e-7, rel=1e-3)
    tiny = ring((10, 0), (10 + 1e-7, 0), (10, 1e-7))
    assert centroid(tiny).lon - 10.0 == pytest.approx(1e-7 / 3, rel=1e-3)


def test_rings_turn_the_other_way_only_where_they_have_to() -> None:
    assert oriented(SQUARE) == tuple(SQUARE)
    assert oriented(SQUARE[::-1], clockwise=True) == tuple(SQUARE[::-1])
    assert oriented(SQUARE[::-1]) == tuple(SQUARE)
    assert oriented(ring((0, 0), (1, 1))) == tuple(ring((0, 0), (1, 1)))


def test_a_ring_may_jump_by_several_turns_and_is_left_alone_where_it_does_not_jump() -> None:
    assert [p.lon for p in unwrapped(ring((0, 0), (350, 0), (700, 1), (-10, 1)))] == [0, -10, -20, -10]
    assert [p.lon for p in unwrapped(ring((0, 0), (180, 0), (0, 0), (-180, 1)))] == [0, 180, 0, -180]
    assert [p.lon for p in unwrapped(ring((0, 0), (-180.3, 0)))] == [0, 360 - 180.3]
    assert unwrapped(SQUARE) == tuple(SQUARE)
    assert unwrapped([]) == ()


@given(stars, st.floats(6, 14), st.floats(16, 24))
def test_containment_agrees_with_shapely(star: list[Position], lon: float, lat: float) -> None:
    polygon, place = shapely.Polygon([(each.lon, each.lat) for each in star]), shapely.Point(lon, lat)
    if polygon.exterior.distance(place) > 1e-9:
        assert contains([star], Position(lon, lat)) is polygon.contains(place)


def test_an_empty_ring_contains_nothing() -> None:
    assert not contains([[]], Position(0.0, 0.0))
    assert contains([SQUARE, []], Position(2.0, 2.0))
    assert contains([SQUARE, [], HOLE], Position(0.5, 2.0))
