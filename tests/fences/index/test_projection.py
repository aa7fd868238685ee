"""The projection over whole arrays agrees with the one for single places, circles with geodesy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.geo import surveyor
from tests.geo.places import places
from tvapp.fences.index.projection import (
    EQUATOR_M,
    disc_axes,
    disc_rings,
    project_many,
    radii_of_curvature,
    to_positions,
)
from tvapp.geo import mercator
from tvapp.geo.position import Position


@given(places(85.0, 300.0))
def test_arrays_are_projected_as_single_places_are_and_back(place: Position) -> None:
    u, v = project_many(np.array([place.lon]), np.array([place.lat]))
    assert (u[0], v[0]) == pytest.approx(mercator.project(place), abs=1e-12)
    (back,) = to_positions(np.stack([u, v], axis=1))
    assert (back.lon, back.lat) == pytest.approx((place.lon, place.lat), abs=1e-9)


def test_places_at_a_pole_lie_beyond_the_map_and_not_at_infinity() -> None:
    _, v = project_many(np.zeros(4), np.array([90.0, 89.95, -90.0, 89.8]))
    assert v[0] == v[1] == 1.0 - v[2]
    assert -0.7 < v[0] < v[3] < 0.0


def test_the_radii_of_curvature_are_those_of_wgs_84() -> None:
    # M = a (1 - e2) and N = a at the equator, both a / sqrt(1 - e2) at a pole (NGA.STND.0036).
    north_south, east_west = radii_of_curvature(np.array([0.0, 90.0]))
    assert north_south.tolist() == pytest.approx([6_335_439.3273, 6_399_593.6258], abs=0.001)
    assert east_west.tolist() == pytest.approx([6_378_137.0, 6_399_593.6258], abs=0.001)
    assert pytest.approx(40_075_016.6856, abs=0.001) == EQUATOR_M


@given(st.floats(-80.0, 80.0), st.floats(1.0, 10_000.0))
def test_the_axes_of_a_disc_are_its_radius_on_the_map(lat: float, radius_m: float) -> None:
    wide, high = disc_axes(np.array([lat]), np.array([radius_m]))
    east = surveyor.step(Position(0.0, lat), 90.0, radius_m)
    assert wide[0] == pytest.approx(east.lon / 360.0, rel=1e-4)
    north, south = (surveyor.step(Position(0.0, lat), bearing, radius_m) for bearing in (0.0, 180.0))
    span = mercator.project(south)[1] - mercator.project(north)[1]
    assert high[0] == pytest.approx(span / 2, rel=1e-4)


def test_a_disc_at_a_pole_has_an_end() -> None:
    wide, high = disc_axes(np.array([90.0, 89.99]), np.array([100.0, 100.0]))
    assert wide.tolist() == pytest.approx([100.0 / (6_399_593.6 * 1e-3 * math.tau)] * 2, rel=1e-6)
    assert np.isfinite(high).all()


@settings(max_examples=40, deadline=None)
@given(places(75.0), st.floats(1.0, 10_000.0), st.integers(3, 12), st.integers(3, 12))
def test_rings_around_discs_lie_at_their_radius_clockwise_from_the_north(
    center: Position, radius_m: float, first: int, second: int
) -> None:
    lon, lat = np.array([1.0, center.lon]), np.array([2.0, center.lat])
    rings = disc_rings(lon, lat, np.array([50.0, radius_m]), np.array([first, second]))
    assert len(rings) == first + 1 + second + 1
    ring = to_positions(rings[first + 1 :])
    assert ring[0] == ring[-1]
    for number, place in enumerate(ring):
        exact = surveyor.step(center, 360.0 * number / second, radius_m)
        assert surveyor.distance_m(place, exact) < 0.01 + 0.2 * (radius_m / 10_000.0) ** 2
