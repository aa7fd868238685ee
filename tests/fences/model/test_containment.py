"""Which fences a position is in, and how far their borders are."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.fences.making import (
    EXPIRED,
    NOW,
    OUT_OF_HOURS,
    UPCOMING,
    box,
    circle,
    fence,
    line,
    polygon,
    ring,
    spot,
    town,
)
from tests.geo import surveyor
from tests.geo.places import places
from tvapp.fences.model.containment import BEYOND_M, containing, locate, signed_distance
from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon, Ring
from tvapp.fences.model.validity import Validity
from tvapp.geo.position import Position

HELSINKI = Position(24.95, 60.17)


@st.composite
def stars(draw: st.DrawFn, max_lat: float = 84.0, largest_deg: float = 4.0) -> tuple[tuple[Ring, ...], Position]:
    """Draw a star-shaped polygon, ten metres to hundreds of kilometres wide, at times with a hole; and a place."""
    center = draw(places(max_lat=max_lat))
    size_deg = 10.0 ** draw(st.floats(-4.0, math.log10(largest_deg)))
    squeeze = math.cos(math.radians(center.lat))
    spokes = draw(st.lists(st.floats(0.4, 1.0), min_size=3, max_size=9))

    def star(scale: float) -> Ring:
        places = []
        for index, spoke in enumerate(spokes):
            turn = math.tau * index / len(spokes)
            lon = center.lon + scale * spoke * size_deg * math.cos(turn) / squeeze
            places.append((lon, center.lat + scale * spoke * size_deg * math.sin(turn)))
        return ring(*places)

    rings = (star(1.0), star(0.4)) if draw(st.booleans()) else (star(1.0),)
    east, north = draw(st.floats(-2.0, 2.0)), draw(st.floats(-1.2, 1.2))
    return rings, Position(center.lon + east * size_deg / squeeze, center.lat + north * size_deg)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(stars())
def test_polygons_agree_with_an_independent_survey(drawn: tuple[tuple[Ring, ...], Position]) -> None:
    rings, place = drawn
    expected = surveyor.distance_to_lines_m(rings, place, steps=400)
    metres, nearest = signed_distance(polygon("p", *rings), place)
    # Edges of a thousand kilometres in 400 chords: the chords leave them by up to a metre and a half.
    tolerance_m = 0.02 + 1e-4 * expected
    assert abs(metres) == pytest.approx(expected, abs=tolerance_m)
    assert surveyor.distance_m(place, nearest) == pytest.approx(expected, abs=tolerance_m)
    if expected > tolerance_m:
        assert (metres < 0.0) is surveyor.is_in_polygon(rings, place, steps=400)


@given(places(max_lat=89.99), st.floats(1.0, 10_000.0), st.floats(0.0, 360.0), st.floats(0.0, 30_000.0))
def test_circles_agree_with_an_independent_survey(
    center: Position, radius_m: float, bearing_deg: float, away_m: float
) -> None:
    place = surveyor.step(center, bearing_deg, away_m)
    for made in (circle("c", center.lon, center.lat, radius_m), spot("s", center.lon, center.lat, radius_m)):
        metres, nearest = signed_distance(made, place)
        assert metres == pytest.approx(away_m - radius_m, abs=0.001)
        assert surveyor.distance_m(center, nearest) == pytest.approx(radius_m, abs=0.001)
        assert surveyor.distance_m(place, nearest) == pytest.approx(abs(metres), abs=0.01)


@settings(max_examples=100, deadline=None)
@given(stars(largest_deg=0.5), st.floats(1.0, 10_000.0))
def test_lines_agree_with_an_independent_survey(drawn: tuple[tuple[Ring, ...], Position], radius_m: float) -> None:
    points, place = drawn[0][0][:-1], drawn[1]
    from_line_m = surveyor.distance_to_lines_m([points], place, steps=200)
    metres, nearest = signed_distance(fence("l", Line(points, radius_m)), place)
    assert metres == pytest.approx(from_line_m - radius_m, abs=0.02 + 1e-4 * from_line_m)
    if metres > 0.0:
        assert surveyor.distance_m(place, nearest) == pytest.approx(metres, abs=0.05 + 1e-4 * metres)
        assert surveyor.distance_to_lines_m([points], nearest, steps=200) == pytest.approx(radius_m, abs=1.0, rel=1e-3)


@settings(max_examples=60, deadline=None)
@given(stars(), st.integers(0, 8), st.integers(-1, 1))
def test_where_a_ring_starts_how_it_turns_and_which_longitudes_it_has_make_no_difference(
    drawn: tuple[tuple[Ring, ...], Position], start: int, turns: int
) -> None:
    (outer, *holes), place = drawn
    metres, nearest = signed_distance(polygon("p", outer, *holes), place)
    start %= len(outer) - 1
    moved = [Position(each.lon + 360.0 * turns, each.lat) for each in (*outer[start:-1], *outer[: start + 1])]
    others = [polygon("q", tuple(moved), *holes), polygon("q", tuple(reversed(outer)), *(hole[::-1] for hole in holes))]
    for other in others:
        again_m, again = signed_distance(other, Position(place.lon - 360.0 * turns, place.lat))
        assert abs(again_m) == pytest.approx(abs(metres), abs=0.005, rel=1e-4)
        before_m, after_m = surveyor.distance_m(place, nearest), surveyor.distance_m(place, again)
        assert after_m == pytest.approx(before_m, abs=0.01, rel=1e-4)
        if abs(metres) > 0.01:
            assert (again_m < 0.0) is (metres < 0.0)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.001, 3.0), st.floats(0.001, 3.0), st.floats(0.001, 2.0), st.floats(-80.0, 80.0),
    st.floats(-4.0, 4.0), st.floats(-1.0, 2.0),
)  # fmt: skip
def test_two_halves_cut_at_the_date_line_are_as_the_whole(
    west: float, east: float, height: float, south: float, across: float, up: float
) -> None:
    north = south + height
    whole = polygon("whole", box(180.0 - west, south, 180.0 + east, north))
    halves = fence(
        "halves",
        Polygon((box(180.0 - west, south, 180.0, north),)),
        Polygon((box(-180.0, south, -180.0 + east, north),)),
    )
    for place in (Position(180.0 + across, south + up * height), Position(180.0, south + up * height)):
        assume(min(abs(place.lat - south), abs(place.lat - north)) > 1e-6)
        metres, nearest = signed_distance(whole, place)
        again_m, again = signed_distance(halves, place)
        assert again_m == pytest.approx(metres, abs=0.005, rel=1e-4)
        assert surveyor.distance_m(nearest, again) < 0.5 or surveyor.distance_m(place, again) == pytest.approx(
            abs(metres), abs=0.01, rel=1e-4
        )


@settings(max_examples=80, deadline=None)
@given(stars(largest_deg=0.3), st.integers(0, 8), st.floats(0.2, 0.8))
def test_the_sign_changes_at_the_border(drawn: tuple[tuple[Ring, ...], Position], number: int, part: float) -> None:
    outer = drawn[0][0]
    a, b = outer[number % (len(outer) - 1)], outer[number % (len(outer) - 1) + 1]
    on_border = Position(a.lon + part * (b.lon - a.lon), a.lat + part * (b.lat - a.lat))
    ahead = surveyor.GEOD.inv(on_border.lon, on_border.lat, b.lon, b.lat)[0]
    made = polygon("p", outer)
    assert signed_distance(made, on_border)[0] == pytest.approx(0.0, abs=0.003)
    inner, outwards = (surveyor.step(on_border, ahead + side, 0.05) for side in (-90.0, 90.0))
    # Long edges are curves: five centimetres beside one may be a little more or less.
    assert signed_distance(made, inner)[0] == pytest.approx(-0.05, abs=0.01)
    assert signed_distance(made, outwards)[0] == pytest.approx(0.05, abs=0.01)


def test_a_hole_is_outside_and_its_edge_is_a_border() -> None:
    made = polygon("p", box(24.0, 60.0, 24.4, 60.2), box(24.1, 60.05, 24.3, 60.15))
    in_hole_m, nearest = signed_distance(made, Position(24.2, 60.149))
    assert in_hole_m == pytest.approx(surveyor.distance_m(Position(24.2, 60.149), Position(24.2, 60.15)), abs=0.01)
    assert nearest.lat == pytest.approx(60.15)
    beside_m, _ = signed_distance(made, Position(24.2, 60.151))
    assert beside_m == pytest.approx(-in_hole_m, abs=0.01)


def test_of_several_shapes_the_nearest_counts_outside() -> None:
    made = fence("f", Circle(Position(24.0, 60.0), 100.0), Circle(Position(24.1, 60.0), 500.0))
    place = Position(24.01, 60.0)
    metres, nearest = signed_distance(made, place)
    assert metres == pytest.approx(surveyor.distance_m(place, Position(24.0, 60.0)) - 100.0, abs=0.01)
    assert surveyor.distance_m(nearest, Position(24.0, 60.0)) == pytest.approx(100.0, abs=0.01)


def test_where_shapes_overlap_the_one_with_the_furthest_border_counts() -> None:
    center = Position(24.0, 60.0)
    made = fence("f", Circle(center, 100.0), Circle(center, 500.0), Polygon((box(23.999, 59.999, 24.001, 60.001),)))
    assert signed_distance(made, center)[0] == pytest.approx(-500.0)


def test_an_island_in_a_hole_is_inside_and_the_water_around_it_is_not() -> None:
    lake = Polygon((box(24.0, 60.0, 24.4, 60.2), box(24.1, 60.05, 24.3, 60.15)))
    made = fence("f", lake, Polygon((box(24.19, 60.09, 24.21, 60.11),)))
    assert signed_distance(made, Position(24.2, 60.1))[0] < 0.0
    assert signed_distance(made, Position(24.15, 60.1))[0] > 0.0
    assert signed_distance(made, Position(24.05, 60.1))[0] < 0.0


def test_on_the_middle_of_a_line_the_border_is_its_radius_to_the_side() -> None:
    made = line("l", 40.0, (24.0, 60.0), (24.1, 60.0))
    metres, nearest = signed_distance(made, Position(24.05, 60.0))
    assert metres == pytest.approx(-40.0, abs=0.01)
    assert surveyor.distance_m(nearest, Position(24.05, 60.0)) == pytest.approx(40.0, abs=0.01)
    assert abs(nearest.lat - 60.0) > 0.0003


def test_a_line_over_the_date_line_has_no_end_there() -> None:
    made = line("l", 100.0, (179.99, 0.0), (180.01, 0.0))
    assert signed_distance(made, Position(-179.995, 0.0))[0] == pytest.approx(-100.0, abs=0.01)
    assert signed_distance(made, Position(-179.98, 0.0))[0] == pytest.approx(0.01 * 111_319.49 - 100.0, abs=0.01)


def test_the_pole_is_inside_a_cap_and_as_deep_as_the_meridian_is_long() -> None:
    caps = [
        polygon("cap", box(-180.0, 80.0, 180.0, 90.0)),
        fence("halves", Polygon((box(-180, 80, 0, 90),)), Polygon((box(0, 80, 180, 90),))),
        circle("circle", 33.0, 90.0, 10_000.0),
    ]
    for cap, depth_m in zip(caps, (1_116_825.6, 1_116_825.6, 10_000.0), strict=True):
        for lon in (-180.0, 0.0, 17.0, 180.0):
            metres, nearest = signed_distance(cap, Position(lon, 90.0))
            assert metres == pytest.approx(-depth_m, rel=1e-4)
            assert surveyor.distance_m(Position(lon, 90.0), nearest) == pytest.approx(depth_m, rel=1e-4)
    south = polygon("cap", box(-180.0, -90.0, 180.0, -80.0))
    assert signed_distance(south, Position(5.0, -90.0))[0] == pytest.approx(-1_116_825.6, rel=1e-4)
    assert signed_distance(south, Position(5.0, -79.0))[0] == pytest.approx(111_660, rel=1e-3)


def test_the_edge_of_the_map_is_no_border_of_a_cap() -> None:
    cap = polygon("cap", box(-180.0, 80.0, 180.0, 90.0))
    metres, _ = signed_distance(cap, Position(179.9999, 85.0))
    assert metres == pytest.approx(-surveyor.distance_m(Position(180.0, 85.0), Position(180.0, 80.0)), rel=1e-4)


def test_the_whole_earth_has_no_border() -> None:
    earth = polygon("earth", box(-180.0, -90.0, 180.0, 90.0))
    assert signed_distance(earth, HELSINKI) == (-math.inf, HELSINKI)
    (found,) = locate([earth], HELSINKI, NOW).evaluated
    assert (found.distance_m, found.is_inside) == (-BEYOND_M, True)


def at(metres_east: float) -> Position:
    return surveyor.step(HELSINKI, 90.0, metres_east)


ROUND = circle("round", HELSINKI.lon, HELSINKI.lat, 200.0)


@pytest.mark.parametrize(
    ("metres_east", "search_buffer_m", "expected"),
    [
        (0.0, 50.0, -999.0),
        (149.0, 50.0, -999.0),
        (151.0, 50.0, -49.0),
        (190.0, 50.0, -10.0),
        (210.0, 50.0, 10.0),
        (249.0, 50.0, 49.0),
        (251.0, 50.0, 999.0),
        (50_000.0, 50.0, 999.0),
        (0.0, 500.0, -200.0),
        (699.0, 500.0, 499.0),
        (701.0, 500.0, 999.0),
        (199.0, 0.0, -999.0),
        (201.0, 0.0, 999.0),
    ],
)
def test_beyond_the_search_buffer_the_distance_is_999_and_the_nearest_place_is_still_given(
    metres_east: float, search_buffer_m: float, expected: float
) -> None:
    (found,) = locate([ROUND], at(metres_east), NOW, search_buffer_m).evaluated
    assert found.distance_m == pytest.approx(expected, abs=0.01)
    assert found.is_inside is (metres_east <= 200.0)
    assert surveyor.distance_m(found.nearest, HELSINKI) == pytest.approx(200.0, abs=0.01)


def test_a_distance_equal_to_the_search_buffer_is_within_it() -> None:
    metres, _ = signed_distance(ROUND, at(230.0))
    assert locate([ROUND], at(230.0), NOW, metres).evaluated[0].distance_m == metres


def test_places_on_borders_have_longitudes_as_people_write_them() -> None:
    made = polygon("p", box(179.0, 0.0, 181.0, 1.0))
    assert signed_distance(made, Position(-178.9, 0.5))[1].lon == pytest.approx(-179.0)


def test_the_search_buffer_is_50_metres_by_default() -> None:
    assert locate([ROUND], at(225.0), NOW) == locate([ROUND], at(225.0), NOW, 50.0)
    assert locate([ROUND], at(252.0), NOW) == locate([ROUND], at(252.0), NOW, 50.0)


@pytest.mark.parametrize("search_buffer_m", [-1.0, 500.1, math.nan, math.inf])
def test_a_search_buffer_that_azure_refuses_is_refused(search_buffer_m: float) -> None:
    with pytest.raises(ValueError, match=r"0 to 500 m$"):
        locate([], HELSINKI, NOW, search_buffer_m)


def test_fences_that_do_not_count_at_the_time_are_listed_and_not_evaluated() -> None:
    def made(name: str, validity: Validity) -> Geofence:
        return circle(name, HELSINKI.lon, HELSINKI.lat, 200.0, validity=validity)

    until_now = Validity(expires=NOW)
    fences = [made("over", EXPIRED), made("late", OUT_OF_HOURS), ROUND, made("soon", UPCOMING), made("last", until_now)]
    found = locate(fences, HELSINKI, NOW)
    assert [each.fence.id for each in found.evaluated] == ["round", "last"]
    assert [each.id for each in found.expired] == ["over"]
    assert [each.id for each in found.invalid_period] == ["late", "soon"]
    assert [each.id for each in found.inside] == ["round", "last"]
    # Azure: expired when the time is greater than expiredTime.
    assert [each.id for each in locate([made("last", until_now)], HELSINKI, NOW + 1.0).expired] == ["last"]


def test_fences_keep_their_order_and_those_outside_are_evaluated_too() -> None:
    far = circle("far", 0.0, 0.0, 100.0)
    found = locate([far, ROUND], at(195.0), NOW)
    assert [(each.fence.id, round(each.distance_m)) for each in found.evaluated] == [("far", 999), ("round", -5)]
    assert [each.id for each in found.inside] == ["round"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 50), st.floats(24.8, 25.1), st.floats(60.1, 60.25))
def test_containing_finds_those_with_a_negative_distance(seed: int, lon: float, lat: float) -> None:
    fences = town(60, seed)
    place = Position(lon, lat)
    expected = {each.id for each in fences if signed_distance(each, place)[0] < -0.005}
    border = {each.id for each in fences if abs(signed_distance(each, place)[0]) <= 0.005}
    found = {each.id for each in containing(fences, place)}
    assert expected <= found <= expected | border


def test_containing_leaves_validity_aside() -> None:
    made = circle("over", HELSINKI.lon, HELSINKI.lat, 200.0, validity=EXPIRED)
    assert containing([made, ROUND], HELSINKI) == (made, ROUND)
