"""Draws smooth corners and large translucent areas with small textures that are made once."""

from __future__ import annotations

from math import hypot

from tvapp.display.lru_cache import LruCache
from tvapp.display.sdl import Renderer, Texture, pygame

SHAPE_BYTES = 4 << 20
SHADE_PX = 128


class Shapes:
    """White corner masks, coloured when drawn, and squares of one colour, on one renderer."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._corners: LruCache[tuple[int, int], Texture] = LruCache(SHAPE_BYTES)
        self._shades: LruCache[tuple[int, int, int], Texture] = LruCache(SHAPE_BYTES)

    def corners(self, radius: int, thickness: int = 0) -> Texture:
        """Return a square of 2 x `radius` pixels: a white disc, or a white ring of `thickness` pixels."""
        return self._corners.get((radius, thickness), lambda: self._draw_corners(radius, thickness))

    def shade(self, rgb: tuple[int, int, int]) -> Texture:
        """Return a square of SHADE_PX pixels without an alpha channel, to be drawn with `alpha` below 255.

        SDL's software renderer blends it three times as fast as a filled rectangle.
        """
        return self._shades.get(rgb, lambda: self._draw_shade(rgb))

    def clear(self) -> None:
        """Free every texture."""
        self._corners.clear()
        self._shades.clear()

    def _draw_corners(self, radius: int, thickness: int) -> tuple[Texture, int]:
        quarter = pygame.image.frombuffer(corner_pixels(radius, thickness), (radius, radius), "RGBA")
        surface = pygame.Surface((2 * radius, 2 * radius), pygame.SRCALPHA, 32)
        surface.fill((255, 255, 255, 0))
        for right in (False, True):
            for bottom in (False, True):
                part = pygame.transform.flip(quarter, right, bottom)
                surface.blit(part, (radius * right, radius * bottom), special_flags=pygame.BLEND_RGBA_MAX)
        texture = Texture.from_surface(self._renderer, surface)
        texture.blend_mode = pygame.BLENDMODE_BLEND
        return texture, 16 * radius * radius

    def _draw_shade(self, rgb: tuple[int, int, int]) -> tuple[Texture, int]:
        surface = pygame.Surface((SHADE_PX, SHADE_PX), 0, 32)
        surface.fill(rgb)
        texture = Texture.from_surface(self._renderer, surface)
        texture.blend_mode = pygame.BLENDMODE_BLEND
        return texture, 4 * SHADE_PX * SHADE_PX


def corner_pixels(radius: int, thickness: int = 0) -> bytes:
    """Return the upper left quarter of a disc (or of a ring) as white RGBA pixels, with the covered area as alpha.

    The edge counts as straight within a pixel, which is exact enough from a radius of 2 on.
    """
    pixels = bytearray(b"\xff" * (radius * radius * 4))
    inner = radius - thickness if thickness else -1
    index = 3
    for y in range(radius):
        for x in range(radius):
            distance = hypot(radius - x - 0.5, radius - y - 0.5)
            cover = min(1.0, max(0.0, radius + 0.5 - distance))
            if inner >= 0:
                cover -= min(1.0, max(0.0, inner + 0.5 - distance))
            pixels[index] = round(255 * cover)
            index += 4
    return bytes(pixels)
