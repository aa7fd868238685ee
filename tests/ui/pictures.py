"""Pictures of screens, drawn by the real canvas without a window. `python -m tests.ui.pictures` stores them again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.ui.gallery import SCENES
from tvapp.display.window import Display
from tvapp.display.window_creation import DisplaySpec

FOLDER = Path(__file__).parent / "pictures"
SIZES = ((1920, 1080), (1280, 720))
STORED_WIDTH = 640
"""They guard the layout, not the letters: a third of the size is enough and keeps the repository light."""
FRAMES = 5
"""Names of geofences are uploaded over several frames."""
NAMES = (
    "start-network",
    "start-time",
    "connection-name",
    "connection-tls",
    "signin",
    "signin-long",
    "signin-large",
    "signin-blocked",
    "signin-clock",
    "map",
    "map-selected",
    "map-bar",
    "map-drawer",
    "map-details",
    "map-layers",
    "map-account",
    "map-offline-old",
    "map-portal",
    "map-refused",
    "map-clock",
    "map-account-permission",
    "map-disk",
    "usage-day",
    "usage-many",
    "usage-role",
    "permission",
    "permission-long",
    "permission-another-account",
    "error-many",
    "crash-often",
    "draw",
    "draw-crossing",
    "draw-kinds-many",
    "draw-saved",
    "edit-details",
    "edit",
    "edit-reshape-bar-hole",
    "changes",
    "conflict",
    "unlock-wait",
)


@contextmanager
def display(size: tuple[int, int]) -> Iterator[Display]:
    """Open a display without a visible window."""
    opened = Display.open(DisplaySpec(size=size, fullscreen=False, renderer="software"))
    try:
        yield opened
    finally:
        opened.close()


def draw(name: str, on: Display) -> Image.Image:
    """Draw a scene of the gallery; returns it in the size that is stored."""
    scene = SCENES[name](*on.size)
    scene.loads()
    for number in range(FRAMES):
        on.begin()
        scene.draw(on.canvas)
        if number < FRAMES - 1:
            on.present()
    drawn = on.screenshot()
    on.present()
    on.canvas.forget()
    with Image.open(BytesIO(drawn)) as picture:
        height = round(STORED_WIDTH * picture.height / picture.width)
        return picture.convert("RGB").resize((STORED_WIDTH, height), Image.Resampling.BOX)


def stored(name: str, size: tuple[int, int]) -> Path:
    """Return where a picture is kept."""
    return FOLDER / f"{name}-{size[1]}.png"


def main() -> None:
    """Store every picture anew."""
    FOLDER.mkdir(exist_ok=True)
    for size in SIZES:
        with display(size) as opened:
            for name in NAMES:
                picture = draw(name, opened).quantize(128, dither=Image.Dither.NONE)
                picture.save(stored(name, size), optimize=True)


if __name__ == "__main__":
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    main()
