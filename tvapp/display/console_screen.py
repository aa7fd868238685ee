"""Watches a screen without a desktop (KMS/DRM) for what SDL does not report: hot-plug, and frames that nobody sees."""

from __future__ import annotations

from collections.abc import Callable

from tvapp.core.errors import DisplayError
from tvapp.display.hotplug import Hotplug
from tvapp.display.renderer_proof import draws_black
from tvapp.display.scanout import Scanout, read_scanout
from tvapp.display.screen_proof import ScreenProof
from tvapp.display.sdl import Renderer


class BlackScreen(DisplayError):
    """No renderer brings a picture onto the screen; trying again in this process does not help."""


class ConsoleScreen:
    """Belongs to the main thread; times are monotonic seconds."""

    def __init__(self, hotplug: Hotplug | None = None, read: Callable[[], Scanout | None] = read_scanout) -> None:
        """`read` returns what the graphics card sends to the screen."""
        self._hotplug = hotplug or Hotplug()
        self._read = read
        self._proof = ScreenProof(read)
        self._refused: dict[str, str] = {}

    @property
    def refused(self) -> tuple[str, ...]:
        """The renderers whose frames were not on the screen."""
        return tuple(self._refused)

    def opened(self) -> None:
        """Note that the window is open, with another renderer perhaps."""
        self._proof = ScreenProof(self._read)

    def presenting(self, renderer: Renderer, size: tuple[int, int], now: float) -> None:
        """Look, just before a frame is presented, whether it can prove anything."""
        if self._proof.wants_frame(now):
            self._proof.presented(now, is_black=draws_black(renderer, size))

    def poll(self, renderer: str, now: float) -> str:
        """Return why the display has to be opened anew, or ""; `renderer` is the name of the present one."""
        change = self._hotplug.poll(now)
        if change == "another":
            return "another screen"
        if change == "none":
            return "no screen is connected"
        if wrong := self._proof.look(now):
            self._refused[renderer] = wrong
            return f"{renderer}: {wrong}"
        return ""

    def may_open(self, now: float) -> bool:
        """Tell whether there is a screen to open a lost display on."""
        return not self._hotplug.is_unplugged or self._hotplug.poll(now) == "another"

    def next_try(self, retry_at: float) -> float:
        """Tell when a lost display is to be opened: not while no screen is connected, which is polled."""
        return self._hotplug.next_poll if self._hotplug.is_unplugged else retry_at

    def next_poll(self) -> float:
        """Tell when `poll` has something to do."""
        look = self._proof.next_look()
        return self._hotplug.next_poll if look is None else min(look, self._hotplug.next_poll)

    def why_black(self) -> str:
        """Return why nothing drawn is on the screen now; "" if it is, or if that cannot be told."""
        seen = self._read()
        if seen is None or (seen.is_on and not seen.is_black):
            return ""
        return "the screen is black" if seen.is_on else "the graphics card sends no picture"

    def give_up(self, error: DisplayError) -> None:
        """Raise BlackScreen if renderers were refused, when no other could be opened because of `error`."""
        if self._refused:
            reasons = "; ".join(f"{name}: {wrong}" for name, wrong in self._refused.items())
            raise BlackScreen(f"{reasons}. No other renderer works ({error})") from error
