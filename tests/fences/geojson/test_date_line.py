"""Polygons and lines at the date line: cut for files, joined for the screen."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
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


def test_a_ring_without_an_area_keeps_its_direction() -> None:
    line, back = ring((0, 0), (1, 1), (2, 2)), ring((0, 0), (2, 2), (1, 1))
    for outline, hole in ((line, back), (back, line)):
        assert cut((outline, hole)) == ((outline, hole),)


def test_a_hole_that_touches_the_date_line_from_the_east_stays_whole() -> None:
    corners = (180.0, 3.0), (183.0, 6.0), (183.0, 3.0)
    for start in range(3):
        hole = ring(*corners[start:], *corners[:start])
        first, second = cut((square(170, 0, 190, 9), hole))
        assert len(first) == 1
        assert flat(second, 360.0).equals(box(180, 0, 190, 9) - Flat(hole))


def test_parts_are_known_place_by_place_with_what_is_interpolated() -> None:
    outline = ring((178.0, 0.0, 10.0), (182.0, 0.0, 30.0), (182.0, 4.0, 50.0), (178.0, 4.0, 20.0))
    east = ((180.0, 4.0, 35.0), (178.0, 4.0, 20.0), (178.0, 0.0, 10.0), (180.0, 0.0, 20.0), (180.0, 4.0, 35.0))
    west = ((-180.0, 0.0, 20.0), (-178.0, 0.0, 30.0), (-178.0, 4.0, 50.0), (-180.0, 4.0, 35.0), (-180.0, 0.0, 20.0))
    assert cut((outline,)) == ((east,), (west,))
    for parts in ([(east,), (west,)], [(west,), (east,)], [(east[::-1],), (west[::-1],)]):
        (whole,) = joined(parts)
        assert set(whole[0]) == set(outline)
        assert area(whole[0]) == 16.0


def test_a_polygon_over_two_date_lines_becomes_three() -> None:
    (first,), (second,), (third,) = cut((square(170, 0, 550, 1),))
    assert flat((first,)).equals(box(170, 0, 180, 1))
    assert flat((second,)).equals(box(-180, 0, 180, 1))
    assert flat((third,)).equals(box(-180, 0, -170, 1))
    west = cut((square(-190, 0, -180, 1),))
    assert west == ((square(170, 0, 180, 1),),)


def test_a_corner_beside_the_cut_is_kept_from_a_thirtieth_of_a_metre_on() -> None:
    # 3e-7 degrees: three roundings to 7 decimals.
    for beside, count in ((0.0, 4), (2.9e-7, 4), (-2.9e-7, 4), (3.1e-7, 5), (-3.1e-7, 5)):
        east = ring((179, 0), (180, beside), (180, 1), (179, 1))
        west = ring((-180, beside), (-179, 0), (-179, 1), (-180, 1))
        ((whole,),) = joined([(east,), (west,)])
        assert len(set(whole)) == count
        lines = ((179.0, 0.0), (180.0, beside)), ((-180.0, beside), (-179.0, 0.0))
        (line,) = joined_lines(lines)
        assert len(line) == count - 2


def test_a_line_that_bends_on_the_date_line_keeps_the_bend() -> None:
    line = ((178.0, 0.0), (180.0, 0.0), (182.0, 2.0), (183.0, 5.0))
    parts = cut_line(line)
    assert parts == (line[:2], ((-180.0, 0.0), (-178.0, 2.0), (-177.0, 5.0)))
    assert joined_lines(parts) == (line,)


def test_lines_are_joined_in_any_order_and_stand_where_their_first_one_stood() -> None:
    line = ((178.0, 0.0), (182.0, 2.0), (176.0, 5.0))
    alone = ((5.0, 5.0), (6.0, 6.0))
    first, second, third = cut_line(line)
    assert joined_lines((third, alone, second, first)) == (alone, line)
    assert joined_lines((first, alone, third, second)) == (line, alone)
    assert joined_lines((first, third)) == (first, third)
    back = ((-178.0, 0.0), (-182.0, 2.0), (-176.0, 5.0))
    assert joined_lines(cut_line(back)) == (back,)


def test_of_two_lines_that_go_on_at_one_place_each_is_used_once() -> None:
    into = ((178.0, 0.0), (180.0, 1.0)), ((178.0, 5.0), (180.0, 1.0)), ((178.0, 7.0), (180.0, 1.0))
    onward = ((-180.0, 1.0), (-179.0, 3.0)), ((-180.0, 1.0), (-179.0, 4.0))
    assert joined_lines((*into, *onward)) == (
        (*into[0], (181.0, 3.0)),
        (*into[1], (181.0, 4.0)),
        into[2],
    )


def test_a_line_along_the_date_line_or_back_from_it_is_not_cut() -> None:
    for line in (
        ((179.0, 0.0), (180.0, 0.0), (179.0, 1.0)),
        ((179.0, 0.0), (180.0, 0.0), (180.0, 3.0), (179.0, 3.0)),
        ((-179.0, 0.0), (-180.0, 0.0), (-180.0, 3.0), (-179.0, 3.0)),
    ):
        assert cut_line(line) == (line,)
    through = ((179.0, 0.0), (180.0, 0.0), (180.0, 3.0), (181.0, 3.0))
    parts = cut_line(through)
    assert [{abs(place[0]) for place in part} for part in parts] == [{179.0, 180.0}] * 2
    assert cut_line(((179.0, 0.0, 5.0), (183.0, 4.0, 9.0))) == (
        ((179.0, 0.0, 5.0), (180.0, 1.0, 6.0)),
        ((-180.0, 1.0, 6.0), (-177.0, 4.0, 9.0)),
    )


def test_a_hole_is_placed_by_one_of_its_corners_also_in_a_narrow_outline() -> None:
    narrow, wide = ring((0, 0), (8, 8), (0, 9)), ring((0, -1), (9, -1), (9, 7))
    # Each corner of the hole is in the narrow outline; its first longitude with another one's latitude is not.
    hole = ring((5.0, 5.6), (0.5, 4.0), (0.4, 1.0))
    hole = hole if area(hole) < 0 else hole[::-1]
    assert Flat(narrow).contains(Flat(hole))
    for start in range(3):
        turned = ring(*(hole[:3][start:] + hole[:3][:start]))
        assert date_line._arranged([wide, narrow, turned]) == [(wide,), (narrow, turned)]


def test_so_many_holes_that_placing_them_takes_too_long_are_refused() -> None:
    # 2,000,000 tests at most: holes times places of all outlines.
    around = ring(*((9 * math.cos(turn), 9 * math.sin(turn)) for turn in (math.tau * n / 499 for n in range(499))))
    other = tuple((lon + 40, lat) for lon, lat in around)
    hole = square(0, 0, 1, 1)[::-1]
    first, second = date_line._arranged([around, other, *[hole] * 2000])
    assert (len(first), len(second)) == (2001, 1)
    with pytest.raises(SelfCrossing):
        date_line._arranged([around, other, *[hole] * 2001])
    assert len(date_line._arranged([around, *[hole] * 5000])) == 1


def test_parts_are_joined_where_they_share_an_edge_not_where_they_touch() -> None:
    east = (square(179, 0, 180, 1),)
    for west in (square(-180, 1, -179, 2), square(-180, 0.5, -179, 1), ring((-180, 0.5), (-179, 0), (-179, 1))):
        assert joined((east, (west,))) == (east, (west,))


def test_two_pairs_are_joined_each_for_itself() -> None:
    low, high = cut((square(178, 0, 182, 1),)), cut((square(178, 5, 182, 6),))
    alone = ((square(5, 5, 6, 6)),)
    found = joined([low[1], alone, high[0], low[0], high[1]])
    assert [flat(rings).bounds for rings in found if rings != alone] == [(178, 0, 182, 1), (178, 5, 182, 6)]
    assert found[2] == alone


def test_areas_are_compared_to_a_thousand_millionth_of_the_larger() -> None:
    one = [(square(0, 0, 100, 100),)]
    for wide, is_as_large in ((100.0 + 9e-8, True), (100.0 + 11e-8, False), (100.0 - 11e-8, False)):
        other = [(square(0, 0, wide, 100),)]
        assert date_line._is_as_large(one, other) is is_as_large
        assert date_line._is_as_large(other, one) is is_as_large
    small = [(square(0, 0, 1e-3, 1e-3),)]
    assert date_line._is_as_large(small, [(square(0, 0, 1.0001e-3, 1e-3),)])
    assert not date_line._is_as_large(small, [(square(0, 0, 3e-3, 1e-3),)])


def test_lines_and_polygons_with_heights_are_joined_by_place_whatever_their_heights() -> None:
    line = ((178.0, 0.0, 10.0), (182.0, 2.0, 30.0), (183.0, 5.0, 7.0))
    first, second = cut_line(line)
    assert joined_lines((first, second)) == (line,)
    # Another tool may have lost the heights of one part.
    flattened = tuple(place[:2] for place in second)
    assert joined_lines((first, flattened)) == ((line[0], (182.0, 2.0), (183.0, 5.0)),)
    outline = ring((178.0, 0.0, 1.0), (182.0, 0.0, 2.0), (182.0, 4.0, 3.0), (178.0, 4.0, 4.0))
    (whole,) = joined(cut((outline,)))
    assert set(whole[0]) == set(outline)


@pytest.mark.parametrize(
    "hole",
    [
        ((179.0, 1.0), (179.0, 3.0), (180.0, 2.0), (179.0, 1.0)),
        ((180.0, 2.0), (179.0, 1.0), (179.0, 3.0), (180.0, 2.0)),
        ((181.0, 1.0), (180.0, 2.0), (181.0, 3.0), (181.0, 1.0)),
        ((179.0, 1.0), (179.0, 3.0), (180.0, 3.0), (180.0, 1.0), (179.0, 1.0)),
        ((179.0, 1.0), (179.0, 3.0), (180.0, 3.0), (179.5, 2.0), (180.0, 1.0), (179.0, 1.0)),
        ((179.0, 1.0), (180.0, 2.0), (181.0, 1.0), (181.0, 3.0), (180.0, 2.0), (179.0, 3.0), (179.0, 1.0)),
    ],
)
def test_a_hole_that_touches_the_date_line_is_kept(hole: Path) -> None:
    outline = ((178.0, 0.0), (182.0, 0.0), (182.0, 4.0), (178.0, 4.0), (178.0, 0.0))
    pieces = cut((outline, hole))
    assert area_of(pieces) == pytest.approx(16.0 - abs(area(hole)))
    assert all(-180.0 <= place[0] <= 180.0 for rings in pieces for ring in rings for place in ring)
    assert area_of(joined(pieces)) == pytest.approx(16.0 - abs(area(hole)))


def area_of(polygons: Sequence[Rings]) -> float:
    return sum(abs(area(rings[0])) - sum(abs(area(hole)) for hole in rings[1:]) for rings in polygons)
