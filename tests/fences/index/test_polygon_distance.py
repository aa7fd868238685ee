"""Distances to polygons agree with shapely, with and without numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.fences.making import polygon, ring
from tvapp.fences.index import polygon_distance
from tvapp.fences.index.polygon_distance import distance
from tvapp.fences.index.projection import project_many
from tvapp.fences.index.shape_arrays import arrays_of
from tvapp.fences.model.fence import Ring

COORDINATE = st.integers(-4, 4)
POINT = st.tuples(COORDINATE, COORDINATE)
RINGS = st.lists(POINT, min_size=3, max_size=7).map(lambda points: ring(*points))


@pytest.mark.parametrize("many", [0, 10_000])
@settings(max_examples=150, deadline=None)
@given(RINGS, st.tuples(st.floats(-5, 5), st.floats(-5, 5)) | POINT)
def test_a_polygon_is_as_far_as_shapely_says(many: int, outline: Ring, place: tuple[float, float]) -> None:
    points = np.array([(point.lon, point.lat) for point in outline])
    area, there = shapely.Polygon(points), shapely.Point(place)
    assume(area.is_valid)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(polygon_distance, "_MANY", many)
        found = distance([points], *map(float, place))
    border = area.boundary.distance(there)
    if shapely.intersects_xy(area, *place):
        assert found == 0.0 or border < 1e-9
    else:
        assert found == pytest.approx(border, abs=1e-9)


@pytest.mark.parametrize("many", [0, 10_000])
def test_the_even_odd_rule_says_what_a_self_crossing_ring_encloses(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(polygon_distance, "_MANY", many)
    star = [(math.sin(turn * math.tau * 0.4), math.cos(turn * math.tau * 0.4)) for turn in range(5)]
    ring = np.array([*star, star[0]])
    assert distance([ring], 0.0, 0.8) == 0.0
    assert distance([ring], 0.0, 0.0) == pytest.approx(math.cos(math.tau / 5))
    assert distance([ring], 0.0, -0.8) > 0.0


def test_a_hole_is_outside_but_its_border_is_not() -> None:
    outer = np.array([(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)], dtype=float)
    rings = [outer, outer / 2 + 1]
    assert distance(rings, 2.0, 1.5) == 0.5
    assert distance(rings, 1.0, 2.0) == distance(rings, 0.5, 2.0) == distance(rings, 0.0, 4.0) == 0.0
    assert distance(rings, 5.0, 2.0) == 1.0


def test_a_fence_of_the_index_is_taken_ring_by_ring() -> None:
    hole = ring((1, 1), (2, 1), (2, 2), (1, 2))
    parts = arrays_of([polygon("p", ring((0, 0), (4, 0), (4, 4), (0, 4)), hole), polygon("q", hole)], [0, 1])
    assert [len(parts.rings(part)) for part in (0, 1)] == [2, 1]
    (u,), (v,) = project_many(np.array([1.5]), np.array([1.5]))
    assert distance(parts.rings(0), u, v) == pytest.approx(0.5 / 360, rel=0.01)
    assert distance(parts.rings(1), u, v) == 0.0
