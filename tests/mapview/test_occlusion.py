"""Which cells are hidden by opaque pictures, and need not be drawn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tvapp.mapview.layer_picture import Texture
from tvapp.mapview.occlusion import Occlusion
from tvapp.tiles.pyramid import DESCENDANTS, Part, TileRange

Z = 5
CELLS = TileRange(Z, 10, 10, 13, 13)


def part(level: int, x: int, y: int) -> Part[Texture]:
    return Part(Texture(("flat", Z + level, x, y)), level, x, y, x + 1, y + 1, 0, None)


def test_a_filled_cell_hides_what_lies_in_it_at_every_zoom() -> None:
    covered = Occlusion(CELLS, [part(0, 10, 10)])
    assert covered.hides(Z, 10, 10, 11, 11)
    assert covered.hides(Z + 3, 80, 80, 88, 88)
    assert not covered.hides(Z, 10, 10, 12, 11)
    assert not covered.is_full


def test_a_quarter_hides_what_lies_in_that_quarter_alone() -> None:
    covered = Occlusion(CELLS, [part(1, 20, 20)])
    assert covered.hides(Z + 1, 20, 20, 21, 21)
    assert covered.hides(Z + 2, 40, 40, 42, 42)
    assert not covered.hides(Z + 1, 20, 20, 22, 21)
    assert not covered.hides(Z, 10, 10, 11, 11)


def test_four_quarters_fill_a_cell() -> None:
    covered = Occlusion(CELLS, [part(1, 20, 20), part(1, 21, 20), part(1, 20, 21), part(1, 21, 21)])
    assert covered.hides(Z, 10, 10, 11, 11)


def test_what_is_out_of_view_counts_as_hidden() -> None:
    covered = Occlusion(CELLS, [part(0, 10, y) for y in (10, 11, 12)])
    assert covered.hides(Z - 1, 4, 5, 5, 7) or not covered.hides(Z, 11, 10, 12, 11)
    assert covered.hides(Z, 0, 0, 10, 32)


_levels = st.integers(0, DESCENDANTS)


@st.composite
def _parts(draw: st.DrawFn) -> Part[Texture]:
    level = draw(_levels)
    low, high = 10 << level, (13 << level) - 1
    return part(level, draw(st.integers(low, high)), draw(st.integers(low, high)))


@given(st.lists(_parts(), max_size=60), _levels, st.integers(0, 11), st.integers(0, 11), st.integers(1, 4))
def test_a_box_is_hidden_when_each_of_its_finest_cells_is(
    parts: list[Part[Texture]], level: int, dx: int, dy: int, side: int
) -> None:
    filled = {
        (x, y)
        for one in parts
        for y in range(one.y0 << DESCENDANTS - one.level, one.y1 << DESCENDANTS - one.level)
        for x in range(one.x0 << DESCENDANTS - one.level, one.x1 << DESCENDANTS - one.level)
    }
    left, top = (10 << level) + dx, (10 << level) + dy
    shift = DESCENDANTS - level
    inside = range(10 << DESCENDANTS, 13 << DESCENDANTS)
    expected = all(
        (x, y) in filled
        for y in range(top << shift, top + side << shift)
        for x in range(left << shift, left + side << shift)
        if x in inside and y in inside
    )
    assert Occlusion(CELLS, parts).hides(Z + level, left, top, left + side, top + side) == expected
