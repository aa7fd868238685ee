"""What sketches share: continuous longitudes, and where the map ends."""

from __future__ import annotations

from tvapp.fences.editing.sketch import continued, coordinates, off_map
from tvapp.geo.position import Position


def test_a_place_goes_on_from_the_one_before_it_the_short_way() -> None:
    for lon, before, expected in (
        (-179.0, 179.0, 181.0),
        (179.0, -179.0, -181.0),
        (10.0, 20.0, 10.0),
        (0.0, 725.0, 720.0),
        (170.0, -170.0, -190.0),
    ):
        assert continued(Position(lon, 7.0), Position(before, 0.0)) == Position(expected, 7.0)


def test_an_outline_lies_on_the_map_and_spans_less_than_half_of_the_earth() -> None:
    def problem(*places: tuple[float, float]) -> str | None:
        return off_map(Position(*place) for place in places)

    assert problem((0, 85.05), (0, -85.05)) is None
    assert problem((0, 0), (0, 85.06)) == "too-far"
    assert problem((0, -85.06), (0, 0)) == "too-far"
    assert problem((-90, 0), (89.9, 0)) is None
    assert problem((-90, 0), (90, 0)) == "too-large"


def test_places_become_coordinates_longitude_first() -> None:
    assert coordinates((Position(1.0, 2.0), Position(3.0, 4.0))) == [[1.0, 2.0], [3.0, 4.0]]
