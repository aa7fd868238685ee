"""How much more work may be started."""

from __future__ import annotations

from tvapp.tiles.slots import WorkKind, free_slots
from tvapp.tiles.tile import TileId


def work(kind: WorkKind, count: int, first: int = 0) -> list[tuple[TileId, WorkKind]]:
    return [(TileId("road", 9, first + x, 0), kind) for x in range(count)]


REQUESTED = {TileId("road", 9, x, 0) for x in range(20)}


def test_with_nothing_under_way_every_slot_is_free() -> None:
    assert free_slots([], REQUESTED, 8, is_probing=False) == {"lookup": 4, "request": 8, "drawing": 2}


def test_each_kind_takes_slots_of_its_own() -> None:
    busy = [*work("lookup", 3), *work("request", 5, 3), *work("drawing", 1, 8)]
    assert free_slots(busy, REQUESTED, 8, is_probing=False) == {"lookup": 1, "request": 3, "drawing": 0}


def test_requests_that_are_no_longer_needed_leave_their_slots_up_to_twice_the_limit() -> None:
    assert free_slots(work("request", 8, 100), REQUESTED, 8, is_probing=False)["request"] == 8
    assert free_slots(work("request", 13, 100), REQUESTED, 8, is_probing=False)["request"] == 3
    busy = [*work("request", 2), *work("request", 13, 100)]
    assert free_slots(busy, REQUESTED, 8, is_probing=False)["request"] == 1


def test_other_work_for_the_same_tiles_takes_no_slots_of_requests() -> None:
    assert free_slots(work("lookup", 2), REQUESTED, 8, is_probing=False)["request"] == 8


def test_while_probing_there_is_one_request_at_a_time() -> None:
    assert free_slots([], REQUESTED, 8, is_probing=True)["request"] == 1
    assert free_slots(work("request", 1, 100), REQUESTED, 8, is_probing=True)["request"] == 0


def test_drawing_takes_two_workers_only_where_there_is_no_other_work() -> None:
    assert free_slots(work("drawing", 1), REQUESTED, 8, is_probing=False)["drawing"] == 1
    assert free_slots(work("lookup", 1), REQUESTED, 8, is_probing=False)["drawing"] == 1
    assert free_slots([*work("lookup", 1), *work("drawing", 2, 1)], REQUESTED, 8, is_probing=False)["drawing"] == -1
