"""Counts what frames ask of SDL's renderer, at the edge itself: stand-ins pass every call on and count it.

The product knows nothing of it. Stand-ins cost time, so frames that are counted are not measured as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tvapp.display import fonts, pygame_canvas, shapes, text_cache, textures
from tvapp.display.sdl import pygame
from tvapp.display.window import Display

KINDS = ("draws", "fills", "lines", "clears", "textures_made", "texture_updates", "read_backs", "surfaces", "texts")
"""What is counted: textures drawn, boxes filled, lines drawn, screens or targets cleared, textures made and changed,
pixels read back from the renderer, surfaces allocated (`texts`: by drawing text)."""


@dataclass(slots=True)
class Counts:
    """What the frame being drawn has asked for so far, and the frames before it."""

    now: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    frames: list[tuple[float, tuple[int, ...]]] = field(default_factory=list)
    """The time of each, and its counts in the order of KINDS."""

    def add(self, kind: str) -> None:
        self.now[kind] += 1

    def end_frame(self, at: float) -> None:
        self.frames.append((at, tuple(self.now.values())))
        self.now = dict.fromkeys(KINDS, 0)

    def take(self) -> list[tuple[float, tuple[int, ...]]]:
        """Return the frames since the last call."""
        taken, self.frames = self.frames, []
        return taken


class _StandIn:
    """Passes everything on to `real`, and counts the calls of some methods."""

    counted: dict[str, str] = {}  # noqa: RUF012 - by method

    def __init__(self, real: Any, counts: Counts) -> None:
        self.__dict__.update(real=real, counts=counts)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.__dict__["real"], name)
        kind = self.counted.get(name)
        return found if kind is None else _counted(found, self.__dict__["counts"], kind)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.__dict__["real"], name, real(value))


class _Texture(_StandIn):
    counted = {"draw": "draws", "update": "texture_updates"}  # noqa: RUF012


class _Renderer(_StandIn):
    counted = {  # noqa: RUF012
        "fill_rect": "fills",
        "draw_line": "lines",
        "clear": "clears",
        "to_surface": "read_backs",
    }


class _TextureMaker:
    """Stands where the class `Texture` does."""

    def __init__(self, kind: Any, counts: Counts) -> None:
        self._kind = kind
        self._counts = counts

    def __call__(self, renderer: object, *arguments: object, **named: object) -> _Texture:
        self._counts.add("textures_made")
        return _Texture(self._kind(real(renderer), *arguments, **named), self._counts)

    def from_surface(self, renderer: object, surface: object) -> _Texture:
        self._counts.add("textures_made")
        return _Texture(self._kind.from_surface(real(renderer), surface), self._counts)


def install(monotonic: Callable[[], float]) -> Counts:
    """Count from now on; to be called before a display is opened. `monotonic` tells the time of frames."""
    counts = Counts()
    for module in (pygame_canvas, shapes, text_cache, textures):
        replace(module, "Texture", _TextureMaker(module.__dict__["Texture"], counts))
    replace(pygame, "Surface", _counted(pygame.Surface, counts, "surfaces"))
    replace(pygame.image, "frombuffer", _counted(pygame.image.frombuffer, counts, "surfaces"))
    replace(fonts.Fonts, "render", _counted(fonts.Fonts.render, counts, "texts"))
    make_canvas, present = pygame_canvas.PygameCanvas.__init__, Display.present

    def canvas(self: Any, renderer: Any, *arguments: Any, **named: Any) -> None:
        make_canvas(self, _as_renderer(renderer, counts), *arguments, **named)

    def end(self: Display) -> None:
        present(self)
        counts.end_frame(monotonic())

    replace(pygame_canvas.PygameCanvas, "__init__", canvas)
    replace(Display, "present", end)
    return counts


def replace(owner: object, name: str, value: object) -> None:
    """Put something in the place of what others find there by name."""
    setattr(owner, name, value)


def real(value: object) -> object:
    """Return what a stand-in stands for; anything else is itself."""
    return value.__dict__["real"] if isinstance(value, _StandIn) else value


def _as_renderer(renderer: Any, counts: Counts) -> Any:
    return _Renderer(renderer, counts)


def _counted(function: Callable[..., Any], counts: Counts, kind: str) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        counts.add(kind)
        return function(*arguments, **named)

    return call
