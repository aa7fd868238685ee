"""Coordinates read with every number's own text, and written as RFC 7946 asks."""

from __future__ import annotations

import pytest

from tvapp.fences.geojson import coordinates
from tvapp.fences.geojson.coordinates import (
    Coordinates,
    JsonNumber,
    OriginalText,
    decode_numbers,
    has_width,
    parse,
    rounded,
    write,
)
from tvapp.fences.geojson.geometry import InvalidGeometry


def again(kind: str, text: bytes) -> tuple[str, bytes]:
    """Parse coordinates and write them."""
    return write(parse(kind, decode_numbers(text)), OriginalText())


def reason(kind: object, value: object) -> str:
    with pytest.raises(InvalidGeometry) as error:
        parse(kind, value)
    return str(error.value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Point", b"[1.50e1,2.0,7e0]"),
        ("MultiPoint", b"[[1.0,2],[3,4.000000000]]"),
        ("LineString", b"[[1.0,2],[3,4]]"),
        ("MultiLineString", b"[[[1.0,2],[3,4]],[[5,6],[7,8]]]"),
        ("LineString", b"[[170.0,2],[180.0,4.0]]"),
        ("Polygon", b"[[[0.0,0],[4.0,0.0],[4,4],[0.0,0]],[[1.0,1],[2.0,2],[2,1.0],[1.0,1]]]"),
        ("MultiPolygon", b"[[[[0,0],[4,0],[4,4],[0,0]]],[[[8,8],[9,8],[9,9],[8,8]]]]"),
    ],
)
def test_numbers_keep_their_text(kind: str, text: bytes) -> None:
    assert again(kind, text) == (kind, text)


def test_new_positions_are_rounded_to_seven_decimals_without_a_tail() -> None:
    shape = Coordinates("Point", points=((1.123456789, -2.5, 100.12345),))
    assert write(shape, OriginalText()) == ("Point", b"[1.1234568,-2.5,100.123]")
    assert write(Coordinates("Point", points=((-1e-9, 10.0),)), OriginalText()) == ("Point", b"[0,10]")
    assert rounded((1.123456749, 2.00000005, 3.14159265358)) == (1.1234567, 2.0000001, 3.14159265358)


def test_a_position_that_stays_keeps_its_text_and_one_that_moves_does_not() -> None:
    was = decode_numbers(b"[[1.00000000,2.0,5.50],[3.0,4.0]]")
    known = OriginalText(parse("MultiPoint", was).places())
    assert known.of((1.0, 2.0)) == "[1.00000000,2.0,5.50]"
    assert known.of((1.00000004, 2.0)) == "[1.00000000,2.0,5.50]"
    assert known.of((1.0000001, 2.0)) == "[1.0000001,2]"
    assert known.of((3.0, 4.0, 9.0)) == "[3.0,4.0]"
    # The same place on another turn of the earth has its height, and a longitude of its own.
    assert known.of((361.0, 2.0)) == "[361,2.0,5.50]"


def test_positions_above_one_another_keep_their_heights_in_order() -> None:
    was = decode_numbers(b"[[1,2,10],[1,2,20],[1,2,30]]")
    known = OriginalText(parse("MultiPoint", was).places())
    assert [known.of((1.0, 2.0)) for _ in range(4)] == ["[1,2,10]", "[1,2,20]", "[1,2,30]", "[1,2,30]"]


def test_a_height_that_is_no_number_is_left_out() -> None:
    assert OriginalText().of((1.0, 2.0, float("inf"), 3.0)) == "[1,2,3.0]"
    assert OriginalText().of((1.0, 2.0, JsonNumber("1e999"))) == "[1,2,1e999]"


def test_a_geometry_that_has_to_be_cut_becomes_a_multi_geometry() -> None:
    assert again("LineString", b"[[179,0],[181,2]]") == ("MultiLineString", b"[[[179,0],[180,1]],[[-180,1],[-179,2]]]")
    assert again("Polygon", b"[[[179,0],[181,0],[181,1],[179,1],[179,0]]]") == (
        "MultiPolygon",
        b"[[[[180,1],[179,1],[179,0],[180,0],[180,1]]],[[[-180,0],[-179,0],[-179,1],[-180,1],[-180,0]]]]",
    )
    assert again("MultiLineString", b"[[[1,2],[3,4]]]") == ("MultiLineString", b"[[[1,2],[3,4]]]")


def test_points_come_back_to_one_world() -> None:
    shape = Coordinates("MultiPoint", points=((181.0, 0.0), (-181.0, 0.0), (180.0, 0.0), (-180.0, 0.0)))
    assert write(shape, OriginalText())[1] == b"[[-179,0],[179,0],[180,0],[-180,0]]"


