"""Which tiles the drawing of a geofence overlaps."""

from __future__ import annotations

import pytest

from tvapp.geo.mercator import unproject
from tvapp.geo.position import Bounds
from tvapp.tiles.overlap import MARGIN, touches

Z = 4
N = 1 << Z


def box(x0: float, y0: float, x1: float, y1: float) -> Bounds:
    """Return a box in columns and rows of zoom 4."""
    north_west, south_east = unproject(x0 / N, y0 / N), unproject(x1 / N, y1 / N)
    return Bounds(north_west.lon, south_east.lat, south_east.lon, north_west.lat)


def touched(bounds: Bounds) -> set[tuple[int, int]]:
    test = touches([bounds])
    return {(x, y) for x in range(N) for y in range(N) if test(Z, x, y)}


def test_the_margin_is_32_of_512_pixels() -> None:
    assert MARGIN * 512 == 32


def test_a_box_touches_the_tiles_that_it_lies_in() -> None:
    assert touched(box(5.2, 7.2, 5.8, 7.8)) == {(5, 7)}
    assert touched(box(5.2, 7.2, 7.8, 8.8)) == {(x, y) for x in (5, 6, 7) for y in (7, 8)}


@pytest.mark.parametrize(
    ("bounds", "neighbours"),
    [
        (box(5.06, 7.2, 5.8, 7.8), {(4, 7)}),
        (box(5.07, 7.2, 5.93, 7.8), set()),
        (box(5.2, 7.2, 5.94, 7.8), {(6, 7)}),
        (box(5.2, 7.06, 5.8, 7.8), {(5, 6)}),
        (box(5.2, 7.07, 5.8, 7.93), set()),
        (box(5.2, 7.2, 5.8, 7.94), {(5, 8)}),
    ],
)
def test_a_box_touches_its_neighbours_within_the_margin(bounds: Bounds, neighbours: set[tuple[int, int]]) -> None:
    assert touched(bounds) == {(5, 7), *neighbours}


def test_a_box_that_ends_exactly_at_the_margin_touches() -> None:
    def columns(x0: float, x1: float) -> list[int]:
        # Multiples of 1/16 of a column are exact in degrees too.
        test = touches([Bounds(x0 * 360 / N - 180, -30, x1 * 360 / N - 180, 30)])
        return [x for x in range(N) if test(Z, x, 7)]

    assert columns(5 + 1 / 16, 5.5) == [4, 5]
    assert columns(5.5, 6 - 1 / 16) == [5, 6]
    assert columns(5 + 2 / 16, 6 - 2 / 16) == [5]


def test_a_box_as_wide_as_most_of_the_world_touches_all_that_it_covers_and_no_more() -> None:
    assert {x for x, _ in touched(box(1.2, 7.2, 14.94, 7.8))} == set(range(1, 16))
    assert {x for x, _ in touched(box(1.2, 7.2, 14.93, 7.8))} == set(range(1, 15))


def test_boxes_at_the_date_line_touch_both_ends_of_the_world() -> None:
    assert touched(box(15.2, 7.2, 16.3, 7.8)) == {(15, 7), (0, 7)}
    assert touched(box(0.03, 7.2, 0.5, 7.8)) == {(0, 7), (15, 7)}


def test_any_of_several_boxes_counts_and_none_touches_nothing() -> None:
    test = touches([box(1.2, 1.2, 1.8, 1.8), box(9.2, 9.2, 9.8, 9.8)])
    assert test(Z, 1, 1)
    assert test(Z, 9, 9)
    assert not test(Z, 5, 5)
    assert not touches([])(Z, 1, 1)


def test_a_small_box_is_found_at_every_zoom() -> None:
    test = touches([box(5.4, 7.4, 5.45, 7.45)])
    assert test(0, 0, 0)
    assert test(5, 10, 14)
    assert not test(5, 11, 14)
    assert not test(5, 10, 15)
