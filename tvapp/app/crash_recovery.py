"""Handles a crash: writes the report, shows a screen that says so, waits, and decides how the next start comes about.

It uses no part of the app, because any of them may be broken: only a display if there is one, the inbox for requests to
stop, and the clock.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from tvapp.core.clock import Clock
from tvapp.core.files import write_atomic
from tvapp.core.jobs import Inbox, RunningJob
from tvapp.display.events import CloseRequested
from tvapp.host.crash import report as reports
from tvapp.host.crash.report import CrashContext
from tvapp.host.crash.restart_backoff import RestartBackoff
from tvapp.host.event_log import EventLog
from tvapp.host.process import ScreenshotRequested, StopRequested
from tvapp.host.systemd.notify import Notifier
from tvapp.host.systemd.status import Situation, words
from tvapp.ui.canvas import Canvas
from tvapp.ui.screens.crash import Crash, draw_crash, sentences

Next = Literal["start again", "stop"]


class Screen(Protocol):
    """The part of the display that is used."""

    driver: str
    renderer_name: str

    @property
    def canvas(self) -> Canvas: ...

    @property
    def size(self) -> tuple[int, int]: ...

    def wait(self, timeout_s: float | None) -> Sequence[object]: ...

    def begin(self) -> None: ...

    def present(self) -> None: ...

    def present_fallback_text(self, lines: Sequence[str]) -> None: ...

    def reopen(self) -> None: ...

    def screenshot(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class CrashScene:
    """What is left of the program. `screen` None: there is none. `starts_again` False: no start follows the pause."""

    crashes: Path
    screen: Screen | None
    inbox: Inbox
    clock: Clock
    log: EventLog
    notifier: Notifier
    restart_backoff: RestartBackoff
    uptime_s: float
    running: Sequence[RunningJob] = ()
    language: str = "en"
    starts_again: bool = True


def recover(error: BaseException, scene: CrashScene) -> Next:
    """Report a crash and show it until it is time to start again, or until the program is told to stop."""
    count = scene.restart_backoff.count() + 1
    pause_s = scene.restart_backoff.crashed()
    reference = reports.new_reference()
    _report(error, reference, count, pause_s, scene)
    clock = time.strftime("%H:%M", time.localtime(scene.clock.wall()))
    crash = Crash(reference, clock, pause_s, count, scene.starts_again)
    scene.notifier.status(words(Situation(crash=reference)))
    return _Pause(crash, scene).run()


def _report(error: BaseException, reference: str, count: int, pause_s: float, scene: CrashScene) -> None:
    name, reason = "", None
    screen = scene.screen
    try:
        context = CrashContext(
            epoch_s=scene.clock.wall(),
            uptime_s=scene.uptime_s,
            in_a_row=count,
            driver=screen.driver if screen is not None else "",
            renderer=screen.renderer_name if screen is not None else "",
            size="x".join(map(str, screen.size)) if screen is not None else "",
            events=scene.log.recent(),
            running=scene.running,
            monotonic_s=scene.clock.monotonic(),
        )
        name = reports.write(scene.crashes, reports.report(error, reference, context)).name
    except Exception as failure:  # noqa: BLE001 - without a report, the screen and the new start still have to come
        reason = f"{type(failure).__name__}: {failure}"
    scene.log.event(
        "crash.reported",
        level="error",
        reference=reference,
        error=type(error.__cause__ or error).__name__,
        where=reports.where(error),
        in_a_row=count,
        restart_in_s=pause_s,
        file=name or None,
        not_written=reason,
    )


class _Pause:
    """The screen during the pause: counts down each second, drawn in the best way that still works."""

    def __init__(self, crash: Crash, scene: CrashScene) -> None:
        self._crash = crash
        self._scene = scene
        self._drawers: list[Callable[[Screen, Crash], None]] = [self._draw, self._draw_anew, self._draw_plainly]
        self._is_ready = False

    def run(self) -> Next:
        clock, screen = self._scene.clock, self._scene.screen
        until = clock.monotonic() + self._crash.left_s
        shown = -1
        while (left_s := until - clock.monotonic()) > 0:
            whole = math.ceil(left_s)
            if whole != shown:
                shown = whole
                self._show(screen, replace(self._crash, left_s=float(whole)))
            if self._is_told_to_stop(screen, max(0.0, left_s - (whole - 1))):
                return "stop"
        return "start again"

    def _show(self, screen: Screen | None, crash: Crash) -> None:
        """Draw in the best way that works; a way that failed is not tried again."""
        while screen is not None and self._drawers:
            try:
                self._drawers[0](screen, crash)
                break
            except Exception as error:  # noqa: BLE001 - anything may be broken now
                name = type(error).__name__
                self._scene.log.event("crash.screen_failed", level="warning", error=name, left=len(self._drawers) - 1)
                del self._drawers[0]
        # With or without a picture: the program is alive and goes on by itself.
        if not self._is_ready:
            self._is_ready = True
            self._scene.notifier.ready()
        self._scene.notifier.alive()

    def _draw(self, screen: Screen, crash: Crash) -> None:
        screen.begin()
        draw_crash(screen.canvas, crash, self._scene.language)
        screen.present()

    def _draw_anew(self, screen: Screen, crash: Crash) -> None:
        screen.reopen()
        self._drawers.insert(0, self._draw)
        try:
            self._draw(screen, crash)
        except Exception:
            del self._drawers[0]
            raise

    def _draw_plainly(self, screen: Screen, crash: Crash) -> None:
        screen.present_fallback_text([sentence for sentence in sentences(crash) if sentence])

    def _is_told_to_stop(self, screen: Screen | None, timeout_s: float) -> bool:
        events: Sequence[object] = ()
        try:
            if screen is not None:
                events = screen.wait(timeout_s)
            else:
                time.sleep(min(timeout_s, 0.2))
        except Exception:  # noqa: BLE001 - as above
            time.sleep(min(timeout_s, 0.2))
        messages = list(self._scene.inbox.drain())
        if screen is not None and ScreenshotRequested() in messages:
            self._save_picture(screen)
        stops = any(isinstance(message, StopRequested) for message in messages)
        return stops or any(isinstance(event, CloseRequested) for event in events)

    def _save_picture(self, screen: Screen) -> None:
        path = self._scene.crashes / f"{self._crash.reference}.png"
        try:
            write_atomic(path, screen.screenshot())
        except Exception as error:  # noqa: BLE001 - as above
            self._scene.log.event("screenshot.failed", level="warning", reason=type(error).__name__)
            return
        self._scene.log.event("screenshot.saved", path=str(path))
