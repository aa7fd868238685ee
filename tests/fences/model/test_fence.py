"""A geofence as a value: its box, its middle, its Feature; and polygons as packed rings."""

from __future__ import annotations

import pytest

from tests.fences.making import box, circle, fence, line, polygon, spot
from tvapp.fences.model.fence import Circle, Geofence, Polygon, Spot
from tvapp.geo.position import Bounds, Position


def test_a_polygon_of_packed_rings_is_that_of_their_places() -> None:
    rings = box(0, 0, 3, 3), box(1, 1, 2, 2)
    for is_rectangle in (True, False):
        made = Polygon(rings, is_rectangle)
        again = Polygon.of(made.packed, is_rectangle)
        assert again == made
        assert again.rings == rings
        assert again.is_rectangle is is_rectangle
        assert [len(ring) for ring in made.packed] == [80, 80]
    assert not Polygon(rings).is_rectangle
    assert not Polygon.of(made.packed).is_rectangle


def test_the_box_of_a_polygon_ends_at_the_poles() -> None:
    assert polygon("p", box(-10, -95, 20, 95)).bounds == Bounds(-10, -90, 20, 90)
    assert polygon("p", box(1, 2, 3, 4), box(1.5, 2.5, 2, 3)).bounds == Bounds(1, 2, 3, 4)


def test_the_middle_of_a_fence_is_in_its_largest_shape() -> None:
    assert circle("c", 10, 20, 5).center == spot("s", 10, 20, 5).center == Position(10, 20)
    assert line("l", 5, (179, 0), (185, 1), (186, 2), (187, 3)).center == Position(-174, 2)
    assert polygon("p", box(179, 0, 183, 2)).center == Position(-179, 1)
    several = fence("f", Circle(Position(50, 50), 10), Polygon((box(0, 0, 2, 2),)), Spot(Position(9, 9), 10))
    assert several.center == Position(1, 1)
    # Wide and flat, or narrow and high: the area of the box counts.
    assert fence("f", Polygon((box(0, 0, 9, 1),)), Polygon((box(20, 0, 24, 4),))).center == Position(22, 2)


def test_the_box_of_a_fence_holds_all_its_shapes() -> None:
    assert fence("f", Polygon((box(0, 0, 2, 2),)), Polygon((box(5, -3, 6, 1),))).bounds == Bounds(0, -3, 6, 2)


def test_a_fence_is_a_rectangle_as_the_only_shape() -> None:
    one = Polygon((box(0, 0, 1, 1),), is_rectangle=True)
    assert fence("f", one).is_rectangle
    assert not fence("f", one, one).is_rectangle
    assert not polygon("p", box(0, 0, 1, 1)).is_rectangle
    assert not circle("c", 0, 0, 5).is_rectangle


@pytest.mark.parametrize(
    ("stored", "properties"),
    [
        (b'{"properties":{"a":1}}', {"a": 1}),
        (b'{"properties":null}', {}),
        (b'{"properties":[1]}', {}),
        (b"{}", {}),
        (b"", {}),
    ],
)
def test_the_properties_are_those_of_the_feature(stored: bytes, properties: dict[str, object]) -> None:
    made = Geofence("a", "a", (Circle(Position(0, 0), 5),), stored=stored)
    assert (made.raw, made.properties) == (stored, properties)
