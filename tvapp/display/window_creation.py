"""Creates the window and its renderer."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tvapp.core.errors import DisplayError
from tvapp.display.driver import HEADLESS_DRIVERS, RendererChoice, RendererPreference
from tvapp.display.sdl import Renderer, Window, pygame, video

SMALLEST = (320, 180)
TV = (1920, 1080)


@dataclass(frozen=True, slots=True)
class DisplaySpec:
    """The window to open. `size` None: the whole screen, or 1280x720 in a window.

    `devices` are input devices that are read beside SDL's.
    """

    size: tuple[int, int] | None = None
    fullscreen: bool = True
    title: str = "tvapp"
    renderer: RendererPreference = "auto"
    devices: tuple[str, ...] = ()


class NoKeys(DisplayError):
    """There is a screen, but no key could ever arrive; the text says what to do."""


def new_window(spec: DisplaySpec, driver: str) -> Window:
    """Open a window.

    Raises:
        pygame.error: SDL cannot open it.
    """
    is_headless = driver in HEADLESS_DRIVERS
    if spec.fullscreen and not is_headless:
        return Window(spec.title, size=_desktop(), fullscreen_desktop=True)
    size = spec.size or (TV if is_headless else (1280, 720))
    width, height = max(SMALLEST[0], size[0]), max(SMALLEST[1], size[1])
    return Window(spec.title, size=(width, height), resizable=True)


def new_renderer(window: Window, choice: RendererChoice) -> tuple[Renderer, str, list[str]]:
    """Return a renderer, its name, and why preferred ones failed.

    Raises:
        DisplayError: none of them works.
    """
    names = [info.name for info in video.get_drivers()]
    wanted = [name for name in names if name != "software"] if choice.accelerated else []
    forced = os.environ.get("SDL_RENDER_DRIVER")
    if forced in names:
        wanted = [forced]
    failures: list[str] = []
    for name in (*wanted, "software"):
        try:
            return Renderer(window, index=names.index(name)), name, failures
        except (pygame.error, ValueError) as error:
            failures.append(f"{name}: {error}")
    raise DisplayError("; ".join(failures))


def _desktop() -> tuple[int, int]:
    sizes = pygame.display.get_desktop_sizes()
    return sizes[0] if sizes else TV
