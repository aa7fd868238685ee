import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.geo.places import places
from tvapp.geo.position import Bounds, Position, bounds_of

boxes = st.builds(
    lambda a, b, s, n: Bounds(a, min(s, n), b, max(s, n)),
    st.integers(-180, 179),
    st.integers(-180, 179),
    st.integers(-80, 80),
    st.integers(-80, 80),
)


def test_a_box_across_the_date_line_contains_both_sides_and_nothing_else() -> None:
    box = Bounds(170.0, -10.0, -170.0, 10.0)
    assert box.crosses_date_line
    assert box.lon_span == 20.0
    assert box.center == Position(-180.0, 0.0)
    assert box.contains(Position(175.0, 0.0))
    assert box.contains(Position(-175.0, 0.0))
    assert not box.contains(Position(0.0, 0.0))


def test_the_box_of_a_shape_that_goes_past_the_date_line_crosses_it() -> None:
    assert bounds_of([Position(-181.0, 0.0), Position(-179.0, 1.0)]) == Bounds(179.0, 0.0, -179.0, 1.0)
    assert bounds_of([Position(-180.0, 0.0), Position(180.0, 1.0)]) == Bounds(-180.0, 0.0, 180.0, 1.0)
    with pytest.raises(ValueError):
        bounds_of([])


def test_boxes_on_both_sides_of_the_date_line_unite_the_short_way() -> None:
    assert Bounds(170.0, 0.0, 175.0, 1.0).union(Bounds(-175.0, 0.0, -170.0, 2.0)) == Bounds(170.0, 0.0, -170.0, 2.0)


@given(boxes, boxes)
def test_a_union_holds_the_corners_of_both(a: Bounds, b: Bounds) -> None:
    both = a.union(b)
    for box in (a, b):
        for lon in (box.west, box.east):
            for lat in (box.south, box.north):
                assert both.contains(Position(lon, lat))


@given(boxes, boxes)
def test_boxes_intersect_exactly_when_they_share_a_corner_or_edge_place(a: Bounds, b: Bounds) -> None:
    shared = any(
        a.contains(Position(lon, lat)) and b.contains(Position(lon, lat))
        for lon in (a.west, a.east, b.west, b.east)
        for lat in (a.south, a.north, b.south, b.north)
    )
    assert a.intersects(b) is shared
    assert b.intersects(a) is shared


@given(st.lists(places(), min_size=1, max_size=6))
def test_the_box_around_places_contains_them(several: list[Position]) -> None:
    box = bounds_of(several)
    grown = Bounds(box.west, box.south - 1e-9, box.east, box.north + 1e-9)
    assert all(grown.contains(place) for place in several)
