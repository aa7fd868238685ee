"""The spatial index: fences at a place, in a box, by rank and state."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fences.making import EXPIRED, NOW, box, circle, fence, line, polygon, ring, spot, town
from tvapp.fences.index import shape_arrays
from tvapp.fences.index.fence_index import MOST_AT_A_PLACE, STATES, FenceIndex
from tvapp.fences.index.shape_arrays import ShapeArrays
from tvapp.fences.model import style
from tvapp.fences.model.fence import Circle, Geofence, Polygon
from tvapp.fences.model.validity import Period, Validity
from tvapp.geo.mercator import project
from tvapp.geo.position import Bounds, Position

HELSINKI = Position(24.94, 60.17)


def ids(fences: tuple[Geofence, ...]) -> list[str]:
    return [each.id for each in fences]


def touching(index: FenceIndex, bounds: Bounds) -> list[str]:
    """Return the ids of the fences whose boxes touch `bounds`."""
    north_west = project(Position(bounds.west, bounds.north))
    east, south = north_west[0] + bounds.lon_span / 360, project(Position(bounds.east, bounds.south))[1]
    found = index.parts_in(*north_west, east, south)
    return [index.fences[owner].id for owner in sorted(set(index.parts.owner[found.parts].tolist()))]


def at(index: FenceIndex, lon: float, lat: float, tolerance_m: float = 0.0) -> list[str]:
    return ids(index.at(Position(lon, lat), NOW, tolerance_m))


def test_an_empty_index_finds_nothing() -> None:
    index = FenceIndex(())
    assert len(index) == 0
    assert index.at(HELSINKI, NOW, 500) == ()
    assert touching(index, Bounds(-180, -90, 180, 90)) == []


def test_smaller_fences_come_first() -> None:
    big = polygon("big", box(24, 60, 26, 61))
    index = FenceIndex([big, circle("middle", 24.94, 60.17, 900), spot("small", 24.94, 60.17, 90)])
    assert at(index, 24.94, 60.17) == ["small", "middle", "big"]
    assert at(index, 24.95, 60.17) == ["middle", "big"]
    assert at(index, 25.5, 60.5) == ["big"]


def test_of_two_of_one_size_the_one_that_counts_comes_first() -> None:
    index = FenceIndex([circle("old", 1, 1, 100, validity=EXPIRED), circle("new", 1, 1, 100)])
    assert at(index, 1, 1) == ["new", "old"]


def test_holes_are_outside() -> None:
    index = FenceIndex([polygon("ring", box(0, 0, 3, 3), box(1, 1, 2, 2))])
    assert at(index, 0.5, 0.5) == ["ring"]
    assert at(index, 1.5, 1.5) == []


def test_a_line_is_as_wide_as_its_radius_at_every_latitude() -> None:
    index = FenceIndex([line("road", 1000, (10, 0), (10, 70))])
    for lat in (1.0, 30.0, 60.0, 69.0):
        for bearing in (90.0, 270.0):
            for metres, expected in ((990, ["road"]), (1010, [])):
                place = Geodesic.WGS84.Direct(lat, 10, bearing, metres)
                assert at(index, place["lon2"], place["lat2"]) == expected


def test_a_tolerance_finds_fences_nearby() -> None:
    index = FenceIndex([circle("near", 24.94, 60.17, 100), polygon("far", box(24.95, 60.16, 24.96, 60.18))])
    place = Geodesic.WGS84.Direct(60.17, 24.94, 90, 150)
    assert at(index, place["lon2"], place["lat2"]) == []
    assert at(index, place["lon2"], place["lat2"], 60) == ["near"]
    assert at(index, place["lon2"], place["lat2"], 1000) == ["near", "far"]


def test_fences_over_the_date_line_are_found_from_both_sides() -> None:
    fences = [
        circle("disc", 179.999, 0, 5000),
        polygon("box", box(179, 1, 181, 2)),
        line("way", 100, (179, 3), (181, 3)),
    ]
    index = FenceIndex(fences)
    for lon in (179.99, -179.99, 180.0, -180.0):
        assert at(index, lon, 0) == ["disc"]
        assert at(index, lon, 1.5) == ["box"]
        assert at(index, lon, 3) == ["way"]
    for bounds in (Bounds(-180, -1, -179.9, 4), Bounds(179.9, -1, 180, 4), Bounds(179.9, -1, -179.9, 4)):
        assert set(touching(index, bounds)) == {"disc", "box", "way"}
    assert touching(index, Bounds(-170, -1, 170, 4)) == []


def test_the_largest_ranks_first() -> None:
    index = FenceIndex([circle("s", 1, 1, 10), circle("l", 1, 1, 1000), circle("away", 5, 5, 10)])
    assert index.rank.tolist() == [1, 0, 2]
    assert touching(index, Bounds(0.9, 0.9, 1.1, 1.1)) == ["s", "l"]


def test_fences_of_one_size_rank_in_their_order() -> None:
    index = FenceIndex([circle(str(number), number, 1, 10 + number % 2) for number in range(100)])
    assert index.rank.tolist() == [50 * (number % 2 == 0) + number // 2 for number in range(100)]


def test_a_pile_of_fences_is_cut_off() -> None:
    index = FenceIndex([circle(str(number), 1, 1, 100 + number) for number in range(1000)])
    found = at(index, 1, 1)
    assert len(found) == MOST_AT_A_PLACE
    assert found[0] == "0"


def test_a_polygon_around_a_pole_holds_it() -> None:
    index = FenceIndex([polygon("cap", ring((0, 80), (120, 80), (240, 80), (360, 80), (360, 90), (0, 90)))])
    assert at(index, 50, 85) == ["cap"]
    assert at(index, -50, 89) == ["cap"]
    assert at(index, 50, 79) == []


def test_long_edges_are_straight_in_degrees() -> None:
    index = FenceIndex([polygon("wedge", ring((0, 0), (60, 60), (0, 60)))])
    assert at(index, 29.9, 30.0) == ["wedge"]
    assert at(index, 30.1, 30.0) == []


def test_a_multipolygon_answers_once() -> None:
    index = FenceIndex([fence("two", Polygon((box(0, 0, 2, 2),)), Polygon((box(1, 1, 3, 3),)))])
    assert at(index, 1.5, 1.5) == ["two"]


def test_outlines_follow_every_shape() -> None:
    fences = [
        circle("c", 24.94, 60.17, 500),
        polygon("p", box(0, 0, 3, 3), box(1, 1, 2, 2)),
        line("l", 100, (0, 0), (1, 0)),
    ]
    index = FenceIndex(fences)
    (around,) = index.outline(fences[0])
    for point in around:
        distance = Geodesic.WGS84.Inverse(60.17, 24.94, point.lat, point.lon)["s12"]
        assert distance == pytest.approx(500, abs=1)
    assert len(index.outline(fences[1])) == 2
    (way,) = index.outline(fences[2])
    assert way[0] == way[-1]
    assert max(point.lat for point in way) == pytest.approx(100 / 110_574, rel=0.01)


@settings(max_examples=150, deadline=None)
@given(
    st.floats(-180, 180),
    st.floats(-84, 84),
    st.floats(1, 10_000),
    st.floats(0, 360),
    st.sampled_from([0.5, 0.98, 1.02, 1.5]),
)
def test_a_circle_contains_places_nearer_than_its_radius(
    lon: float, lat: float, radius_m: float, bearing: float, share: float
) -> None:
    index = FenceIndex([circle("c", lon, lat, radius_m)])
    place = Geodesic.WGS84.Direct(lat, lon, bearing, radius_m * share)
    assert at(index, place["lon2"], place["lat2"]) == (["c"] if share < 1 else [])


@settings(max_examples=60, deadline=None)
@given(st.floats(-180, 180), st.floats(85, 89.99), st.floats(100, 10_000), st.floats(0, 360))
def test_circles_at_the_poles_hold_their_surroundings(lon: float, lat: float, radius_m: float, bearing: float) -> None:
    index = FenceIndex([circle("c", lon, lat, radius_m)])
    if lat + radius_m / 111_000 > 89.8:
        return  # beyond the edge of any map
    place = Geodesic.WGS84.Direct(lat, lon, bearing, radius_m * 0.9)
    assert at(index, place["lon2"], place["lat2"]) == ["c"]


@settings(max_examples=60, deadline=None)
@given(st.integers(3, 12), st.floats(-180, 180), st.floats(-70, 70), st.integers(0, 11), st.floats(0, 2 * math.pi))
def test_where_a_ring_starts_does_not_matter(corners: int, lon: float, lat: float, start: int, turn: float) -> None:
    points = [
        (lon + math.cos(2 * math.pi * n / corners), lat + math.sin(2 * math.pi * n / corners)) for n in range(corners)
    ]
    turned = points[start % corners :] + points[: start % corners]
    probes = [(lon + r * math.cos(turn), lat + r * math.sin(turn)) for r in (0.3, 0.8, 1.1)]
    one, other = FenceIndex([polygon("p", ring(*points))]), FenceIndex([polygon("p", ring(*turned))])
    assert [at(one, *probe) for probe in probes] == [at(other, *probe) for probe in probes]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 39), max_size=12), st.lists(st.integers(0, 39), max_size=12), st.integers(0, 2**32))
def test_an_index_built_from_an_older_one_is_the_same_as_a_new_one(
    before: list[int], after: list[int], seed: int
) -> None:
    known, edited = town(40), town(40, seed=seed)
    older = FenceIndex([known[number] for number in before])
    fences = [known[number] if number in before else edited[number] for number in after]
    one, other = FenceIndex(fences, older), FenceIndex(fences)
    for values in ("area_m2", "largest_side", "palette_index"):
        assert getattr(one, values).tolist() == getattr(other, values).tolist()
    everywhere = Bounds(24.5, 59.9, 25.4, 60.4)
    assert touching(one, everywhere) == touching(other, everywhere)
    for place in (known[0].center, *(each.center for each in fences)):
        assert one.at(place, NOW, 500) == other.at(place, NOW, 500)


def test_the_rows_of_the_same_object_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    fences = town(50)
    older = FenceIndex(fences)
    read: list[int] = []
    real = shape_arrays.arrays_of

    def counted(fences: Sequence[Geofence], numbers: Iterable[int]) -> ShapeArrays:
        chosen = list(numbers)
        read.extend(chosen)
        return real(fences, chosen)

    monkeypatch.setattr(shape_arrays, "arrays_of", counted)
    FenceIndex([*fences[:20], circle("new", 25, 60, 10), *fences[21:]], older)
    assert read == [20]


def test_states_are_kept_until_they_change() -> None:
    index = FenceIndex([circle("a", 1, 1, 10), circle("b", 1, 1, 10, validity=EXPIRED)])
    assert index.states(np.arange(2), -5.0).tolist() == [0, 0]
    assert index.states(np.arange(2), 5.0).tolist() == [0, STATES.index("expired")]
    assert index.states(np.arange(2), -5.0).tolist() == [0, 0]


def test_states_hold_until_the_first_fence_may_leave_its_own() -> None:
    later = Validity(periods=(Period(100.0, 200.0),))
    index = FenceIndex(
        [circle("a", 1, 1, 10), circle("b", 1, 1, 10, validity=EXPIRED), circle("c", 1, 1, 10, validity=later)]
    )
    assert index.states(np.arange(3), 50.0).tolist() == [0, STATES.index("expired"), STATES.index("upcoming")]
    assert index.stated_until(np.arange(3)) == 100.0
    assert index.stated_until(np.arange(2)) == math.inf
    assert index.stated_until(np.array([], dtype=np.intp)) == math.inf
    for now_s, state in ((99.0, "upcoming"), (100.0, "active"), (199.0, "active"), (200.0, "out-of-hours")):
        assert index.states(np.array([2]), now_s).tolist() == [STATES.index(state)]


def test_a_fence_is_found_by_its_id_and_its_number() -> None:
    fences = [circle("a", 10, 60, 10), circle("b", 20, -30, 10)]
    index = FenceIndex(fences)
    assert (index.number("a"), index.number("b"), index.number("c")) == (0, 1, None)
    center, u, v = index.center(1)
    assert center == Position(20.0, -30.0)
    assert (u, v) == pytest.approx(project(center))
    assert index.center(1) is index.center(1)


def test_parts_come_with_the_worlds_that_they_have_to_be_shifted_by() -> None:
    index = FenceIndex([circle("west", -179, 0, 10), circle("east", 179, 0, 10)])
    found = index.parts_in(0.99, 0.4, 1.01, 0.6)
    shifts = {
        index.fences[index.parts.owner[part]].id: shift for part, shift in zip(found.parts, found.shift, strict=True)
    }
    assert shifts == {"west": 1.0, "east": 0.0}
    found = index.parts_in(-0.01, 0.4, 0.01, 0.6)
    shifts = {
        index.fences[index.parts.owner[part]].id: shift for part, shift in zip(found.parts, found.shift, strict=True)
    }
    assert shifts == {"west": 0.0, "east": -1.0}
    for west, east, ids_found in ((0.4, 0.6, []), (0.0, 0.01, [0.0]), (0.99, 0.999, [0.0])):
        assert index.parts_in(west, 0.4, east, 0.6).shift.tolist() == ids_found


def test_what_lies_within_the_tolerance_comes_after_what_contains_the_place_nearest_first() -> None:
    index = FenceIndex([circle("further", 0.003, 0, 100), circle("nearer", 0.002, 0, 150), circle("here", 0, 0, 50)])
    assert at(index, 0, 0, 300) == ["here", "nearer", "further"]
    assert at(index, 0, 0, 73) == ["here", "nearer"]
    assert at(index, 0, 0, 72) == ["here"]


def test_sizes_and_ranks_are_those_of_all_parts_together() -> None:
    small, large = Circle(Position(1.0, 1.0), 100.0), Circle(Position(2.0, 2.0), 300.0)
    index = FenceIndex([circle("one", 5, 5, 310), fence("two", small, large), circle("twin", 5, 5, 310)])
    assert index.area_m2.tolist() == pytest.approx([math.pi * 310**2, math.pi * (100**2 + 300**2), math.pi * 310**2])
    assert index.rank.tolist() == [1, 0, 2]
    boxes = index.parts.boxes
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    assert index.largest_side.tolist() == [sides[0], sides[2], sides[3]]


def test_colours_are_those_of_the_kinds() -> None:
    kinds = ["depot", "school", "depot", "restricted"]
    index = FenceIndex([circle(str(n), 1, 1, 10, kind=kind) for n, kind in enumerate(kinds)])
    assert index.palette_index.tolist() == [style.palette_index(kind) for kind in kinds]


def test_caches_that_last_are_handed_on_and_others_are_not() -> None:
    older = FenceIndex([circle("a", 1, 1, 10)])
    older.lasting_cache["x"] = older.cache["x"] = 1
    newer = FenceIndex([circle("b", 1, 1, 10)], older)
    assert (newer.lasting_cache, newer.cache) == ({"x": 1}, {})


def test_ten_thousand_fences_are_indexed_within_a_second_and_found_within_a_millisecond() -> None:
    fences = town(10_000, spread=0.4)
    before = time.thread_time()
    index = FenceIndex(fences)
    assert time.thread_time() - before < 1.0
    took = []
    for number in range(100):
        before = time.thread_time()
        index.at(Position(24.5 + number * 0.009, 60.17), NOW, 50)
        took.append(time.thread_time() - before)
    assert sorted(took)[50] < 0.001
