"""Creates the window and its renderer."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass

from tvapp.core.errors import DisplayError
from tvapp.display.driver import (
    FIRST_CHOICE,
    HEADLESS_DRIVERS,
    SOFTWARE,
    RendererChoice,
    RendererPreference,
    renderer_order,
)
from tvapp.display.renderer_proof import why_not_drawing
from tvapp.display.sdl import SDL_ERRORS, Renderer, Window, pygame, video

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
        SDL_ERRORS: SDL cannot open it.
    """
    is_headless = driver in HEADLESS_DRIVERS
    if spec.fullscreen and not is_headless:
        return Window(spec.title, size=_desktop(), fullscreen_desktop=True)
    size = spec.size or (TV if is_headless else (1280, 720))
    width, height = max(SMALLEST[0], size[0]), max(SMALLEST[1], size[1])
    return Window(spec.title, size=(width, height), resizable=True)


def new_renderer(
    window: Window,
    choice: RendererChoice,
    driver: str,
    refused: Collection[str] = (),
    make: Callable[[Window, int], Renderer] = Renderer,
) -> tuple[Renderer, str, list[str]]:
    """Return a renderer that was seen to draw, its name, and why preferred ones failed.

    `refused` are not tried: what they draw is not on the screen. `make` makes one by its index.

    Raises:
        DisplayError: none of them works.
    """
    names = [info.name for info in video.get_drivers()]

    def open_one(name: str) -> tuple[Renderer | None, str]:
        """Return a renderer that was seen to draw, or None and what is wrong. SDL allows a window one at a time."""
        try:
            renderer = make(window, names.index(name))
        except (*SDL_ERRORS, ValueError) as error:
            return None, str(error)
        wrong = why_not_drawing(renderer)
        return (None, wrong) if wrong else (renderer, "")

    failures = dict.fromkeys(refused, "is not seen on the screen")
    for name in renderer_order(choice, driver, names, os.environ.get("SDL_RENDER_DRIVER", "")):
        if name in refused:
            continue
        if name == SOFTWARE:
            # Reading back shows only what it drew in memory. What shows that on the screen has to draw as well.
            shown_by = FIRST_CHOICE.get(driver, "")
            if shown_by and shown_by not in failures:
                renderer, failures[shown_by] = open_one(shown_by)
                del renderer
            if failures.get(shown_by):
                failures[name] = f"is shown by {shown_by}"
                continue
        renderer, failures[name] = open_one(name)
        if renderer is not None:
            return renderer, name, [f"{each}: {wrong}" for each, wrong in failures.items() if wrong]
    raise DisplayError("no renderer draws: " + "; ".join(f"{each}: {wrong}" for each, wrong in failures.items()))


def _desktop() -> tuple[int, int]:
    sizes = pygame.display.get_desktop_sizes()
    return sizes[0] if sizes else TV
