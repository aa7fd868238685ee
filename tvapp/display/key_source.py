"""What the display needs of whoever turns pygame's events into keys."""

from __future__ import annotations

from typing import Protocol

from tvapp.display.sdl import pygame


class KeySource(Protocol):
    """Turns pygame's events into key events; see `remote.pygame_source`."""

    def translate(self, event: pygame.event.Event, now: float) -> list[object]:
        """Return what an event means; nothing for one that is not about keys."""
        ...

    def open_gamepads(self) -> None:
        """Start to listen to gamepads, those that are plugged in later too."""
        ...

    @property
    def needs_polling(self) -> bool:
        """Tell whether a gamepad is open, for which SDL would look every millisecond."""
        ...
