"""Real files of people who do this job, each with what the screen must make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tvapp.core.errors import DataError
from tvapp.fences.geojson.reading import ReadResult, read
from tvapp.fences.model.containment import containing
from tvapp.fences.model.fence import Circle, Line, Polygon, Spot
from tvapp.geo import geodesy
from tvapp.geo.position import Bounds, Position

FIELD = Path(__file__).parents[1] / "field"


def field(name: str) -> ReadResult:
    return read((FIELD / name).read_bytes(), name)


def around(west: float, south: float, east: float, north: float) -> Bounds:
    return Bounds(west, south, east, north)


def test_one_value_that_is_no_json_costs_nothing_and_is_noted() -> None:
    result = field("nan-in-one-property.geojson")
    assert not result.skipped
    assert [fence.id for fence in result.fences] == ["good", "nan"]
    assert "NaN is not JSON; read as null" in result.fences[1].notes
    assert result.fences[1].properties["speed"] is None
    assert not any(fence.is_editable for fence in result.fences)


def test_names_in_another_encoding_are_read_and_noted() -> None:
    (fence,) = field("names-in-iso-8859-1.geojson").fences
    assert fence.name == "Kärkölä"
    assert "not UTF-8" in fence.notes[0]
    assert not fence.is_editable


def test_a_mere_geometry_is_named_after_its_file() -> None:
    (fence,) = field("bare-multipolygon.geojson").fences
    assert fence.name == "bare-multipolygon"
    assert fence.bounds == around(24.94, 60.16, 24.95, 60.17)
    assert not fence.is_editable


def test_lines_and_points_without_a_radius_are_no_areas() -> None:
    route, gate = field("line-and-point-without-radius.geojson").fences
    assert route.shapes == (Line((Position(24.94, 60.16), Position(24.99, 60.17)), 0.0),)
    assert gate.shapes == (Spot(Position(24.95, 60.16), 0.0),)
    assert containing((route, gate), Position(24.95, 60.16)) == ()
    assert containing((route, gate), Position(24.94, 60.16)) == ()
    assert route.is_editable
    assert gate.is_editable


def test_a_radius_may_be_text_and_of_any_size() -> None:
    text, wide = field("radius-as-text-and-above-10-km.geojson").fences
    assert text.shapes == (Circle(Position(24.94, 60.16), 250.0),)
    assert "'250'" in text.notes[0]
    assert wide.shapes == (Circle(Position(24.98, 60.16), 25_186.0),)


def test_a_name_is_found_under_the_keys_that_people_use() -> None:
    names = [fence.name for fence in field("name-under-other-keys.geojson").fences]
    assert names == ["District 1", "District 2", "District 3", "District 4"]


def test_one_feature_a_line_is_read() -> None:
    result = field("newline-delimited.geojson")
    assert [fence.name for fence in result.fences] == ["Row 1", "Row 2", "Row 3"]
    assert not any(fence.is_editable for fence in result.fences)


def test_metres_do_not_pass_for_degrees() -> None:
    (fence,) = field("projected-epsg-3857.geojson").fences
    assert fence.notes == ("its coordinates were converted from EPSG:3857",)
    # Reference: pyproj 3.7 (PROJ 9), EPSG:3857 to EPSG:4326.
    assert fence.bounds.west == pytest.approx(24.937232287, abs=1e-8)
    assert fence.bounds.south == pytest.approx(60.166942702, abs=1e-8)
    assert fence.bounds.east == pytest.approx(24.946215440, abs=1e-8)
    assert fence.bounds.north == pytest.approx(60.171411288, abs=1e-8)


def test_corners_on_both_sides_of_the_date_line_make_the_small_shape() -> None:
    (fence,) = field("seam-vertices-plus-and-minus-180.geojson").fences
    (shape,) = fence.shapes
    assert isinstance(shape, Polygon)
    assert abs(geodesy.ring_area_m2(shape.rings[0])) == pytest.approx(212_500e6 * 0.111, rel=0.01)
    assert fence.bounds == around(178.0, -17.5, 180.0, -16.5)


def test_areas_of_traccar_have_latitude_first() -> None:
    depot, yard = field("traccar-geofences.json").fences
    assert (depot.name, depot.id) == ("Depot", "1")
    assert depot.shapes == (Circle(Position(24.94, 60.16), 250.0),)
    assert yard.bounds == around(24.96, 60.16, 24.97, 60.17)


def test_a_file_that_is_half_written_is_refused() -> None:
    with pytest.raises(DataError, match="truncated"):
        field("half-written-replacement.geojson")
