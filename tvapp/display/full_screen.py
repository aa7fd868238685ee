"""Takes full screen again after a desktop took it away: another window, a workspace, a minimised or shrunk window.

`FullScreenPolicy` decides when, with a back-off, so that two programs that both want the screen never fight for it at
full speed. It is pure; times are monotonic seconds.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tvapp.core.backoff import Backoff
from tvapp.display.events import FullScreenTaken
from tvapp.display.sdl import SDL_ERRORS, Window, pygame

Missing = Literal["focus", "hidden", "size", "place"]

RETAKE = Backoff(first_s=1.0, ceiling_s=60.0, jitter=0.0)
"""A notification that goes by itself within the first second is left alone."""
STEADY_S = 120.0
"""Full screen that was kept for so long was really taken: the next loss counts as the first again."""


@dataclass(slots=True)
class FullScreenPolicy:
    """What is missing for full screen, and when to take it again.

    >>> policy = FullScreenPolicy()
    >>> policy.lose("focus", now=10.0)
    >>> policy.retake_at
    11.0
    >>> policy.retaken(11.0)
    >>> policy.retake_at
    13.0
    """

    missing: set[Missing] = field(default_factory=set)
    retake_at: float = math.inf
    _attempts: int = 0
    _tried_at: float = -math.inf

    def lose(self, what: Missing, now: float) -> None:
        """Note that something was lost; when it is taken again counts from the first loss."""
        if not self.missing:
            if now - self._tried_at >= STEADY_S:
                self._attempts = 0
            self.retake_at = now + RETAKE.delay(self._attempts, 0.0)
        self.missing.add(what)

    def regain(self, *what: Missing) -> None:
        """Note that something is there again, for whatever reason."""
        self.missing.difference_update(what)
        if not self.missing:
            self.retake_at = math.inf

    def retaken(self, now: float) -> None:
        """Note that full screen was asked for; until it is there, it is asked for again ever more slowly."""
        self._attempts += 1
        self._tried_at = now
        self.retake_at = now + RETAKE.delay(self._attempts, 0.0)


class FullScreen:
    """Follows the events of one window that is to fill the screen."""

    def __init__(
        self,
        *,
        is_wanted: bool,
        desktop_sizes: Callable[[], Sequence[tuple[int, int]]] = lambda: pygame.display.get_desktop_sizes(),
    ) -> None:
        self._is_wanted = is_wanted
        self._desktop_sizes = desktop_sizes
        self.policy = FullScreenPolicy()

    def window_opened(self) -> None:
        """A new window was opened, which has everything."""
        self.policy.regain("focus", "hidden", "size", "place")

    def due_in(self, now: float) -> float:
        """Return in how many seconds `follow` has something to do."""
        return max(0.0, self.policy.retake_at - now)

    def follow(self, window: Window, events: Iterable[pygame.event.Event], now: float) -> FullScreenTaken | None:
        """Take the events of the window, and take full screen again when that is due; returns what was missing.

        A window that lost only the focus is brought to the front. For anything else a new one is needed: SDL waits
        without end for a window that a desktop keeps hidden, and ignores a wish for full screen that it believes to be
        fulfilled.
        """
        if not self._is_wanted:
            return None
        for event in events:
            self._note(event, window, now)
        policy = self.policy
        if now < policy.retake_at:
            return None
        taken = FullScreenTaken(", ".join(sorted(policy.missing)), needs_window=policy.missing != {"focus"})
        policy.retaken(now)
        if not taken.needs_window:
            with contextlib.suppress(*SDL_ERRORS):
                window.focus()
        return taken

    def _note(self, event: pygame.event.Event, window: Window, now: float) -> None:
        policy, kind = self.policy, event.type
        if kind == pygame.WINDOWFOCUSLOST:
            policy.lose("focus", now)
        elif kind == pygame.WINDOWFOCUSGAINED:
            policy.regain("focus")
        elif kind in (pygame.WINDOWMINIMIZED, pygame.WINDOWHIDDEN):
            policy.lose("hidden", now)
        elif kind in (pygame.WINDOWRESTORED, pygame.WINDOWSHOWN):
            policy.regain("hidden")
        elif kind in (pygame.WINDOWSIZECHANGED, pygame.WINDOWRESIZED):
            if window.size in self._desktop_sizes():
                policy.regain("size")
            else:
                policy.lose("size", now)
        elif kind == pygame.WINDOWMOVED and len(self._desktop_sizes()) == 1:
            # A window that was given a frame keeps its size, and SDL says so only here.
            if (event.x, event.y) == (0, 0):
                policy.regain("place")
            else:
                policy.lose("place", now)
