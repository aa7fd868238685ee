"""Lines of text as textures: fonts, missing characters, halos, and a cache of what was drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tvapp.core.assets import asset
from tvapp.display.cmap import Coverage, coverage
from tvapp.display.lru_cache import LruCache
from tvapp.display.sdl import Renderer, Texture, pygame
from tvapp.ui.canvas import Face, TextStyle

TEXT_BYTES_A_PIXEL = 3
"""Textures of text that are kept, by the pixels of the screen: two screens of text. A clock alone makes 1,440 a day."""
LEAST_TEXT_BYTES = 2 << 20
LINE_BYTES = 2048
"""About what each of them costs beside its pixels, which on a small screen are fewer than that."""
MEASURES = 1024 * 256
LONGEST = 400
"""Characters drawn of one line; no screen is wider, and a texture has a largest size."""
HALO_PART = 11
"""The halo is the font size divided by this, at least one pixel."""

FONT_FILES: dict[Face, str] = {
    "sans": "fonts/IBMPlexSans-Regular.ttf",
    "bold": "fonts/IBMPlexSans-SemiBold.ttf",
    "mono": "fonts/JetBrainsMono-SemiBold.ttf",
    "icon": "fonts/Icons.ttf",
}
FALLBACK_FILES = tuple(
    Path("/usr/share/fonts", name)
    for name in (
        "truetype/dejavu/DejaVuSans.ttf",
        "truetype/noto/NotoSans-Regular.ttf",
        "opentype/noto/NotoSansCJK-Regular.ttc",
        "noto-cjk/NotoSansCJK-Regular.ttc",
        "truetype/wqy/wqy-zenhei.ttc",
        "truetype/droid/DroidSansFallbackFull.ttf",
        "truetype/noto/NotoSansArabic-Regular.ttf",
        "truetype/noto/NotoSansHebrew-Regular.ttf",
        "truetype/noto/NotoSansThai-Regular.ttf",
        "truetype/noto/NotoSansDevanagari-Regular.ttf",
    )
)
"""Fonts that Linux systems have, for characters that ours lack; tried in this order."""
SURELY_COVERED = "\u0131"
"""Every font of ours has the letters up to here; beyond, its file is asked."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text on the renderer. `margin` is how far the halo reaches out of the text's box, in pixels."""

    texture: Texture
    width: int
    height: int
    margin: int


class Fonts:
    """Font files at pixel sizes, and for each character the first one that has it."""

    def __init__(self, fallbacks: tuple[Path, ...] = FALLBACK_FILES) -> None:
        self._fallbacks = fallbacks
        self._open: dict[tuple[Path | None, int], pygame.font.Font] = {}
        self._files: dict[Face, Path | None] = {}
        self._coverage: dict[Path, Coverage] = {}
        self._measures: LruCache[tuple[str, Face, int], tuple[int, int]] = LruCache(MEASURES)

    def measure(self, text: str, face: Face, size: int) -> tuple[int, int]:
        """Return the width and line height of `text` in pixels."""
        return self._measures.get((text, face, size), lambda: (self._measure(clean(text), face, size), 256))

    def render(self, text: str, face: Face, size: int, rgb: tuple[int, int, int]) -> pygame.Surface:
        """Draw `text` on a transparent surface that is exactly as large as `measure` says (at least one pixel)."""
        text = clean(text)
        runs = [(self.font(path, size), run) for path, run in self._runs(text, face)]
        if len(runs) == 1:
            return runs[0][0].render(runs[0][1], True, rgb)
        width, height = self._measure(text, face, size)
        surface = pygame.Surface((max(1, width), height), pygame.SRCALPHA, 32)
        surface.fill((*rgb, 0))
        ascent = self.font(self._file(face), size).get_ascent()
        x = 0
        for font, run in runs:
            drawn = font.render(run, True, rgb)
            surface.blit(drawn, (x, ascent - font.get_ascent()), special_flags=pygame.BLEND_RGBA_MAX)
            x += drawn.get_width()
        return surface

    def font(self, path: Path | None, size: int) -> pygame.font.Font:
        """Return a font at a size; pygame's own where there is no file."""
        key = (path, size)
        if key not in self._open:
            self._open[key] = pygame.font.Font(None if path is None else str(path), size)
        return self._open[key]

    def close(self) -> None:
        """Close the fonts, each of which keeps its file open; they are opened again in the sizes needed then."""
        self._open.clear()

    def _measure(self, text: str, face: Face, size: int) -> tuple[int, int]:
        height = self.font(self._file(face), size).get_linesize()
        return sum(self.font(path, size).size(run)[0] for path, run in self._runs(text, face)), height

    def _file(self, face: Face) -> Path | None:
        # Asked for with every new text, in the middle of a frame: the disk is looked at once.
        if face not in self._files:
            path = asset(FONT_FILES[face])
            self._files[face] = path if path.is_file() else None
        return self._files[face]

    def _runs(self, text: str, face: Face) -> Iterator[tuple[Path | None, str]]:
        own = self._file(face)
        if own is None or not text or max(text) <= SURELY_COVERED:
            yield own, text
            return
        start, current = 0, self._covering(text[0], own)
        for index, character in enumerate(text):
            path = current if character == " " else self._covering(character, own)
            if path != current:
                yield current, text[start:index]
                start, current = index, path
        yield current, text[start:]

    def _covering(self, character: str, own: Path) -> Path:
        if character <= SURELY_COVERED or character in self._covered(own):
            return own
        for path in self._fallbacks:
            if character in self._covered(path):
                return path
        return own

    def _covered(self, path: Path) -> Coverage:
        if path not in self._coverage:
            self._coverage[path] = coverage(path)
        return self._coverage[path]


