from collections.abc import Set as AbstractSet

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.tiles.pyramid import Cover, TileRange, by_distance, cover, visible_range

Cell = tuple[int, int, int]


def filled(
    cells: TileRange, held: set[Cell], fading: AbstractSet[Cell] = frozenset(), nothing: bool = False
) -> Cover[Cell]:
    wanted = {cell: cell for cell in held}
    return cover(cells, lambda z, x, y: wanted.get((z, x, y)), fading.__contains__, {z for z, _, _ in held}, nothing)


def grid(cover_: Cover[Cell], cells: TileRange) -> dict[tuple[int, int], list[Cell]]:
    """Spread the solid parts over quarter-quarter cells (two levels down)."""
    found: dict[tuple[int, int], list[Cell]] = {}
    for part in cover_.solid:
        n = 1 << (2 - part.level)
        for y in range(part.y0 * n, part.y1 * n):
            for x in range(part.x0 * n, part.x1 * n):
                found.setdefault((x, y), []).append(part.tile)
    return found


def test_the_range_of_a_screen_over_helsinki_is_five_by_three_tiles() -> None:
    # Azure Maps with 512 px tiles: full HD needs at most 5 x 4.
    cells = visible_range(13, 4663 * 512 + 100, 2371 * 512 + 10, 1920, 1080, 512.0)
    assert cells == TileRange(13, 4663, 2371, 4667, 2374)


def test_rows_end_at_the_poles_and_columns_go_round() -> None:
    assert visible_range(2, -600.0, -100.0, 3000.0, 2300.0, 512.0) == TileRange(2, -2, 0, 5, 4)


def test_one_more_column_is_taken_only_on_the_side_of_the_motion() -> None:
    cells = TileRange(5, 3, 3, 6, 6)
    assert cells.grown((1.0, 0.0)) == TileRange(5, 3, 3, 7, 6)
    assert cells.grown((-0.7, 0.7)) == TileRange(5, 2, 3, 6, 7)
    assert cells.grown((0.1, -0.99)) == TileRange(5, 3, 2, 6, 6)
    assert cells.grown((0.0, 0.0)) == cells


def test_no_row_is_taken_beyond_the_poles() -> None:
    assert TileRange(2, 0, 0, 4, 4).grown((0.0, 1.0)) == TileRange(2, 0, 0, 4, 4)
    assert TileRange(2, 0, 0, 4, 4).grown((0.0, -1.0)) == TileRange(2, 0, 0, 4, 4)


def test_a_world_seen_twice_is_requested_once_at_its_nearest() -> None:
    cells = TileRange(1, -2, 0, 4, 2)
    found = by_distance(cells, cells, 0.5, 0.5)
    assert sorted((x, y) for _, _, _, x, y in found) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert all(distance == pytest.approx(2 * 0.25**2) for _, distance, _, _, _ in found)


def test_the_tile_in_the_middle_comes_first_and_what_is_ahead_last() -> None:
    cells = TileRange(4, 2, 2, 5, 5)
    found = sorted(by_distance(cells, cells.grown((1.0, 0.0)), 3.5 / 16, 3.5 / 16))
    assert found[0][3:] == (3, 3)
    assert [x for ahead, _, _, x, _ in found if ahead] == [5, 5, 5]
    assert found[-1][0]


def test_tiles_that_are_there_fill_their_own_cells() -> None:
    cells = TileRange(2, 0, 0, 2, 1)
    covered = filled(cells, {(2, 0, 0), (2, 1, 0)})
    assert [(part.tile, part.depth) for part in covered.solid] == [((2, 0, 0), 0), ((2, 1, 0), 0)]
    assert covered.holes == 0


def test_neighbours_below_one_ancestor_become_one_part() -> None:
    covered = filled(TileRange(4, 0, 0, 4, 4), {(2, 0, 0)})
    (part,) = covered.solid
    assert part.tile == (2, 0, 0)
    assert (part.x0, part.y0, part.x1, part.y1, part.depth) == (0, 0, 4, 4, 2)


def test_two_copies_of_the_world_do_not_become_one_part() -> None:
    covered = filled(TileRange(1, -2, 0, 2, 2), {(0, 0, 0)})
    assert [(part.x0, part.x1) for part in covered.solid] == [(-2, 0), (0, 2)]


def test_an_ancestor_is_looked_for_up_to_eight_zooms() -> None:
    assert filled(TileRange(9, 0, 0, 1, 1), {(1, 0, 0)}).holes == 0
    assert filled(TileRange(10, 0, 0, 1, 1), {(1, 0, 0)}).holes == 1


