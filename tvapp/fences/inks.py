"""What the numbers in a tile of geofences stand for: colours and patterns, and how they become pixels (Pillow)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow

from tvapp.core.image import Image
from tvapp.fences import style
from tvapp.fences.index import STATES
from tvapp.tiles.tile import TileImage

FINE = 3
"""Fine pixels along the edge of a pixel."""
BLOCK = 128
_DOT = 0.22
"""Radius of a dot in a pattern, in periods."""

FILL, MARK, CASING, LINE = range(1, 5)
ROLES = 4


def ink_number(place: int, state: int, role: int) -> int:
    """Return the number that stands for a colour of style.PALETTE, a state of STATES and a role."""
    return (place * len(STATES) + state) * ROLES + role


class _Marks(NamedTuple):
    """One pattern: which numbers it marks, and what each number turns into where there is a mark."""

    pattern: style.Pattern
    marked: tuple[int, ...]
    turned: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Inks:
    """What the numbers stand for: premultiplied colours, and the patterns in them."""

    colors: bytes
    marks: tuple[_Marks, ...]


@lru_cache(maxsize=1)
def _inks() -> _Inks:
    colors = bytearray(4 * 256)
    marked: dict[style.Pattern, list[int]] = {}
    for place in range(len(style.PALETTE)):
        for state, name in enumerate(STATES):
            look = style.style_of_slot(place, name)
            base = ink_number(place, state, 0)
            for role, color in ((FILL, look.fill), (MARK, look.mark), (CASING, look.casing), (LINE, look.line)):
                at = 4 * (base + role)
                colors[at : at + 4] = (*(round(part * color.a / 255) for part in color[:3]), color.a)
            if look.pattern != "plain":
                marked.setdefault(look.pattern, []).append(base + FILL)
    marks = []
    for pattern, numbers in marked.items():
        turned = tuple(number + (MARK - FILL) * (number in numbers) for number in range(256))
        marks.append(_Marks(pattern, tuple(numbers), turned))
    return _Inks(bytes(colors), tuple(marks))


@lru_cache(maxsize=8)
def _mask(pattern: style.Pattern, scale: float) -> Pillow.Image:
    """Return a block of a pattern; its period divides the block, so that it goes on in the next one."""
    period = FINE * min((8, 16, 32, 64), key=lambda px: abs(px - 14 * scale))
    steps = np.arange(BLOCK * FINE)
    if pattern == "dots":
        # In every other row they stand in the gaps of the row before.
        across = (steps[None, :] + (steps[:, None] // period % 2) * (period // 2)) % period - period / 2 + 0.5
        down = steps[:, None] % period - period / 2 + 0.5
        drawn = np.hypot(across, down) < period * _DOT
    else:
        along = np.add.outer(steps, steps) if pattern == "hatch" else np.subtract.outer(steps, steps)
        drawn = along % period < period * 0.3
    return Pillow.fromarray(np.where(drawn, 255, 0).astype(np.uint8))


def develop(ink: Pillow.Image, size: int, scale: float, let_pass: Callable[[], None]) -> TileImage:
    """Colour and average the ink block by block; empty margins are cut off.

    `ink` is FINE times as large as the tile of `size` pixels; `let_pass` is called before each block.
    """
    box = ink.getbbox()
    if box is None:
        return TileImage(None, size=size)
    left, top = box[0] // FINE, box[1] // FINE
    right, bottom = -(-box[2] // FINE), -(-box[3] // FINE)
    inks = _inks()
    result = Pillow.new("RGBX", (right - left, bottom - top))
    for y in range(top - top % BLOCK, bottom, BLOCK):
        for x in range(left - left % BLOCK, right, BLOCK):
            let_pass()
            area = (max(x, left), max(y, top), min(x + BLOCK, right), min(y + BLOCK, bottom))
            block = ink.crop((area[0] * FINE, area[1] * FINE, area[2] * FINE, area[3] * FINE))
            counts = block.histogram()
            if counts[0] == block.width * block.height:
                continue
            for marks in inks.marks:
                if any(counts[number] for number in marks.marked):
                    corner = ((area[0] % BLOCK) * FINE, (area[1] % BLOCK) * FINE)
                    mask = _mask(marks.pattern, scale).crop(
                        (*corner, corner[0] + block.width, corner[1] + block.height)
                    )
                    block.paste(block.point(marks.turned), (0, 0), mask)
            block.putpalette(inks.colors, "RGBA")
            # As RGBX: of RGBA Pillow would think that it is not premultiplied yet.
            colored = Pillow.frombuffer("RGBX", block.size, block.convert("RGBA").tobytes(), "raw", "RGBX", 0, 1)
            result.paste(colored.reduce(FINE), (area[0] - left, area[1] - top))
    straight = Pillow.frombytes("RGBa", result.size, result.tobytes()).convert("RGBA")
    return TileImage(Image(result.width, result.height, straight.tobytes("raw", "BGRA")), left, top, size)