class Glyphs:
    """Lines of text on one renderer."""

    def __init__(self, renderer: Renderer, fonts: Fonts) -> None:
        self._renderer = renderer
        self._fonts = fonts
        self._lines: LruCache[tuple[str, int, Face, tuple[int, int, int], tuple[int, ...] | None], Line | None]
        self._lines = LruCache(LEAST_TEXT_BYTES)

    @property
    def lines(self) -> int:
        """How many lines are kept."""
        return len(self._lines)

    @property
    def size_bytes(self) -> int:
        """What the kept lines cost."""
        return self._lines.size_bytes

    def fit(self, size: tuple[int, int]) -> None:
        """Keep as much as a screen of `size` pixels needs."""
        self._lines.limit_bytes = max(LEAST_TEXT_BYTES, TEXT_BYTES_A_PIXEL * size[0] * size[1])

    def line(self, text: str, style: TextStyle, size: int) -> Line | None:
        """Return a line drawn at `size` pixels, opacity left out; None when there is nothing to draw."""
        key = (text, size, style.face, style.color[:3], style.halo)
        return self._lines.get(key, lambda: self._draw(text, style, size))

    def clear(self) -> None:
        """Free every texture."""
        self._lines.clear()

    def _draw(self, text: str, style: TextStyle, size: int) -> tuple[Line | None, int]:
        if not text.strip():
            return None, 64
        surface = self._fonts.render(text, style.face, size, style.color[:3])
        width, height = surface.get_size()
        if width == 0:
            return None, 64
        margin = 0
        if style.halo is not None:
            margin = max(1, round(size / HALO_PART))
            halo = self._fonts.render(text, style.face, size, style.halo[:3])
            surface = _with_halo(surface, halo, margin, style.halo.a)
        texture = Texture.from_surface(self._renderer, surface)
        texture.blend_mode = pygame.BLENDMODE_BLEND
        return Line(texture, width, height, margin), surface.get_width() * surface.get_height() * 4 + LINE_BYTES


def clean(text: str) -> str:
    """Make `text` drawable: one line, no control characters, no halves of characters, not endless."""
    if len(text) > LONGEST:
        text = text[:LONGEST]
    if text.isprintable():  # which excludes surrogates as well
        return text
    return "".join(character if character.isprintable() else " " for character in text)


def _with_halo(text: pygame.Surface, halo: pygame.Surface, margin: int, opacity: int) -> pygame.Surface:
    width, height = text.get_size()
    surface = pygame.Surface((width + 2 * margin, height + 2 * margin), pygame.SRCALPHA, 32)
    near = round(margin * 0.7)
    for dx, dy in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        surface.blit(halo, (margin + dx * margin, margin + dy * margin))
    for dx, dy in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        surface.blit(halo, (margin + dx * near, margin + dy * near))
    if opacity < 255:
        surface.fill((255, 255, 255, opacity), special_flags=pygame.BLEND_RGBA_MULT)
    surface.blit(text, (margin, margin))
    return surface
