import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.geo.places import places
from tests.geo.tiles import tile_bounds
from tvapp.geo.mercator import MAX_LATITUDE, project, unproject
from tvapp.geo.position import Position


def test_the_azure_formula_for_pixels_gives_the_same_place() -> None:
    lat, lon = 47.639754, -122.126986
    sine = math.sin(math.radians(lat))
    u, v = project(Position(lon, lat))
    assert u == pytest.approx((lon + 180) / 360)
    assert v == pytest.approx(0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi))


def test_the_corners_of_the_square_world_are_where_they_belong() -> None:
    assert project(Position(-180.0, MAX_LATITUDE)) == (0.0, 0.0)
    assert project(Position(180.0, -MAX_LATITUDE)) == (1.0, 1.0)
    assert project(Position(0.0, 90.0)) == (0.5, 0.0)
    assert unproject(0.5, 0.0).lat == pytest.approx(MAX_LATITUDE, abs=1e-7)


def test_longitudes_past_the_date_line_go_past_the_unit_world() -> None:
    assert project(Position(190.0, 0.0))[0] == pytest.approx(1 + 10 / 360)


@given(places())
def test_unproject_undoes_project(place: Position) -> None:
    again = unproject(*project(place))
    assert again.lon == pytest.approx(place.lon, abs=1e-9)
    assert again.lat == pytest.approx(place.lat, abs=1e-9)


@given(places(), st.integers(0, 22))
def test_a_place_lies_in_the_tile_that_its_projection_names(place: Position, z: int) -> None:
    u, v = project(place.normalised())
    n = 1 << z
    box = tile_bounds(z, min(int(u * n), n - 1), min(int(v * n), n - 1))
    assert box.west - 1e-9 <= place.normalised().lon <= box.east + 1e-9
    assert box.south - 1e-9 <= place.lat <= box.north + 1e-9


def test_the_tile_over_central_helsinki_at_zoom_13() -> None:
    # 24.9414 E, 60.1699 N: x = floor(8192 (lon + 180) / 360), y after the documented formula.
    box = tile_bounds(13, 4663, 2371)
    assert box.contains(Position(24.9414, 60.1699))


def test_places_beyond_the_square_are_put_on_its_edge() -> None:
    assert project(Position(10.0, -90.0))[1] == 1.0
    assert project(Position(10.0, 85.06))[1] == 0.0
    assert project(Position(10.0, 85.05))[1] > 0.0
    assert project(Position(10.0, -85.05))[1] < 1.0
    assert project(Position(90.0, 89.0))[0] == project(Position(90.0, -89.0))[0] == 0.75


def test_unprojecting_goes_on_past_the_date_line() -> None:
    assert unproject(1.25, 0.5) == Position(270.0, 0.0)
    assert unproject(-0.25, 0.5) == Position(-270.0, 0.0)
    assert unproject(0.5, 0.25).lat == pytest.approx(66.51326044)
