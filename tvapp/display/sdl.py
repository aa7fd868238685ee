"""The only import of pygame, without the modules that would delay the first frame.

``import pygame`` also loads its sound modules, and pygame 2.6 numpy and pkg_resources, which takes 0.2 s. They are
hidden during the import and can be imported later. Import this module before starting threads: hiding is process-wide
for those 20 ms.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

_NOT_NEEDED = (
    "pkg_resources",  # optional for pygame.pkgdata, which loads the window's icon
    *(f"pygame.{name}" for name in ("mixer", "mixer_music", "surfarray", "sndarray", "fastevent", "scrap")),
)


def _hide() -> list[str]:
    if "pygame" in sys.modules:
        return []
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    hidden = [name for name in _NOT_NEEDED if name not in sys.modules]
    # None in sys.modules makes an import fail, which pygame's own __init__ handles.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    return hidden


_hidden = _hide()
try:
    import pygame
    import pygame._sdl2.sdl2 as sdl2
    import pygame._sdl2.video as video
finally:
    for _name in _hidden:
        sys.modules.pop(_name, None)

if TYPE_CHECKING:
    from pygame._sdl2.video import Renderer, Texture, Window
else:
    Renderer, Texture, Window = video.Renderer, video.Texture, video.Window

SDL_ERRORS = (pygame.error, sdl2.error)
"""What SDL's failures are raised as: pygame's older modules raise one, windows, renderers and textures the other."""

__all__ = ["SDL_ERRORS", "Renderer", "Texture", "Window", "pygame", "sdl2", "video"]
