"""What the numbers in a tile of geofences stand for: colours and patterns, and how they become pixels (numpy).

Each number becomes a word of four premultiplied colours with room for a sum, so that nine of them are added at once.
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

FINE = 3
"""Fine pixels along the edge of a pixel."""
FINE_OF_MANY = 2
"""The same where nobody sees the difference: on screens of twice as many pixels, and in a crowd of outlines."""
_STRIP = 16
"""Rows of pixels that are worked on at a time: few enough for a short call and for memory that is used again."""
_DOT = 0.22
"""Radius of a dot in a pattern, in periods."""

FILL, CASING, LINE = range(1, 4)
ROLES = 3


def ink_number(place: int, state: int, role: int) -> int:
    """Return the number that stands for a colour of style.PALETTE, a state of STATES and a role."""
    return (place * len(STATES) + state) * ROLES + role


Words: TypeAlias = npt.NDArray[np.uint16]

_PATTERNED: Final[tuple[style.Pattern, ...]] = ("hatch", "stripes", "dots")


@lru_cache(maxsize=2)
def _inks(fine: int) -> npt.NDArray[np.uint64]:
    """Return what to add up for each number: R, G, B and opacity, 16 bits each.

    There are 256 of them where no pattern has a mark, then 256 where the first has one, and so on through all sets of
    patterns (see `_marks`).
    """
    colors = np.zeros((1 << len(_PATTERNED), 256, 4))
    for place in range(len(style.PALETTE)):
        for state, name in enumerate(STATES):
            look = style.style_of_index(place, name)
            base = ink_number(place, state, 0)
            for role, color in ((FILL, look.fill), (CASING, look.casing), (LINE, look.line)):
                colors[:, base + role] = _premultiplied(color)
            if look.pattern != "plain":
                bit = 1 << _PATTERNED.index(look.pattern)
                colors[[number for number in range(len(colors)) if number & bit], base + FILL] = _premultiplied(
                    look.mark
                )
    # The sum over a pixel has the colour in its upper byte. Half a step more, so that cutting off the lower one rounds.
    words = np.floor((colors * 256 + 128) / (fine * fine)).astype(np.uint16)
    return words.view(np.uint64).reshape(-1)


def _premultiplied(color: style.Rgba) -> tuple[float, ...]:
    return *(part * color.a / 255 for part in color[:3]), color.a


@lru_cache(maxsize=8)
def _marks(scale: float, fine: int) -> Words:
    """Return by fine pixels where the patterns have their marks: 256 for the first, 512 for the second, and so on.

    A square of them; its sides hold every period.
    """
    px = min((8, 16, 32, 64), key=lambda px: abs(px - 14 * scale))
    period = fine * px
    steps = np.arange(2 * period)
    marks = np.zeros((2 * period, 2 * period), dtype=np.uint16)
    for number, pattern in enumerate(_PATTERNED):
        if pattern == "dots":
            # In every other row they stand in the gaps of the row before.
            across = (steps[None, :] + (steps[:, None] // period % 2) * (period // 2)) % period - period / 2 + 0.5
            down = steps[:, None] % period - period / 2 + 0.5
            drawn = np.hypot(across, down) < period * _DOT
        else:
            along = np.add.outer(steps, steps) if pattern == "hatch" else np.subtract.outer(steps, steps)
            drawn = along % period < period * 0.3
        marks |= drawn.astype(np.uint16) << np.uint16(8 + number)
    return marks


def develop(ink: Pillow.Image, fine: int, size: int, scale: float, let_pass: Callable[[], None]) -> TileImage:
    """Colour and average the ink strip by strip; empty margins are cut off.

    `ink` is `fine` times as large as the tile of `size` pixels; `let_pass` is called before each strip.
    """
    box = ink.getbbox()
    if box is None:
        return TileImage(None, size=size)
    left, top = box[0] // fine, box[1] // fine
    right, bottom = -(-box[2] // fine), -(-box[3] // fine)
    row = np.arange(left * fine, right * fine)
    square = _marks(scale, fine)
    press = _Press(right - left, fine, np.ascontiguousarray(square[:, row % len(square)]))
    strips = []
    for y in range(top - top % _STRIP, bottom, _STRIP):
        let_pass()
        start, end = max(y, top), min(y + _STRIP, bottom)
        strip = ink.crop((left * fine, start * fine, right * fine, end * fine))
        if strip.getbbox() is None:
            strips.append(bytes(4 * (right - left) * (end - start)))
        else:
            strips.append(press.pixels(np.asarray(strip), start * fine))
    return TileImage(Image(right - left, bottom - top, b"".join(strips)), left, top, size)


class _Press:
    """Turns strips of numbers into pixels, in memory that is used again: new one would cost more than the work."""

    def __init__(self, width: int, fine: int, marks: Words) -> None:
        """`width` is in pixels; `marks` are those of a whole period of rows."""
        self._fine = fine
        shape = _STRIP * fine, width * fine
        self._marks = marks
        self._numbers = np.empty(shape, dtype=np.intp)
        self._words = np.empty(shape, dtype=np.uint64)
        self._across = np.empty((_STRIP, width * fine), dtype=np.uint64)

    def pixels(self, strip: npt.NDArray[np.uint8], top: int) -> bytes:
        """Return the pixels (B, G, R, A) of rows of fine ones, the first of which is row `top` of the tile."""
        count, fine = len(strip), self._fine
        start = top % len(self._marks)
        numbers, words, across = self._numbers[:count], self._words[:count], self._across[: count // fine]
        np.copyto(numbers, strip | self._marks[start : start + count])
        _inks(fine).take(numbers, out=words, mode="clip")
        rows = words.reshape(len(across), fine, -1)
        np.add(rows[:, 0], rows[:, 1], out=across)
        for row in range(2, fine):
            np.add(across, rows[:, row], out=across)
        sums = across[:, 0::fine] + across[:, 1::fine]
        for column in range(2, fine):
            sums += across[:, column::fine]
        premultiplied = (sums.view(np.uint16) >> 8).astype(np.uint8)
        size = sums.shape[1], sums.shape[0]
        straight = Pillow.frombuffer("RGBa", size, premultiplied, "raw", "RGBa", 0, 1).convert("RGBA")
        return straight.tobytes("raw", "BGRA")
