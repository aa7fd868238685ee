"""Coasts and countries that have more positions than are shown come out coarser, and say so."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest

from tvapp.fences.geojson import coarse
from tvapp.fences.geojson.reading import ReadResult, read
from tvapp.fences.model.fence import Geofence, Polygon


def coast(count: int, radius: float = 5.0) -> list[list[float]]:
    """Return a closed ring with bays at two scales around 20 east, 60 north."""
    around = (2 * math.pi * number / count for number in range(count))
    ring = [
        [
            round(20 + radius * (2 + 0.2 * math.sin(9 * at)) * math.cos(at), 7),
            round(60 + radius * (1 + 0.02 * math.sin(500 * at)) * math.sin(at), 7),
        ]
        for at in around
    ]
    return [*ring, ring[0]]


def file(kind: str, coordinates: object, indent: int | None = None) -> bytes:
    geometry = {"type": kind, "coordinates": coordinates}
    feature = {"type": "Feature", "properties": {"geometryId": "c", "name": "Coast"}, "geometry": geometry}
    other = {"type": "Feature", "properties": {"geometryId": "o"}, "geometry": {"type": "Point", "coordinates": [1, 2]}}
    return json.dumps({"type": "FeatureCollection", "features": [feature, other]}, indent=indent).encode()


def shown(result: ReadResult) -> Geofence:
    assert not result.skipped
    coarser, other = result.fences
    assert other.is_editable
    assert not coarser.is_editable
    assert "shown coarser, with " in " ".join(coarser.notes)
    assert coarser.name == "Coast"
    assert json.loads(coarser.raw)["properties"] == {"geometryId": "c", "name": "Coast"}
    return coarser


def corners(fence: Geofence) -> int:
    return sum(len(ring) for shape in fence.shapes if isinstance(shape, Polygon) for ring in shape.rings)


@pytest.mark.parametrize(("count", "indent"), [(100_001, None), (250_000, None), (60_000, 2)])
def test_an_outline_with_too_many_corners_is_shown_with_fewer(count: int, indent: int | None) -> None:
    data = file("Polygon", [coast(count)], indent)
    found = shown(read(data, "x"))
    assert found.bounds.west == pytest.approx(9.0, abs=1.2)
    assert found.bounds.north == pytest.approx(65.0, abs=0.2)
    assert 1_000 < corners(found) <= coarse.MOST_POSITIONS + 8


def test_no_corner_is_further_from_the_coarse_outline_than_a_few_steps() -> None:
    ring = coast(300_000)
    (shape,) = shown(read(file("Polygon", [ring]), "x")).shapes
    assert isinstance(shape, Polygon)
    kept = [(point.lon, point.lat) for point in shape.rings[0]]
    assert set(kept) <= {(lon, lat) for lon, lat in ring}
    gaps = [abs(a - c) + abs(b - d) for (a, b), (c, d) in pairwise(kept)]
    assert max(gaps) < 0.02


def test_of_a_country_the_largest_islands_and_their_lakes_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coarse, "MOST_PARTS", 50)
    islands: list[object] = []
    for number in range(25_000):
        west, south, side = -100 + number % 200 * 0.1, -50 + number // 200 * 0.1, 0.0001 * (1 + number % 97)
        islands.append([[[west, south], [west + side, south], [west + side, south + side], [west, south]]])
    lake = [[20.0, 60.0], [20.5, 60.0], [20.5, 60.5], [20.0, 60.0]]
    islands.insert(7, [coast(90_000), lake])
    fence = shown(read(file("MultiPolygon", islands), "x"))
    assert len(fence.shapes) <= 51
    (mainland,) = [shape for shape in fence.shapes if isinstance(shape, Polygon) and len(shape.rings) > 1]
    assert [(point.lon, point.lat) for point in mainland.rings[1]] == [tuple(place) for place in lake]


def test_lines_are_made_coarser_and_keep_their_ends() -> None:
    line = coast(150_000)[:-1]
    (shape,) = shown(read(file("LineString", line), "x")).shapes
    points = shape.points  # type: ignore[union-attr]
    assert (points[0].lon, points[0].lat) == tuple(line[0])
    assert (points[-1].lon, points[-1].lat) == tuple(line[-1])
    assert len(shown(read(file("MultiLineString", [line, line[:50_000]]), "x")).shapes) == 2


def test_positions_at_one_place_do_not_take_for_ever() -> None:
    result = read(file("LineString", [[1.0, 2.0]] * 300_000), "x")
    assert [fence.id for fence in result.fences] == ["c", "o"]


@pytest.mark.parametrize(
    ("coordinates", "words"),
    [
        ([[[0, 0], [1, "x"]] * 200_000], "not lists of positions"),
        ([[[0], [1]] * 400_000], "not [longitude, latitude]"),
        ([[1, 2]] * 700_000, "its coordinates"),
    ],
)
def test_what_is_large_and_makes_no_sense_is_skipped(coordinates: object, words: str) -> None:
    result = read(file("Polygon", coordinates), "x")
    assert [fence.id for fence in result.fences] == ["o"]
    assert result.skipped[0].feature == "c"
    assert result.skipped[0].reason


def test_what_is_large_beside_its_coordinates_is_skipped() -> None:
    data = file("Polygon", [coast(20)]).replace(b'"Coast"', b'"' + b"x" * (5 << 20) + b'"', 1)
    result = read(data, "x")
    assert [fence.id for fence in result.fences] == ["o"]
    assert "beside its coordinates" in result.skipped[0].reason
