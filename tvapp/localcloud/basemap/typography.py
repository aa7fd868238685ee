"""Text on the map: faces, sizes, measures, and rendered words with halos."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tvapp.core.assets import asset

FACES = {"medium": "Inter-Medium.otf", "bold": "Inter-SemiBold.otf", "italic": "Inter-MediumItalic.otf"}
SPRITES_KEPT = 3000

Colour: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a word looks; sizes in pixels of a 512 tile."""

    face: str
    size: int
    colour: Colour
    halo: Colour
    halo_width: int = 3
    tracking: float = 0.0  # extra space between letters, in ems


@lru_cache(maxsize=64)
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """Return an opened face in one size."""
    return ImageFont.truetype(str(asset(f"fonts/inter/{FACES[face]}")), size, layout_engine=ImageFont.Layout.BASIC)


def text_width(text: str, face: str, size: float, tracking: float = 0.0) -> float:
    """Return how wide a word is, without its halo."""
    return (_width_at_100(text, face) / 100 + tracking * max(len(text) - 1, 0)) * size


@lru_cache(maxsize=100_000)
def _width_at_100(text: str, face: str) -> float:
    return float(font(face, 100).getlength(text))


def city_size(population: int, zoom: int) -> int:
    """Return the size of a settlement's name: never below 24, larger for metropolises and as one comes closer."""
    weight = math.log10(max(population, 1000)) - 5.2
    return round(min(max(24 + weight * (2.0 + zoom * 0.45), 24), 40))


def country_size(rank: int, zoom: int) -> int:
    """Return the size of a country's name: `rank` 0 (largest) to 3."""
    return round(min(max(22 + (zoom - 2) * 4 - rank * 3, 24), 40))


class Sprites:
    """Pictures of words, kept while they are in use; safe for several threads."""

    def __init__(self, kept: int = SPRITES_KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._found: OrderedDict[tuple[str, TextStyle, int], Image.Image] = OrderedDict()

    def get(self, text: str, style: TextStyle, degrees: int = 0) -> Image.Image:
        """Return the word as RGBA, turned counter-clockwise, its middle in the picture's middle."""
        key = (text, style, degrees)
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
                return found
        drawn = _draw(text, style, degrees)
        with self._lock:
            self._found[key] = drawn
            while len(self._found) > self._kept:
                self._found.popitem(last=False)
        return drawn


def _draw(text: str, style: TextStyle, degrees: int) -> Image.Image:
    factor = 3 if degrees else 2
    size = style.size * factor
    face = font(style.face, size)
    pad = (style.halo_width + 2) * factor
    width = text_width(text, style.face, size, style.tracking)
    canvas = (math.ceil(width) + 2 * pad, round(size * 1.3) + 2 * pad)
    letters = Image.new("L", canvas, 0)
    draw = ImageDraw.Draw(letters)
    middle = canvas[1] / 2
    x = float(pad)
    if style.tracking:
        for index, letter in enumerate(text):
            draw.text((x, middle), letter, fill=255, font=face, anchor="lm")
            pair = text[index : index + 2]
            advance = face.getlength(pair) - face.getlength(pair[1]) if len(pair) == 2 else 0.0
            x += advance + style.tracking * size
    else:
        draw.text((x, middle), text, fill=255, font=face, anchor="lm")
    halo = letters
    if style.halo_width:
        halo = letters.filter(ImageFilter.GaussianBlur(style.halo_width * factor * 0.5))
        halo = halo.point([min(255, round(level * 3.2)) for level in range(256)])
        halo = halo.filter(ImageFilter.GaussianBlur(0.4 * factor))
    if degrees:
        letters = letters.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
        halo = halo.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    small = (max(1, round(letters.width / factor)), max(1, round(letters.height / factor)))
    letters = letters.resize(small, Image.Resampling.BOX)
    halo = halo.resize(small, Image.Resampling.BOX)
    picture = Image.new("RGBA", small, (*style.halo, 0))
    picture.putalpha(halo.point([round(level * 0.92) for level in range(256)]))
    ink = Image.new("RGBA", small, (*style.colour, 0))
    ink.putalpha(letters)
    picture.alpha_composite(ink)
    return picture
