"""The outlines that are drawn while a fence is moved or resized."""

from __future__ import annotations

import math

import pytest

from tests.fences.making import box, circle, fence, line, polygon, spot
from tvapp.fences.editing import preview
from tvapp.fences.editing.preview import MOST_PLACES, Preview, are_on_map
from tvapp.fences.editing.sketch import Trace
from tvapp.fences.model.fence import Circle, Polygon, Ring
from tvapp.geo.geodesy import circle_ring, distance_m
from tvapp.geo.local_plane import Transform, buffer_outline
from tvapp.geo.position import Position


def wheel(count: int) -> Ring:
    turns = [math.tau * number / (count - 1) for number in range(count)]
    return tuple(Position(math.cos(turn), math.sin(turn)) for turn in turns)


def test_every_shape_has_its_outline() -> None:
    near = Position(10.0, 0.0)
    center = Position(10.0, 5.0)
    assert Preview(circle("c", 10, 5, 70), near).traces("live") == (Trace("live", circle_ring(center, 70.0, 64)),)
    assert Preview(spot("s", 10, 5, 70), near).traces("live") == (Trace("live", circle_ring(center, 70.0, 64)),)
    way = (Position(10.0, 5.0), Position(11.0, 5.0))
    (trace,) = Preview(line("l", 70.0, (10.0, 5.0), (11.0, 5.0)), near).traces("fixed")
    assert trace == Trace("fixed", buffer_outline(way, 70.0))
    rings = box(10, 5, 11, 6), box(10.2, 5.2, 10.4, 5.4)
    assert Preview(polygon("p", *rings), near).traces("fixed") == tuple(Trace("fixed", ring) for ring in rings)


def test_outlines_are_moved_and_get_another_radius() -> None:
    move = Transform(Position(10.0, 5.0), Position(12.0, 6.0))
    disc = Preview(circle("c", 10, 5, 70), Position(10.0, 5.0))
    (trace,) = disc.traces("live", move, 90.0)
    assert trace.points == circle_ring(Position(12.0, 6.0), 90.0, 64)
    (trace,) = disc.traces("live", radius_m=90.0)
    assert distance_m(trace.points[0], Position(10.0, 5.0)) == pytest.approx(90.0, rel=1e-3)
    (trace,) = Preview(polygon("p", box(10, 5, 11, 6)), Position(10.0, 5.0)).traces("live", move)
    assert trace.points == box(12, 6, 13, 7)
    way = Preview(line("l", 70.0, (10.0, 5.0), (11.0, 5.0)), Position(10.0, 5.0))
    (trace,) = way.traces("live", move, 90.0)
    assert trace.points == buffer_outline((Position(12.0, 6.0), Position(13.0, 6.0)), 90.0)


def test_shapes_come_on_the_turn_of_the_earth_that_is_nearest() -> None:
    both = fence("f", Circle(Position(-179.0, 0.0), 10.0), Polygon((box(-179, 1, -178, 2),)))
    found = Preview(both, Position(179.0, 0.0))
    assert found.discs[0][0] == Position(181.0, 0.0)
    assert found.rings[0] == box(181, 1, 182, 2)
    assert found.corners == (Position(181.0, 0.0), Position(182.0, 2.0))


def test_the_corners_hold_all_shapes_and_leave_radii_aside() -> None:
    several = fence("f", Circle(Position(3.0, 9.0), 10.0), Polygon((box(1, 2, 4, 5), box(2, 3, 3, 4))))
    assert Preview(several, Position(0.0, 0.0)).corners == (Position(1.0, 2.0), Position(4.0, 9.0))
    way = line("l", 70.0, (5.0, 1.0), (2.0, 7.0), (4.0, 3.0))
    assert Preview(way, Position(0.0, 0.0)).corners == (Position(2.0, 1.0), Position(5.0, 7.0))


def test_all_rings_together_have_a_bounded_number_of_places() -> None:
    one = Preview(polygon("p", wheel(3_000)), Position(0.0, 0.0))
    assert MOST_PLACES * 0.5 < len(one.rings[0]) <= MOST_PLACES
    ten = Preview(polygon("p", *[wheel(3_000)] * 10), Position(0.0, 0.0))
    assert len(ten.rings) == 10
    assert MOST_PLACES * 0.5 < sum(map(len, ten.rings)) <= MOST_PLACES
    many = Preview(polygon("p", *[wheel(100)] * 90), Position(0.0, 0.0))
    assert len(many.rings) == 83
    assert {len(ring) for ring in many.rings} <= set(range(6, 13))


def test_of_many_rings_those_of_twelve_places_stay_as_they_are() -> None:
    rings = [wheel(12)] * 45 + [wheel(13)] * 45
    found = Preview(polygon("p", *rings), Position(0.0, 0.0)).rings
    assert found[0] == wheel(12)
    assert len(found[-1]) <= 12


def test_of_many_shapes_the_first_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "_MOST_PARTS", 2)
    three = fence("f", *(Circle(Position(float(lon), 0.0), 10.0) for lon in range(3)))
    found = Preview(three, Position(0.0, 0.0))
    assert [center.lon for center, _ in found.discs] == [0.0, 1.0]
    assert found.corners[1] == Position(2.0, 0.0)


def test_the_map_ends_at_85_degrees() -> None:
    def trace(lat: float) -> Trace:
        return Trace("live", (Position(0.0, 0.0), Position(1.0, lat)))

    assert are_on_map(())
    assert are_on_map([trace(85.05), trace(-85.05)])
    assert not are_on_map([trace(0.0), trace(85.06)])
    assert not are_on_map([trace(-85.06)])
