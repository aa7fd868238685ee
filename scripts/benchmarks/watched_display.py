"""A display that tells when a frame is out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tvapp.display.window import Display


class WatchedDisplay:
    """Passes everything on to a display, and calls `presented` after each frame."""

    def __init__(self, display: Display, presented: Callable[[], None]) -> None:
        self._display = display
        self._presented = presented

    def present(self) -> None:
        """See Display."""
        self._display.present()
        self._presented()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._display, name)
