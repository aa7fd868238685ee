"""Lines of text as textures, with their halos, in a cache."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.display.fonts import Fonts
from tvapp.display.lru_cache import LruCache
from tvapp.display.sdl import Renderer, Texture, pygame
from tvapp.ui.canvas import Face, TextStyle

TEXT_BYTES_A_PIXEL = 3
"""The limit of the cache, times the pixels of the screen: two screens of text. A clock draws 1,440 texts a day."""
MIN_TEXT_BYTES = 2 << 20
LINE_BYTES = 2048
"""About what a line takes beside its pixels, which on a small screen are fewer than that."""
EMPTY_LINE_BYTES = 64
HALO_PART = 11
"""The halo is as wide as the font size divided by this, at least one pixel."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text as a texture. `margin` is how far the halo reaches out of the text's box, in pixels."""

    texture: Texture
    width: int
    height: int
    margin: int


class TextCache:
    """Cached lines of text on one renderer."""

    def __init__(self, renderer: Renderer, fonts: Fonts) -> None:
        self._renderer = renderer
        self._fonts = fonts
        self._lines: LruCache[tuple[str, int, Face, tuple[int, int, int], tuple[int, ...] | None], Line | None]
        self._lines = LruCache(MIN_TEXT_BYTES)

    @property
    def lines(self) -> int:
        """How many lines are cached."""
        return len(self._lines)

    @property
    def size_bytes(self) -> int:
        """The memory that the cached lines take."""
        return self._lines.size_bytes

    def fit(self, size: tuple[int, int]) -> None:
        """Set the limit for a screen of `size` pixels."""
        self._lines.limit_bytes = max(MIN_TEXT_BYTES, TEXT_BYTES_A_PIXEL * size[0] * size[1])

    def line(self, text: str, style: TextStyle, size: int) -> Line | None:
        """Return a line drawn at `size` pixels, without the opacity of its colour; None when it is empty."""
        key = (text, size, style.face, style.color[:3], style.halo)
        return self._lines.get(key, lambda: self._draw(text, style, size))

    def clear(self) -> None:
        """Free every texture."""
        self._lines.clear()

    def _draw(self, text: str, style: TextStyle, size: int) -> tuple[Line | None, int]:
        if not text.strip():
            return None, EMPTY_LINE_BYTES
        surface = self._fonts.render(text, style.face, size, style.color[:3])
        width, height = surface.get_size()
        if width == 0:
            return None, EMPTY_LINE_BYTES
        margin = 0
        if style.halo is not None:
            margin = max(1, round(size / HALO_PART))
            halo = self._fonts.render(text, style.face, size, style.halo[:3])
            surface = _with_halo(surface, halo, margin, style.halo.a)
        texture = Texture.from_surface(self._renderer, surface)
        texture.blend_mode = pygame.BLENDMODE_BLEND
        return Line(texture, width, height, margin), surface.get_width() * surface.get_height() * 4 + LINE_BYTES


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
