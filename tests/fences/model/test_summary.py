"""The summary of a geofence for the details panel."""

from __future__ import annotations

import math

import pytest

from tests.fences.making import EXPIRED, NOW, OUT_OF_HOURS, box, circle, fence, line, polygon
from tvapp.fences.model.fence import Circle, Polygon
from tvapp.fences.model.summary import summarise
from tvapp.geo.position import Position


def test_a_circle_is_summarised_by_its_radius() -> None:
    summary = summarise(circle("c", 24.94, 60.17, 500), NOW)
    assert (summary.shape, summary.parts, summary.radius_m, summary.vertices) == ("circle", 1, 500, 0)
    assert summary.area_m2 == pytest.approx(math.pi * 250_000)
    assert summary.state == "active"
    assert summary.changes_at is None


def test_a_hole_takes_its_area_away() -> None:
    whole = summarise(polygon("p", box(0, 0, 1, 1)), NOW)
    holed = summarise(polygon("p", box(0, 0, 1, 1), box(0.4, 0.4, 0.6, 0.6)), NOW)
    assert holed.area_m2 == pytest.approx(whole.area_m2 * 0.96, rel=1e-3)
    assert (holed.vertices, holed.holes) == (8, 1)
    assert holed.perimeter_m > whole.perimeter_m


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
