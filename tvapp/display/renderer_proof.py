"""Proves that a renderer draws: into a texture and onto the screen, each read back.

SDL hands out renderers that draw nothing and report no error. With Mesa on KMS/DRM, its "opengl" gets a context of
OpenGL ES: every frame is black, and only a target for textures is refused.
"""

from __future__ import annotations

from tvapp.display.sdl import SDL_ERRORS, Renderer, Texture, pygame

SIDE = 16
"""The side of the picture that is drawn, in pixels: four squares, none of which can be mistaken for another."""
COLOURS = ((220, 40, 30), (30, 200, 60), (40, 60, 230), (240, 240, 240))
TOLERANCE = 24
"""How far a channel may be off: some GPUs draw in 16 bits a pixel."""
GRID = (64, 36)
"""How many places of a frame are looked at."""


def why_not_drawing(renderer: Renderer) -> str:
    """Draw a small picture and read it back; returns what is wrong, or "" if everything was drawn.

    The picture is drawn over the upper left corner, and painted black again. Nothing is presented.
    """
    try:
        target = Texture(renderer, (SIDE, SIDE), target=True)
        renderer.target = target
        try:
            _draw_squares(renderer)
            if not _shows_squares(renderer):
                return "draws nothing into textures"
        finally:
            renderer.target = None
        _clear(renderer)
        renderer.blit(target, pygame.Rect(0, 0, SIDE, SIDE))
        if not _shows_squares(renderer):
            return "draws nothing onto the screen"
        _clear(renderer)
    except SDL_ERRORS as error:
        return str(error)
    return ""


def _clear(renderer: Renderer) -> None:
    renderer.draw_color = (0, 0, 0, 255)
    renderer.clear()


def _corners() -> list[tuple[int, int]]:
    half = SIDE // 2
    return [(x, y) for y in (0, half) for x in (0, half)]


def _draw_squares(renderer: Renderer) -> None:
    _clear(renderer)
    for (x, y), colour in zip(_corners(), COLOURS, strict=True):
        renderer.draw_color = (*colour, 255)
        renderer.fill_rect(pygame.Rect(x, y, SIDE // 2, SIDE // 2))


def _shows_squares(renderer: Renderer) -> bool:
    seen = pygame.Surface((SIDE, SIDE), 0, 32)  # pygame never frees one that `to_surface` makes
    renderer.to_surface(seen, pygame.Rect(0, 0, SIDE, SIDE))
    middle = SIDE // 4
    return all(
        abs(found - wanted) <= TOLERANCE
        for (x, y), colour in zip(_corners(), COLOURS, strict=True)
        for found, wanted in zip(seen.get_at((x + middle, y + middle))[:3], colour, strict=True)
    )


def draws_black(renderer: Renderer, size: tuple[int, int]) -> bool:
    """Tell whether the frame that was drawn, and is not presented yet, is black all over."""
    seen = pygame.Surface(size, 0, 32)
    renderer.to_surface(seen)
    return is_dark(seen)


def is_dark(picture: pygame.Surface) -> bool:
    """Tell whether a picture is black all over; looks at a grid of places."""
    return not any(pygame.image.tobytes(pygame.transform.scale(picture, GRID), "RGB"))
