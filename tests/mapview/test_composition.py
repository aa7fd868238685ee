"""How a tile is drawn into the picture of a cell."""

from __future__ import annotations

import pytest

from tvapp.mapview.composition import piece_quad
from tvapp.mapview.layer_picture import Texture

KEY = ("base", 3, 1, 1)
WHOLE = Texture(KEY, 0, 0, 512, 512)
TRIMMED = Texture(KEY, 100, 200, 64, 32)


@pytest.mark.parametrize(
    ("texture", "depth", "x", "y", "edge", "dst", "src"),
    [
        (WHOLE, 0, 1, 1, 512, (0, 0, 512, 512), None),
        (WHOLE, 0, 1, 1, 256, (0, 0, 256, 256), None),
        (WHOLE, 1, 3, 2, 512, (0, 0, 512, 512), (256, 0, 256, 256)),
        (WHOLE, 1, 2, 3, 512, (0, 0, 512, 512), (0, 256, 256, 256)),
        (WHOLE, 2, 7, 6, 256, (0, 0, 256, 256), (384, 256, 128, 128)),
        # Deeper than the tile has pixels: one pixel fills the cell.
        (WHOLE, 10, 1023, 0, 512, (0, 0, 512, 512), (511, 0, 1, 1)),
        (TRIMMED, 0, 1, 1, 512, (100, 200, 64, 32), None),
        (TRIMMED, 0, 1, 1, 256, (50, 100, 32, 16), None),
        (TRIMMED, 1, 2, 2, 512, (200, 400, 128, 64), None),
        # The cell's box is 96 to 128 across and 192 to 224 down; the texture begins at (100, 200).
        (TRIMMED, 4, 16 + 3, 16 + 6, 512, (64, 128, 448, 384), (0, 0, 28, 24)),
        (TRIMMED, 4, 16 + 4, 16 + 7, 512, (0, 0, 512, 128), (28, 24, 32, 8)),
        (TRIMMED, 4, 16 + 5, 16 + 6, 512, (0, 128, 64, 384), (60, 0, 4, 24)),
    ],
)
def test_a_tile_fills_its_part_of_a_cell(
    texture: Texture, depth: int, x: int, y: int, edge: int, dst: tuple[int, ...], src: tuple[int, ...] | None
) -> None:
    quad = piece_quad(texture, depth, x, y, 128, edge)
    assert quad is not None
    assert (quad.key, quad.alpha) == (KEY, 128)
    assert (quad.dst, quad.src) == (dst, src)


@pytest.mark.parametrize(("x", "y"), [(19, 5), (22, 22), (18, 22), (19, 23 + 1), (21, 24)])
def test_nothing_is_drawn_in_a_cell_of_the_margin(x: int, y: int) -> None:
    assert piece_quad(TRIMMED, 4, x, y, 255, 512) is None


@pytest.mark.parametrize(("left", "top"), [(256, 0), (0, 256)])
def test_nothing_is_drawn_in_a_cell_that_the_texture_only_meets_at_its_edge(left: int, top: int) -> None:
    texture = Texture(KEY, left, top, 100, 100)
    assert piece_quad(texture, 1, 2, 2, 255, 512) is None
