import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.geo.geodesy import circle_ring, distance_m
from tvapp.geo.nearest import foot_on
from tvapp.geo.polygon import (
    centroid,
    closed,
    contains,
    is_simple,
    label_point,
    opened,
    oriented,
    self_intersections,
    signed_area,
    simplified,
    unwrapped,
)
from tvapp.geo.position import Position


def ring(*places: tuple[float, float]) -> list[Position]:
    return [Position(lon, lat) for lon, lat in places]


SQUARE = ring((0, 0), (4, 0), (4, 4), (0, 4))
HOLE = ring((1, 1), (1, 3), (3, 3), (3, 1))
BOW_TIE = ring((0, 0), (4, 4), (4, 0), (0, 4))
HORSESHOE = ring((0, 0), (10, 0), (10, 10), (8, 10), (8, 2), (2, 2), (2, 10), (0, 10))

stars = st.builds(
    lambda radii: [
        Position(10 + r * math.cos(math.tau * i / len(radii)), 20 + r * math.sin(math.tau * i / len(radii)))
        for i, r in enumerate(radii)
    ],
    st.lists(st.floats(0.5, 3.0), min_size=5, max_size=12),
)


def test_closing_repeats_the_first_place_once_and_opening_takes_it_away() -> None:
    assert closed(SQUARE) == (*SQUARE, SQUARE[0])
    assert closed(closed(SQUARE)) == closed(SQUARE)
    assert opened(closed(SQUARE)) == tuple(SQUARE)
    assert closed([]) == ()


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
    assert contains([closed(star)], place) is expected
    # On an edge rounding may decide either way; that is as far from the edge as makes no difference.
    foot = foot_on([closed(star)], place)
    if foot is not None and distance_m(foot.place, place) > 0.01:
        assert contains([turned], place) is expected
        assert contains([star[::-1]], place) is expected


def test_a_bow_tie_crosses_itself_in_its_middle() -> None:
    assert self_intersections(BOW_TIE) == (Position(2.0, 2.0),)
    assert not is_simple(BOW_TIE)


def test_a_ring_that_touches_itself_is_not_simple() -> None:
    assert not is_simple(ring((0, 0), (4, 0), (4, 4), (2, 0), (0, 4)))


def test_a_line_there_and_back_encloses_nothing() -> None:
    assert not is_simple(ring((0, 0), (1, 1), (0, 0)))
    assert not is_simple(ring((0, 0), (1, 1), (2, 2)))


@given(stars)
def test_a_star_round_its_middle_is_simple(star: list[Position]) -> None:
    assert is_simple(star)
    assert self_intersections(closed(star)) == ()


@given(stars, st.floats(0.0, 1.0))
def test_what_simplifying_drops_is_near_the_rest(star: list[Position], tolerance: float) -> None:
    whole = closed(star)
    fewer = simplified(whole, tolerance)
    assert fewer[0] == fewer[-1] == whole[0]
    assert set(fewer) <= set(whole)
    assert len(set(fewer)) >= 3
    for place in whole:
        nearest = min(math.dist((place.lon, place.lat), _foot(place, a, b)) for a, b in itertools.pairwise(fewer))
        assert nearest <= tolerance + 1e-9


def _foot(p: Position, a: Position, b: Position) -> tuple[float, float]:
    dx, dy = b.lon - a.lon, b.lat - a.lat
    part = ((p.lon - a.lon) * dx + (p.lat - a.lat) * dy) / (dx * dx + dy * dy or 1.0)
    part = min(max(part, 0.0), 1.0)
    return a.lon + part * dx, a.lat + part * dy


def test_a_straight_line_keeps_only_its_ends() -> None:
    assert simplified(ring((0, 0), (1, 0.001), (2, 0), (3, 0)), 0.01) == tuple(ring((0, 0), (3, 0)))


def test_a_ring_right_round_the_earth_has_no_gap_where_it_begins() -> None:
    belt = ring((-180, -10), (180, -10), (180, 10), (-180, 10))
    for lon in (-540.0, -180.0, 0.0, 180.0, 540.0):
        assert contains([belt], Position(lon, 5.0))


def test_the_name_of_a_square_goes_in_its_middle() -> None:
    assert label_point([SQUARE]) == centroid(SQUARE) == Position(2.0, 2.0)


def test_the_name_of_a_ring_shaped_polygon_does_not_go_in_the_hole() -> None:
    spot = label_point([SQUARE, HOLE])
    assert contains([SQUARE, HOLE], spot)


def test_the_name_of_a_horseshoe_goes_into_its_thickest_part() -> None:
    spot = label_point([HORSESHOE])
    assert contains([HORSESHOE], spot)
    assert not contains([HORSESHOE], centroid(HORSESHOE))


@settings(max_examples=50, deadline=None)
@given(stars)
def test_the_name_of_a_star_goes_inside(star: list[Position]) -> None:
    assert contains([star], label_point([star]))


def test_a_degenerate_polygon_still_gets_a_place_for_its_name() -> None:
    assert label_point([ring((1, 1), (1, 1), (1, 1))]) == Position(1.0, 1.0)
    assert label_point([ring((0, 0), (2, 0), (0, 0))]).lat == 0.0


def test_the_name_of_a_circle_goes_to_its_centre() -> None:
    middle = label_point([circle_ring(Position(24.9, 60.1), 500.0)])
    assert distance_m(middle, Position(24.9, 60.1)) < 1.0
