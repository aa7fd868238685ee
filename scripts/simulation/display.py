"""A display under SDL's dummy driver: time jumps in its waits, and it records texts and the work of each frame."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, cast

from scripts.simulation.clock import SimulatedClock
from tvapp.core.jobs import Inbox
from tvapp.display.driver import RendererChoice
from tvapp.display.events import ResourcesLost
from tvapp.display.key_source import KeySource
from tvapp.display.pygame_canvas import PygameCanvas
from tvapp.display.sdl import pygame
from tvapp.display.window import Display
from tvapp.display.window_creation import DisplaySpec
from tvapp.ui.canvas import Anchor, Paint, Rect, TextStyle
from tvapp.ui.recording import RecordingCanvas

LOOK_S = 0.02
"""Real time between two checks of work that may end without a message."""
FRAMES_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class FrameTime:
    """The main thread's work for one frame, by the machine's clock and by its CPU time, in seconds."""

    work_s: float
    cpu_s: float


class TappedCanvas:
    """A canvas that records every text that it draws."""

    def __init__(self, canvas: PygameCanvas, texts: list[str]) -> None:
        self._canvas = canvas
        self._texts = texts

    def text(self, text: str, x: float, y: float, style: TextStyle, anchor: Anchor = "left") -> None:
        """See ui.canvas.Canvas."""
        if style.face != "icon":
            self._texts.append(text)
        self._canvas.text(text, x, y, style, anchor)

    def draw_cached(self, paint: Paint, *inputs: Hashable, at: tuple[int, int] = (0, 0)) -> Rect:
        """See ui.canvas.Canvas; texts of cached drawings are recorded as well."""
        canvas = self._canvas
        recording = RecordingCanvas(canvas.width, canvas.height, canvas.scale, canvas.measure)
        paint(recording, *inputs)
        self._texts += recording.sentences()
        return canvas.draw_cached(paint, *inputs, at=at)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._canvas, name)


class SimulatedDisplay(Display):
    """Waits while any work is under way; otherwise moves the clock to the next event that is due."""

    def __init__(
        self, spec: DisplaySpec, keys: KeySource | None, clock: SimulatedClock, choice: RendererChoice
    ) -> None:
        super().__init__(spec, keys, clock, choice)
        self._time = clock
        self._inbox = Inbox()
        self._quiet_until: Callable[[], float | None] = lambda: None
        self._jumped: Callable[[], None] = lambda: None
        self._began = (time.perf_counter(), time.thread_time())
        self._is_frame = False
        self.horizon = float("inf")
        """No jump goes beyond this moment, and no wait."""
        self.may_jump = True
        self.texts: list[str] = []
        """The texts of the last frame, without icons."""
        self.frames = 0
        self.frame_times: deque[FrameTime] = deque(maxlen=FRAMES_KEPT)

    def connect(self, inbox: Inbox, quiet_until: Callable[[], float | None], jumped: Callable[[], None]) -> None:
        """Allow jumps from now on.

        `quiet_until` returns when work outside this thread is due (inf: never; None: some is under way); `jumped` is
        called after the clock was moved.
        """
        self._inbox = inbox
        self._quiet_until = quiet_until
        self._jumped = jumped

    @property
    def canvas(self) -> PygameCanvas:
        return cast(PygameCanvas, TappedCanvas(super().canvas, self.texts))

    def begin(self) -> None:
        self.texts.clear()
        super().begin()

    def present(self) -> None:
        super().present()
        self.frames += 1
        self._is_frame = True

    def wait(self, timeout_s: float | None) -> list[object]:
        """See Display; in simulated time."""
        began, cpu_began = self._began
        if self._is_frame:
            self._is_frame = False
            self.frame_times.append(FrameTime(time.perf_counter() - began, time.thread_time() - cpu_began))
        try:
            return self._wait(float("inf") if timeout_s is None else self._time.monotonic() + timeout_s)
        finally:
            self._began = (time.perf_counter(), time.thread_time())

    def _wait(self, until: float) -> list[object]:
        until = min(until, self.horizon)
        while True:
            left = max(0.0, until - self._time.monotonic())
            if left == 0 or len(self._inbox):
                return super().wait(left)
            if came := self._come(0):
                return came[0]
            due = self._quiet_until() if self.may_jump else None
            # Work that ended meanwhile may have left a message.
            if came := self._come(0 if due is not None else min(left, LOOK_S)):
                return came[0]
            if due is not None:
                self._jump(min(until, due))

    def _come(self, timeout_s: float) -> list[list[object]]:
        """Return the list of events inside a list if an event or a message came; else an empty list."""
        events = super().wait(timeout_s)
        return [events] if events or len(self._inbox) else []

    def _jump(self, to: float) -> None:
        seconds = to - self._time.monotonic()
        if seconds == float("inf"):
            super().wait(LOOK_S)  # nothing is due, ever: only an event from outside can change that
        elif seconds > 0:
            self._time.advance(seconds)
            self._jumped()

    def resize(self, width: int, height: int) -> None:
        """Change the size of the window, as another television mode does; SDL sends the event."""
        self._window.size = (width, height)

    def lose_textures(self) -> None:
        """Make SDL report that the renderer has lost its textures."""
        pygame.event.post(pygame.event.Event(pygame.RENDER_TARGETS_RESET))
        self.wake()

    def replace(self) -> None:
        """Rebuild window, renderer and textures, as after an unplugged screen."""
        self.reopen()
        self.feed(ResourcesLost())
