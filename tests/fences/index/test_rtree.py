"""The R-tree finds the same boxes as testing every box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.fences.index import rtree
from tvapp.fences.index.rtree import PackedRTree

SIDES = st.one_of(st.integers(-3, 3).map(float), st.floats(-2, 2))
BOXES = st.tuples(SIDES, SIDES, st.sampled_from([0.0, 0.0, 0.5, 3.0]), st.sampled_from([0.0, 0.1, 2.0])).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)


@settings(max_examples=200, deadline=None)
@given(st.lists(BOXES, max_size=40), BOXES)
def test_a_query_gives_the_boxes_that_touch_it_edges_included(
    boxes: list[tuple[float, float, float, float]], asked: tuple[float, float, float, float]
) -> None:
    tree = PackedRTree(np.array(boxes, dtype=np.float64).reshape(-1, 4))
    west, north, east, south = asked
    expected = [
        number
        for number, box in enumerate(boxes)
        if box[0] <= east and box[2] >= west and box[1] <= south and box[3] >= north
    ]
    assert sorted(tree.touching(west, north, east, south).tolist()) == expected
    assert sorted(tree.near(west, north, east, south)) == expected


@pytest.mark.parametrize("count", [1, 15, 16, 17, 255, 256, 257, 70_000])
def test_trees_of_every_height_find_everything_and_one_thing(count: int) -> None:
    chance = np.random.default_rng(count)
    middles = chance.random((count, 2))
    boxes = np.concatenate([middles, middles + 1e-6], axis=1)
    tree = PackedRTree(boxes)
    assert np.sort(tree.touching(-1, -1, 2, 2)).tolist() == list(range(count))
    west, north, east, south = boxes[count // 2].tolist()
    assert count // 2 in tree.touching(west, north, east, south).tolist()
    assert count // 2 in tree.near(west, north, east, south)
    assert not len(tree.touching(3, 3, 4, 4))


def test_boxes_follow_a_z_curve_over_all_of_them_so_that_neighbours_share_a_node() -> None:
    def interleaved(column: int, row: int) -> int:
        return sum(((column >> bit & 1) | (row >> bit & 1) << 1) << 2 * bit for bit in range(16))

    chance = np.random.default_rng(5)
    cells = np.concatenate([chance.integers(0, 0x10000, (50, 2)), [[0, 0], [0xFFFF, 0xFFFF], [0xFFFF, 0], [0, 0xFFFF]]])
    # Boxes of different sizes round the middles of 65,536 columns and rows.
    half = chance.random((len(cells), 1))
    middles = 100.0 + cells + 1e-6
    boxes = np.concatenate([middles - half, middles + half], axis=1)
    expected = [interleaved(column, row) for column, row in cells.tolist()]
    assert rtree._along_curve(boxes).tolist() == expected
    same = np.array([[1.0, 1.0, 2.0, 2.0]] * 3)
    assert rtree._along_curve(same).tolist() == [0, 0, 0]
