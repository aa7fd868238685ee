"""The ground within a distance of a line."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.geo import surveyor
from tests.geo.places import places
from tvapp.fences.index import line_buffer
from tvapp.fences.index.line_buffer import buffered
from tvapp.geo.mercator import project
from tvapp.geo.position import Position


def at(*points: tuple[float, float]) -> list[Position]:
    return [Position(*point) for point in points]


def covers(line: list[Position], radius_m: float, place: Position) -> bool:
    polygons = [shapely.Polygon(rings[0], rings[1:]) for rings in buffered(line, radius_m)]
    return any(polygon.contains(shapely.Point(*project(place))) for polygon in polygons)


@settings(max_examples=40, deadline=None)
@given(places(70.0, 179.0), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(0, 1), st.sampled_from((-1, 1)))
def test_the_border_lies_at_the_radius_on_either_side(
    start: Position, dlon: float, dlat: float, share: float, side: int
) -> None:
    line = [start, Position(start.lon + dlon, start.lat + dlat)]
    place = Position(start.lon + dlon * share, start.lat + dlat * share)
    bearing = surveyor.GEOD.inv(start.lon, start.lat, line[1].lon, line[1].lat)[0] + 90.0 * side
    # The line is straight in degrees: a few metres beside the shortest line.
    assert covers(line, 500.0, surveyor.step(place, bearing, 470.0)) or abs(dlon) + abs(dlat) < 1e-9
    if shapely.LineString([project(each) for each in line]).length:
        assert not covers(line, 500.0, surveyor.step(start, bearing, 530.0))


@pytest.mark.parametrize("lat", [0.0, 45.0, -60.0, 80.0])
def test_a_line_along_a_parallel_is_as_wide_on_the_map_as_its_scale_there(lat: float) -> None:
    ((ring,),) = buffered(at((10, lat), (11, lat)), 1_000.0)
    east, _ = surveyor.GEOD.fwd(10.0, lat, 90.0, 1_000.0)[:2]
    height = float(ring[:, 1].max() - ring[:, 1].min())
    assert height == pytest.approx(2 * (east - 10.0) / 360.0, rel=4e-3)
    assert ring[0].tolist() == ring[-1].tolist()


def test_a_long_line_is_cut_where_the_scale_changes_and_stays_in_one_piece() -> None:
    (rings,) = buffered(at((10, 0), (10, 60)), 1_000.0)
    assert len(rings) == 1
    widths = {}
    for lat in (1.0, 30.0, 59.0):
        v = project(Position(10.0, lat))[1]
        cut = shapely.Polygon(rings[0]).intersection(shapely.LineString([(0, v), (1, v)]))
        widths[lat] = cut.length
    for lat, width in widths.items():
        east = surveyor.step(Position(10.0, lat), 90.0, 1_000.0).lon
        assert width == pytest.approx(2 * (east - 10.0) / 360.0, rel=6e-3)


def test_a_line_round_something_leaves_a_hole() -> None:
    around = at((10, 50), (10.1, 50), (10.1, 50.05), (10, 50.05), (10, 50))
    ((outer, hole),) = buffered(around, 500.0)
    assert shapely.Polygon(outer).contains(shapely.Polygon(hole))
    tall = at((10, 50), (10.5, 50), (10.5, 50.5), (10, 50.5), (10, 50))
    ((outer, hole),) = buffered(tall, 500.0)
    assert shapely.Polygon(outer).contains(shapely.Polygon(hole))


def test_pieces_span_a_tenth_of_a_degree_and_share_their_ends() -> None:
    short = at((0, 0), (5, 0.05), (6, 0.1))
    assert line_buffer._pieces(short) == [short]
    pieces = line_buffer._pieces(at((0, 0), (3, 0.3)))
    assert len(pieces) == 3
    for before, after in itertools.pairwise(pieces):
        assert before[-1] == after[0]
    for piece in pieces:
        assert max(p.lat for p in piece) - min(p.lat for p in piece) <= 0.10002
    assert pieces[0][0] == Position(0, 0)
    assert (pieces[-1][-1].lon, pieces[-1][-1].lat) == pytest.approx((3.0, 0.3))
    # Back over the same latitudes: still the same piece.
    zigzag = at((0, 0), (1, 0.09), (2, 0), (3, 0.09), (3, 0.2))
    assert len(line_buffer._pieces(zigzag)) == 3
    assert line_buffer._pieces(zigzag)[0][:4] == zigzag[:4]


def test_a_line_that_goes_to_and_fro_is_cut_into_a_bounded_number_of_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_buffer, "_MOST_PIECES", 10)
    line = at(*((number / 100, 5.0 * (number % 2)) for number in range(11)))
    assert len(line_buffer._pieces(line)) <= 12


def test_a_line_at_a_pole_has_an_area() -> None:
    polygons = buffered(at((0, 89.5), (10, 90)), 1_000.0)
    assert polygons
    assert all(np.isfinite(ring).all() for rings in polygons for ring in rings)
