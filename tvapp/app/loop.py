"""Runs the frame loop: inputs, messages within a time allowance, update, draw if something changed, and sleep.

It runs on the main thread and waits only for the next event, message, animation frame or wake-up time that the program
asked for. An idle program uses no CPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tvapp.app.frame_meter import FrameMeter
from tvapp.core.clock import Clock
from tvapp.core.errors import DisplayError
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log
from tvapp.ui.canvas import Canvas

FRAME_S = 1 / 60
EARLY_S = 0.0015
"""A frame may be drawn this much early: waits have a resolution of a millisecond."""
MESSAGE_ALLOWANCE_S = 0.003
"""How long messages may be taken before a frame; the rest waits until after it."""
MESSAGE_PART = 0.25
"""The same as a part of the last frame's time, where that is more: on a slow machine a frame takes a second, and the
messages of a start would come one with each."""
GIVE_UP_AFTER = 60
"""After so many failed frames in a row the loop ends. They come ever more slowly: it takes half a minute, less than the
minute after which a watchdog would end the program without a word on the screen."""


class Unrecoverable(Exception):
    """The program cannot go on: it says so itself, or no frame succeeds any more; the cause tells why."""


class Screen(Protocol):
    """The part of the display that the loop uses."""

    @property
    def canvas(self) -> Canvas: ...

    def wait(self, timeout_s: float | None) -> Sequence[object]:
        """Sleep until an event, a wake-up from another thread or the time-out; return the events."""
        ...

    def present(self) -> None:
        """Show what was drawn.

        Raises:
            DisplayError: there is no display; `wait` returns an event for that, and for its return.
        """
        ...


class Program(Protocol):
    """The program that the loop drives. Times are monotonic seconds."""

    @property
    def stop_reason(self) -> str | None:
        """Why the program is to end; None while it goes on."""
        ...

    def handle(self, event: object, now: float) -> None: ...

    def receive(self, message: object, now: float) -> None: ...

    def update(self, now: float) -> bool:
        """Advance to `now`; True when a frame is needed."""
        ...

    def draw(self, canvas: Canvas, now: float) -> None: ...

    def next_wakeup(self, now: float) -> float | None:
        """Tell when `update` is to be called even if nothing happens; None: not at all."""
        ...

    def presented(self, now: float) -> None:
        """Note that a frame is on the screen."""
        ...


class Pulse(Protocol):
    """Hears that the loop is alive; see `tvapp.host.heartbeat`."""

    def next_wakeup(self) -> float | None: ...

    def needs_frame(self, now: float) -> bool: ...

    def shown(self, now: float) -> None: ...

    def emptied(self, now: float) -> None: ...

    def turned(self, now: float) -> None: ...


class NoPulse:
    """Implements Pulse where nothing supervises the loop."""

    def next_wakeup(self) -> float | None:
        return None

    def needs_frame(self, now: float) -> bool:
        return False

    def shown(self, now: float) -> None:
        """Nothing hears it."""

    def emptied(self, now: float) -> None:
        """Nothing hears it."""

    def turned(self, now: float) -> None:
        """Nothing hears it."""


class Loop:
    """Drives a program on a screen until it wants to stop."""

    def __init__(
        self,
        screen: Screen,
        program: Program,
        jobs: Jobs,
        clock: Clock,
        log: Log,
        pulse: Pulse | None = None,
        meter: FrameMeter | None = None,
    ) -> None:
        """Take messages from the inbox of `jobs`, whose workers wait at its gate while a frame is due."""
        self._screen = screen
        self._program = program
        self._inbox = jobs.inbox
        self._gate = jobs.gate
        self._clock = clock
        self._log = log
        self._pulse = pulse or NoPulse()
        self._meter = meter or FrameMeter()
        self._dirty = True
        self._is_update_due = False
        """Something came between two frames of a motion; the program takes it in with the next frame."""
        self._next_frame = 0.0
        self._frame_took_s = 0.0
        self._failures = 0

    def run(self) -> str:
        """Run until the program has a reason to stop; returns the reason.

        Raises:
            Unrecoverable: the program gave up, or `GIVE_UP_AFTER` frames in a row failed.
            MemoryError: there is no memory left.
        """
        while (reason := self._program.stop_reason) is None:
            self.turn()
        self._meter.end_motion()
        return reason

    def turn(self) -> None:
        """Wait until there is something to do, take what came, and draw one frame if needed."""
        now = self._clock.monotonic()
        timeout = self._timeout(now)
        self._gate.expect(None if timeout is None else now + timeout)
        events = self._screen.wait(timeout)
        began = self._clock.monotonic()
        self._gate.expect(began)
        self._meter.begin_turn()
        try:
            for event in events:
                self._program.handle(event, began)
            took = self._take_messages(began)
            now = self._clock.monotonic()
            # Between two frames of a motion no result of `update` could be shown.
            self._is_update_due = bool(events or took) and now < self._next_frame - EARLY_S
            if not self._is_update_due:
                self._advance(began, now)
            self._meter.end_turn(now)
            self._pulse.turned(now)
        except (Unrecoverable, MemoryError):
            raise
        except DisplayError:
            # No defect, and nothing to try again: the screen says when there is something to draw on.
            # A new process would not help either, so the pulse hears that all is well.
            self._dirty = False
            self._pulse.shown(began)
            self._pulse.turned(began)
        except Exception as error:  # noqa: BLE001 - the one broad catch around a frame
            self._failed(error, began)

    def _advance(self, began: float, now: float) -> None:
        """Advance the program to `now`, and draw a frame if needed."""
        if self._program.update(now) or self._pulse.needs_frame(now):
            self._dirty = True
        if self._dirty and now >= self._next_frame - EARLY_S:
            self._frame(began, now)
        if not self._dirty:
            # A turn that only waited for the time of the next frame says nothing about that frame.
            self._failures = 0

    def _timeout(self, now: float) -> float | None:
        if len(self._inbox) and not self._is_update_due:
            return 0.0
        frame_due = self._next_frame - EARLY_S
        due = frame_due if self._dirty or self._is_update_due else self._next_wakeup(now)
        if (motion_ends := self._meter.ends_at) is not None:
            due = motion_ends if due is None else min(due, motion_ends)
        # What is due before the next frame can only be shown by that frame.
        return None if due is None else max(0.0, max(due, frame_due) - now)

    def _next_wakeup(self, now: float) -> float | None:
        times = (self._program.next_wakeup(now), self._pulse.next_wakeup())
        return min((at for at in times if at is not None), default=None)

    def _take_messages(self, began: float) -> bool:
        """Take messages as long as the allowance lasts; returns whether there were any."""
        until = began + max(MESSAGE_ALLOWANCE_S, MESSAGE_PART * self._frame_took_s)
        took = False
        for message in self._inbox.drain():
            took = True
            self._program.receive(message, began)
            if self._clock.monotonic() >= until:
                break
        if not len(self._inbox):
            self._pulse.emptied(self._clock.monotonic())
        return took

    def _frame(self, began: float, now: float) -> None:
        self._dirty = False
        self._program.draw(self._screen.canvas, now)
        self._screen.present()
        done = self._clock.monotonic()
        # Keep the rhythm while frames follow each other; start a new one after a rest or a late frame.
        late = now - self._next_frame > FRAME_S
        self._next_frame = (now if late else self._next_frame) + FRAME_S
        self._frame_took_s = done - now
        self._meter.add_frame(began, now, done)
        self._program.presented(done)
        self._pulse.shown(done)

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
    """Return the module and line that raised an exception, without values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
