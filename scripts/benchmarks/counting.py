"""Counts the calls that each frame makes to SDL's renderer, by wrapping pygame's classes.

The app is not changed for it. The wrappers cost time, so a run that counts calls does not measure frame times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tvapp.display import fonts, pygame_canvas, shapes, text_cache, textures
from tvapp.display.sdl import pygame

KINDS = ("draws", "fills", "lines", "clears", "textures_made", "texture_updates", "read_backs", "surfaces", "texts")
"""The kinds of calls: textures drawn, boxes filled, lines drawn, screens or targets cleared, textures made and changed,
pixels read back from the renderer, surfaces allocated (`texts`: by drawing text)."""


@dataclass(slots=True)
class Counts:
    """The counts of the frame that is being drawn, and of the frames before it."""

    now: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    frames: list[tuple[float, tuple[int, ...]]] = field(default_factory=list)
    """The time of each frame, and its counts in the order of KINDS."""

    def add(self, kind: str) -> None:
        self.now[kind] += 1

    def end_frame(self, at: float) -> None:
        self.frames.append((at, tuple(self.now.values())))
        self.now = dict.fromkeys(KINDS, 0)

    def take(self) -> list[tuple[float, tuple[int, ...]]]:
        """Return the frames since the last call."""
        taken, self.frames = self.frames, []
        return taken


class _Counting:
    """Passes every call on to `real`, and counts those of some methods."""

    counted: dict[str, str] = {}  # noqa: RUF012 - by method

    def __init__(self, real: Any, counts: Counts) -> None:
        self.__dict__.update(real=real, counts=counts)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.__dict__["real"], name)
        kind = self.counted.get(name)
        return found if kind is None else _counted(found, self.__dict__["counts"], kind)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.__dict__["real"], name, real(value))


class _Texture(_Counting):
    counted = {"draw": "draws", "update": "texture_updates"}  # noqa: RUF012


class _Renderer(_Counting):
    counted = {  # noqa: RUF012
        "fill_rect": "fills",
        "draw_line": "lines",
        "clear": "clears",
        "to_surface": "read_backs",
    }


class _TextureMaker:
    """Takes the place of the class `Texture`."""

    def __init__(self, kind: Any, counts: Counts) -> None:
        self._kind = kind
        self._counts = counts

    def __call__(self, renderer: object, *arguments: object, **named: object) -> _Texture:
        self._counts.add("textures_made")
        return _Texture(self._kind(real(renderer), *arguments, **named), self._counts)

    def from_surface(self, renderer: object, surface: object) -> _Texture:
        self._counts.add("textures_made")
        return _Texture(self._kind.from_surface(real(renderer), surface), self._counts)


def install() -> Counts:
    """Start counting; call it before a display is opened, and `Counts.end_frame` after each frame."""
    counts = Counts()
    for module in (pygame_canvas, shapes, text_cache, textures):
        replace(module, "Texture", _TextureMaker(module.__dict__["Texture"], counts))
    replace(pygame, "Surface", _counted(pygame.Surface, counts, "surfaces"))
    replace(pygame.image, "frombuffer", _counted(pygame.image.frombuffer, counts, "surfaces"))
    replace(fonts.Fonts, "render", _counted(fonts.Fonts.render, counts, "texts"))
    make_canvas = pygame_canvas.PygameCanvas.__init__

    def canvas(self: Any, renderer: Any, *arguments: Any, **named: Any) -> None:
        make_canvas(self, _as_renderer(renderer, counts), *arguments, **named)

    replace(pygame_canvas.PygameCanvas, "__init__", canvas)
    return counts


def replace(owner: object, name: str, value: object) -> None:
    """Replace an attribute of a module or class."""
    setattr(owner, name, value)


def real(value: object) -> object:
    """Return the real object behind a wrapper; any other value is returned as it is."""
    return value.__dict__["real"] if isinstance(value, _Counting) else value


def _as_renderer(renderer: Any, counts: Counts) -> Any:
    return _Renderer(renderer, counts)


def _counted(function: Callable[..., Any], counts: Counts, kind: str) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        counts.add(kind)
        return function(*arguments, **named)

    return call
