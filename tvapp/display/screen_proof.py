"""Decides, from what the graphics card sends, whether presented frames are on the screen. Pure; times are seconds."""

from __future__ import annotations

from collections.abc import Callable

from tvapp.display.scanout import Scanout, read_scanout

LOOK_AFTER_S = (0.3, 0.7, 1.5)
"""After a frame with light in it was presented: pages are flipped at the next refresh, a mode is set slower."""
AGAIN_AFTER_S = 60.0
"""What was on the screen is looked at again: another program may have taken the card."""


class ScreenProof:
    """Compares presented frames with what the card sends, from time to time. `read` is `scanout.read_scanout`."""

    def __init__(self, read: Callable[[], Scanout | None] = read_scanout) -> None:
        self._read = read
        self._looks: list[float] = []
        self._next_at: float | None = 0.0
        """When the next frame is to be compared; None: never, because the card cannot be read."""

    def wants_frame(self, now: float) -> bool:
        """Tell whether `presented` is to be called for the frame that is presented now."""
        return not self._looks and self._next_at is not None and now >= self._next_at

    def presented(self, now: float, *, is_black: bool) -> None:
        """Note a presented frame; one that is black proves nothing."""
        if not is_black:
            self._looks = [now + after_s for after_s in LOOK_AFTER_S]

    def next_look(self) -> float | None:
        """Tell when `look` has something to do; None: not before the next frame."""
        return self._looks[0] if self._looks else None

    def look(self, now: float) -> str:
        """Look at the screen if that is due; returns what is wrong, or ""."""
        if not self._looks or now < self._looks[0]:
            return ""
        self._looks.pop(0)
        seen = self._read()
        if seen is None or (seen.is_on and seen.is_black is None):
            self._looks, self._next_at = [], None
            return ""
        if seen.is_on and not seen.is_black:
            self._looks, self._next_at = [], now + AGAIN_AFTER_S
            return ""
        if self._looks:
            return ""
        return "its frames are not on the screen, which stays black" if seen.is_on else "the card sends no picture"
