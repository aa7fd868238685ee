"""Geofences as arrays: discs, projected rings, boxes and areas."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fences.making import box, circle, fence, line, polygon, spot
from tvapp.fences.index.shape_arrays import arrays_of, offsets
from tvapp.fences.model.fence import Circle, Polygon
from tvapp.geo import geodesy
from tvapp.geo.mercator import project
from tvapp.geo.position import Position
from tvapp.geo.segments import densified

HOLLOW = polygon("p", box(0, 0, 1, 1), box(0.2, 0.2, 0.4, 0.4))


def test_offsets_are_where_each_stretch_begins_and_the_last_ends() -> None:
    assert offsets(np.array([3, 0, 2])).tolist() == [0, 3, 3, 5]
    assert offsets(np.array([], dtype=np.intp)).tolist() == [0]


def test_discs_come_first_then_polygons_then_lines_each_with_its_owner() -> None:
    fences = [
        line("l", 100.0, (10.0, 50.0), (10.1, 50.0)),
        polygon("p", box(0, 0, 1, 1), box(0.2, 0.2, 0.4, 0.4)),
        circle("c", 5, 6, 70),
        spot("s", 7, 8, 90),
        fence("both", Polygon((box(2, 2, 3, 3),)), Circle(Position(9.0, 9.0), 10.0)),
    ]
    arrays = arrays_of(fences, range(5))
    assert arrays.owner.tolist() == [2, 3, 4, 1, 4, 0]
    assert arrays.radius_m[:3].tolist() == [70, 90, 10]
    assert np.isnan(arrays.radius_m[3:]).all()
    assert list(zip(arrays.lon[:3].tolist(), arrays.lat[:3].tolist(), strict=True)) == [(5, 6), (7, 8), (9, 9)]
    assert [len(arrays.rings(part)) for part in range(6)] == [0, 0, 0, 2, 1, 1]
    assert arrays_of(fences, [2]).owner.tolist() == [2]


def test_rings_are_projected_and_closed() -> None:
    outline = box(0, 0, 1, 1)
    (ring,) = arrays_of([polygon("p", outline)], [0]).rings(0)
    assert [tuple(row) for row in ring.tolist()] == [pytest.approx(project(place)) for place in outline]


def test_long_slanting_edges_get_vertices_and_other_rings_none() -> None:
    tall = ((0.0, 0.0), (10.0, 3.5), (10.0, 60.0), (0.0, 60.5))
    slanting = tuple(Position(*place) for place in (*tall, tall[0]))
    arrays = arrays_of(
        [polygon("a", box(0, 0, 1, 1)), polygon("b", slanting, box(2, 20, 3, 21)), polygon("c", box(5, 5, 6, 6))],
        range(3),
    )
    expected = [project(place) for place in densified(slanting)]
    assert len(expected) > len(slanting)
    outer, hole = arrays.rings(1)
    assert outer == pytest.approx(np.array(expected))
    assert [len(ring) for part in (0, 2) for ring in arrays.rings(part)] == [5, 5]
    assert len(hole) == 5


def test_a_slanting_edge_gets_vertices_wherever_it_stands_in_its_ring() -> None:
    corners = ((0.0, 0.0), (1.0, 0.0), (2.0, 3.0), (0.0, 3.0))
    for start in range(4):
        turned = (*corners[start:], *corners[:start])
        slanting = tuple(Position(*place) for place in (*turned, turned[0]))
        for fences in (
            [polygon("a", box(0, 0, 1, 1)), polygon("b", slanting)],
            [HOLLOW, polygon("b", slanting), HOLLOW],
        ):
            (outer,) = arrays_of(fences, range(len(fences))).rings(1)
            assert outer == pytest.approx(np.array([project(place) for place in densified(slanting)]))


def test_areas_are_those_on_the_ground_and_holes_take_theirs_away() -> None:
    outline, hole = box(24.9, 60.1, 25.0, 60.15), box(24.92, 60.11, 24.95, 60.12)
    arrays = arrays_of([polygon("p", outline, hole), circle("c", 0, 0, 100), polygon("q", outline[::-1])], range(3))
    expected = geodesy.ring_area_m2(outline) - geodesy.ring_area_m2(hole)
    # The sphere of the projection against the ellipsoid: up to half a per cent.
    assert arrays.area_m2.tolist() == [
        pytest.approx(31_415.93, rel=1e-6),
        pytest.approx(expected, rel=0.008),
        pytest.approx(geodesy.ring_area_m2(outline), rel=0.008),
    ]


def test_boxes_hold_their_polygons_and_discs() -> None:
    arrays = arrays_of([polygon("p", box(1, 2, 3, 4), box(1.5, 2.5, 2, 3)), circle("c", 10, 60, 1000)], range(2))
    disc, area = arrays.boxes.tolist()
    assert area == pytest.approx([*project(Position(1, 4)), *project(Position(3, 2))])
    exact = [geodesy.destination(Position(10, 60), bearing, 1000) for bearing in (270.0, 0.0, 90.0, 180.0)]
    sides = [project(exact[0])[0], project(exact[1])[1], project(exact[2])[0], project(exact[3])[1]]
    half = sides[2] - 10 / 360 - 0.5
    for side, true, sign in zip(disc, sides, (1, 1, -1, -1), strict=True):
        assert 0.0 <= (true - side) * sign <= half * 0.01


@pytest.mark.parametrize("lat", [89.5, 90.0, -90.0])
def test_the_box_of_a_disc_at_a_pole_does_not_reach_over_the_map(lat: float) -> None:
    ((_, north, _, south),) = arrays_of([circle("c", 10, lat, 1000)], range(1)).boxes.tolist()
    assert (north > 1.0) if lat < 0 else (south < 0.0)


def test_nothing_is_no_arrays() -> None:
    arrays = arrays_of([], [])
    assert len(arrays) == 0
    assert arrays.boxes.shape == (0, 4)


def test_chosen_rows_are_kept_under_new_numbers_and_others_follow() -> None:
    fences = [
        circle("c", 5, 6, 70),
        HOLLOW,
        polygon("q", box(5, 5, 6, 7)),
    ]
    arrays = arrays_of(fences, range(3))
    some = arrays.kept(np.array([False, True, True]), np.array([9, 8, 7]))
    assert some.owner.tolist() == [8, 7]
    for part, before in enumerate((1, 2)):
        for one, other in zip(some.rings(part), arrays.rings(before), strict=True):
            assert one.tolist() == other.tolist()
    both = some.followed_by(arrays_of(fences, [2]))
    assert both.owner.tolist() == [8, 7, 2]
    assert both.rings(2)[0].tolist() == arrays.rings(2)[0].tolist()
    assert both.boxes[2].tolist() == arrays.boxes[2].tolist()


def test_rings_and_points_of_several_parts_come_one_after_the_other() -> None:
    fences = [
        polygon("p", box(0, 0, 1, 1), box(0.2, 0.2, 0.4, 0.4)),
        circle("c", 1, 1, 5),
        polygon("q", box(5, 5, 6, 7)),
    ]
    arrays = arrays_of(fences, range(3))
    rings, counts = arrays.rings_of(np.array([2, 0, 1]))
    assert (rings.tolist(), counts.tolist()) == ([2, 0, 1], [1, 0, 2])
    points, sizes = arrays.points_of(rings)
    assert sizes.tolist() == [5, 5, 5]
    assert points[:5].tolist() == arrays.rings(2)[0].tolist()
    assert points[5:10].tolist() == arrays.rings(1)[0].tolist()
