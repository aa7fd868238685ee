"""Draws lines of text with SDL alone, for when the canvas or its fonts are broken."""

from __future__ import annotations

from collections.abc import Sequence

from tvapp.core.errors import DisplayError
from tvapp.display.sdl import SDL_ERRORS, Renderer, Texture, pygame

LINES_A_SCREEN = 18
"""The font size is the height of the screen by this; the longest line then still fits."""
BACKGROUND, TEXT = (14, 18, 24, 255), (240, 240, 240)


def draw_fallback_text(renderer: Renderer, size: tuple[int, int], lines: Sequence[str]) -> None:
    """Draw lines in the middle of the screen in the font built into pygame, without presenting them.

    Raises:
        DisplayError: drawing failed.
    """
    width, height = size
    try:
        pygame.font.init()
        font = pygame.font.Font(None, max(16, height // LINES_A_SCREEN))
        renderer.draw_color = BACKGROUND
        renderer.clear()
        y = (height - len(lines) * 2 * font.get_linesize()) // 2
        for line in lines:
            texture = Texture.from_surface(renderer, font.render(line, True, TEXT))
            part = min(1.0, 0.9 * width / texture.width)
            shown = int(texture.width * part), int(texture.height * part)
            renderer.blit(texture, pygame.Rect((width - shown[0]) // 2, y, *shown))
            y += 2 * font.get_linesize()
    except SDL_ERRORS as error:
        raise DisplayError(str(error)) from error
