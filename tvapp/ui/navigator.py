"""How a screen opens and closes panels, without knowing the stack."""

from __future__ import annotations

from typing import Protocol

from tvapp.ui.screen import Screen


class Navigator(Protocol):
    """The stack of screens, as a screen sees it."""

    @property
    def top(self) -> Screen:
        """What has the keys now."""
        ...

    def push(self, screen: Screen) -> None:
        """Put a panel or dialog on top."""
        ...

    def pop(self) -> None:
        """Close the upmost panel."""
        ...

    def pop_to_base(self) -> None:
        """Close every panel."""
        ...
