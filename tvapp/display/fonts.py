"""Font files at pixel sizes, with fallbacks for the characters that ours lack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tvapp.core.assets import asset
from tvapp.display.cmap import Coverage, coverage
from tvapp.display.lru_cache import LruCache
from tvapp.display.sdl import pygame
from tvapp.text.drawable import drawable
from tvapp.text.shaping import Shaper, needs_shaping
from tvapp.ui.canvas import Face
from tvapp.ui.theme import FONT_FILES

MEASURES_BYTES = 1024 * 256
MEASURE_BYTES = 256
"""About what a cached measurement takes."""
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
"""Fonts of Linux systems for characters that ours lack, in the order in which they are tried."""
SURELY_COVERED = "\u0131"
"""All our fonts have the characters up to here; beyond, `Coverage` tells."""


class Fonts:
    """Open fonts by file and pixel size; each character is drawn in the first font that has it."""

    def __init__(self, fallbacks: tuple[Path, ...] = FALLBACK_FILES) -> None:
        self._fallbacks = fallbacks
        self._open: dict[tuple[Path | None, int], pygame.font.Font] = {}
        self._files: dict[Face, Path | None] = {}
        self._coverage: dict[Path, Coverage] = {}
        self._shapers: dict[Face, Shaper] = {}
        self._measures: LruCache[tuple[str, Face, int], tuple[int, int]] = LruCache(MEASURES_BYTES)

    def measure(self, text: str, face: Face, size: int) -> tuple[int, int]:
        """Return the width and line height of `text` in pixels."""
        return self._measures.get(
            (text, face, size), lambda: (self._measure(drawable(text), face, size), MEASURE_BYTES)
        )

    def render(self, text: str, face: Face, size: int, rgb: tuple[int, int, int]) -> pygame.Surface:
        """Draw `text` on a transparent surface that is exactly as large as `measure` says (at least one pixel)."""
        text = drawable(text)
        if self._is_shaped(text, face):
            return self._shaped(text, face, size, rgb)
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
        """Close all fonts, each of which keeps its file open; they are opened again when they are needed."""
        self._open.clear()
        for shaper in self._shapers.values():
            shaper.forget()

    def _measure(self, text: str, face: Face, size: int) -> tuple[int, int]:
        height = self.font(self._file(face), size).get_linesize()
        if self._is_shaped(text, face):
            return self._shaper(face).width(text, size), height
        return sum(self.font(path, size).size(run)[0] for path, run in self._runs(text, face)), height

    def _shaped(self, text: str, face: Face, size: int, rgb: tuple[int, int, int]) -> pygame.Surface:
        width, height = self._measure(text, face, size)
        width, ascent = max(1, width), self.font(self._file(face), size).get_ascent()
        pixels = bytearray(bytes((*rgb, 0)) * (width * height))
        pixels[3::4] = self._shaper(face).coverage(text, size, (width, height), (0, ascent))
        return pygame.image.frombuffer(bytes(pixels), (width, height), "RGBA").copy()

    def _is_shaped(self, text: str, face: Face) -> bool:
        return needs_shaping(text) and self._file(face) is not None

    def _shaper(self, face: Face) -> Shaper:
        if face not in self._shapers:
            own = self._file(face)
            self._shapers[face] = Shaper(((own,) if own is not None else ()) + self._fallbacks)
        return self._shapers[face]

    def _file(self, face: Face) -> Path | None:
        # Needed for every new text, in the middle of a frame, so the disk is read once only.
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
