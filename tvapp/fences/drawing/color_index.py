"""The indexed colours in which tiles of geofences are drawn, and how they become pixels (numpy).

A tile is drawn several times as large as it is, in up to 255 indexed colours: one for each kind, state and role. To
resolve it, each index is looked up as a 64-bit word of four premultiplied channels with 16 bits each, so that one
addition sums all four channels of a subpixel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from tvapp.core.image import Image
from tvapp.fences.index.fence_index import STATES
from tvapp.fences.model import style
from tvapp.tiles.tile import TileImage

SUBPIXELS = 3
"""Subpixels along the edge of a pixel."""
SUBPIXELS_IN_CROWDS = 2
"""The same where nobody sees the difference: on screens of twice as many pixels, and in a crowd of outlines."""
_STRIP = 16
"""Rows of pixels that are resolved at a time: few enough for a short call and for buffers that stay in the cache."""
_DOT = 0.22
"""Radius of a dot in a pattern, in periods."""
_LATTICE = 0.16
"""Width of a bar of a lattice, in periods."""

FILL, CASING, LINE = range(1, 4)
ROLES = 3


def color_index(palette_index: int, state: int, role: int) -> int:
    """Return the index of a colour for a place in style.PALETTE, a state of STATES and a role."""
    return (palette_index * len(STATES) + state) * ROLES + role


PatternBits: TypeAlias = npt.NDArray[np.uint16]

_PATTERNED: Final[tuple[style.Pattern, ...]] = ("hatch", "stripes", "dots", "lattice")


@lru_cache(maxsize=4)
def _words(subpixels: int, paints: tuple[style.Paint, ...]) -> npt.NDArray[np.uint64]:
    """Return the word to sum up for each index: R, G, B and opacity, 16 bits each.

    The first 256 are for subpixels where no pattern has a mark, the next 256 for those where the first pattern has one,
    and so on through all sets of patterns (see `_pattern_bits`).
    """
    colors = np.zeros((1 << len(_PATTERNED), 256, 4))
    for place in range(len(style.PALETTE) + len(paints)):
        for state, name in enumerate(STATES):
            stated = place - len(style.PALETTE)
            look = style.style_of_index(place, name) if stated < 0 else style.style_of_paint(paints[stated], name)
            base = color_index(place, state, 0)
            for role, color in ((FILL, look.fill), (CASING, look.casing), (LINE, look.line)):
                colors[:, base + role] = _premultiplied(color)
            if look.pattern != "plain":
                bit = 1 << _PATTERNED.index(look.pattern)
                colors[[bits for bits in range(len(colors)) if bits & bit], base + FILL] = _premultiplied(look.mark)
    # The sum over a pixel has the colour in its upper byte. Half a step is added, so that cutting off the lower byte
    # rounds.
    words = np.floor((colors * 256 + 128) / (subpixels * subpixels)).astype(np.uint16)
    return words.view(np.uint64).reshape(-1)


def _premultiplied(color: style.Rgba) -> tuple[float, ...]:
    return *(part * color.a / 255 for part in color[:3]), color.a


@lru_cache(maxsize=8)
def _pattern_bits(scale: float, subpixels: int) -> PatternBits:
    """Return which patterns have a mark at each subpixel: bit 8 stands for the first pattern, bit 9 for the second ...

    The array is square and repeats: its sides hold whole periods of every pattern.
    """
    px = min((8, 16, 32, 64), key=lambda px: abs(px - 14 * scale))
    period = subpixels * px
    steps = np.arange(2 * period)
    bits = np.zeros((2 * period, 2 * period), dtype=np.uint16)
    for number, pattern in enumerate(_PATTERNED):
        if pattern == "dots":
            # In every other row they stand in the gaps of the row before.
            across = (steps[None, :] + (steps[:, None] // period % 2) * (period // 2)) % period - period / 2 + 0.5
            down = steps[:, None] % period - period / 2 + 0.5
            marked = np.hypot(across, down) < period * _DOT
        elif pattern == "lattice":
            leaning = np.add.outer(steps, steps) % period, np.subtract.outer(steps, steps) % period
            marked = np.minimum(*leaning) < period * _LATTICE
        else:
            along = np.add.outer(steps, steps) if pattern == "hatch" else np.subtract.outer(steps, steps)
            marked = along % period < period * 0.3
        bits |= marked.astype(np.uint16) << np.uint16(8 + number)
    return bits


def resolve(
    indexed: Pillow.Image,
    subpixels: int,
    size: int,
    scale: float,
    yield_to_frame: Callable[[], None],
    paints: tuple[style.Paint, ...] = (),
) -> TileImage:
    """Turn an indexed image into a tile of `size` pixels, strip by strip, with empty margins cut off.

    `indexed` is `subpixels` times as large as the tile; `yield_to_frame` is called before each strip; `paints` are the
    colours behind those of the palette.
    """
    box = indexed.getbbox()
    if box is None:
        return TileImage(None, size=size)
    left, top = box[0] // subpixels, box[1] // subpixels
    right, bottom = -(-box[2] // subpixels), -(-box[3] // subpixels)
    columns = np.arange(left * subpixels, right * subpixels)
    bits = _pattern_bits(scale, subpixels)
    resolver = _Resolver(
        right - left, _words(subpixels, paints), subpixels, np.ascontiguousarray(bits[:, columns % len(bits)])
    )
    strips = []
    for y in range(top - top % _STRIP, bottom, _STRIP):
        yield_to_frame()
        start, end = max(y, top), min(y + _STRIP, bottom)
        strip = indexed.crop((left * subpixels, start * subpixels, right * subpixels, end * subpixels))
        if strip.getbbox() is None:
            strips.append(bytes(4 * (right - left) * (end - start)))
        else:
            strips.append(resolver.pixels(np.asarray(strip), start * subpixels))
    return TileImage(Image(right - left, bottom - top, b"".join(strips)), left, top, size)


class _Resolver:
    """Resolves strips in buffers that are used again: to allocate them each time would cost more than the work."""

    def __init__(self, width: int, colors: npt.NDArray[np.uint64], subpixels: int, pattern_bits: PatternBits) -> None:
        """`width` is in pixels; `colors` are from `_words`; `pattern_bits` are those of a whole period of rows."""
        self._colors = colors
        self._subpixels = subpixels
        shape = _STRIP * subpixels, width * subpixels
        self._pattern_bits = pattern_bits
        self._indices = np.empty(shape, dtype=np.intp)
        self._words = np.empty(shape, dtype=np.uint64)
        self._row_sums = np.empty((_STRIP, width * subpixels), dtype=np.uint64)

    def pixels(self, strip: npt.NDArray[np.uint8], top: int) -> bytes:
        """Return the pixels (B, G, R, A) of rows of subpixels, the first of which is row `top` of the tile."""
        count, subpixels = len(strip), self._subpixels
        start = top % len(self._pattern_bits)
        indices, words = self._indices[:count], self._words[:count]
        row_sums = self._row_sums[: count // subpixels]
        np.copyto(indices, strip | self._pattern_bits[start : start + count])
        self._colors.take(indices, out=words, mode="clip")
        rows = words.reshape(len(row_sums), subpixels, -1)
        np.add(rows[:, 0], rows[:, 1], out=row_sums)
        for row in range(2, subpixels):
            np.add(row_sums, rows[:, row], out=row_sums)
        sums = row_sums[:, 0::subpixels] + row_sums[:, 1::subpixels]
        for column in range(2, subpixels):
            sums += row_sums[:, column::subpixels]
        premultiplied = (sums.view(np.uint16) >> 8).astype(np.uint8)
        size = sums.shape[1], sums.shape[0]
        straight = Pillow.frombuffer("RGBa", size, premultiplied, "raw", "RGBa", 0, 1).convert("RGBA")
        return straight.tobytes("raw", "BGRA")
