"""Polygons and lines at the date line: cut for files, joined for the screen."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import Polygon as Flat
from shapely import affinity
from shapely.geometry import LineString, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from tvapp.fences.geojson import date_line
from tvapp.fences.geojson.date_line import Path, Rings, SelfCrossing, cut, cut_line, joined, joined_lines


def ring(*places: tuple[float, ...]) -> Path:
    return (*places, places[0])


def square(west: float, south: float, east: float, north: float) -> Path:
    return ring((west, south), (east, south), (east, north), (west, north))


def flat(rings: Rings, turn: float = 0.0) -> Flat:
    outer, *holes = [[(place[0] + turn, place[1]) for place in each] for each in rings]
    return Flat(outer, holes)


def on_one_sheet(polygons: tuple[Rings, ...], middle: float) -> BaseGeometry:
    """Return parts side by side again: those far from the middle are moved by a turn."""
    sheets = []
    for rings in polygons:
        part = flat(rings)
        turn = 360.0 * round((middle - part.centroid.x) / 360.0)
        sheets.append(affinity.translate(part, turn))
    return unary_union(sheets)


def area(path: Path) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(path)) / 2


def star(chance: random.Random, lon: float, lat: float, size: float, corners: int) -> Path:
    turns = sorted(chance.uniform(0, 2 * math.pi) for _ in range(corners))
    return ring(
        *(
            (round(lon + size * reach * math.cos(turn), 7), round(lat + size * reach * math.sin(turn), 7))
            for turn, reach in ((turn, chance.uniform(0.3, 1)) for turn in turns)
        )
    )


def test_a_polygon_on_one_side_is_only_moved_and_turned_the_right_way() -> None:
    assert cut((square(1, 2, 3, 4),)) == ((square(1, 2, 3, 4),),)
    assert cut((square(1, 2, 3, 4)[::-1], square(1.5, 2.5, 2, 3))) == (
        (square(1, 2, 3, 4), square(1.5, 2.5, 2, 3)[::-1]),
    )
    assert cut((square(361, 2, 363, 4),)) == ((square(1, 2, 3, 4),),)
    assert cut((square(178, 2, 180, 4),)) == ((square(178, 2, 180, 4),),)
    assert cut((square(-180, -80, 180, 80),)) == ((square(-180, -80, 180, 80),),)


def test_a_polygon_across_the_date_line_becomes_two() -> None:
    east, west = cut((square(179, 0, 182, 1),))
    assert flat(east).equals(box(179, 0, 180, 1))
    assert flat(west).equals(box(-180, 0, -178, 1))


def test_a_height_is_interpolated_at_the_cut() -> None:
    (first,), _ = cut((ring((178.0, 0.0, 10.0), (182.0, 0.0, 30.0), (180.0, 2.0, 5.0)),))
    assert (180.0, 0.0, 20.0) in first


def test_a_hole_on_the_date_line_opens_the_parts() -> None:
    parts = cut((square(170, 0, 190, 9), square(178, 3, 182, 6)[::-1]))
    assert [len(rings) for rings in parts] == [1, 1]
    assert on_one_sheet(parts, 180).equals(box(170, 0, 190, 9) - box(178, 3, 182, 6))


def test_a_hole_beside_the_date_line_stays_in_its_part() -> None:
    parts = cut((square(170, 0, 190, 9), square(182, 3, 184, 6)))
    assert [len(rings) for rings in parts] == [1, 2]
    assert parts[1][1] == square(-178, 3, -176, 6)[::-1]


def test_a_hole_that_gets_beyond_its_outline_stays_on_the_map() -> None:
    for hole in (square(150, 1, 182, 2), square(175, 1, 356, 2), square(-20, 1, 30, 2)):
        try:
            parts = cut((square(170, 0, 179, 9), hole))
        except SelfCrossing:
            continue
        assert all(-180 <= place[0] <= 180 for rings in parts for each in rings for place in each)


def test_a_comb_falls_apart_into_its_teeth() -> None:
    comb = ring(
        (175, 0),
        (183, 0),
        (183, 1),
        (177, 1),
        (177, 2),
        (183, 2),
        (183, 3),
        (177, 3),
        (177, 4),
        (183, 4),
        (183, 5),
        (175, 5),
    )
    parts = cut((comb,))
    assert len(parts) == 4
    assert on_one_sheet(parts, 180).equals(Flat(comb))


@pytest.mark.parametrize(
    "outline",
    [
        ring((179, 0), (180, 1), (179, 2), (178, 1)),
        ring((179, 0), (180, 0), (180, 2), (179, 2)),
        ring((181, 0), (180, 1), (181, 2), (182, 1)),
        ring((179, 0), (180, 0), (181, 1), (180, 2), (179, 2)),
        ring((179, 0), (180, 1), (181, 0), (181, 3), (180, 2), (179, 3)),
        ring((178, 0), (180, 0), (180, 1), (179, 2), (180, 3), (181, 4), (178, 5)),
    ],
)
def test_corners_on_the_date_line_leave_no_slivers(outline: Path) -> None:
    parts = cut((outline,))
    assert on_one_sheet(parts, 180).symmetric_difference(Flat(outline)).area < 1e-12
    assert all(flat(rings).is_valid and flat(rings).area > 1e-9 for rings in parts)


def test_a_polygon_that_crosses_itself_on_the_date_line_is_refused_or_cut_but_never_fails() -> None:
    refused = 0
    for seed in range(200):
        chance = random.Random(seed)
        wild = ring(*((chance.choice([178, 179, 180, 181, 182]), chance.uniform(0, 3)) for _ in range(7)))
        try:
            parts = cut((wild,))
        except SelfCrossing:
            refused += 1
            continue
        assert parts, f"seed {seed}"
    assert 0 < refused < 200


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9), st.booleans(), st.sampled_from([180.0, -180.0, 540.0]))
def test_cutting_loses_and_adds_nothing_and_joining_undoes_it(seed: int, with_hole: bool, meridian: float) -> None:
    chance = random.Random(seed)
    lon, lat = meridian + chance.uniform(-3, 3), chance.uniform(-50, 50)
    outline = star(chance, lon, lat, 4, chance.randint(3, 12))
    rings: Rings = (outline, star(chance, lon, lat, 0.4, 5)) if with_hole else (outline,)
    there = flat(rings)
    assume(there.is_valid and Flat(outline).contains(Flat(rings[-1])))
    parts = cut(rings)
    for part in parts:
        assert area(part[0]) > 0
        assert all(area(hole) < 0 for hole in part[1:])
        assert all(-180 <= place[0] <= 180 for each in part for place in each)
    assert on_one_sheet(parts, lon).symmetric_difference(there).area < 1e-8
    (whole,) = joined(parts)
    back = on_one_sheet((whole,), lon)
    assert back.symmetric_difference(there).area < 1e-6
    assert sum(len(each) for each in whole) <= sum(len(each) for each in rings)


def test_parts_that_do_not_meet_are_left_alone() -> None:
    apart = ((square(179, 0, 180, 1),), (square(-180, 2, -179, 3),), (square(5, 5, 6, 6),))
    assert joined(apart) == apart
    assert joined(apart[:1]) == apart[:1]


def test_a_joined_part_stands_where_its_first_one_stood() -> None:
    alone = (square(5, 5, 6, 6),)
    found = joined([alone, (square(-180, 0, -179, 1),), alone, (square(179, 0, 180, 1),)])
    assert [len(rings[0]) for rings in found] == [5, 5, 5]
    assert found[0] == found[2] == alone


def test_two_halves_of_a_ring_make_one_with_a_hole() -> None:
    whole = (square(170, 0, 190, 9), square(178, 3, 182, 6)[::-1])
    (found,) = joined(cut(whole))
    assert len(found) == 2
    assert flat(found).equals(flat(whole))


def test_parts_of_which_one_would_be_lost_are_left_alone() -> None:
    for bow in (
        ring((179, 2), (180, 0), (180, 1), (179, 1), (179, 0)),
        ring((179, 1.5), (180, 0), (180, 1), (179, -0.5)),
    ):
        other_bow = ring((-180, 0), (-179, 0), (-181, 1), (-180, 1))
        assert joined(((bow,), (other_bow,))) == ((bow,), (other_bow,))


def test_a_bow_tie_is_not_cut_where_half_of_it_would_be_lost() -> None:
    with pytest.raises(SelfCrossing):
        cut((ring((178, 0), (182, 2), (182, 0), (178, 3)),))


def test_a_bow_tie_away_from_the_date_line_is_left_alone() -> None:
    bow = ring((8, 0), (12, 2), (12, 0), (8, 2))
    assert set(cut((bow,))[0][0]) == set(bow)


def test_parts_that_lie_on_one_another_are_left_alone() -> None:
    east, west = (square(179, 0, 180, 1),), (square(-180, 0, -179, 1),)
    assert joined((east, east, west)) == (east, east, west)


def test_a_line_is_cut_and_joined_again() -> None:
    line = ((178.0, 0.0), (179.0, 1.0), (182.0, 2.5), (178.5, 4.0), (178.0, 5.0))
    parts = cut_line(line)
    assert [part[0][0] for part in parts] == [178.0, -180.0, 180.0]
    assert joined_lines(parts) == (line,)
    assert cut_line(((1.0, 2.0), (3.0, 4.0))) == (((1.0, 2.0), (3.0, 4.0)),)
    assert cut_line(((179.0, 0.0), (180.0, 0.0), (179.0, 1.0))) == (((179.0, 0.0), (180.0, 0.0), (179.0, 1.0)),)
    along = ((180.0, 0.0), (180.0, 5.0))
    assert cut_line(along) in ((along,), (((-180.0, 0.0), (-180.0, 5.0)),))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([178.0, 179.5, 180.0, 180.5, 183.0, 539.0]), st.floats(-9, 9)), min_size=2, max_size=7
    )
)
def test_a_cut_line_is_as_long_as_before(places: list[tuple[float, float]]) -> None:
    line: Path = tuple(places)
    parts = cut_line(line)
    assert all(-180 <= place[0] <= 180 for part in parts for place in part)
    assert sum(LineString(part).length for part in parts) == pytest.approx(LineString(line).length)


def test_lines_in_a_circle_round_the_earth_end_somewhere() -> None:
    circle = [((-180.0, 0.0), (0.0, 1.0), (180.0, 0.0))]
    assert joined_lines(circle) == tuple(circle)
    two = [((-180.0, 0.0), (0.0, 1.0), (180.0, 2.0)), ((-180.0, 2.0), (0.0, 3.0), (180.0, 0.0))]
    assert len(joined_lines(two)) == 1


def test_a_part_that_touches_the_date_line_elsewhere_keeps_its_places() -> None:
    west, east = (square(179, 0, 180, 1),), (square(-180, 0, -179, 1),)
    other, alone = (square(-180, 5, -179, 6),), (square(170, 8, 180, 9),)
    found = joined([west, other, east, alone])
    assert len(found) == 3
    assert found[1] == other
    assert found[2] == alone


def test_of_three_parts_each_is_joined_with_the_one_that_it_meets() -> None:
    low, high = square(-180, 0, -179, 1), square(-180, 2, -179, 3)
    ring_of_west = ring((179, 0), (180, 0), (180, 1), (180, 2), (180, 3), (179, 3))
    (found,) = joined([(ring_of_west,), (low,), (high,)])
    assert flat(found).area == pytest.approx(5.0)
    assert flat(found).is_valid


@given(st.lists(st.tuples(*[st.integers(-9, 9)] * 6), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_each_hole_goes_to_the_outline_that_contains_it(slants: list[tuple[int, ...]], chance: random.Random) -> None:
    outlines, holes = [], []
    for number, (a, b, c, d, e, f) in enumerate(slants):
        # Triangles beside each other, slanting, each with a small copy of itself in the middle.
        at = 40.0 * number
        corners = [(at + 15 + a, 15 + b), (at - 15 + c, 15 + d), (at + e, -15 + f)]
        x, y = sum(lon for lon, _ in corners) / 3, sum(lat for _, lat in corners) / 3
        outlines.append(ring(*corners))
        holes.append(ring(*[(x + (lon - x) / 9, y + (lat - y) / 9) for lon, lat in corners])[::-1])
    rings = [*outlines, *holes]
    chance.shuffle(rings)
    arranged = date_line._arranged(rings)
    assert len(arranged) == len(outlines)
    for outline, *inside in arranged:
        assert inside == [holes[outlines.index(outline)]]


def test_holes_that_lie_in_no_outline_and_rings_without_an_area_are_dropped() -> None:
    far, flat_ring = square(50, 50, 51, 51)[::-1], ring((0, 0), (1, 1), (2, 2))
    one, other = square(0, 0, 9, 9), square(20, 0, 29, 9)
    assert date_line._arranged([one, flat_ring, other, far]) == [(one,), (other,)]


def test_areas_are_not_compared_with_an_outline_that_has_none() -> None:
    bow = ring((0, 0), (2, 2), (2, 0), (0, 2))
    one = (square(0, 0, 1, 1),)
    assert date_line._is_as_large([one], [one])
    assert not date_line._is_as_large([one], [one, (bow,)])
    assert not date_line._is_as_large([], [(bow,)])
    assert not date_line._is_as_large([], [])
    assert not date_line._is_as_large([one], [(square(0, 0, 1, 2),)])
    hollow = square(0, 0, 2, 2), square(0.5, 0.5, 1.5, 1.5)[::-1]
    assert date_line._is_as_large([hollow], [(square(0, 0, 3, 1),)])
