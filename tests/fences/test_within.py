"""Distances to many polygons at once are those that a library measures to one."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fences.making import fence, polygon, ring
from tvapp.fences.model import Polygon, Ring
from tvapp.fences.parts import parts_of
from tvapp.fences.planar import project_many
from tvapp.fences.within import distances

COORDINATE = st.integers(-4, 4)
POINT = st.tuples(COORDINATE, COORDINATE)
RINGS = st.lists(POINT, min_size=3, max_size=7).map(lambda points: ring(*points))


def projected(around: Ring) -> list[tuple[float, float]]:
    us, vs = project_many(np.array([point.lon for point in around]), np.array([point.lat for point in around]))
    return list(zip(us.tolist(), vs.tolist(), strict=True))


@settings(max_examples=200, deadline=None)
@given(st.lists(RINGS, min_size=1, max_size=4), st.tuples(st.floats(-5, 5), st.floats(-5, 5)) | POINT)
def test_polygons_are_as_far_as_shapely_says(outlines: list[Ring], place: tuple[float, float]) -> None:
    fences = [polygon(f"{number}", outline) for number, outline in enumerate(outlines)]
    parts = parts_of(fences, range(len(fences)))
    (x,), (y,) = project_many(np.array([float(place[0])]), np.array([float(place[1])]))
    found = distances(parts, np.arange(len(fences)), np.full(len(fences), x), y)
    for number in range(len(fences)):
        # Its edges as the index has them, long ones with more vertices.
        points, _ = parts.points_of(parts.rings_of(np.array([number]))[0])
        area = shapely.Polygon(points)
        inside = bool(shapely.intersects_xy(area, x, y))
        assert (found[number] == 0.0) == inside or area.boundary.distance(shapely.Point(x, y)) < 1e-12
        if not inside:
            assert found[number] == pytest.approx(area.boundary.distance(shapely.Point(x, y)), abs=1e-12)


def test_a_hole_is_outside_but_its_border_is_not() -> None:
    outer, hole = ring((0, 0), (4, 0), (4, 4), (0, 4)), ring((1, 0.5), (3, 0.5), (3, 1), (1, 1))
    parts = parts_of([polygon("p", outer, hole)], [0])
    us, vs = project_many(np.array([2.0, 1.0, 2.0, 0.5, 5.0]), np.array([0.8, 0.8, 0.5, 0.8, 0.8]))
    found = [distances(parts, np.array([0]), np.array([u]), v)[0] for u, v in zip(us, vs, strict=True)]
    assert found[0] == pytest.approx(abs(vs[0] - project_many(us[:1], np.array([1.0]))[1][0]), rel=0.01)
    assert found[1] == found[2] == found[3] == 0.0
    assert found[4] == pytest.approx(1 / 360)


def test_each_part_of_a_fence_is_measured_in_its_own_world() -> None:
    squares = [Polygon((ring((x, 0), (x + 1, 0), (x + 1, 1), (x, 1)),)) for x in (10, 20)]
    parts = parts_of([fence("two", *squares)], [0])
    (u,), (v,) = project_many(np.array([12.0]), np.array([0.5]))
    there = distances(parts, np.array([0, 1, 0]), np.array([u, u, u + 1.0]), v)
    assert there == pytest.approx([1 / 360, 8 / 360, 361 / 360])
