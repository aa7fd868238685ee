"""The last resort: lines of text with SDL alone, when the canvas or its fonts are what broke."""

from __future__ import annotations

from collections.abc import Sequence

from tvapp.core.errors import DisplayError
from tvapp.display.sdl import Renderer, Texture, pygame

LINES_A_SCREEN = 18
"""The letters are as high as this many lines need; the longest line then still fits."""
PAGE, INK = (14, 18, 24, 255), (240, 240, 240)


def draw_fallback_text(renderer: Renderer, size: tuple[int, int], lines: Sequence[str]) -> None:
    """Draw lines in the middle of the screen, in the font that is built into pygame; does not present them.

    Raises:
        DisplayError: not even that works.
    """
    width, height = size
    try:
        pygame.font.init()
        font = pygame.font.Font(None, max(16, height // LINES_A_SCREEN))
        renderer.draw_color = PAGE
        renderer.clear()
        y = (height - len(lines) * 2 * font.get_linesize()) // 2
        for line in lines:
            texture = Texture.from_surface(renderer, font.render(line, True, INK))
            part = min(1.0, 0.9 * width / texture.width)
            shown = int(texture.width * part), int(texture.height * part)
            renderer.blit(texture, pygame.Rect((width - shown[0]) // 2, y, *shown))
            y += 2 * font.get_linesize()
    except pygame.error as error:
        raise DisplayError(str(error)) from error
