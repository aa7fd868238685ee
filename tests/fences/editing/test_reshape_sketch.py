"""Editing single corners: selecting, moving, inserting and removing them, and undoing that."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fences.editing.shapes import HOLE, SOME, SQUARE, fence, made
from tvapp.fences.editing import reshape_sketch
from tvapp.fences.editing.reshape_sketch import ReshapeSketch
from tvapp.fences.editing.sketch import Drawn, Measures, Placed, Refused
from tvapp.fences.model.fence import Line, Polygon
from tvapp.fences.model.summary import summarise
from tvapp.geo import geodesy
from tvapp.geo.position import Position

SW = Position(24.9, 60.1)
THREE_D = [[24.9, 60.1, 1], [24.91, 60.1, 2], [24.91, 60.11, 3], [24.9, 60.11, 4], [24.9, 60.1, 1]]


def polygon(*rings: Sequence[Sequence[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(place) for place in ring] for ring in rings]}


def begun(geometry: dict[str, Any], at: Position = SW, subtype: str = "") -> ReshapeSketch:
    return ReshapeSketch(fence(geometry, subtype), geometry, at)


def move_corner(sketch: ReshapeSketch, lon: float, lat: float) -> object:
    """Pick the current corner up, move it and put it down."""
    assert sketch.place() == Placed()
    sketch.aim(Position(lon, lat), 1.0)
    return sketch.place()


def kind_of(sketch: ReshapeSketch) -> str:
    return sketch.chain.kind


def rings(result: object) -> Any:
    assert isinstance(result, Drawn)
    return result.geometry["coordinates"]


def test_it_begins_at_the_corner_nearest_to_the_crosshair() -> None:
    sketch = begun(polygon(SQUARE), Position(24.912, 60.112))
    assert sketch.focus == Position(24.91, 60.11)
    assert sketch.number == (3, 4)
    assert (sketch.stage, sketch.pans, sketch.is_changed) == ("walking", False, False)
    outline = sketch.outline
    assert outline.current is not None
    assert outline.vertices[outline.current] == sketch.focus
    assert len(set(outline.vertices)) == len(outline.vertices) == 4


def test_left_and_right_select_corners_round_the_ring_and_down_selects_the_hole() -> None:
    sketch = begun(polygon(SQUARE, HOLE))
    assert sketch.adjust("right")
    assert sketch.focus == Position(24.91, 60.1)
    sketch.adjust("left")
    sketch.adjust("left")
    assert sketch.focus == Position(24.9, 60.11)
    assert sketch.adjust("down")
    assert kind_of(sketch) == "hole"
    assert sketch.focus == Position(24.902, 60.104)
    assert sketch.adjust("up")
    assert kind_of(sketch) == "outer"
    assert not begun(polygon(SQUARE)).adjust("down")


def test_a_corner_is_picked_up_moved_and_put_down() -> None:
    sketch = begun(polygon(THREE_D))
    assert sketch.place() == Placed()
    assert (sketch.stage, sketch.pans) == ("carrying", True)
    sketch.aim(Position(24.89, 60.09), 1.0)
    assert sketch.focus == Position(24.89, 60.09)
    live = [trace.points for trace in sketch.outline.traces if trace.role == "live"]
    assert live == [
        (Position(24.9, 60.11), Position(24.89, 60.09)),
        (Position(24.91, 60.1), Position(24.89, 60.09)),
    ]
    assert sketch.place() == Placed()
    assert sketch.is_changed
    moved = [24.89, 60.09, 1]
    assert rings(sketch.finish()) == [[moved, *THREE_D[1:4], moved]]


def test_untouched_lists_of_positions_are_the_same_objects() -> None:
    geometry = SOME["polygons"]
    sketch = begun(geometry)
    move_corner(sketch, 24.895, 60.095)
    result = rings(sketch.finish())
    assert result[0][0][1:4] == SQUARE[1:4]
    assert result[0][1] == HOLE
    assert result[1] is geometry["coordinates"][1] or result[1] == geometry["coordinates"][1]


def test_a_corner_put_down_where_it_was_changes_nothing() -> None:
    sketch = begun(polygon(SQUARE))
    sketch.place()
    sketch.aim(SW, 1.0)
    assert sketch.place() == Placed()
    assert not sketch.is_changed
    assert sketch.finish() == Refused("unchanged")


def test_a_rectangle_with_a_moved_corner_is_none_any_more() -> None:
    sketch = begun(polygon(SQUARE), subtype="Rectangle")
    move_corner(sketch, 24.895, 60.095)
    result = sketch.finish()
    assert isinstance(result, Drawn)
    assert result.subtype == ""


def test_edges_that_cross_are_shown_at_once_and_refused() -> None:
    sketch = begun(polygon(SQUARE))
    sketch.place()
    sketch.aim(Position(24.905, 60.12), 1.0)
    assert sketch.problem == "crossing"
    outline = sketch.outline
    bad = [trace.points for trace in outline.traces if trace.role == "crossing"]
    assert (Position(24.91, 60.11), Position(24.9, 60.11)) in bad
    assert outline.crossings
    assert sketch.measures is not None
    assert sketch.measures.area_m2 is None
    refused = sketch.place()
    assert isinstance(refused, Refused)
    assert refused.reason == "crossing"
    assert sketch.stage == "carrying"
    assert sketch.finish() == refused
    assert sketch.take_back()
    assert sketch.focus == SW


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(24.905, 60.1), (24.92, 60.1), (24.9, 60.105), (24.91, 60.1), (24.91, 60.105), (24.905, 60.11), (24.91, 60.11)],
)
def test_a_corner_on_another_edge_or_corner_is_refused_unless_it_only_straightens(lon: float, lat: float) -> None:
    # South-west goes; the edges from north-west and to south-east must not lie on the two others.
    result = move_corner(begun(polygon(SQUARE)), lon, lat)
    if (lon, lat) in ((24.905, 60.1), (24.9, 60.105)):
        assert result == Placed()
    else:
        assert isinstance(result, Refused)


def test_a_corner_cannot_be_moved_through_a_hole_nor_leave_it_outside() -> None:
    sketch = begun(polygon(SQUARE, HOLE))
    refused = move_corner(sketch, 24.908, 60.108)
    assert refused == Refused("hole") or (isinstance(refused, Refused) and refused.reason == "crossing")
    triangle = [[0, 0], [4, 0], [2, 4], [0, 0]]
    hole = [[1.9, 0.5], [2.1, 0.5], [2.0, 0.7], [1.9, 0.5]]
    sketch = begun(polygon(triangle, hole), Position(2, 4))
    assert move_corner(sketch, 2, -4) == Refused("hole")
    assert sketch.stage == "carrying"


def test_a_corner_of_a_hole_cannot_leave_the_outline() -> None:
    sketch = begun(polygon(SQUARE, HOLE))
    sketch.adjust("down")
    refused = move_corner(sketch, 24.89, 60.104)
    assert isinstance(refused, Refused)
    assert refused.reason == "crossing"


def test_a_corner_goes_in_after_the_current_one_and_is_picked_up() -> None:
    sketch = begun(polygon(THREE_D))
    assert sketch.insert() == Placed()
    assert sketch.stage == "carrying"
    assert sketch.focus == Position(pytest.approx(24.905), 60.1)  # type: ignore[arg-type]
    sketch.aim(Position(24.905, 60.09), 1.0)
    assert sketch.place() == Placed()
    assert sketch.number == (2, 5)
    assert rings(sketch.finish())[0][:3] == [THREE_D[0], [24.905, 60.09, 1.5], THREE_D[1]]


def test_back_takes_a_new_corner_out_again() -> None:
    sketch = begun(polygon(SQUARE))
    sketch.insert()
    assert sketch.is_changed
    assert sketch.take_back()
    assert (sketch.number, sketch.is_changed) == ((1, 4), False)
    assert not sketch.take_back()


def test_corners_are_taken_out_down_to_three() -> None:
    sketch = begun(polygon(SQUARE))
    assert sketch.remove() == Placed()
    assert sketch.focus == Position(24.9, 60.11)
    assert sketch.remove() == Refused("too-few")
    assert rings(sketch.finish()) == [[*SQUARE[1:4], SQUARE[1]]]


def test_taking_out_a_corner_that_kept_edges_apart_is_refused() -> None:
    dented = [[0, 0], [10, 0], [10, 5], [5, 1], [0, 5], [-4, -4], [0, 0]]
    sketch = begun(polygon(dented), Position(0, 0))
    assert sketch.remove() == Placed()
    arrow = [[0, 0], [10, 0], [10, 10], [5, 1], [0, 10], [0, 0]]
    blocked = begun(polygon([[0, 0], [5, -3], [10, 0], [10, 10], [5, -1], [0, 10], [0, 0]]), Position(5, -3))
    refused = blocked.remove()
    assert isinstance(refused, Refused)
    assert refused.reason == "crossing"
    assert begun(polygon(arrow), Position(5, 1)).remove() == Placed()


def test_a_hole_goes_as_a_whole_and_comes_back() -> None:
    sketch = begun(polygon(SQUARE, HOLE))
    assert sketch.remove_hole() == Refused("too-few")
    sketch.adjust("down")
    assert sketch.remove() == Refused("too-few")
    assert sketch.can_remove_hole
    assert sketch.remove_hole() == Placed()
    assert kind_of(sketch) == "outer"
    assert not sketch.adjust("down")
    assert len(sketch.outline.traces) == 1
    assert rings(sketch.finish()) == [SQUARE]
    assert sketch.take_back()
    assert kind_of(sketch) == "hole"
    assert sketch.finish() == Refused("unchanged")


def test_a_line_may_cross_itself_is_drawn_on_at_its_end_and_keeps_two_corners() -> None:
    geometry = SOME["line"]
    sketch = begun(geometry, Position(24.96, 60.17))
    assert not sketch.adjust("right")
    assert sketch.insert() == Placed()
    assert sketch.place() == Refused("same-place", (Position(24.96, 60.17),))
    sketch.aim(Position(24.945, 60.18), 1.0)
    assert sketch.place() == Placed()
    after = made(sketch.finish())
    assert isinstance(after.shapes[0], Line)
    assert len(after.shapes[0].points) == 4
    assert after.shapes[0].radius_m == 100.0
    while sketch.remove() == Placed():
        pass
    assert sketch.number[1] == 2


def test_the_sizes_follow_the_crosshair() -> None:
    geometry = polygon(SQUARE, HOLE)
    sketch = begun(geometry)
    for corner in (Position(24.89, 60.09), Position(24.8997, 60.1003)):
        sketch.place()
        sketch.aim(corner, 1.0)
        live = sketch.measures
        sketch.place()
        expected = summarise(made(sketch.finish()), 0.0)
        for measures in (live, sketch.measures):
            assert measures is not None
            assert measures.area_m2 == pytest.approx(expected.area_m2, rel=1e-6)
            assert measures.perimeter_m == pytest.approx(expected.perimeter_m, rel=1e-9)
    sketch.adjust("down")
    sketch.place()
    sketch.aim(Position(24.901, 60.1045), 1.0)
    live = sketch.measures
    expected = summarise(made(sketch.finish()), 0.0)
    assert live is not None
    assert live.area_m2 == pytest.approx(expected.area_m2, rel=1e-6)


def test_a_fence_on_the_date_line_keeps_the_longitudes_it_was_written_with() -> None:
    ring = [[179.99, 10], [-179.99, 10], [-179.99, 10.01], [179.99, 10.01], [179.99, 10]]
    sketch = begun(polygon(ring), Position(-179.99, 10))
    assert move_corner(sketch, -179.98, 10.0) == Placed()
    result = sketch.finish()
    assert rings(result)[0][1] == [pytest.approx(-179.98), 10.0]
    assert rings(result)[0][2:] == ring[2:]
    assert made(result).bounds.lon_span == pytest.approx(0.03)


def test_a_corner_cannot_leave_the_map_nor_make_the_fence_reach_round_the_earth() -> None:
    sketch = begun(polygon(SQUARE))
    assert move_corner(sketch, 24.9, 85.5) == Refused("too-far")


def large(count: int) -> dict[str, Any]:
    turns = [math.tau * number / count for number in range(count)]
    ring = [
        [25 + math.cos(t) * (1 + 0.1 * math.sin(40 * t)), 60 + math.sin(t) * (1 + 0.1 * math.sin(40 * t))]
        for t in turns
    ]
    return polygon([*ring, ring[0]])


def median_ms(act: Callable[[], object], times: int = 11) -> float:
    costs = []
    for _ in range(times):
        before = time.thread_time()
        act()
        costs.append(time.thread_time() - before)
    return sorted(costs)[times // 2] * 1000


def test_among_ten_thousand_corners_moving_is_smooth_and_selecting_takes_seconds() -> None:
    sketch = begun(large(10_000), Position(26, 60))
    sketch.place()
    steps = iter(range(1000))

    def frame() -> None:
        sketch.aim(Position(26.001 + 0.00001 * next(steps), 60.0), 1.0)
        assert sketch.problem is None
        assert sketch.outline.traces

    frame()
    assert median_ms(frame) < 5.0
    sketch.take_back()
    fixed = sketch.outline.traces[0].points
    sketch.adjust("right")
    assert sketch.outline.traces[0].points is fixed
    held_s, seen = 0.4, 0
    while seen < 10_000:
        before = sketch.number[0]
        sketch.adjust("right", held_s)
        seen += (sketch.number[0] - before) % 10_000
        held_s += 0.05
    assert held_s < 8.0


moves = st.lists(
    st.tuples(
        st.sampled_from(["carry", "carry", "insert", "remove", "hole", "back", "left", "right", "down"]),
        st.integers(-20, 120),
        st.integers(-20, 120),
    ),
    max_size=25,
)


def act(sketch: ReshapeSketch, what: str, lon: float, lat: float) -> None:
    match what:
        case "carry":
            if isinstance(move_corner(sketch, lon, lat), Refused):
                sketch.take_back()
        case "insert":
            if sketch.insert() == Placed():
                sketch.aim(Position(lon, lat), 1.0)
                if isinstance(sketch.place(), Refused):
                    sketch.take_back()
        case "remove":
            sketch.remove()
        case "hole":
            sketch.remove_hole()
        case "back":
            sketch.take_back()
        case "left" | "right" | "down":
            sketch.adjust(what)


def assert_valid(result: Drawn) -> None:
    """Check with shapely that rings are simple and holes inside."""
    coordinates: Any = result.geometry["coordinates"]
    for part in coordinates if result.geometry["type"] == "MultiPolygon" else [coordinates]:
        assert shapely.Polygon(part[0], part[1:]).is_valid
        assert all(ring[0] == ring[-1] for ring in part)
    assert all(isinstance(shape, Polygon) for shape in made(result).shapes)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["polygon", "polygons", "star"]), moves)
def test_outlines_never_cross_and_back_leads_to_the_beginning(name: str, steps: list[tuple[str, int, int]]) -> None:
    geometry = SOME[name]
    kept = json.dumps(geometry)
    sketch = begun(geometry)
    for what, x, y in steps:
        act(sketch, what, 24.9 + x / 1e4, 60.1 + y / 1e4)
        assert sketch.stage == "walking"
        result = sketch.finish()
        if isinstance(result, Drawn):
            assert_valid(result)
    while sketch.take_back():
        pass
    assert json.dumps(geometry) == kept
    assert sketch.finish() == Refused("unchanged")


def test_only_the_picked_up_corner_is_marked_at_the_crosshair() -> None:
    sketch = begun(polygon(SQUARE))
    before = sketch.outline
    sketch.place()
    sketch.aim(Position(24.895, 60.095), 1.0)
    after = sketch.outline
    assert before.current == after.current is not None
    assert after.vertices[after.current] == Position(24.895, 60.095)
    others = [n for n in range(4) if n != after.current]
    assert [after.vertices[n] for n in others] == [before.vertices[n] for n in others]


@pytest.mark.parametrize(("count", "marked"), [(4, 4), (5, 5), (48, 48), (49, 49), (50, 49), (51, 49)])
def test_each_corner_of_a_ring_is_marked_once_and_of_a_large_one_the_nearest(count: int, marked: int) -> None:
    turns = [math.tau * number / count for number in range(count)]
    corners = [[math.cos(turn), math.sin(turn)] for turn in turns]
    sketch = begun(polygon([*corners, corners[0]]), Position(1.0, 0.0))
    outline = sketch.outline
    assert len(outline.vertices) == len(set(outline.vertices)) == marked
    assert outline.current is not None
    assert outline.vertices[outline.current] == Position(1.0, 0.0)


def test_at_the_end_of_a_line_only_its_own_corners_are_marked() -> None:
    way = {"type": "LineString", "coordinates": [[lon / 100, 0] for lon in range(60)]}
    sketch = begun(way, Position(0.0, 0.0))
    assert [place.lon for place in sketch.outline.vertices] == [lon / 100 for lon in range(25)]
    assert sketch.outline.current == 0
    assert sketch.number == (1, 60)
    sketch = begun(way, Position(0.59, 0.0))
    assert len(sketch.outline.vertices) == 25
    assert sketch.outline.current == 24


def test_a_held_arrow_goes_in_strides_that_depend_on_the_ring() -> None:
    turns = [math.tau * number / 1000 for number in range(1000)]
    corners = [[math.cos(turn), math.sin(turn)] for turn in turns]
    sketch = begun(polygon([*corners, corners[0]]), Position(1.0, 0.0))
    for held_s, number in ((0.0, 2), (1.49, 3), (1.5, 7), (2.99, 11), (3.0, 27)):
        assert sketch.adjust("right", held_s)
        assert sketch.number == (number, 1000)
    assert sketch.adjust("left", 3.0)
    assert sketch.number == (11, 1000)


def test_a_line_ends_where_it_ends() -> None:
    sketch = begun({"type": "LineString", "coordinates": [[0, 0], [1, 0], [2, 0]]}, Position(0.0, 0.0))
    assert not sketch.adjust("left")
    assert sketch.adjust("right")
    assert sketch.adjust("right", 5.0)
    assert not sketch.adjust("right")
    assert sketch.number == (3, 3)
    assert not sketch.adjust("up")
    assert not sketch.adjust("down")


def test_a_removed_hole_is_neither_counted_nor_drawn_nor_selected() -> None:
    sketch = begun(polygon(SQUARE, HOLE), Position(24.902, 60.102))
    assert (sketch.ring_count, kind_of(sketch), sketch.can_remove_hole) == (2, "hole", True)
    area = sketch.measures
    assert sketch.remove_hole() == Placed()
    assert (sketch.ring_count, kind_of(sketch), sketch.can_remove_hole) == (1, "outer", False)
    assert len(sketch.outline.traces) == 1
    assert not sketch.adjust("down")
    assert sketch.remove_hole() == Refused("too-few")
    after = sketch.measures
    assert area is not None
    assert after is not None
    assert area.area_m2 is not None
    assert after.area_m2 is not None
    assert after.area_m2 > area.area_m2


def line(*places: Sequence[float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(place) for place in places]}


def test_a_geometry_without_corners_cannot_be_reshaped() -> None:
    with pytest.raises(ValueError, match=r"^x has no corners$"):
        begun(SOME["point"])


def test_a_corner_that_is_picked_up_counts_as_changed_once_it_has_moved_a_centimetre() -> None:
    # A metre of the meridian at 60 degrees is 1 / 111 412 of a degree.
    for moved_m, is_changed in ((0.0, False), (0.009, False), (0.011, True)):
        sketch = begun(polygon(SQUARE))
        sketch.place()
        sketch.aim(Position(24.9, 60.1 + moved_m / 111_412), 1.0)
        assert sketch.is_changed is is_changed
        assert sketch.place() == Placed()
        assert (sketch.stage, sketch.is_changed) == ("walking", is_changed)


def test_the_crosshair_moves_a_picked_up_corner_only() -> None:
    sketch = begun(polygon(SQUARE))
    sketch.aim(Position(24.5, 60.5), 1.0)
    assert sketch.focus == SW
    assert sketch.adjust("right")
    sketch.place()
    assert not sketch.adjust("right")
    assert not sketch.adjust("down")
    assert sketch.number == (2, 4)


def test_a_picked_up_corner_splits_the_ring_and_a_line() -> None:
    def fixed(sketch: ReshapeSketch) -> list[list[float]]:
        return [[place.lon for place in trace.points] for trace in sketch.outline.traces if trace.role == "fixed"]

    ring = begun(polygon([[0, 0], [1, 0], [2, 1], [1, 1], [0, 0]]), Position(1, 0))
    assert fixed(ring) == [[0, 1, 2, 1, 0]]
    ring.place()
    assert fixed(ring) == [[2, 1, 0]]
    way = line([0, 0], [1, 0], [2, 0], [3, 0], [4, 0])
    for at, pieces in ((0, [[1, 2, 3, 4]]), (1, [[2, 3, 4]]), (2, [[0, 1], [3, 4]]), (4, [[0, 1, 2, 3]])):
        sketch = begun(way, Position(at, 0))
        assert fixed(sketch) == [[0, 1, 2, 3, 4]]
        sketch.place()
        assert fixed(sketch) == pieces
        live = [trace.points for trace in sketch.outline.traces if trace.role == "live"]
        assert [ends for ends, _ in live] == [Position(n, 0) for n in (at - 1, at + 1) if 0 <= n <= 4]
        sketch.take_back()
        assert fixed(sketch) == [[0, 1, 2, 3, 4]]


def test_a_corner_on_its_neighbour_is_refused_and_not_shown_as_crossing() -> None:
    sketch = begun(polygon(SQUARE))
    sketch.place()
    sketch.aim(Position(24.91, 60.1), 1.0)
    assert sketch.problem == "same-place"
    assert [trace.role for trace in sketch.outline.traces] == ["fixed", "live", "live"]
    assert sketch.outline.crossings == (Position(24.91, 60.1),)
    assert sketch.place() == Refused("same-place", (Position(24.91, 60.1),))
    for step in (sketch.insert, sketch.remove, sketch.finish):
        assert step() == Refused("same-place", (Position(24.91, 60.1),))


def test_a_corner_that_is_picked_up_is_put_down_before_another_step() -> None:
    sketch = begun(polygon(SQUARE))
    sketch.place()
    sketch.aim(Position(24.89, 60.09), 1.0)
    assert sketch.insert() == Placed()
    assert sketch.number == (2, 5)
    sketch.aim(Position(24.9, 60.08), 1.0)
    assert sketch.remove() == Placed()
    assert (sketch.stage, sketch.number) == ("walking", (1, 4))
    assert [sketch.take_back() for _ in range(4)] == [True, True, True, False]
    assert sketch.finish() == Refused("unchanged")


def test_each_step_is_undone_at_its_corner() -> None:
    sketch = begun(polygon(SQUARE, HOLE), Position(24.91, 60.1))
    move_corner(sketch, 24.92, 60.09)
    sketch.adjust("right")
    sketch.insert()
    sketch.aim(Position(24.905, 60.12), 1.0)
    sketch.place()
    assert sketch.number == (4, 5)
    sketch.adjust("right")
    assert sketch.remove() == Placed()
    assert sketch.number == (4, 4)
    sketch.adjust("down")
    sketch.adjust("right")
    at = sketch.focus
    assert sketch.remove_hole() == Placed()
    assert sketch.take_back()
    assert (kind_of(sketch), sketch.focus) == ("hole", at)
    assert sketch.take_back()
    assert (sketch.number, sketch.focus) == ((5, 5), Position(24.9, 60.11))
    assert sketch.take_back()
    assert (sketch.number, sketch.focus) == ((3, 4), Position(24.91, 60.11))
    assert sketch.take_back()
    assert (sketch.number, sketch.focus) == ((2, 4), Position(24.91, 60.1))
    assert not sketch.take_back()


def test_up_and_down_go_round_the_rings_to_the_nearest_corner() -> None:
    near = [[24.901, 60.101], [24.9017, 60.101], [24.901, 60.1015], [24.901, 60.101]]
    sketch = begun(polygon(SQUARE, near, HOLE))
    places = []
    for _ in range(3):
        assert sketch.adjust("up")
        places.append((sketch.ring_count, sketch.chain.kind, sketch.focus))
    assert places == [
        (3, "hole", Position(24.902, 60.102)),
        (3, "hole", Position(24.9017, 60.101)),
        (3, "outer", SW),
    ]
    assert sketch.adjust("down")
    assert sketch.focus == Position(24.901, 60.101)
    assert sketch.remove_hole() == Placed()
    assert (sketch.focus, sketch.ring_count) == (SW, 2)
    assert sketch.adjust("down")
    assert sketch.focus == Position(24.902, 60.102)
    sketch.place()
    assert not sketch.can_remove_hole
    assert sketch.remove_hole() == Refused("too-few")


def test_a_long_press_on_a_small_ring_still_goes_one_by_one() -> None:
    sketch = begun(polygon(SQUARE))
    assert sketch.adjust("right", 5.0)
    assert sketch.number == (2, 4)


def test_a_new_corner_has_the_mean_of_the_numbers_that_both_neighbours_have() -> None:
    def inserted(a: list[Any], b: list[Any]) -> Any:
        sketch = begun(line(a, b), Position(*a[:2]))
        assert sketch.insert() == Placed()
        sketch.aim(Position(0.5, 3.0), 1.0)
        sketch.place()
        return rings(sketch.finish())

    assert inserted([0, 0, 4], [1, 0, 7, 9]) == [[0, 0, 4], [0.5, 3.0, 5.5], [1, 0, 7, 9]]
    assert inserted([0, 0, 4.5], [1, 0, 7]) == [[0, 0, 4.5], [0.5, 3.0, 5.75], [1, 0, 7]]
    assert inserted([0, 0, "x", 2], [1, 0, 7, 4]) == [[0, 0, "x", 2], [0.5, 3.0, 3.0], [1, 0, 7, 4]]
    assert inserted([0, 0, 7], [1, 0, None]) == [[0, 0, 7], [0.5, 3.0], [1, 0, None]]


def test_a_corner_at_the_end_of_a_line_begins_at_the_last_one() -> None:
    sketch = begun(line([0, 0, 4], [1, 2, 7]), Position(1, 2))
    assert sketch.insert() == Placed()
    assert (sketch.focus, sketch.number, sketch.problem) == (Position(1, 2), (3, 3), "same-place")
    sketch.aim(Position(2, 2), 1.0)
    assert rings(sketch.finish()) == [[0, 0, 4], [1, 2, 7], [2, 2, 7]]


def test_a_new_corner_over_the_date_line_is_written_beside_the_one_before() -> None:
    ring = [[179.0, 10], [-179.0, 10], [-179.0, 12], [179.0, 12], [179.0, 10]]
    sketch = begun(polygon(ring), Position(-179.0, 10))
    assert sketch.insert() == Placed()
    assert abs(sketch.focus.lon) % 360 in (179.0, 181.0)
    sketch.aim(Position(-178.5, 11.0), 1.0)
    assert rings(sketch.finish())[0][:4] == [[179.0, 10], [-179.0, 10], [-178.5, 11.0], [-179.0, 12]]


def test_so_many_corners_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reshape_sketch, "MAX_VERTICES", 8)
    sketch = begun(polygon(SQUARE, HOLE))
    assert sketch.insert() == Placed()
    sketch.aim(Position(24.905, 60.09), 1.0)
    assert sketch.insert() == Refused("too-many")
    assert sketch.stage == "walking"


def test_corners_of_a_line_are_removed_from_its_ends_too() -> None:
    sketch = begun(line([0, 0], [1, 0], [2, 0], [3, 0]), Position(0, 0))
    assert sketch.remove() == Placed()
    assert sketch.number == (1, 3)
    sketch = begun(line([0, 0], [1, 0], [2, 0], [3, 0]), Position(2, 0))
    assert sketch.remove() == Placed()
    assert (sketch.number, sketch.focus) == ((2, 3), Position(1, 0))
    assert sketch.take_back()
    assert (sketch.number, sketch.focus) == ((3, 4), Position(2, 0))


def test_a_corner_without_which_a_hole_would_lie_outside_stays() -> None:
    hole = [[24.9085, 60.1005], [24.9095, 60.1005], [24.9095, 60.1015], [24.9085, 60.1005]]
    sketch = begun(polygon(SQUARE, hole), Position(24.91, 60.1))
    refused = sketch.remove()
    assert refused == Refused("hole")
    assert sketch.number == (2, 4)
    assert sketch.finish() == Refused("unchanged")


def test_a_circle_beside_a_polygon_keeps_its_subtype_and_radius() -> None:
    both = {"type": "GeometryCollection", "geometries": [SOME["point"], polygon(SQUARE)]}
    sketch = begun(both, subtype="Circle")
    move_corner(sketch, 24.895, 60.095)
    result = sketch.finish()
    assert isinstance(result, Drawn)
    assert (result.subtype, result.radius_m) == ("Circle", 100.0)


def test_sizes_of_lines_are_lengths_and_large_fences_have_none() -> None:
    way = {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 0]], [[0, 1], [0, 2], [1, 2]]]}
    sketch = begun(way, Position(0, 0))
    paths = ((Position(0, 0), Position(1, 0)), (Position(0, 1), Position(0, 2), Position(1, 2)))
    measures = sketch.measures
    assert measures is not None
    assert measures == Measures(None, measures.perimeter_m)
    assert measures.perimeter_m == pytest.approx(sum(map(geodesy.path_length_m, paths)))
    sketch.place()
    sketch.aim(Position(-1, 0), 1.0)
    other = (Position(-1, 0), Position(1, 0)), paths[1]
    measures = sketch.measures
    assert measures is not None
    assert measures == Measures(None, measures.perimeter_m)
    assert measures.perimeter_m == pytest.approx(sum(map(geodesy.path_length_m, other)))
    assert begun(large(1000), Position(26, 60)).measures is not None
    assert begun(large(1001), Position(26, 60)).measures is None


def test_a_hole_that_grows_takes_from_the_area() -> None:
    sketch = begun(polygon(SQUARE, HOLE), Position(24.902, 60.104))
    before = sketch.measures
    sketch.place()
    sketch.aim(Position(24.902, 60.108), 1.0)
    after = sketch.measures
    assert before is not None
    assert after is not None
    assert before.area_m2 is not None
    assert after.area_m2 is not None
    gained = geodesy.ring_area_m2(
        (Position(24.902, 60.102), Position(24.902, 60.108), Position(24.906, 60.104))
    ) - geodesy.ring_area_m2((Position(24.902, 60.102), Position(24.902, 60.104), Position(24.906, 60.104)))
    assert before.area_m2 - after.area_m2 == pytest.approx(gained, rel=1e-6)
