import math

import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from tvapp.geo.position import Position
from tvapp.geo.segments import Crossing, Edges, crossing, densified, folds_back

grid = st.builds(Position, st.integers(-6, 6).map(float), st.integers(-6, 6).map(float))


def wavy(count: int) -> list[Position]:
    """Return a ring with a wave on it, round (0, 0) at about 1 degree."""
    turns = [math.tau * number / count for number in range(count)]
    return [
        Position(math.cos(turn) * (1 + 0.1 * math.sin(40 * turn)), math.sin(turn) * (1 + 0.1 * math.sin(40 * turn)))
        for turn in turns
    ]


@given(st.lists(grid, min_size=2, max_size=100), grid, grid, st.booleans())
def test_the_edges_found_are_those_that_comparing_each_one_finds(
    points: list[Position], a: Position, b: Position, is_ring: bool
) -> None:
    after = [*points[1:], points[0]] if is_ring else points[1:]
    each = [
        Crossing(number, at)
        for number, (c, d) in enumerate(zip(points, after, strict=False))
        if (at := crossing(a, b, c, d)) is not None
    ]
    edges = Edges(points, is_ring=is_ring)
    assert edges.crossed_by(a, b) == each
    assert edges.crossed_by(a, b, range(50)) == [found for found in each if found.edge >= 50]
    assert edges.count == len(after)


def test_nothing_is_crossed_where_there_are_no_edges() -> None:
    assert Edges(()).crossed_by(Position(0, 0), Position(1, 1)) == []
    assert Edges((), is_ring=True).count == 0
    assert Edges((Position(0, 0),)).count == 0


def test_a_line_through_a_large_ring_crosses_it_twice() -> None:
    edges = Edges(wavy(10_000), is_ring=True)
    found = edges.crossed_by(Position(-2.0, 0.0001), Position(2.0, 0.0001))
    assert len(found) == 2


@given(grid, grid, grid)
def test_an_edge_folds_back_only_on_the_line_and_towards_where_it_came_from(
    a: Position, b: Position, c: Position
) -> None:
    cross = (a.lon - b.lon) * (c.lat - b.lat) - (a.lat - b.lat) * (c.lon - b.lon)
    dot = (a.lon - b.lon) * (c.lon - b.lon) + (a.lat - b.lat) * (c.lat - b.lat)
    assert folds_back(a, b, c) is (cross == 0 and dot > 0)


def test_long_slanting_edges_get_places_where_mercator_bends_them() -> None:
    line = (Position(0.0, 0.0), Position(30.0, 60.0), Position(30.0, 0.0), Position(0.0, 0.5))
    dense = densified(line)
    assert dense[0] == line[0]
    assert dense[60] == line[1]
    assert dense[30] == Position(15.0, 30.0)
    assert dense[-2:] == line[-2:]
    assert densified(dense[-1:]) == dense[-1:]


def test_edges_fold_back_within_the_rounding_error_of_an_angle() -> None:
    a, b = Position(0.0, 0.0), Position(1.0, 0.0)
    assert folds_back(a, b, Position(0.5, 1e-13))
    assert not folds_back(a, b, Position(0.5, 1e-11))
    assert not folds_back(a, b, b)
    assert folds_back(a, Position(0.01, 0.0), Position(0.005, 1e-15))
    assert not folds_back(a, Position(0.01, 0.0), Position(0.005, 1e-13))
    assert folds_back(a, Position(100.0, 0.0), Position(50.0, 1e-11))


def test_short_edges_and_those_along_a_meridian_stay_as_they_are() -> None:
    short = (Position(0.0, 0.0), Position(50.0, 1.0), Position(0.0, 2.0))
    assert densified(short) == short
    upright = (Position(3.0, -60.0), Position(3.0, 60.0))
    assert densified(upright) == upright
    assert densified((Position(0.0, 0.0), Position(3.0, 1.5))) == (
        Position(0.0, 0.0), Position(1.5, 0.75), Position(3.0, 1.5),
    )  # fmt: skip
    assert densified((Position(0.0, 3.0), Position(3.0, 0.0))) == tuple(Position(float(n), 3.0 - n) for n in range(4))


def test_where_two_edges_cross_lies_on_both() -> None:
    assert crossing(Position(0, 0), Position(8, 4), Position(0, 3), Position(4, -1)) == Position(2.0, 1.0)
    assert crossing(Position(0, 0), Position(8, 4), Position(9, 3), Position(9, 9)) is None
    # An end on the other edge, and edges on the same line.
    assert crossing(Position(0, 0), Position(4, 0), Position(2, 0), Position(2, 5)) == Position(2, 0)
    assert crossing(Position(0, 0), Position(4, 0), Position(5, 0), Position(9, 0)) is None
    assert crossing(Position(0, 0), Position(4, 0), Position(3, 0), Position(9, 0)) == Position(3, 0)


def test_the_edge_that_joins_two_groups_of_edges_is_found() -> None:
    points = [Position(float(n), 0.0) for n in range(100)]
    edges = Edges(points)
    for edge in (0, 30, 31, 32, 33, 63, 64, 98):
        assert edges.crossed_by(Position(edge + 0.5, -1), Position(edge + 0.5, 1)) == [
            Crossing(edge, Position(edge + 0.5, 0.0))
        ]


@given(grid, grid, grid, grid)
def test_edges_cross_where_shapely_says_that_they_meet(a: Position, b: Position, c: Position, d: Position) -> None:
    assume(a != b and c != d)
    one, other = (shapely.LineString([(p.lon, p.lat) for p in ends]) for ends in ((a, b), (c, d)))
    at = crossing(a, b, c, d)
    assert (at is not None) is one.intersects(other)
    if at is not None:
        place = shapely.Point(at.lon, at.lat)
        assert max(one.distance(place), other.distance(place)) < 1e-12


def test_added_places_divide_an_edge_evenly_wherever_it_is() -> None:
    dense = densified((Position(10.0, 20.0), Position(16.0, 23.0)))
    assert dense == (Position(10.0, 20.0), Position(12.0, 21.0), Position(14.0, 22.0), Position(16.0, 23.0))
