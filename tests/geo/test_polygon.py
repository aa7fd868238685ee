import math

from hypothesis import given
from hypothesis import strategies as st

from tvapp.geo.geodesy import distance_m
from tvapp.geo.nearest import nearest_point
from tvapp.geo.polygon import (
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
