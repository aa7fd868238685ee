"""The place for a polygon's name."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.fences.making import box, ring
from tvapp.fences.model.interior import point_inside
from tvapp.geo.position import Position


def test_the_name_of_a_box_goes_to_its_middle() -> None:
    place = point_inside((box(10, 20, 14, 22),))
    assert (place.lon, place.lat) == pytest.approx((12.0, 21.0))


def test_the_widest_stretch_wins_unless_it_is_far_from_the_middle() -> None:
    # Nine latitudes, at 1/18, 3/18 ... of the height; the weight falls by 1.2 from the middle to either edge.
    trapezium = ring((0, 0), (10, 0), (9, 9), (1, 9))
    place = point_inside((trapezium,))
    assert (place.lon, place.lat) == pytest.approx((5.0, 4.5))
    funnel = ring((9, 0), (11, 0), (20, 9), (0, 9))
    assert point_inside((funnel,)).lat == pytest.approx(5.5)
    upside = ring((0, 0), (20, 0), (11, 9), (9, 9))
    assert point_inside((upside,)).lat == pytest.approx(3.5)


def test_a_hole_is_left_out_and_of_two_stretches_the_wider_is_taken() -> None:
    place = point_inside((box(0, 0, 9, 9), box(2, 0.1, 6, 8.9)))
    assert place.lon == pytest.approx(7.5)
    place = point_inside((box(0, 0, 9, 9), box(4, 0.1, 8, 8.9)))
    assert place.lon == pytest.approx(2.0)
    # Of two as wide as each other the western one.
    assert point_inside((box(0, 0, 9, 9), box(3, 0.1, 6, 8.9))).lon == pytest.approx(1.5)


def test_a_polygon_that_encloses_nothing_gets_the_middle_of_its_box() -> None:
    assert point_inside((ring((1, 2), (3, 2), (2, 2)),)) == Position(2.0, 2.0)


def test_the_corner_of_a_hole_in_the_middle_is_not_taken_for_the_inside() -> None:
    # Its upper corner lies on the middle latitude, where it leaves no gap.
    hole = ring((4.5, 4.5), (3, 2), (6, 2))
    place = point_inside((box(0, 0, 9, 9), hole))
    polygon = shapely.Polygon([(p.lon, p.lat) for p in box(0, 0, 9, 9)], [[(p.lon, p.lat) for p in hole]])
    assert polygon.boundary.distance(shapely.Point(place.lon, place.lat)) > 0.05


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=3, max_size=8, unique=True))
def test_the_place_is_well_inside(corners: list[tuple[int, int]]) -> None:
    polygon = shapely.Polygon(corners)
    assume(polygon.is_valid and polygon.area > 1)
    place = point_inside((ring(*((float(x), float(y)) for x, y in corners)),))
    assert polygon.contains(shapely.Point(place.lon, place.lat))
    assert polygon.boundary.distance(shapely.Point(place.lon, place.lat)) > 1e-3
