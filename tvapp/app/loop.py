"""The frame loop: inputs, messages within a time allowance, update, draw if something changed, and sleep.

It runs on the main thread and never waits for anything but the next event, message, animation frame or wake-up time
that the program asked for. An idle program costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tvapp.core.clock import Clock
from tvapp.core.errors import DisplayError
from tvapp.core.frame_gate import FrameGate
from tvapp.core.jobs import Inbox
from tvapp.core.log import Log
from tvapp.ui.canvas import Canvas

FRAME_S = 1 / 60
EARLY_S = 0.0015
"""A frame may be drawn this much ahead of its time: waits have a resolution of a millisecond."""
MESSAGE_ALLOWANCE_S = 0.003
"""How long messages may be taken in before the next frame; the rest waits for the frame after."""
BURST_GAP_S = 0.1
"""Frames further apart than this do not belong to one motion."""
SHORTEST_BURST = 30
GIVE_UP_AFTER = 60
"""Frames that fail in a row until it is no passing matter. They come ever more slowly: this takes half a minute, less
than the minute after which a watchdog would end the program without a word on the screen."""


class Unrecoverable(Exception):
    """The program cannot go on: raised by it, or by the loop when no frame succeeds any more; its cause tells why."""


class Screen(Protocol):
    """What the loop needs of the display edge."""

    @property
    def canvas(self) -> Canvas: ...

    def wait(self, timeout_s: float | None) -> Sequence[object]:
        """Sleep until an event, a wake-up from another thread or the time-out; return the events."""
        ...

    def present(self) -> None:
        """Show what was drawn.

        Raises:
            DisplayError: there is nothing to show it on; `wait` tells so, and when there is again.
        """
        ...


class Program(Protocol):
    """What the loop drives. Times are monotonic seconds."""

    @property
    def stop_reason(self) -> str | None:
        """Why the program wants to end; None while it does not."""
        ...

    def handle(self, event: object, now: float) -> None: ...

    def receive(self, message: object, now: float) -> None: ...

    def update(self, now: float) -> bool:
        """Advance to `now`; True when a frame is needed."""
        ...

    def draw(self, canvas: Canvas, now: float) -> None: ...

    def next_wakeup(self, now: float) -> float | None:
        """Tell when `update` wants to be called even if nothing happens; None: not at all."""
        ...

    def presented(self, now: float) -> None:
        """Hear that a frame is on the screen."""
        ...


class Pulse(Protocol):
    """What has to hear that the loop is alive; see `tvapp.host.heartbeat`."""

    def next_wakeup(self) -> float | None: ...

    def needs_frame(self, now: float) -> bool: ...

    def shown(self, now: float) -> None: ...

    def emptied(self, now: float) -> None: ...

    def turned(self, now: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Burst:
    """Frames of one motion, and the main thread's work for each: as the clock has it, and the CPU's part of that."""

    started: float
    ended: float
    work_s: tuple[float, ...]
    cpu_s: tuple[float, ...] = ()


class Loop:
    """Drives a program on a screen until it wants to stop."""

    def __init__(
        self,
        screen: Screen,
        program: Program,
        inbox: Inbox,
        clock: Clock,
        log: Log,
        on_burst: Callable[[Burst], None] = lambda _burst: None,
        cpu_time: Callable[[], float] = lambda: 0.0,
        gate: FrameGate | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        """`on_burst` hears of every motion; `cpu_time` tells the calling thread's CPU time for it.

        `gate` is what workers wait at while a frame is due.
        """
        self._screen = screen
        self._program = program
        self._inbox = inbox
        self._clock = clock
        self._log = log
        self._on_burst = on_burst
        self._cpu_time = cpu_time
        self._gate = gate or FrameGate(clock.monotonic)
        self._pulse = pulse
        self._cpu_began = 0.0
        self._burst_cpu: list[float] = []
        self._dirty = True
        self._is_owed = False
        self._next_frame = 0.0
        self._last_frame = 0.0
        self._burst_start = 0.0
        self._burst: list[float] = []
        self._failures = 0

    def run(self) -> str:
        """Go on until the program has a reason to stop; returns the reason.

        Raises:
            Unrecoverable: the program gave up, or `GIVE_UP_AFTER` frames in a row failed.
            MemoryError: there is none left.
        """
        while (reason := self._program.stop_reason) is None:
            self.turn()
        self._end_burst()
        return reason

    def turn(self) -> None:
        """Wait as long as there is nothing to do, then take in what came, and draw one frame if need be."""
        now = self._clock.monotonic()
        timeout = self._timeout(now)
        self._gate.expect(None if timeout is None else now + timeout)
        events = self._screen.wait(timeout)
        began = self._clock.monotonic()
        self._gate.expect(began)
        self._cpu_began = self._cpu_time()
        try:
            for event in events:
                self._program.handle(event, began)
            took = self._take_messages(began)
            now = self._clock.monotonic()
            # Between two frames of a motion nothing that `update` makes of what came could be shown.
            self._is_owed = bool(events or took) and now < self._next_frame - EARLY_S
            if not self._is_owed:
                self._advance(began, now)
            if len(self._burst) >= SHORTEST_BURST and now - self._last_frame >= BURST_GAP_S:
                self._end_burst()
            if self._pulse is not None:
                self._pulse.turned(now)
        except (Unrecoverable, MemoryError):
            raise
        except DisplayError:
            # No defect, and nothing to try again here: the screen itself tells when there is something to draw on.
            # A new process would not help either, so whoever watches this one hears that all is well.
            self._dirty = False
            if self._pulse is not None:
                self._pulse.shown(began)
                self._pulse.turned(began)
        except Exception as error:  # noqa: BLE001 - the one broad catch around a frame
            self._failed(error, began)

    def _advance(self, began: float, now: float) -> None:
        """Bring the program to `now`, and the screen if need be."""
        if self._program.update(now) or (self._pulse is not None and self._pulse.needs_frame(now)):
            self._dirty = True
        if self._dirty and now >= self._next_frame - EARLY_S:
            self._frame(began, now)
        if not self._dirty:
            # A turn that only waited for the next frame's time says nothing about that frame.
            self._failures = 0

    def _timeout(self, now: float) -> float | None:
        if len(self._inbox) and not self._is_owed:
            return 0.0
        frame_due = self._next_frame - EARLY_S
        due = frame_due if self._dirty or self._is_owed else self._next_wakeup(now)
        if len(self._burst) >= SHORTEST_BURST:
            gap = self._last_frame + BURST_GAP_S
            due = gap if due is None else min(due, gap)
        # Whatever is due sooner than the next frame could only be shown by that frame.
        return None if due is None else max(0.0, max(due, frame_due) - now)

    def _next_wakeup(self, now: float) -> float | None:
        times = (self._program.next_wakeup(now), self._pulse.next_wakeup() if self._pulse is not None else None)
        return min((at for at in times if at is not None), default=None)

    def _take_messages(self, began: float) -> bool:
        """Take messages in, as long as there is time for it; True when there were any."""
        until = began + MESSAGE_ALLOWANCE_S
        took = False
        for message in self._inbox.drain():
            took = True
            self._program.receive(message, began)
            if self._clock.monotonic() >= until:
                break
        if self._pulse is not None and not len(self._inbox):
            self._pulse.emptied(self._clock.monotonic())
        return took

    def _frame(self, began: float, now: float) -> None:
        self._dirty = False
        self._program.draw(self._screen.canvas, now)
        self._screen.present()
        done = self._clock.monotonic()
        # Keep the beat while frames follow each other; start a new one after a rest or a late frame.
        late = now - self._next_frame > FRAME_S
        self._next_frame = (now if late else self._next_frame) + FRAME_S
        if now - self._last_frame > BURST_GAP_S:
            self._end_burst()
            self._burst_start = now
        self._last_frame = now
        self._burst.append(done - began)
        self._burst_cpu.append(self._cpu_time() - self._cpu_began)
        self._program.presented(done)
        if self._pulse is not None:
            self._pulse.shown(done)

    def _end_burst(self) -> None:
        if len(self._burst) >= SHORTEST_BURST:
            self._on_burst(Burst(self._burst_start, self._last_frame, tuple(self._burst), tuple(self._burst_cpu)))
        self._burst.clear()
        self._burst_cpu.clear()

    def _failed(self, error: Exception, now: float) -> None:
        self._failures += 1
        if self._failures in (1, 10, 100) or self._failures % 1000 == 0:
            self._log.event(
                "frame.failed",
                level="error",
                error=type(error).__name__,
                detail=str(error),
                where=_where(error),
                times=self._failures,
            )
        if self._failures >= GIVE_UP_AFTER:
            raise Unrecoverable(f"{self._failures} frames in a row failed") from error
        self._dirty = True
        self._next_frame = now + min(1.0, FRAME_S * self._failures)


def _where(error: BaseException) -> str:
    """Name the module and line an exception came from, without values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
