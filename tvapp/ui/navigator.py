"""The port through which a screen opens and closes panels."""

from __future__ import annotations

from typing import Protocol

from tvapp.ui.screen import Screen


class Navigator(Protocol):
    """The stack of screens, as a screen sees it."""

    @property
    def top(self) -> Screen:
        """The screen that receives keys."""
        ...

    def push(self, screen: Screen) -> None:
        """Put a panel or dialog on top."""
        ...

    def pop(self) -> None:
        """Close the topmost panel."""
        ...

    def pop_to_base(self) -> None:
        """Close every panel."""
        ...
