from hypothesis import given
from hypothesis import strategies as st

from tvapp.geo.position import Bounds, Position

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
