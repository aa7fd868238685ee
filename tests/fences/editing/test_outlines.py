"""Judges moving a corner to a place, and removing one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tvapp.fences.editing.outlines import Chain, Outlines, Verdict
from tvapp.geo.position import Position

NEAR = Position(0.0, 0.0)
SQUARE = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
HOLE = [[1, 1], [1, 3], [3, 3], [3, 1], [1, 1]]


def polygon(*rings: Sequence[Sequence[float]]) -> Outlines:
    return Outlines({"type": "Polygon", "coordinates": list(rings)}, NEAR)


def line(*points: Sequence[float]) -> tuple[Outlines, Chain]:
    outlines = Outlines({"type": "LineString", "coordinates": list(points)}, NEAR)
    return outlines, outlines.chains[0]


def at(lon: float, lat: float) -> Position:
    return Position(float(lon), float(lat))


def judged(outlines: Outlines, number: int, lon: float, lat: float, chain: int = 0) -> Verdict:
    return outlines.judge(outlines.chains[chain], number, at(lon, lat))


def test_rings_are_opened_and_lines_are_not() -> None:
    outlines = polygon(SQUARE, HOLE)
    assert [len(chain.places) for chain in outlines.chains] == [4, 4]
    assert [chain.kind for chain in outlines.chains] == ["outer", "hole"]
    closed, chain = line(*SQUARE)
    assert len(chain.places) == 5
    assert closed.geometry()["coordinates"] == SQUARE
    assert outlines.geometry()["coordinates"] == [SQUARE, HOLE]
    assert Outlines({"type": "MultiPoint", "coordinates": [[0, 0]]}, NEAR).chains == []


def test_a_ring_of_one_place_keeps_it() -> None:
    assert [len(chain.places) for chain in polygon(SQUARE, [[1, 1]]).chains] == [4, 1]


def test_neighbours_go_round_a_ring_and_end_at_the_ends_of_a_line() -> None:
    ring = polygon(SQUARE).chains[0]
    assert [ring.neighbour(0, step) for step in (-1, 1, 2)] == [3, 1, 2]
    assert ring.neighbour(3, 1) == 0
    assert ring.least == 3
    _, way = line([0, 0], [1, 0], [2, 0])
    assert (way.neighbour(0, -1), way.neighbour(0, 1), way.neighbour(2, 1), way.neighbour(2, -2)) == (None, 1, None, 0)
    assert way.least == 2


def test_the_line_to_be_drawn_is_the_same_object_until_a_corner_changes() -> None:
    ring = polygon(SQUARE).chains[0]
    before = ring.line
    assert before is ring.line
    assert before[0] == before[-1]
    edges = ring.edges
    ring.insert(1, at(2, -1), [2, -1])
    assert ring.line != before
    assert ring.edges is not edges
    assert ring.edges.count == 5
    assert ring.remove(1) == (at(2, -1), [2, -1])
    assert ring.line == before
    ring.replace(0, at(-1, -1), [-1, -1])
    assert ring.line[0] == at(-1, -1)
    assert ring.edges.count == 4


def test_a_corner_may_go_where_its_edges_cross_nothing() -> None:
    outlines = polygon(SQUARE, HOLE)
    for number, (lon, lat) in enumerate(((-1, -1), (5, -1), (5, 5), (-1, 5))):
        assert judged(outlines, number, lon, lat) == Verdict()
    assert judged(outlines, 0, 0.5, 0.5) == Verdict()
    assert judged(outlines, 0, 0, 0) == Verdict()


def test_a_corner_on_a_neighbour_is_the_same_place() -> None:
    outlines = polygon(SQUARE)
    assert judged(outlines, 0, 4, 0) == Verdict("same-place", (at(4, 0),))
    assert judged(outlines, 0, 0, 4) == Verdict("same-place", (at(0, 4),))


def test_an_edge_that_crosses_its_own_ring_or_a_hole_says_where() -> None:
    outlines = polygon(SQUARE, HOLE)
    verdict = judged(outlines, 0, 2, 5)
    assert verdict.problem == "crossing"
    assert (at(4, 4), at(0, 4)) in verdict.crossed
    verdict = judged(outlines, 0, 2, 2)
    assert verdict.problem == "crossing"
    assert all(edge[0] in outlines.chains[1].places for edge in verdict.crossed)
    verdict = judged(outlines, 0, 5, 2, chain=1)
    assert verdict.problem == "crossing"
    assert {edge for edge in verdict.crossed if edge[0] in outlines.chains[0].places} == {(at(4, 0), at(4, 4))}


def test_an_edge_that_folds_back_on_its_neighbour_crosses_it() -> None:
    outlines = polygon([[0, 0], [4, 0], [4, 4], [2, 6], [0, 4], [0, 0]])
    # Onto the line through both neighbours, beyond one of them.
    assert judged(outlines, 0, 0, 8).problem == "crossing"
    assert judged(outlines, 1, -2, 0).problem == "crossing"
    # Back along the edge beyond a neighbour.
    assert judged(outlines, 0, 4, 2) == Verdict("crossing", (at(4, 0),))
    assert judged(outlines, 4, 4, 2).problem == "crossing"


def test_a_line_may_cross_itself_but_not_leave_the_map() -> None:
    outlines, chain = line([0, 0], [4, 0], [4, 4], [2, 4])
    assert outlines.judge(chain, 3, at(2, -4)) == Verdict()
    assert outlines.judge(chain, 1, at(0, 0)) == Verdict("same-place", (at(0, 0),))
    assert outlines.judge(chain, 3, at(2, 86)) == Verdict("too-far")
    assert outlines.judge(chain, 0, at(-177, 0)) == Verdict("too-large")
    assert outlines.judge(chain, 3, at(4, 0)) == Verdict()
    assert outlines.judge_gap(chain, 1) == Verdict()


def test_taking_a_corner_out_may_make_its_neighbours_cross_something() -> None:
    outlines = polygon(SQUARE)
    assert all(outlines.judge_gap(outlines.chains[0], number) == Verdict() for number in range(4))
    # Without the corner at the top the notch crosses the new edge.
    notched = polygon([[0, 0], [4, 0], [4, 4], [2, 9], [0, 4], [1.9, 5], [0, 0]])
    assert notched.judge_gap(notched.chains[0], 3).problem == "crossing"
    folded = polygon([[0, 0], [4, 0], [4, 4], [2, 1], [2, 0], [0, 4], [0, 0]])
    assert folded.judge_gap(folded.chains[0], 3).problem == "crossing"


def test_taking_a_corner_out_may_lay_edges_on_each_other() -> None:
    ring = polygon([[0, 0], [4, 0], [5, 2], [2, 0], [2, -3], [0, 0]])
    assert ring.judge_gap(ring.chains[0], 2) == Verdict("crossing", (at(4, 0),))
    other = polygon([[0, 0], [2, -3], [2, 0], [5, 2], [4, 0], [0, 0]])
    assert other.judge_gap(other.chains[0], 3).problem == "crossing"


@pytest.mark.parametrize(
    ("holes", "is_nested"),
    [
        ([HOLE], True),
        ([[[5, 5], [5, 6], [6, 6], [5, 5]]], False),
        ([HOLE, [[0.2, 0.2], [0.2, 0.4], [0.4, 0.4], [0.2, 0.2]]], True),
        ([HOLE, [[1.5, 1.5], [1.5, 2], [2, 2], [1.5, 1.5]]], False),
        ([[[1.5, 1.5], [1.5, 2], [2, 2], [1.5, 1.5]], HOLE], False),
    ],
)
def test_holes_lie_in_their_outline_and_beside_each_other(holes: list[Any], is_nested: bool) -> None:
    assert polygon(SQUARE, *holes).is_nested(0) is is_nested


def test_a_hole_that_is_gone_is_no_obstacle_and_not_written() -> None:
    outlines = polygon(SQUARE, HOLE)
    outlines.chains[1].is_gone = True
    assert judged(outlines, 0, 1.5, 1.6) == Verdict()
    assert outlines.geometry()["coordinates"] == [SQUARE]
    assert outlines.is_nested(0)


def test_a_moved_corner_keeps_its_turn_of_the_earth_and_its_height() -> None:
    geometry = {"type": "LineString", "coordinates": [[179, 0, 7], [-179, 1, 8]]}
    chain = Outlines(geometry, Position(179.0, 0.0)).chains[0]
    assert chain.places == [at(179, 0), at(181, 1)]
    assert chain.moved_raw(1, at(182, 2)) == [-178.0, 2.0, 8]
    assert chain.moved_raw(0, at(178, 2)) == [178.0, 2.0, 7]
