"""What the screen must bring to the renderer: pictures of tiles, and cells composed of pieces of tiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tvapp.core.image import Image, PixelRect
from tvapp.mapview.layer_picture import Quad, Texture, TileKey


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that the screen must upload to the renderer under `key`."""

    key: TileKey
    image: Image


class Composition(NamedTuple):
    """A picture of `size` pixels square that the screen makes by drawing `quads` on `background`."""

    key: TileKey
    size: int
    background: tuple[int, int, int]
    quads: tuple[Quad, ...]


class Piece(NamedTuple):
    """One layer's part of a cell; `quad` None: wholly transparent there. `serial` changes with the tile's pixels."""

    tileset: str
    quad: Quad | None
    serial: int
    is_exact: bool
    revision: int


Pieces = tuple[Piece, ...]
"""A cell's pieces, from the bottom layer to the top."""


def piece_quad(texture: Texture, depth: int, x: int, y: int, alpha: int, edge: int) -> Quad | None:
    """Return how a tile that lies `depth` zooms above a cell is drawn into the cell's picture of `edge` pixels.

    None where the cell lies in the transparent margin that was cut off the tile.
    """
    size, inside = texture.size, (1 << depth) - 1
    px, py, span = (x & inside) * size >> depth, (y & inside) * size >> depth, max(size >> depth, 1)
    left, top = max(px, texture.left), max(py, texture.top)
    right, bottom = min(px + span, texture.left + texture.width), min(py + span, texture.top + texture.height)
    if left >= right or top >= bottom:
        return None
    x0, y0 = (left - px) * edge // span, (top - py) * edge // span
    x1, y1 = (right - px) * edge // span, (bottom - py) * edge // span
    src: PixelRect | None = PixelRect(left - texture.left, top - texture.top, right - left, bottom - top)
    if src == (0, 0, texture.width, texture.height):
        src = None
    return Quad(texture.key, PixelRect(x0, y0, x1 - x0, y1 - y0), src, alpha)
