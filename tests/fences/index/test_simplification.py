"""Long rings are simplified by details that are too small to be seen."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.fences.index.simplification import MIN_POINTS, simplified


def wavy(count: int, waves: float, height: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    turn = np.linspace(0, 2 * np.pi, count)
    turn[-1] = 0.0
    radius = 1 + height * np.sin(waves * turn)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)


@settings(max_examples=60, deadline=None)
@given(st.integers(MIN_POINTS, 3000), st.floats(0, 50), st.floats(0, 0.2), st.sampled_from([1e-6, 1e-4, 1e-2, 0.1]))
def test_a_ring_stays_within_the_tolerance_and_closed(
    count: int, waves: float, height: float, tolerance: float
) -> None:
    ring = wavy(count, waves, height)
    points, (size,) = simplified(ring, np.array([count]), tolerance)
    assert len(points) == size >= 4
    assert (points[0] == ring[0]).all()
    assert (points[-1] == ring[-1]).all()
    assert shapely.LineString(points).hausdorff_distance(shapely.LineString(ring)) <= tolerance


def test_a_smooth_ring_loses_most_of_its_points() -> None:
    points, _ = simplified(wavy(20_000, 0, 0), np.array([20_000]), 1e-3)
    assert len(points) < 1_000


def test_every_ring_is_simplified_by_itself_and_short_ones_not_at_all() -> None:
    long, short = wavy(500, 3, 0.1), wavy(20, 0, 0)
    alone, (size,) = simplified(long, np.array([500]), 1e-3)
    points, sizes = simplified(np.concatenate([short, long, short]), np.array([20, 500, 20]), 1e-3)
    assert sizes.tolist() == [20, size, 20]
    assert size < 400
    assert points[:20] == pytest.approx(short)
    assert points[20:-20] == pytest.approx(alone)


def straight(*odd: tuple[int, float, float]) -> list[tuple[float, ...]]:
    """Return the places along a straight line that remain; `odd` are others for some of them, by number."""
    points = np.stack([np.arange(MIN_POINTS, dtype=float), np.zeros(MIN_POINTS)], axis=1)
    for number, x, y in odd:
        points[number] = x, y
    return [tuple(row) for row in simplified(points, np.array([MIN_POINTS]), 0.6)[0].tolist()]


def test_a_place_goes_where_it_lies_near_the_line_between_its_neighbours() -> None:
    # A sixth of the tolerance in each of six rounds; every other place stays in the first, which is the only one here.
    assert straight() == [(float(n), 0.0) for n in (*range(0, MIN_POINTS, 2), MIN_POINTS - 1)]
    assert (21.0, 0.099) not in straight((21, 21.0, 0.099))
    assert (21.0, 0.101) in straight((21, 21.0, 0.101))
    assert (21.0, -0.101) in straight((21, 21.0, -0.101))


def test_a_place_beyond_its_neighbours_stays_though_it_lies_on_their_line() -> None:
    assert (22.05, 0.0) not in straight((21, 22.05, 0.0))
    assert (22.2, 0.0) in straight((21, 22.2, 0.0))
    assert (19.8, 0.0) in straight((21, 19.8, 0.0))
    assert (19.95, 0.0) not in straight((21, 19.95, 0.0))
