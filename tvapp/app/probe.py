"""Lets measurements and tests watch a run of the program, or get in its way, without changing its classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tvapp.app.frame_meter import SHORTEST_BURST, Burst
from tvapp.app.loop import Program
from tvapp.core.surroundings import Surroundings

if TYPE_CHECKING:
    from tvapp.app.app import App
    from tvapp.display.window import Display


class Probe:
    """Watches nothing. Subclasses override what they need; every method is called on the main thread."""

    shortest_burst = SHORTEST_BURST
    """How many frames a motion has at least that `burst` hears of."""

    def begin(self, surroundings: Surroundings) -> None:
        """The program starts; there is no display yet."""

    def display(self, display: Display) -> Display:
        """Return what the program is to use for the display that was opened."""
        return display

    def program(self, app: App) -> Program:
        """Return what the loop is to drive for the app."""
        return app

    def burst(self, burst: Burst) -> None:
        """A motion has ended."""
