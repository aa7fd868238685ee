"""Reads the pixels of a display."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tvapp.core.image import Image
from tvapp.display.sdl import pygame
from tvapp.display.window import Display
from tvapp.display.window_creation import DisplaySpec

Rgb = tuple[int, int, int]


@contextmanager
def opened(width: int = 1920, height: int = 1080) -> Iterator[Display]:
    """Open a display on SDL's dummy driver."""
    display = Display.open(DisplaySpec(size=(width, height), fullscreen=False))
    try:
        display.begin()
        yield display
    finally:
        display.close()


@dataclass(frozen=True)
class Shot:
    """A picture of the renderer."""

    surface: pygame.Surface

    def rgb(self, point: tuple[int, int]) -> Rgb:
        """Return the colour of a real pixel."""
        color = self.surface.get_at(point)
        return color.r, color.g, color.b

    def lit(self, box: tuple[int, int, int, int], above: int = 40) -> pygame.Rect:
        """Return the smallest box that holds every pixel of `box` that is brighter than `above`."""
        part = self.surface.subsurface(pygame.Rect(box))
        mask = pygame.mask.from_threshold(part, (255, 255, 255), (255 - above, 255 - above, 255 - above))
        rects: Any = mask.get_bounding_rects()
        return pygame.Rect(rects[0].unionall(rects[1:]).move(box[0], box[1])) if len(rects) else pygame.Rect(0, 0, 0, 0)


def shot(display: Display) -> Shot:
    """Return the pixels of the renderer."""
    display.canvas.finish()
    return Shot(display._renderer.to_surface())


def at(display: Display, x: int, y: int) -> Rgb:
    """Return the colour of a real pixel."""
    return shot(display).rgb((x, y))


def near(one: Rgb, other: Rgb, tolerance: int = 3) -> bool:
    """Tell whether two colours look the same."""
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def plain(width: int, height: int, rgba: tuple[int, int, int, int]) -> Image:
    """Return a picture of one colour."""
    red, green, blue, alpha = rgba
    return Image(width, height, bytes((blue, green, red, alpha)) * (width * height), opaque=alpha == 255)
