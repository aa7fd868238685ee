"""What the details panel is told."""

from __future__ import annotations

import math

import pytest

from tests.fences.making import EXPIRED, NOW, OUT_OF_HOURS, box, circle, fence, line, polygon
from tvapp.fences.model.facts import facts
from tvapp.fences.model.fence import Circle, Polygon
from tvapp.geo.position import Position


def test_a_circle_is_told_by_its_radius() -> None:
    told = facts(circle("c", 24.94, 60.17, 500), NOW)
    assert (told.shape, told.parts, told.radius_m, told.vertices) == ("circle", 1, 500, 0)
    assert told.area_m2 == pytest.approx(math.pi * 250_000)
    assert told.state == "active"
    assert told.changes_at is None


def test_a_hole_takes_its_area_away() -> None:
    whole = facts(polygon("p", box(0, 0, 1, 1)), NOW)
    holed = facts(polygon("p", box(0, 0, 1, 1), box(0.4, 0.4, 0.6, 0.6)), NOW)
    assert holed.area_m2 == pytest.approx(whole.area_m2 * 0.96, rel=1e-3)
    assert (holed.vertices, holed.holes) == (8, 1)
    assert holed.perimeter_m > whole.perimeter_m


def test_a_line_has_a_length() -> None:
    told = facts(line("l", 100, (0, 0), (1, 0)), NOW)
    assert told.length_m == pytest.approx(111_319.49, abs=1)
    assert told.area_m2 == pytest.approx(200 * 111_319.49 + math.pi * 10_000, rel=1e-4)


def test_several_shapes_are_added_up() -> None:
    told = facts(fence("f", Circle(Position(0, 0), 10), Circle(Position(1, 0), 10), Polygon((box(0, 0, 1, 1),))), NOW)
    assert (told.shape, told.parts, told.radius_m) == ("several", 3, 10)


def test_times_are_told() -> None:
    assert facts(circle("c", 0, 0, 5, validity=EXPIRED), NOW).state == "expired"
    told = facts(circle("c", 0, 0, 5, validity=OUT_OF_HOURS), NOW)
    assert told.state == "out-of-hours"
    assert told.changes_at is not None
    assert told.changes_at > NOW
    assert told.periods == OUT_OF_HOURS.periods


def test_a_rectangle_is_called_one() -> None:
    assert facts(fence("r", Polygon((box(0, 0, 1, 1),), is_rectangle=True)), NOW).shape == "rectangle"
