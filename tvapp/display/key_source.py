"""The protocol by which the display turns pygame's events into keys."""

from __future__ import annotations

from typing import Protocol

from tvapp.display.sdl import pygame


class KeySource(Protocol):
    """Turns pygame's events into key events; see `remote.pygame_source`."""

    def translate(self, event: pygame.event.Event, now: float) -> list[object]:
        """Return the key events of a pygame event; none for an event that is not about keys."""
        ...

    def open_gamepads(self) -> None:
        """Start to listen to gamepads, including those that are plugged in later."""
        ...

    @property
    def needs_polling(self) -> bool:
        """Tell whether a gamepad is open, which SDL has to be polled for."""
        ...