def test_rings_are_closed_and_run_right_handed() -> None:
    closed = b"[[[0,0],[4,0],[4,4],[0,0]]]"
    assert again("Polygon", b"[[[0,0],[4,0],[4,4]]]") == ("Polygon", closed)
    assert again("Polygon", b"[[[0,0],[4,4],[4,0],[0,0]]]") == ("Polygon", closed)


def test_a_hole_lies_over_its_outline() -> None:
    shape = parse("Polygon", [[[170, 0], [190, 0], [190, 9], [170, 0]], [[-178, 1], [-176, 1], [-176, 2], [-178, 1]]])
    assert list(shape.polygons[0][1]) == [(182, 1), (184, 1), (184, 2), (182, 1)]
    shape = parse("Polygon", [[[0, 0], [9, 0], [9, 9], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 1]]])
    assert list(shape.polygons[0][1]) == [(1, 1), (2, 1), (2, 2), (1, 1)]


def test_a_ring_round_the_earth_encloses_the_nearer_pole() -> None:
    for lat, pole in ((80, 90.0), (-80, -90.0)):
        shape = parse("Polygon", [[[0, lat], [120, lat], [-120, lat], [0, lat]]])
        (ring,) = shape.polygons[0]
        assert [place[1] for place in ring] == [lat, lat, lat, lat, pole, pole, lat]
        assert ring[0] == ring[-1]


def test_parts_that_were_cut_are_joined() -> None:
    assert len(parse("MultiLineString", [[[179, 0], [180, 1]], [[-180, 1], [-179, 2]]]).lines) == 1
    west, east = [[179, 0], [180, 0], [180, 1], [179, 0]], [[-180, 0], [-179, 0], [-180, 1], [-180, 0]]
    assert len(parse("MultiPolygon", [[west], [east]]).polygons) == 1


def test_every_place_is_moved_and_listed() -> None:
    for kind, value in (("Point", [1, 2]), ("LineString", [[1, 2], [3, 4]]), ("Polygon", [[[0, 0], [4, 0], [4, 4]]])):
        before = parse(kind, value)
        after = before.moved(lambda place: (place[0] + 1.0, place[1] + 2.0))
        assert [(x + 1.0, y + 2.0) for x, y in before.places()] == list(after.places())
        assert after.kind == kind


def test_coordinates_that_make_no_sense_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = "its coordinates are not lists of positions"
    empty: tuple[object, ...] = (None, [], {}, "x")
    for value in empty:
        assert reason("Point", value) == reason("Polygon", value) == lists
    assert reason("Point", [1]) == "a position of it is not [longitude, latitude]"
    for number in ("1", True, None, 10**301, [1]):
        assert reason("Point", [number, 1]) == "a position of it is not made of numbers"
    assert parse("Point", [5, 10]).points == ((5.0, 10.0),)
    assert reason("LineString", [[0, 0]]) == "a part of it has fewer than 2 positions"
    assert reason("Polygon", [[[0, 0], [1, 1]]]) == "a part of it has fewer than 3 positions"
    assert reason("Point", [0, 90.5]) == "latitude 90.5 is outside -90 to 90"
    assert reason("Point", [0, -90.5]) == "latitude -90.5 is outside -90 to 90"
    assert reason("Point", [720.5, 0]) == "longitude 720.5 is outside -180 to 180"
    assert reason("Point", [-720.5, 0]) == "longitude -720.5 is outside -180 to 180"
    assert parse("MultiPoint", [[720, 90], [-720, -90]]).points == ((720.0, 90.0), (-720.0, -90.0))
    assert reason("GeometryCollection", []) == "its geometry is of no type that can be written"
    monkeypatch.setattr(coordinates, "MAX_VERTICES", 3)
    assert parse("MultiPoint", [[0, 0]] * 3).points
    assert reason("MultiPoint", [[0, 0]] * 4) == "it has more than 3 positions"


def test_a_self_crossing_at_the_date_line_and_an_empty_geometry_are_not_written() -> None:
    bow = parse("Polygon", [[[179, 0], [181, 2], [181, 0], [179, 2]]])
    with pytest.raises(InvalidGeometry, match=r"crosses itself at the date line$"):
        write(bow, OriginalText())
    with pytest.raises(InvalidGeometry, match=r"encloses nothing$"):
        write(Coordinates("Polygon"), OriginalText())


def test_a_ring_has_a_width_unless_its_places_are_on_one_line() -> None:
    assert has_width(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)))
    assert not has_width(((0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (0.0, 0.0)))
    assert not has_width(((0.0, 60.0), (1.0, 61.0), (2.0, 62.0), (0.0, 60.0)))
    assert has_width(((100.0, 0.0), (100.0 + 2e-7, 0.0), (100.0, 2e-7), (100.0, 0.0)))
    assert not has_width(((100.0, 0.0), (100.0 + 5e-8, 0.0), (100.0, 5e-8), (100.0, 0.0)))
