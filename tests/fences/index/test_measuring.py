"""Measures of detailed geofences with arrays: the same as edge by edge."""

from __future__ import annotations

import math

import pytest

from tests.fences.making import box, fence
from tvapp.fences.index.measuring import measure_detailed, measured
from tvapp.fences.model import measures
from tvapp.fences.model.fence import Circle, Line, Polygon, Shape, Spot
from tvapp.fences.model.interior import point_inside
from tvapp.geo import geodesy
from tvapp.geo.position import Position

HELSINKI = Position(24.95, 60.17)


def coast(points: int, center: Position = HELSINKI, radius: float = 0.5) -> tuple[Position, ...]:
    """Return a jagged ring."""
    ring = []
    for number in range(points):
        turn = 2 * math.pi * number / points
        reach = radius * (1 + 0.2 * math.sin(40 * turn) + 0.03 * (number % 3))
        ring.append(Position(center.lon + 2 * reach * math.cos(turn), center.lat + reach * math.sin(turn)))
    return (*ring, ring[0])


@pytest.mark.parametrize("center", [HELSINKI, Position(-70.0, -33.0), Position(179.9, 0.0), Position(10.0, 80.0)])
def test_areas_outlines_and_middles_are_those_of_geodesy(center: Position) -> None:
    outer, hole = coast(3_000, center), coast(1_500, center, 0.1)
    found = measured((Polygon((outer, hole)),))
    area = abs(geodesy.ring_area_m2(outer)) - abs(geodesy.ring_area_m2(hole))
    assert found.area_m2 == pytest.approx(area, rel=1e-6)
    perimeter = geodesy.ring_perimeter_m(outer) + geodesy.ring_perimeter_m(hole)
    assert found.perimeter_m == pytest.approx(perimeter, rel=1e-6)
    inside = point_inside((outer, hole)).normalised()
    assert (found.center.lon, found.center.lat) == pytest.approx((inside.lon, inside.lat))
    assert found.length_m is None


def test_long_edges_are_measured_one_by_one() -> None:
    ring = box(-40, 10, 60, 70)
    found = measured((Polygon((ring,)),))
    assert found.area_m2 == pytest.approx(abs(geodesy.ring_area_m2(ring)))
    assert found.perimeter_m == pytest.approx(geodesy.ring_perimeter_m(ring))


def test_other_shapes_count_as_they_do_elsewhere() -> None:
    way = (Position(0, 0), Position(0.2, 0.1), Position(0.3, 0.4))
    shapes: tuple[Shape, ...] = (Circle(HELSINKI, 100.0), Spot(HELSINKI, 50.0), Line(way, 10.0))
    found = measured(shapes)
    along = geodesy.path_length_m(way)
    assert found.length_m == pytest.approx(along, rel=1e-6)
    assert found.area_m2 == pytest.approx(math.pi * (100**2 + 50**2 + 10**2) + 20 * along, rel=1e-6)
    assert found.center == way[1]


def test_only_detailed_fences_are_measured_and_each_once() -> None:
    passes: list[None] = []
    fences = [
        fence("small", Polygon((coast(500),))),
        fence("coast", Polygon((coast(2_000),))),
        fence("flat", Polygon((tuple(Position(0.001 * n, 1.0) for n in range(1_500)),))),
    ]
    assert measure_detailed(fences, lambda: passes.append(None)) == 2
    assert measure_detailed(fences, lambda: passes.append(None)) == 0
    assert len(passes) == 2
    assert measures.known(fences[0].shapes) is None
    assert fences[2].center == Position(0.7495, 1.0)