def test_children_fill_what_they_can_and_the_ancestor_the_rest() -> None:
    covered = filled(TileRange(3, 2, 2, 3, 3), {(4, 4, 4), (5, 10, 8), (1, 0, 0)})
    assert covered.holes == 0
    spread = grid(covered, TileRange(3, 2, 2, 3, 3))
    assert spread[8, 8] == [(4, 4, 4)]
    assert spread[10, 8] == [(5, 10, 8)]
    assert spread[11, 11] == [(1, 0, 0)]


def test_a_fading_tile_lies_above_an_opaque_stand_in() -> None:
    covered = filled(TileRange(3, 2, 2, 3, 3), {(3, 2, 2), (2, 1, 1)}, {(3, 2, 2)})
    assert [part.tile for part in covered.solid] == [(2, 1, 1)]
    assert covered.solid[0].under == (3, 2, 2)
    assert [part.tile for part in covered.fading] == [(3, 2, 2)]


def test_nothing_fades_in_over_nothing_unless_told() -> None:
    cells = TileRange(3, 2, 2, 3, 3)
    assert not filled(cells, {(3, 2, 2)}, {(3, 2, 2)}).fading
    assert filled(cells, {(3, 2, 2)}, {(3, 2, 2)}, nothing=True).fading


held_tiles = st.sets(
    st.integers(0, 6).flatmap(lambda z: st.tuples(st.just(z), st.integers(0, 2**z - 1), st.integers(0, 2**z - 1))),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(
    held_tiles,
    st.sets(st.tuples(st.just(4), st.integers(0, 15), st.integers(0, 15)), max_size=40),
    st.integers(-20, 20),
    st.integers(0, 12),
    st.integers(1, 6),
    st.integers(1, 4),
    st.booleans(),
)
def test_no_cell_is_filled_twice_and_none_is_empty_that_could_be_filled(
    held: set[Cell], more: set[Cell], x0: int, y0: int, w: int, h: int, fading: bool
) -> None:
    held |= more
    cells = TileRange(4, x0, y0, x0 + w, y0 + h)
    covered = filled(cells, held, more if fading else set())
    spread = grid(covered, cells)
    assert all(len(tiles) == 1 for tiles in spread.values())
    for part in covered.solid:
        assert part.tile in held
        z = 4 + part.level
        for x, y in ((part.x0, part.y0), (part.x1 - 1, part.y1 - 1)):
            wrapped = x % (1 << z)
            assert part.tile == (z - part.depth, wrapped >> part.depth, y >> part.depth)
    above = {(part.x0, part.y0) for part in covered.fading}
    holes = 0
    for y in range(cells.y0, cells.y1):
        for x in range(cells.x0, cells.x1):
            quarters = [spread.get((4 * x + i, 4 * y + j)) for i in range(4) for j in range(4)]
            ancestors = [(4 - d, (x % 16) >> d, y >> d) in held for d in range(5)]
            if any(ancestors):
                assert all(quarters) or (x, y) in above
            elif not all(quarters):
                holes += 1
    assert covered.holes == holes


def test_a_range_knows_its_cells() -> None:
    cells = TileRange(3, 2, 4, 5, 6)
    assert cells.area == 6
    assert [cells.shows(x, y) for x, y in ((2, 4), (4, 5), (1, 4), (5, 4), (2, 3), (2, 6), (10, 4), (-6, 5))] == [
        True,
        True,
        False,
        False,
        False,
        False,
        True,
        True,
    ]


def test_joined_ranges_have_the_cells_of_both_and_between() -> None:
    assert TileRange(3, 2, 4, 3, 5).joined(TileRange(3, 5, 1, 6, 2)) == TileRange(3, 2, 1, 6, 5)
    assert TileRange(3, 2, 4, 3, 5).joined(TileRange(4, 5, 1, 6, 2)) == TileRange(3, 2, 4, 3, 5)


@pytest.mark.parametrize(("part", "count"), [(0.29, 0), (0.31, 1)])
def test_a_slant_of_less_than_a_third_fetches_nothing_ahead(part: float, count: int) -> None:
    cells = TileRange(5, 3, 3, 6, 6)
    assert cells.grown((part, 0.9)) == TileRange(5, 3, 3, 6 + count, 7)
    assert cells.grown((-part, 0.9)) == TileRange(5, 3 - count, 3, 6, 7)
    assert cells.grown((0.9, part)) == TileRange(5, 3, 3, 7, 6 + count)
    assert cells.grown((0.9, -part)) == TileRange(5, 3, 3 - count, 7, 6)


def test_a_range_of_cells_ends_where_the_box_ends() -> None:
    assert visible_range(3, 512.0, 512.0, 512.0, 512.0, 512.0) == TileRange(3, 1, 1, 2, 2)
    assert visible_range(3, 511.0, 511.0, 514.0, 514.0, 512.0) == TileRange(3, 0, 0, 3, 3)
    assert visible_range(1, 0.0, -5000.0, 512.0, 100.0, 512.0) == TileRange(1, 0, 0, 1, 1)
    assert visible_range(1, 0.0, 5000.0, 512.0, 100.0, 512.0) == TileRange(1, 0, 1, 1, 2)


def test_of_the_copies_of_a_tile_the_one_in_view_and_the_nearest_counts() -> None:
    seen, ahead = TileRange(2, 0, 1, 2, 2), TileRange(2, -4, 1, 3, 2)
    found: dict[int, object] = {
        x: (is_ahead, distance) for is_ahead, distance, _, x, _ in by_distance(seen, ahead, 0.25, 0.375)
    }
    # Distances from the border of columns 0 and 1, in units of the whole world.
    assert found == {
        0: (False, pytest.approx(0.125**2)),
        1: (False, pytest.approx(0.125**2)),
        2: (True, pytest.approx(0.375**2)),
        3: (True, pytest.approx(0.375**2)),
    }


def test_the_distance_counts_rows_and_columns_alike() -> None:
    cells = TileRange(3, 5, 6, 6, 7)
    ((is_ahead, distance, z, x, y),) = by_distance(cells, cells, 0.0, 0.25)
    assert (is_ahead, z, x, y) == (False, 3, 5, 6)
    assert distance == pytest.approx((5.5 / 8) ** 2 + (6.5 / 8 - 0.25) ** 2)


def test_only_equally_wide_parts_of_one_ancestor_are_stacked() -> None:
    # Column 1 of the upper row has a tile of its own, so that the ancestor's parts are 1 and 2 cells wide.
    covered = filled(TileRange(4, 0, 0, 2, 3), {(3, 0, 0), (3, 0, 1), (4, 1, 0)})
    assert sorted((part.tile, part.x0, part.y0, part.x1, part.y1) for part in covered.solid) == [
        ((3, 0, 0), 0, 0, 1, 1),
        ((3, 0, 0), 0, 1, 2, 2),
        ((3, 0, 1), 0, 2, 2, 3),
        ((4, 1, 0), 1, 0, 2, 1),
    ]


def test_below_a_fading_tile_parts_are_not_joined() -> None:
    covered = filled(TileRange(4, 0, 0, 2, 2), {(4, 0, 0), (4, 1, 0), (3, 0, 0)}, {(4, 0, 0), (4, 1, 0)})
    assert sorted((part.x0, part.y0, part.x1, part.y1, part.under) for part in covered.solid if part.under) == [
        (0, 0, 1, 1, (4, 0, 0)),
        (1, 0, 2, 1, (4, 1, 0)),
    ]
    assert [(part.x0, part.y0, part.x1, part.y1) for part in covered.solid if not part.under] == [(0, 1, 2, 2)]


def test_descendants_are_taken_from_two_zooms_down_and_no_further() -> None:
    cells = TileRange(3, 0, 0, 1, 1)
    quarters = {(5, x, y) for x in range(4) for y in range(4)}
    assert filled(cells, quarters).holes == 0
    assert filled(cells, quarters - {(5, 0, 0)}).holes == 1
    assert filled(cells, {(6, x, y) for x in range(8) for y in range(8)}).holes == 1


@pytest.mark.parametrize("world", [-2, -1, 0, 1])
@pytest.mark.parametrize(
    "held",
    [
        {(3, 7, 2)},
        {(4, x, y) for x in (14, 15) for y in (4, 5)},
        {(5, x, y) for x in range(28, 32) for y in range(8, 12)},
        {(1, 1, 0)},
    ],
)
def test_every_copy_of_the_world_is_filled_alike(world: int, held: set[Cell]) -> None:
    x = 7 + 8 * world
    covered = filled(TileRange(3, x, 2, x + 1, 3), held)
    assert covered.holes == 0
    assert {part.tile for part in covered.solid} == held
    assert all(x <= part.x0 / (1 << part.level) < x + 1 for part in covered.solid)
