"""The summary of a geofence for the details panel."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.fences.making import EXPIRED, NOW, OUT_OF_HOURS, box, circle, fence, line, polygon, spot
from tvapp.fences.model import measures
from tvapp.fences.model.fence import Circle, Line, Polygon
from tvapp.fences.model.measures import Measures
from tvapp.fences.model.summary import Summary, summarise
from tvapp.fences.model.validity import Validity
from tvapp.geo import geodesy
from tvapp.geo.geodesy import circle_ring
from tvapp.geo.position import Position

HELSINKI = Position(24.95, 60.17)


def test_a_circle_is_summarised_by_its_radius() -> None:
    summary = summarise(circle("c", 24.94, 60.17, 500), NOW)
    assert (summary.shape, summary.parts, summary.radius_m, summary.vertices) == ("circle", 1, 500, 0)
    assert summary.area_m2 == pytest.approx(math.pi * 250_000)
    assert summary.state == "active"
    assert summary.changes_at is None


def test_a_hole_takes_its_area_away() -> None:
    whole = summarise(polygon("p", box(0, 0, 1, 1)), NOW)
    assert whole.area_m2 is not None
    assert whole.perimeter_m is not None
    holed = summarise(polygon("p", box(0, 0, 1, 1), box(0.4, 0.4, 0.6, 0.6)), NOW)
    assert holed.area_m2 == pytest.approx(whole.area_m2 * 0.96, rel=1e-3)
    assert (holed.vertices, holed.holes) == (8, 1)
    assert (holed.perimeter_m or 0.0) > whole.perimeter_m


def test_a_line_has_a_length() -> None:
    summary = summarise(line("l", 100, (0, 0), (1, 0)), NOW)
    assert summary.length_m == pytest.approx(111_319.49, abs=1)
    assert summary.area_m2 == pytest.approx(200 * 111_319.49 + math.pi * 10_000, rel=1e-4)


def test_several_shapes_are_added_up() -> None:
    summary = summarise(
        fence("f", Circle(Position(0, 0), 10), Circle(Position(1, 0), 10), Polygon((box(0, 0, 1, 1),))), NOW
    )
    assert (summary.shape, summary.parts, summary.radius_m) == ("several", 3, 10)


def test_a_summary_has_the_times() -> None:
    assert summarise(circle("c", 0, 0, 5, validity=EXPIRED), NOW).state == "expired"
    summary = summarise(circle("c", 0, 0, 5, validity=OUT_OF_HOURS), NOW)
    assert summary.state == "out-of-hours"
    assert summary.changes_at is not None
    assert summary.changes_at > NOW
    assert summary.periods == OUT_OF_HOURS.periods


def test_a_rectangle_is_called_one() -> None:
    assert summarise(fence("r", Polygon((box(0, 0, 1, 1),), is_rectangle=True)), NOW).shape == "rectangle"


def test_each_shape_has_its_key_and_its_sizes() -> None:
    ring = box(0, 0, 1, 1)
    rectangle = summarise(fence("r", Polygon((ring,), is_rectangle=True), validity=Validity(expires=NOW + 5)), NOW)
    assert rectangle == Summary(
        "rectangle", 1, None, geodesy.ring_area_m2(ring), geodesy.ring_perimeter_m(ring), None, 4, 0,
        "active", math.nextafter(NOW + 5, math.inf), NOW + 5, (),
    )  # fmt: skip
    assert summarise(polygon("p", ring), NOW).shape == "polygon"
    disc = Summary("spot", 1, 70.0, math.pi * 4900.0, math.pi * 140.0, None, 0, 0, "active", None, None, ())
    assert summarise(spot("s", 1, 2, 70.0), NOW) == disc
    assert summarise(circle("c", 1, 2, 70.0), NOW) == replace(disc, shape="circle")
    way = (Position(0, 0), Position(1, 0), Position(1, 1))
    length_m = geodesy.path_length_m(way)
    summary = summarise(line("l", 100.0, *((place.lon, place.lat) for place in way)), NOW)
    assert (summary.shape, summary.parts, summary.radius_m, summary.vertices, summary.holes) == ("line", 1, 100, 3, 0)
    assert summary.length_m == length_m
    assert summary.area_m2 == pytest.approx(200.0 * length_m + math.pi * 10_000.0)
    assert summary.perimeter_m == pytest.approx(2.0 * length_m + 200.0 * math.pi)


def test_sizes_of_several_shapes_are_sums() -> None:
    outer, hole, other = box(0, 0, 3, 3), box(1, 1, 2, 2), box(5, 5, 6, 6)
    ways = Line((Position(0, 0), Position(1, 0)), 10.0), Line((Position(0, 1), Position(1, 2), Position(2, 2)), 10.0)
    shapes = Polygon((outer, hole[::-1])), Polygon((other,)), *ways, Circle(Position(0, 0), 10.0)
    summary = summarise(fence("f", *shapes), NOW)
    alone = [summarise(fence("f", shape), NOW) for shape in shapes]
    assert (summary.shape, summary.parts, summary.radius_m) == ("several", 5, 10.0)
    assert (summary.vertices, summary.holes) == (4 + 4 + 4 + 2 + 3, 1)
    assert summary.area_m2 == pytest.approx(sum(each.area_m2 or 0.0 for each in alone))
    assert alone[0].area_m2 == pytest.approx(geodesy.ring_area_m2(outer) - geodesy.ring_area_m2(hole))
    assert alone[0].perimeter_m == pytest.approx(geodesy.ring_perimeter_m(outer) + geodesy.ring_perimeter_m(hole))
    assert summary.perimeter_m == pytest.approx(sum(each.perimeter_m or 0.0 for each in alone))
    assert summary.length_m == pytest.approx(sum(geodesy.path_length_m(way.points) for way in ways))


def test_different_radii_are_no_radius() -> None:
    both = fence("f", Circle(Position(0, 0), 10.0), Circle(Position(1, 0), 20.0))
    assert summarise(both, NOW).radius_m is None


def test_a_detailed_fence_has_the_sizes_that_a_worker_measured_and_none_before() -> None:
    coast = polygon("coast", circle_ring(HELSINKI, 5_000.0, 2_000))
    small = polygon("small", circle_ring(HELSINKI, 5_000.0, 900))
    before = summarise(coast, NOW)
    assert (before.area_m2, before.perimeter_m, before.vertices) == (None, None, 2_000)
    assert summarise(small, NOW).area_m2 is not None
    measures.remember(coast.shapes, Measures(1.0, 2.0, None, HELSINKI, coast.bounds))
    assert (summarise(coast, NOW).area_m2, coast.center) == (1.0, HELSINKI)
    assert measures.known(small.shapes) is None
