"""GeoJSON geometries become shapes: numbers, limits, rings and the date line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.fences.geojson import geometry
from tvapp.fences.geojson.conventions import LARGEST_RADIUS_M
from tvapp.fences.geojson.geometry import (
    GeometryReader,
    InvalidGeometry,
    centred,
    closed,
    continuous,
    shifted_over,
)
from tvapp.fences.model.fence import Circle, Line, Polygon, Shape, Spot
from tvapp.geo.position import Position


def positions(*places: tuple[float, float]) -> list[Position]:
    return [Position(*place) for place in places]


def lons(points: object) -> list[float]:
    assert isinstance(points, list | tuple)
    return [point.lon for point in points]


def read(value: object, radius: object = 100.0, subtype: str = "") -> list[Shape]:
    reader = GeometryReader(subtype, {"radius": radius})
    reader.add(value)
    return reader.shapes


def read_polygon(*rings: list[list[float]], subtype: str = "") -> Polygon:
    (shape,) = read({"type": "Polygon", "coordinates": list(rings)}, subtype=subtype)
    assert isinstance(shape, Polygon)
    return shape


def reason(value: object, radius: object = 100.0) -> str:
    with pytest.raises(InvalidGeometry) as error:
        read(value, radius)
    return str(error.value)


def point(lon: object, lat: object) -> dict[str, object]:
    return {"type": "Point", "coordinates": [lon, lat]}


def square(west: float, south: float, size: float) -> list[list[float]]:
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


@pytest.mark.parametrize("turns", [-2, -1, 0, 1, 2])
def test_a_hole_is_shifted_by_whole_turns_until_it_lies_over_its_outline(turns: int) -> None:
    outline = tuple(positions((170, 0), (190, 0), (190, 20), (170, 20), (170, 0)))
    hole = tuple(positions((178, 5), (182, 5), (182, 8), (178, 5)))
    away = tuple(Position(place.lon + 360.0 * turns, place.lat) for place in hole)
    assert shifted_over(away, outline) == hole


def test_a_hole_is_shifted_only_from_half_a_turn_on() -> None:
    outline = tuple(positions((0, 0), (10, 0), (10, 10), (0, 0)))
    for lon, expected in ((184.9, 184.9), (185.1, -174.9), (-174.9, -174.9), (-175.1, 184.9)):
        hole = tuple(positions((lon, 1), (lon, 2), (lon, 1)))
        assert lons(shifted_over(hole, outline)) == pytest.approx([expected] * 3)


@pytest.mark.parametrize("hole_lon", [177.0, -183.0])
def test_a_hole_across_the_date_line_lies_over_its_area(hole_lon: float) -> None:
    outline = [[170.0, 0.0], [-170.0, 0.0], [-170.0, 9.0], [170.0, 9.0], [170.0, 0.0]]
    polygon = read_polygon(outline, square(hole_lon, 3.0, 4.0))
    assert lons(polygon.rings[0])[:3] == [-190.0, -170.0, -170.0]
    assert lons(polygon.rings[1]) == [-183.0, -179.0, -179.0, -183.0, -183.0]


def test_a_hole_that_is_written_east_of_the_date_line_lies_over_its_area() -> None:
    outline = [[165.0, 0.0], [190.0, 0.0], [190.0, 9.0], [165.0, 9.0], [165.0, 0.0]]
    polygon = read_polygon(outline, square(-178.0, 3.0, 4.0))
    assert lons(polygon.rings[1]) == [182.0, 186.0, 186.0, 182.0, 182.0]


def test_joined_halves_keep_their_hole_over_the_whole() -> None:
    west = [[170.0, 0.0], [180.0, 0.0], [180.0, 9.0], [170.0, 9.0], [170.0, 0.0]]
    east = [[-180.0, 0.0], [-160.0, 0.0], [-160.0, 9.0], [-180.0, 9.0], [-180.0, 0.0]]
    (shape,) = read({"type": "MultiPolygon", "coordinates": [[west], [east, square(-170.0, 3.0, 4.0)]]})
    assert isinstance(shape, Polygon)
    outer, hole = shape.rings
    assert min(lons(hole)) - min(lons(outer)) == 20.0
    assert max(lons(outer)) - max(lons(hole)) == 6.0
    assert -180.0 <= (min(lons(outer)) + max(lons(outer))) / 2 < 180.0


def test_longitudes_become_continuous_the_short_way_round() -> None:
    assert lons(continuous(positions((179, 0), (-179, 0), (-170, 0), (179, 0)))) == [179, 181, 190, 179]
    assert lons(continuous(positions((-179, 0), (179, 0), (-179, 0)))) == [-179, -181, -179]
    assert lons(continuous(positions((-90, 0), (90.5, 0)))) == [-90, -269.5]
    half = positions((-90, 0), (90, 0), (-90, 0))
    assert continuous(half) is half
    # A step of exactly half a turn is meant as it stands.
    assert lons(continuous(positions((-100, 0), (80, 0), (100, 0), (-80, 0)))) == [-100, 80, 100, -80]
    # A step from one side of the date line to the other is none, unless nothing but a box of the earth is there.
    assert lons(continuous(positions((-180, 0), (180, 0), (179, 0)))) == [-180, -180, -181]
    assert lons(continuous(positions((180, 0), (-180, 0), (-179, 0)))) == [180, 180, 181]
    assert lons(continuous(positions((-180, 0), (180, 0), (180, 1), (-180, 1)))) == [-180, 180, 180, -180]


def test_the_middle_of_longitudes_comes_to_lie_in_one_world() -> None:
    for given_lons, expected in (
        ([179, 181], [-181, -179]),
        ([178, 181], [178, 181]),
        ([-181, -179], [-181, -179]),
        ([-182, -179], [178, 181]),
        ([539, 541], [-181, -179]),
        ([-540, -539], [-180, -179]),
    ):
        assert lons(centred(positions(*((lon, 0) for lon in given_lons)))) == expected


def test_a_ring_is_closed_once_and_needs_an_area() -> None:
    corners = positions((0, 0), (2, 0), (0, 2))
    assert closed(corners) == closed([*corners, corners[0]]) == (*corners, corners[0])
    assert closed(corners[:2]) is None
    assert closed(positions((0, 0), (1, 1), (2, 2))) is None
    assert closed(positions((0, 0), (1, 1), (0, 0))) is None
    # A figure of eight has no area in sum.
    assert closed(positions((0, 0), (2, 2), (2, 0), (0, 2))) is not None


@pytest.mark.parametrize("lon", [0.0, 24.9, 179.0, -179.9999999])
def test_a_ring_of_a_square_centimetre_encloses_something_wherever_it_is(lon: float) -> None:
    def triangle(size: float) -> list[Position]:
        return positions((lon, 60), (lon + size, 60), (lon, 60 + size))

    assert closed(triangle(2e-7)) is not None
    assert closed(triangle(5e-8)) is None


def test_a_ring_round_the_earth_encloses_the_nearer_pole() -> None:
    for lat, pole in ((60.0, 90.0), (-60.0, -90.0), (0.0, 90.0)):
        ring = closed(positions((-90, lat), (0, lat), (90, lat), (180, lat)))
        assert ring is not None
        assert {place.lat for place in ring} == {lat, pole}
        assert max(lons(ring)) - min(lons(ring)) == 360.0
        assert ring[0] == ring[-1]


def test_a_ring_that_winds_more_than_once_round_the_earth_is_taken_as_it_stands() -> None:
    around = positions(*((lon, lat) for lat in (10.0, 20.0) for lon in (-90.0, 0.0, 90.0, 180.0)), (-90, 30))
    ring = closed(around)
    assert ring is not None
    assert lons(ring) == [*lons(around), -90.0]


def test_any_radius_is_an_area_and_none_is_a_mark() -> None:
    for radius in (0.5, 1, 1.0, 10_000.0, 25_186, LARGEST_RADIUS_M):
        assert read(point(1, 2), radius) == [Spot(Position(1.0, 2.0), float(radius))]
    none: tuple[object, ...] = (None, True, "wide", 0, -5, [])
    for no_radius in none:
        assert read(point(1, 2), no_radius, "circle") == [Spot(Position(1.0, 2.0), 0.0)]
    assert read(point(1, 2), 5, "circle") == [Circle(Position(1.0, 2.0), 5.0)]
    assert read(point(1, 2), "5") == [Spot(Position(1.0, 2.0), 5.0)]
    assert read(point(1, 2), 10**400) == [Spot(Position(1.0, 2.0), LARGEST_RADIUS_M)]
    line = {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}
    assert read(line, None) == [Line((Position(1.0, 2.0), Position(3.0, 4.0)), 0.0)]


def test_positions_have_limits_that_count_as_allowed() -> None:
    for lon, lat in ((360.0, 90.0), (-360.0, -90.0), (0, 0)):
        (shape,) = read(point(lon, lat))
        assert isinstance(shape, Spot)
        assert shape.point == Position(lon, lat).normalised()
    assert reason(point(360.5, 0)) == "longitude 360.5 is outside -180 to 180"
    assert reason(point(-360.5, 0)) == "longitude -360.5 is outside -180 to 180"
    assert reason(point(0, 90.5)) == "latitude 90.5 is outside -90 to 90 (longitude comes first)"
    assert reason(point(0, -90.5)) == "latitude -90.5 is outside -90 to 90 (longitude comes first)"
    assert reason(point(True, 0)) == "a position is [true, 0], not two numbers"
    assert reason(point(0, None)) == "a position is [0, null], not two numbers"
    assert reason({"type": "Point", "coordinates": [1]}) == "a position is a list, not [longitude, latitude]"
    assert reason({"type": "Point", "coordinates": {}}) == "a position is an object, not [longitude, latitude]"


def test_an_invalid_geometry_gets_a_short_reason() -> None:
    assert reason(None) == "it has no geometry"
    assert reason([1]) == "its geometry is a list, not an object"
    assert reason({"type": "x" * 40}) == f"its geometry's type is {'x' * 40!r}"
    assert reason({"type": "x" * 41}) == f"its geometry's type is {'x' * 39 + '…'!r}"
    assert reason({"type": False}) == "its geometry's type is false"
    assert reason({"type": 1e300}) == "its geometry's type is a huge number"
    assert reason({"type": -1e299}) == "its geometry's type is -1e+299"
    assert reason({"type": "Point"}) == "its Point has no coordinates"
    for kind in ("MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"):
        assert reason({"type": kind}) == f"its {kind} has no coordinates"
        assert reason({"type": kind, "coordinates": []}) == f"its {kind} has no coordinates"
        said = f"the coordinates of its {kind} are an object, not a list"
        assert reason({"type": kind, "coordinates": {"0": 1}}) == said
    assert reason({"type": "LineString", "coordinates": [[0, 0]]}) == "its LineString has fewer than 2 positions"
    assert reason({"type": "GeometryCollection"}) == "its GeometryCollection has no list of geometries"


def test_collections_may_be_nested_eight_deep() -> None:
    value: dict[str, object] = point(1, 2)
    for _ in range(9):
        assert len(read(value)) == 1
        value = {"type": "GeometryCollection", "geometries": [value]}
    assert reason(value) == "its geometry collections are nested more than 8 deep"


def test_positions_and_parts_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geometry, "MAX_VERTICES", 10)
    monkeypatch.setattr(geometry, "MAX_PARTS", 2)
    line = {"type": "LineString", "coordinates": [[lon, 0] for lon in range(10)]}
    assert len(read(line)) == 1
    longer = {"type": "LineString", "coordinates": [[lon, 0] for lon in range(11)]}
    assert reason(longer) == "it has more than 10 positions"
    two = {"type": "MultiPolygon", "coordinates": [[square(0, 0, 1)], [square(2, 0, 1)]]}
    assert len(read(two)) == 2
    short = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    together = {"type": "GeometryCollection", "geometries": [two, short]}
    assert reason(together) == "it has more than 10 positions"
    assert len(read({"type": "MultiPoint", "coordinates": [[0, 0], [1, 1]]})) == 2
    assert reason({"type": "MultiPoint", "coordinates": [[0, 0], [1, 1], [2, 2]]}) == "it has more than 2 parts"


def test_rings_without_an_area_are_noted() -> None:
    flat = [[0, 0], [1, 0], [2, 0], [0, 0]]
    reader = GeometryReader("", {})
    reader.add({"type": "Polygon", "coordinates": [flat, square(0, 0, 1)]})
    assert reader.shapes == []
    assert reader.notes == ["a polygon without an area was left out"]
    reader = GeometryReader("", {})
    reader.add({"type": "Polygon", "coordinates": [square(0, 0, 9), flat, square(1, 1, 1)]})
    (shape,) = reader.shapes
    assert isinstance(shape, Polygon)
    assert len(shape.rings) == 2
    assert reader.notes == ["a hole without an area was left out"]


# The same ring read whole, in a few calls, and position by position: a third coordinate makes the difference.
@given(st.lists(st.tuples(st.integers(-180, 180), st.integers(-90, 90)), min_size=1, max_size=6), st.booleans())
def test_rings_read_as_a_whole_equal_rings_read_position_by_position(
    corners: list[tuple[int, int]], is_closed: bool
) -> None:
    ring = [list(map(float, corner)) for corner in [*corners, *corners[: int(is_closed)]]]
    with_heights = [[*position, 7.0] for position in ring]
    results = []
    for coordinates in ([ring], [with_heights]):
        reader = GeometryReader("", {})
        reader.add({"type": "Polygon", "coordinates": json.loads(json.dumps(coordinates))})
        results.append((reader.shapes, reader.notes, reader.vertices))
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("ring", "is_plain"),
    [
        (square(0, 0, 1), True),
        (square(0, 0, 1)[::-1], True),
        (square(-180, -90, 179), True),
        (square(-90, -90, 180), True),
        (square(0, 0, 1)[:-1], False),
        ([[0, 0], [1, 0], [0, 0]], False),
        (square(170, 0, 10), False),
        (square(-180.5, 0, 1), False),
        (square(0, 89.5, 1), False),
        (square(0, -90.5, 1), False),
        ([[-91, 0], [90, 0], [0, 1], [-91, 0]], False),
        (square(0, 0, 1e-5), False),
        ([[True, 0], [1, 0], [1, 1], [True, 0]], False),
        ([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 0, 1]], False),
    ],
)
def test_only_rings_that_need_no_second_look_are_packed_at_one_go(ring: list[list[float]], is_plain: bool) -> None:
    packed = geometry._plain([ring])
    assert (packed is not None) is is_plain
    if packed is not None:
        assert Polygon.of((packed,)) == Polygon([positions(*((lon, lat) for lon, lat in ring))])
    assert geometry._plain([ring, ring]) is None


def test_very_long_rings_are_taken_position_by_position(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geometry, "_MOST_PLAIN", 5)
    assert geometry._plain([square(0, 0, 1)]) is not None
    assert geometry._plain([[*square(0, 0, 1)[:-1], [0, 0.5], [0, 0]]]) is None


def test_a_rectangle_is_one_by_its_subtype_alone() -> None:
    assert read_polygon(square(0, 0, 1), subtype="rectangle").is_rectangle
    assert read_polygon(square(0, 0, 1), square(0.2, 0.2, 0.1), subtype="rectangle").is_rectangle
    assert not read_polygon(square(0, 0, 1)).is_rectangle


def test_lines_cut_at_the_date_line_are_joined_and_others_are_not() -> None:
    cut = {"type": "MultiLineString", "coordinates": [[[179, 0], [180, 1]], [[-180, 1], [-179, 2]]]}
    (line,) = read(cut)
    assert isinstance(line, Line)
    assert line == Line(tuple(positions((179, 0), (181, 2))), 100.0) or lons(line.points) == [-181.0, -179.0]
    long = {
        "type": "MultiLineString",
        "coordinates": [[[178, 0], [179, 3], [180, 1]], [[-180, 1], [-179, 5], [-178, 2]]],
    }
    (line,) = read(long, 7)
    assert isinstance(line, Line)
    assert (lons(line.points), line.radius_m) == ([-182, -181, -180, -179, -178], 7.0)
    apart = {"type": "MultiLineString", "coordinates": [[[170, 0], [179, 1]], [[-179, 1], [-170, 2]]]}
    assert len(read(apart)) == 2


@pytest.mark.parametrize("subtype", ["", "rectangle"])
def test_joined_halves_are_a_rectangle_by_their_subtype(subtype: str) -> None:
    west = [[179.0, 0.0], [180.0, 0.0], [180.0, 9.0], [179.0, 9.0], [179.0, 0.0]]
    east = [[-180.0, 0.0], [-179.0, 0.0], [-179.0, 9.0], [-180.0, 9.0], [-180.0, 0.0]]
    (shape,) = read({"type": "MultiPolygon", "coordinates": [[west], [east]]}, subtype=subtype)
    assert isinstance(shape, Polygon)
    assert shape.is_rectangle is (subtype == "rectangle")
