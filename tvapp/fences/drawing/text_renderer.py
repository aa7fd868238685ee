"""Renders names as images: one line of text with a halo (Pillow), in the app's font or in one that has the glyphs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageChops, ImageDraw, ImageFont

from tvapp.core.assets import asset
from tvapp.core.image import Image
from tvapp.text.drawable import drawable
from tvapp.text.shaping import Shaper, needs_shaping

NAME_FONT = "fonts/IBMPlexSans-SemiBold.ttf"
HALO_PX = 3.0
"""Width of the halo around letters, in design pixels."""
TEXT_COLOR = (255, 255, 255, 255)
DIMMED_COLOR = (186, 194, 205, 255)
HALO_COLOR = (10, 14, 20, 225)
_MORE_ROOM = 0.5
"""Room above and below a line of other scripts, in font sizes; what stays empty is cut off."""

# Where Linux distributions install fonts with the glyphs that ours lacks.
FALLBACK_FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansArabic-Bold.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansHebrew-Bold.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansThai-Bold.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansDevanagari-Bold.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/unifont/unifont.ttf",
    "/usr/share/fonts/opentype/unifont/unifont.otf",
)


class TextRenderer:
    """Renders text at one size, `size_px` real pixels high. For one thread at a time."""

    def __init__(self, size_px: float, halo_px: float, fallback_fonts: Sequence[str] = FALLBACK_FONTS) -> None:
        self._fallback_fonts = fallback_fonts
        self._size = max(8, round(size_px))
        self.halo = max(1, round(halo_px))
        self._fonts: dict[tuple[str, ImageFont.Layout | None], ImageFont.FreeTypeFont] = {}
        self._shaper = Shaper([asset(NAME_FONT), *map(Path, fallback_fonts)])
        self._advances: dict[tuple[str, str], float] = {}
        self.height = sum(self._open(str(asset(NAME_FONT))).getmetrics()) + 2 * self.halo

    def width(self, text: str) -> int:
        """Return the width of the image of `text` with its halo; off by a pixel or two where letters join."""
        text = drawable(text)
        if needs_shaping(text):
            return self._shaper.width(text, self._size) + 2 * self.halo
        if not (text.isascii() and text.isprintable()):
            return round(self._font_for(text).getlength(text)) + 2 * self.halo
        # Measuring a name takes the font 0.1 ms. There are few pairs of letters, so their advances are cached.
        return round(sum(map(self._advance, text, (*text[1:], "")))) + 2 * self.halo

    def shortened(self, text: str, most_px: float) -> str:
        """Return `text`, cut and ended with an ellipsis where it is wider than `most_px`; "" where nothing fits."""
        if self.width(text) <= most_px:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(text[:middle].rstrip() + "…") <= most_px:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + "…" if low else ""

    def draw(self, text: str, *, dimmed: bool = False) -> Image:
        """Render a line of text with its halo."""
        text = drawable(text)
        if needs_shaping(text):
            return self._draw_shaped(text, DIMMED_COLOR if dimmed else TEXT_COLOR)
        font = self._font_for(text)
        ascent, descent = font.getmetrics()
        left, top, right, bottom = font.getbbox(text, anchor="ls", stroke_width=self.halo)
        # Marks above capitals and glyphs of other fonts may reach further than the metrics of the font say.
        up = max(ascent + self.halo, round(-top))
        down = max(descent + self.halo, round(bottom))
        width = max(1, round(right - left))
        masks = [Pillow.new("L", (width, up + down)) for _ in range(2)]
        for mask, stroke in zip(masks, (self.halo, 0), strict=True):
            ImageDraw.Draw(mask).text((-left, up), text, fill=255, font=font, anchor="ls", stroke_width=stroke)
        return _picture(masks[0], masks[1], DIMMED_COLOR if dimmed else TEXT_COLOR)

    def _draw_shaped(self, text: str, color: tuple[int, int, int, int]) -> Image:
        ascent, descent = self._open(str(asset(NAME_FONT))).getmetrics()
        # Marks above and below letters of other scripts reach further than our own font says.
        more = round(self._size * _MORE_ROOM)
        up, down = ascent + self.halo + more, descent + self.halo + more
        size = self._shaper.width(text, self._size) + 2 * self.halo, up + down
        letters = Pillow.frombytes("L", size, self._shaper.coverage(text, self._size, size, (self.halo, up)))
        halo = letters.copy()
        for dx, dy in _around(self.halo):
            halo = ImageChops.lighter(halo, ImageChops.offset(letters, dx, dy))
        box = halo.getbbox()
        # The baseline stays where it is in all names.
        above, below = (box[1], box[3]) if box is not None else (more, size[1] - more)
        strip = (0, min(above, more), size[0], max(below, size[1] - more))
        return _picture(halo.crop(strip), letters.crop(strip), color)

    def _advance(self, letter: str, following: str) -> float:
        """Return the distance from `letter` to the letter that follows it, kerning included."""
        known = self._advances.get((letter, following))
        if known is None:
            font = self._open(str(asset(NAME_FONT)))
            known = font.getlength(letter + following) - (font.getlength(following) if following else 0.0)
            self._advances[(letter, following)] = known
        return known

    def _font_for(self, text: str) -> ImageFont.FreeTypeFont:
        own = str(asset(NAME_FONT))
        if text.isascii() and text.isprintable():
            return self._open(own)
        font = self._open(self._best_font(text))
        try:
            font.getlength(text)
        except (RuntimeError, OSError):
            # Raqm, which shapes Arabic and Indic scripts, rejects some characters; the basic layout rejects none.
            return self._open(own, ImageFont.Layout.BASIC)
        return font

    def _best_font(self, text: str) -> str:
        """Return the first font that has every glyph of a text; where none has, the one that lacks the fewest."""
        missing: dict[str, int] = {}
        for path in (str(asset(NAME_FONT)), *self._fallback_fonts):
            missing[path] = _missing_glyphs(path, text)
            if not missing[path]:
                break
        return min(missing, key=missing.__getitem__)

    def _open(self, path: str, layout: ImageFont.Layout | None = None) -> ImageFont.FreeTypeFont:
        font = self._fonts.get((path, layout))
        if font is None:
            font = self._fonts[(path, layout)] = ImageFont.truetype(path, self._size, layout_engine=layout)
        return font


def _picture(halo: Pillow.Image, letters: Pillow.Image, color: tuple[int, int, int, int]) -> Image:
    layers = [[mask.point(table) for table in _tables(tint)] for mask, tint in ((halo, HALO_COLOR), (letters, color))]
    straight = Pillow.merge("RGBa", _composite(*layers)).convert("RGBA")
    return Image(straight.width, straight.height, straight.tobytes("raw", "BGRA"))


@lru_cache(maxsize=8)
def _around(radius: int) -> tuple[tuple[int, int], ...]:
    """Return the whole steps within a radius: a letter drawn at all of them is a letter with a halo."""
    steps = range(-radius, radius + 1)
    return tuple((dx, dy) for dx in steps for dy in steps if 0 < math.hypot(dx, dy) <= radius + 0.3)


def covers(letter: str, fallback_fonts: Sequence[str] = FALLBACK_FONTS) -> bool:
    """Tell whether there is a font with a letter, so that names with it can be read."""
    return any(not _missing_glyphs(path, letter) for path in (str(asset(NAME_FONT)), *fallback_fonts))


@lru_cache(maxsize=4)
def _tables(color: tuple[int, int, int, int]) -> tuple[list[int], ...]:
    """Return a lookup table for each channel of a colour: its premultiplied value for each opacity of a mask."""
    shares = [opacity * color[3] / 255 for opacity in range(256)]
    return *([round(share * part / 255) for share in shares] for part in color[:3]), [round(share) for share in shares]


_INVERSE = [255 - opacity for opacity in range(256)]


def _composite(below: Sequence[Pillow.Image], above: Sequence[Pillow.Image]) -> list[Pillow.Image]:
    """Composite the channels of one premultiplied image over those of another; opacity comes last."""
    rest = above[-1].point(_INVERSE)
    return [ImageChops.add(one, ImageChops.multiply(other, rest)) for other, one in zip(below, above, strict=True)]


@lru_cache(maxsize=32)
def _probe(path: str) -> tuple[ImageFont.FreeTypeFont, bytes] | None:
    if not Path(path).exists():
        return None  # Pillow would search other folders for a font of this name
    try:
        # One character at a time needs no shaping, and the basic layout rejects none.
        font = ImageFont.truetype(path, 16, layout_engine=ImageFont.Layout.BASIC)
        return font, bytes(font.getmask("\U0010fffe"))
    except OSError:
        return None


def _missing_glyphs(path: str, text: str) -> int:
    """Return the number of characters of `text` that a font draws like one that no font has."""
    probe = _probe(path)
    if probe is None:
        return len(text)
    font, placeholder = probe
    shaped = {ch for ch in text if not ch.isspace() and ch not in "\u200c\u200d"}
    return sum(1 for ch in shaped if bytes(font.getmask(ch)) == placeholder)
