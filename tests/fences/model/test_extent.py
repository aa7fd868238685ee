"""Boxes around places and around many boxes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.geo import surveyor
from tests.geo.places import places
from tvapp.fences.model import extent
from tvapp.geo.position import Bounds, Position


def at(*points: tuple[float, float]) -> list[Position]:
    return [Position(*point) for point in points]


def test_a_longitude_is_wrapped_to_one_world() -> None:
    for lon, expected in ((180.0, -180.0), (-180.0, -180.0), (179.0, 179.0), (-181.0, 179.0), (541.0, -179.0)):
        assert extent.wrap(lon) == expected


def test_a_box_around_places_has_their_outermost_coordinates() -> None:
    assert extent.around(at((3, 5), (1, 7), (2, 6))) == Bounds(1, 5, 3, 7)
    assert extent.around(at((3, 5))) == Bounds(3, 5, 3, 5)
    assert extent.around(at((179, 0), (182, 1))) == Bounds(179, 0, -178, 1)
    assert extent.around(at((-182, 0), (-179, 1))) == Bounds(178, 0, -179, 1)
    assert extent.around(at((-180, 0), (180, 1))) == Bounds(-180, 0, 180, 1)
    assert extent.around(at((170, 0), (180, 1))) == Bounds(170, 0, 180, 1)
    assert extent.around(at((-180, 0), (-170, 1))) == Bounds(-180, 0, -170, 1)
    assert extent.around(at((-100, 0), (260, 1))) == Bounds(-180, 0, 180, 1)
    assert extent.around(at((-100, 0), (259, 1))) == Bounds(-100, 0, -101, 1)


@given(places(84.0), st.floats(1.0, 10_000.0), st.integers(0, 35))
def test_a_box_around_a_circle_holds_it_and_is_little_larger(center: Position, radius_m: float, step: int) -> None:
    box = extent.around((center,), radius_m)
    assert box.contains(surveyor.step(center, 10.0 * step, radius_m))
    north = surveyor.distance_m(center, Position(center.lon, box.north))
    south = surveyor.distance_m(center, Position(center.lon, box.south))
    assert radius_m <= north <= radius_m * 1.011
    assert radius_m <= south <= radius_m * 1.011
    east = surveyor.distance_m(center, Position(center.lon + box.lon_span / 2, center.lat))
    assert radius_m * 0.999 <= east <= radius_m * 1.04


def test_a_circle_over_a_pole_has_every_longitude_and_ends_at_the_pole() -> None:
    box = extent.around(at((20, 89.99)), 10_000.0)
    assert (box.west, box.east, box.north) == (-180.0, 180.0, 90.0)
    assert box.south == pytest.approx(89.8996, abs=1e-4)
    assert extent.around(at((20, -89.99)), 10_000.0).south == -90.0
    assert extent.around(at((20, 89.0)), 1_000.0).lon_span < 10.0


def test_a_line_is_as_much_wider_as_its_end_nearer_to_a_pole_needs() -> None:
    box = extent.around(at((10, 60), (20, -30)), 1_000.0)
    reach = 1_000.0 / 110_574.0
    assert (box.north, box.south) == (60 + reach, -30 - reach)
    assert 10 - box.west == pytest.approx(reach / 0.49986, rel=1e-3)
    assert box.east - 20 == pytest.approx(10 - box.west)


def test_a_union_leaves_out_the_widest_gap() -> None:
    assert extent.union([]) is None
    assert extent.union([Bounds(1, 2, 3, 4)]) == Bounds(1, 2, 3, 4)
    assert extent.union([Bounds(170, 0, 175, 1), Bounds(-175, -1, -170, 0)]) == Bounds(170, -1, -170, 1)
    assert extent.union([Bounds(-10, 0, -5, 1), Bounds(5, 0, 10, 9)]) == Bounds(-10, 0, 10, 9)
    # Of two gaps as wide as each other the one over the date line.
    assert extent.union([Bounds(-90, 0, -90, 1), Bounds(90, 0, 90, 1)]) == Bounds(-90, 0, 90, 1)
    # A box over the date line that reaches nearly as far as the last one before the gap.
    assert extent.union([Bounds(0, 0, 10, 1), Bounds(100, 0, 9.5, 1)]) == Bounds(100, 0, 10, 1)
    assert extent.union([Bounds(0, 0, 10, 1), Bounds(100, 0, 10.5, 1)]) == Bounds(100, 0, 10.5, 1)
    three = [Bounds(-170, 0, -160, 1), Bounds(0, 0, 10, 1), Bounds(160, 0, 170, 1)]
    assert extent.union(three) == Bounds(0, 0, -160, 1)


def test_a_union_without_a_gap_goes_right_round() -> None:
    around = [Bounds(-180, 0, -60, 1), Bounds(-60, 0, 60, 1), Bounds(60, 0, 180, 1)]
    assert extent.union(around) == Bounds(-180, 0, 180, 1)
    assert extent.union([Bounds(170, 0, -170, 1), Bounds(-170, 0, 170, 1)]) == Bounds(-180, 0, 180, 1)


@given(st.lists(st.tuples(st.integers(-180, 179), st.integers(0, 100)), min_size=1, max_size=8), st.integers(1, 4))
def test_boxes_merged_in_batches_have_the_same_union(spans: list[tuple[int, int]], batch: int) -> None:
    boxes = [extent.bounds(west, 0, west + width, 1) for west, width in spans]
    whole = extent.union(boxes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extent, "BATCH", batch)
        assert extent.union(boxes) == whole
    assert whole is not None
    for box in boxes:
        assert whole.contains(Position(box.west, 0))
        assert whole.contains(Position(box.east, 1))
