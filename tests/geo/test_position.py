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


def test_longitudes_are_normalised_to_180_west_and_up_to_180_east() -> None:
    for lon, expected in ((180.0, -180.0), (-180.0, -180.0), (179.5, 179.5), (540.0, -180.0), (-190.0, 170.0)):
        assert Position(lon, 7.0).normalised() == Position(expected, 7.0)


def test_a_box_contains_its_edges_and_has_no_more_width_than_it_says() -> None:
    box = Bounds(10.0, -5.0, 20.0, 5.0)
    assert not box.crosses_date_line
    assert box.lon_span == 10.0
    assert box.center == Position(15.0, 0.0)
    for lon, lat in ((10.0, 0.0), (20.0, 0.0), (15.0, 5.0), (15.0, -5.0)):
        assert box.contains(Position(lon, lat))
    for lon, lat in ((9.9, 0.0), (20.1, 0.0), (15.0, 5.1), (15.0, -5.1)):
        assert not box.contains(Position(lon, lat))


def test_a_box_may_be_one_place_wide_or_go_right_round_the_earth() -> None:
    point = Bounds(5.0, 1.0, 5.0, 1.0)
    assert point.lon_span == 0.0
    assert not point.crosses_date_line
    assert point.center == Position(5.0, 1.0)
    assert point.intersects(point)
    world = Bounds(-180.0, -10.0, 180.0, 10.0)
    assert world.lon_span == 360.0
    assert world.contains(Position(180.0, 0.0))
    assert world.intersects(Bounds(179.0, 10.0, -179.0, 20.0))
    assert not world.intersects(Bounds(0.0, 11.0, 1.0, 20.0))
    assert not world.intersects(Bounds(0.0, -20.0, 1.0, -11.0))


def test_a_union_that_goes_right_round_is_the_whole_parallel() -> None:
    assert Bounds(-180.0, 0.0, 0.0, 1.0).union(Bounds(0.0, -1.0, 180.0, 0.0)) == Bounds(-180.0, -1.0, 180.0, 1.0)
    assert Bounds(100.0, 0.0, 10.0, 1.0).union(Bounds(0.0, 0.0, 110.0, 1.0)) == Bounds(-180.0, 0.0, 180.0, 1.0)


def test_a_union_is_the_box_itself_where_it_holds_the_other_and_ends_at_180_where_both_do() -> None:
    large, small = Bounds(10.0, -20.0, 60.0, 20.0), Bounds(20.0, -5.0, 30.0, 5.0)
    assert large.union(small) == small.union(large) == large
    east = Bounds(170.0, 0.0, 180.0, 1.0)
    assert Bounds(160.0, 0.0, 165.0, 1.0).union(east) == east.union(Bounds(160.0, 0.0, 165.0, 1.0))
    assert Bounds(160.0, 0.0, 165.0, 1.0).union(east) == Bounds(160.0, 0.0, 180.0, 1.0)
    assert Bounds(-180.0, 0.0, -170.0, 1.0).union(Bounds(-165.0, 0.0, -160.0, 1.0)) == Bounds(-180.0, 0.0, -160.0, 1.0)


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


def test_boxes_on_another_turn_of_the_earth_unite_in_this_one() -> None:
    assert Bounds(190.0, 0.0, 200.0, 1.0).union(Bounds(205.0, 0.0, 210.0, 1.0)) == Bounds(-170.0, 0.0, -150.0, 1.0)
    assert Bounds(-200.0, 0.0, -195.0, 1.0).union(Bounds(-190.0, 0.0, -185.0, 1.0)) == Bounds(160.0, 0.0, 175.0, 1.0)
    assert Bounds(175.0, 0.0, 179.0, 1.0).union(Bounds(-179.0, 0.0, -178.0, 1.0)) == Bounds(175.0, 0.0, -178.0, 1.0)
    assert Bounds(170.0, 0.0, 179.5, 1.0).union(Bounds(-179.75, 0.0, -179.5, 1.0)) == Bounds(170.0, 0.0, -179.5, 1.0)
