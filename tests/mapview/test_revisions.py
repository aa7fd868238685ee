"""Which revision of a drawn tile is current."""

from __future__ import annotations

import pytest

from tvapp.geo.position import Bounds
from tvapp.mapview.revisions import Revisions
from tvapp.tiles.tile import TileId

FENCES = "geofences"
HERE, THERE = (FENCES, 3, 4, 3), (FENCES, 3, 1, 1)
HERE_BOX = Bounds(1.0, 1.0, 2.0, 2.0)


def test_without_any_rule_every_revision_is_current() -> None:
    assert Revisions().required(HERE) == 0


def test_only_the_tiles_that_were_named_must_be_of_the_new_revision() -> None:
    revisions = Revisions()
    test = revisions.add_tiles(FENCES, [TileId(FENCES, 3, 4 + 8, 3)], 7)
    assert revisions.required(HERE) == 7, "their columns are wrapped"
    assert revisions.required(THERE) == 0
    assert revisions.required(("base", 3, 4, 3)) == 0
    assert (test(HERE), test(THERE)) == (True, False)


def test_only_the_tiles_that_a_box_touches_must_be_of_the_new_revision() -> None:
    revisions = Revisions()
    test = revisions.add_bounds(FENCES, [HERE_BOX], 7)
    assert (revisions.required(HERE), revisions.required(THERE)) == (7, 0)
    assert (test(HERE), test(THERE)) == (True, False)


def test_the_highest_revision_of_all_rules_counts() -> None:
    revisions = Revisions()
    revisions.add_bounds(FENCES, [HERE_BOX], 7)
    revisions.add_tiles(FENCES, [TileId(*HERE)], 9)
    revisions.add_bounds(FENCES, [HERE_BOX], 8)
    assert revisions.required(HERE) == 9


@pytest.mark.parametrize("is_bounds", [False, True])
def test_a_rule_for_all_tiles_replaces_the_former_rules(is_bounds: bool) -> None:
    revisions = Revisions()
    revisions.add_tiles(FENCES, [TileId(*HERE)], 9)
    test = revisions.add_bounds(FENCES, None, 3) if is_bounds else revisions.add_tiles(FENCES, None, 3)
    assert (revisions.required(HERE), revisions.required(THERE)) == (3, 3)
    assert test(THERE)


@pytest.mark.parametrize(("boxes", "elsewhere"), [(64, 0), (65, 5)])
def test_beyond_64_boxes_all_tiles_are_drawn_anew(boxes: int, elsewhere: int) -> None:
    revisions = Revisions()
    revisions.add_bounds(FENCES, [HERE_BOX] * boxes, 5)
    assert revisions.required(THERE) == elsewhere


def test_beyond_32_rules_the_two_oldest_become_one_for_all_tiles() -> None:
    revisions = Revisions()
    for revision in range(1, 33):
        revisions.add_tiles(FENCES, [TileId(*HERE)], revision)
    assert revisions.required(THERE) == 0
    revisions.add_tiles(FENCES, [TileId(*HERE)], 33)
    assert (revisions.required(THERE), revisions.required(HERE)) == (2, 33)
    revisions.add_tiles(FENCES, [TileId(*HERE)], 34)
    assert revisions.required(THERE) == 3
