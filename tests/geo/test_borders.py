"""The borders of polygons, without the sides that exist on a flat map only."""

from __future__ import annotations

import itertools

from tvapp.geo.borders import areas
from tvapp.geo.position import Position


def box(west: float, south: float, east: float, north: float) -> list[Position]:
    return [
        Position(west, south),
        Position(east, south),
        Position(east, north),
        Position(west, north),
        Position(west, south),
    ]


def edges(border: tuple[object, ...]) -> set[frozenset[tuple[float, float]]]:
    found = set()
    for line in border:
        assert isinstance(line, list | tuple)
        for a, b in itertools.pairwise(line):
            found.add(frozenset(((a.lon % 360, a.lat), (b.lon % 360, b.lat))))
    return found


def test_plain_polygons_keep_their_rings() -> None:
    one, other, hole = box(0, 0, 4, 4), box(4, 0, 8, 4), box(1, 1, 2, 2)
    found = areas([[one, hole], [other]])
    assert [area.border for area in found] == [(one, hole), (other,)]


def test_two_halves_cut_at_the_date_line_are_one_without_the_cut() -> None:
    for west, east in ((box(170, 0, 180, 4), box(-180, 0, -170, 4)), (box(170, 0, 180, 4)[::-1], box(180, 0, 190, 4))):
        (found,) = areas([[west], [east]])
        assert found.polygons == ([west], [east])
        assert edges(found.border) == {
            frozenset({(170.0, 0.0), (180.0, 0.0)}),
            frozenset({(180.0, 0.0), (190.0, 0.0)}),
            frozenset({(180.0, 4.0), (190.0, 4.0)}),
            frozenset({(170.0, 4.0), (180.0, 4.0)}),
            frozenset({(170.0, 0.0), (170.0, 4.0)}),
            frozenset({(190.0, 0.0), (190.0, 4.0)}),
        }


def test_a_small_part_beside_a_large_one_is_joined_with_it() -> None:
    large, small = box(170, 0, 180, 4), box(-180, 0, -179.9, 4)
    for one, other in ((large, small), (large[::-1], small), (large, small[::-1])):
        (found,) = areas([[one], [other]])
        assert not any(all(lon == 180.0 for lon, _ in edge) for edge in edges(found.border))


def test_a_side_on_the_date_line_stays_where_the_area_is_on_one_side_only() -> None:
    (found,) = areas([[box(170, 0, 180, 10)], [box(-180, 4, -170, 6)]])
    on_the_line = {edge for edge in edges(found.border) if all(lon == 180.0 for lon, _ in edge)}
    assert on_the_line == {frozenset({(180.0, 0.0), (180.0, 4.0)}), frozenset({(180.0, 6.0), (180.0, 10.0)})}


def test_polygons_that_touch_the_date_line_elsewhere_stay_apart() -> None:
    found = areas([[box(170, 0, 180, 4)], [box(-180, 4, -170, 8)], [box(170, -8, 180, -4)]])
    assert len(found) == 3
    assert sum(len(edges(area.border)) for area in found) == 12


def test_several_cut_polygons_are_joined_in_pairs() -> None:
    found = areas([[box(170, 0, 180, 4)], [box(170, 10, 180, 14)], [box(-180, 10, -170, 14)], [box(-180, 0, -170, 4)]])
    assert [len(area.polygons) for area in found] == [2, 2]
    assert found[0].polygons == ([box(170, 0, 180, 4)], [box(-180, 0, -170, 4)])


def test_a_hole_across_the_date_line_stays_a_hole() -> None:
    # Cut at the date line the hole is a notch in each half.
    west = [
        Position(*at)
        for at in ((170, 0), (180, 0), (180, 1), (178, 1), (178, 2), (180, 2), (180, 4), (170, 4), (170, 0))
    ]
    east = [Position(360.0 - place.lon - 360.0, place.lat) for place in west]
    (found,) = areas([[west], [east]])
    assert not any(all(lon == 180.0 for lon, _ in edge) for edge in edges(found.border))
    assert frozenset({(178.0, 1.0), (178.0, 2.0)}) in edges(found.border)


def test_a_polar_cap_has_its_parallel_as_its_only_border() -> None:
    for cap in (box(-180, 60, 180, 90), box(-100.123456, 60, 259.876544, 90), box(-180, 60, 180, 90)[::-1]):
        (found,) = areas([[cap]])
        assert [{place.lat for place in line} for line in found.border] == [{60.0}]


def test_a_slice_that_ends_at_the_pole_keeps_its_sides() -> None:
    (found,) = areas([[box(0, 80, 90, 90)]])
    assert edges(found.border) == {
        frozenset({(0.0, 80.0), (90.0, 80.0)}),
        frozenset({(90.0, 80.0), (90.0, 90.0)}),
        frozenset({(0.0, 80.0), (0.0, 90.0)}),
    }


def test_slices_whose_sides_are_on_different_meridians_stay_apart() -> None:
    for gap, count in ((0.2, 2), (1e-8, 2), (1e-10, 1)):
        found = areas([[box(0, 80, 10.2, 90)], [box(10.2 + gap, 80, 20, 90)]])
        assert len(found) == count


def test_the_whole_earth_has_no_border() -> None:
    (found,) = areas([[box(-180, -90, 180, 90)]])
    assert found.border == ()


def test_a_cap_round_the_south_pole_has_its_parallel_as_its_only_border() -> None:
    for cap in (box(-180, -90, 180, -60), box(-100.123456, -90, 259.876544, -60)):
        (found,) = areas([[cap]])
        assert [{place.lat for place in line} for line in found.border] == [{-60.0}]


def test_parts_linked_over_others_are_one_area() -> None:
    west = box(170, 0, 180, 9)
    parts = [[box(-180, 0, -170, 4)], [box(0, 0, 1, 1)], [box(-180, 5, -170, 9)], [west]]
    found = areas(parts)
    assert [area.polygons for area in found] == [(parts[0], parts[2], parts[3]), (parts[1],)]
