"""`tvapp run`: from a command line to a running app and its exit status."""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from tvapp.app.frame_meter import FrameMeter
from tvapp.app.loop import Loop
from tvapp.app.probe import Probe
from tvapp.commands.console import complain, default_data_dir, load_config, open_log
from tvapp.config.load import ConfigErrors
from tvapp.config.model import Config
from tvapp.core.clock import SystemClock
from tvapp.core.data_folder import DataFolder
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import DisplayError, StorageError
from tvapp.core.exit_status import (
    EXIT_CONFIG,
    EXIT_CRASHED,
    EXIT_DISPLAY,
    EXIT_FAILED,
    EXIT_OK,
    EXIT_RESTART,
    EXIT_RUNNING,
)
from tvapp.core.files import make_private_dir
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.surroundings import Surroundings
from tvapp.core.version import full_version
from tvapp.host.crash.fatal import watch_for_faults
from tvapp.host.crash.restart_backoff import RestartBackoff
from tvapp.host.event_log import EventLog
from tvapp.host.heartbeat import Heartbeat
from tvapp.host.instance import AnotherRuns, Instance
from tvapp.host.process import (
    DISPLAY_LOST_AT,
    Signals,
    handed_on,
    limit_arenas,
    seconds_since,
    start_over,
    tune_interpreter,
)
from tvapp.host.systemd.notify import Notifier, is_our_manager, is_service
from tvapp.host.systemd.status import Situation, words

if TYPE_CHECKING:
    from tvapp.app.app import App
    from tvapp.app.attachment import Attachment
    from tvapp.display.window import Display

SHUTDOWN_S = 2.5
SIGN_OF_LIFE_S = 5.0
"""How often an init system hears that a program waits for a display."""


def run_app(options: argparse.Namespace, probe: Probe | None = None) -> int:
    """Show the app until it is told to end; returns the exit status. `probe` watches the run.

    After a crash it does not return but replaces its process by a new start, unless an init system starts it again.
    """
    tune_interpreter()
    limit_arenas()
    signals = Signals()
    log = open_log(options)
    data = DataFolder(options.data_dir or default_data_dir())
    config, errors = load_config(options)
    disk = DiskHealth(log)
    try:
        make_private_dir(data.root, ours=0)
    except StorageError as error:
        disk.failed("data-dir", error)
    try:
        instance = Instance.hold(data.root, log)
    except AnotherRuns as another:
        complain(f"tvapp: {another}: {data.root}")
        return EXIT_RUNNING
    with instance:
        watch_for_faults(data.crashes, log)
        clock = SystemClock()
        surroundings = Surroundings(
            Jobs(Inbox(), log), clock, log, disk, random.random, data, since_start=seconds_since(os.environ)
        )
        run = _Run(options, _with_closable(config), errors, signals, log, surroundings, probe or Probe())
        try:
            status = run.until_stopped()
        except Exception as error:  # noqa: BLE001 - whatever it is, the screen has to say that the app starts again
            status = run.recover(error)
    if run.starts_over:
        signals.restore()
        start_over(os.environ)
    return status


def _with_closable(config: Config) -> Config:
    """Decide whether the app may be closed, where the configuration does not say: a service should not end."""
    if config.kiosk.closable is not None:
        return config
    return replace(config, kiosk=replace(config.kiosk, closable=not is_service(os.environ, os.getpid())))


class _Run:
    """One run of the app: holds the parts that exist at any moment, so that a crash finds what it can still use."""

    def __init__(
        self,
        options: argparse.Namespace,
        config: Config,
        errors: ConfigErrors | None,
        signals: Signals,
        log: EventLog,
        surroundings: Surroundings,
        probe: Probe,
    ) -> None:
        self._options = options
        self._config = config
        self._errors = errors
        self._signals = signals
        self._log = log
        self._surroundings = surroundings
        self._probe = probe
        self._clock = surroundings.clock
        self._jobs = surroundings.jobs
        self._inbox = surroundings.jobs.inbox
        self._notifier = Notifier(os.environ)
        self._restart_backoff = RestartBackoff(surroundings.data.crashes, os.environ)
        self._display: Display | None = None
        self._app: App | None = None
        self._hears_signals = False
        self._is_ending = False
        self.starts_over = False
        """Whether this process replaces itself by a new start: the viewer wants it, or no init system does it."""

    def until_stopped(self) -> int:
        """Show the app until it wants to stop; returns the exit status."""
        # Not before the configuration is known, and nothing heavy before the first frame.
        from tvapp.display.console_screen import BlackScreen
        from tvapp.display.startup import Stopped, open_display
        from tvapp.display.window_creation import DisplaySpec
        from tvapp.remote.keymap import keymap
        from tvapp.remote.pygame_source import PygameKeys

        options, config, log, clock, inbox, jobs = (
            self._options, self._config, self._log, self._clock, self._inbox, self._jobs,
        )  # fmt: skip
        self._probe.begin(self._surroundings)
        status = EXIT_OK
        spec = DisplaySpec(
            size=options.windowed,
            fullscreen=options.windowed is None and config.kiosk.fullscreen,
            renderer=config.kiosk.renderer,
            devices=config.remote.devices,
        )
        try:
            opened = open_display(spec, PygameKeys(), clock, log, wait=self._wait_for_display, complain=complain)
        except DisplayError as error:
            return self._no_display(f"no display could be opened: {error}", error)
        if isinstance(opened, Stopped):
            log.event("app.stopped", reason=opened.reason)
            return EXIT_OK
        display = self._display = self._probe.display(opened)
        inbox.wake = display.wake
        log.event(
            "app.started",
            version=full_version(),
            driver=display.driver,
            renderer=display.renderer_name,
            renderer_reason=display.reason,
            size=f"{display.size[0]}x{display.size[1]}",
            data_dir=str(self._surroundings.data.root),
            config=str(config.source) if config.source else None,
        )
        self._hear_signals()
        if (lost_at := handed_on(os.environ, DISPLAY_LOST_AT)) is not None:
            del os.environ[DISPLAY_LOST_AT]
            log.event("display.restored", after_s=round(clock.monotonic() - lost_at, 1))

        from tvapp.app.app import START_AGAIN, App

        keys = keymap(config.remote.keys)
        app = App(config, self._errors, self._surroundings, display=display, keymap=keys)
        app.attached.add(lambda: self._desk(app))
        program = self._probe.program(app)
        self._app = app
        opened.on_server_gone = self._server_gone
        heartbeat = Heartbeat(self._notifier, jobs, log, app.situation, self._ran_well)
        if config.metrics.address is not None:
            address = config.metrics.address
            app.attached.add(lambda: self._metrics(app, heartbeat, address))
        meter = FrameMeter(self._probe.burst, time.thread_time, self._probe.shortest_burst)
        loop = Loop(display, program, jobs, clock, log, heartbeat, meter)
        try:
            reason = loop.run()
        except BlackScreen as error:
            reason = "black screen"
            status = self._no_display(f"nothing is on the screen: {error}", error)
        self._is_ending = True
        from tvapp.app.desk import RESTART

        is_supervised = is_service(os.environ, os.getpid())
        self.starts_over = options.command != "demo" and (
            reason == START_AGAIN or (reason == RESTART and not is_supervised)
        )
        if reason == RESTART:
            status = EXIT_RESTART
        if not self.starts_over:
            self._notifier.stopping()
        app.close()
        jobs.stop(SHUTDOWN_S)
        display.close()
        log.event("app.stopped", reason=reason)
        return status

    def _desk(self, app: App) -> Attachment:
        from tvapp.app.desk import Desk

        return Desk(app, self._surroundings, self._log.troubles)

    def _metrics(self, app: App, heartbeat: Heartbeat, address: tuple[str, int]) -> Attachment:
        from tvapp.app.metrics import MetricsPublisher, Wiring

        wiring = Wiring(address, self._log, lambda: heartbeat.alive_at)
        return MetricsPublisher(app, self._surroundings, wiring)

    def _no_display(self, told: str, error: DisplayError) -> int:
        """Tell everybody but the viewer, who sees nothing; returns the exit status."""
        self._log.event("display.failed", level="error", reason=str(error))
        self._notifier.status(f"No picture: {error}")
        complain(f"tvapp: {told}\nRun `tvapp doctor` to see what is missing.")
        return EXIT_CONFIG if self._errors is not None else EXIT_DISPLAY

    def recover(self, error: Exception) -> int:
        """Report a crash to the log, a file and the screen, and wait; returns the exit status."""
        if self._is_ending:
            # It was told to end: no new start.
            self._log.event("app.end_failed", level="error", error=type(error).__name__, detail=str(error))
            return EXIT_FAILED
        from tvapp.app.crash_recovery import CrashScene, recover

        self._hear_signals()
        running = self._jobs.running()
        self._quieten()
        is_command = self._options.command != "demo"
        scene = CrashScene(
            self._surroundings.data.crashes,
            self._display,
            self._inbox,
            self._clock,
            self._log,
            self._notifier,
            self._restart_backoff,
            self._surroundings.since_start(),
            running,
            self._config.kiosk.language,
            is_command,
        )
        what_next = recover(error, scene)
        self._notifier.stopping()
        if self._display is not None:
            with contextlib.suppress(Exception):
                self._display.close()
        self._log.event("app.stopped", reason="signal" if what_next == "stop" else "crash")
        if what_next == "stop":
            return EXIT_OK
        # Without a disk for the count of crashes, only the environment of a process that goes on can keep it.
        self.starts_over = is_command and not (
            self._restart_backoff.is_kept and is_our_manager(os.environ, os.getpid())
        )
        return EXIT_CRASHED

    def _wait_for_display(self, seconds: float) -> str | None:
        """Sleep while there is no display; returns the name of a signal that wants the program to end."""
        self._notifier.status(words(Situation(has_display=False)))
        self._notifier.ready()  # it is up, and waits for the TV to be switched on
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            self._notifier.alive()
            if (reason := self._signals.stop_within(min(left, SIGN_OF_LIFE_S))) is not None:
                return reason
        return None

    def _server_gone(self) -> None:
        """SDL does not outlive its X server or compositor: replace this process by a new start."""
        self._log.event("display.lost", level="warning", reason="the X server or compositor is gone", restart=True)
        if self._app is not None:
            self._app.keep_view()
        self._signals.restore()
        start_over({**os.environ, DISPLAY_LOST_AT: str(self._clock.monotonic())})

    def _hear_signals(self) -> None:
        if not self._hears_signals:
            self._hears_signals = True
            self._jobs.thread("signals", lambda: self._signals.deliver(self._inbox.post))

    def _quieten(self) -> None:
        """Stop the app and its jobs; a broken part must not keep the others from stopping."""
        app, self._app = self._app, None
        if app is not None:
            with contextlib.suppress(Exception):
                app.close()
        with contextlib.suppress(Exception):
            self._jobs.stop(SHUTDOWN_S)
        if self._display is not None:
            with contextlib.suppress(Exception):
                self._display.canvas.forget()

    def _ran_well(self) -> None:
        """The app has run well for a while: count the next crash as the first again."""
        if self._restart_backoff.count():
            self._jobs.run("crashes.forget", self._restart_backoff.ran_well)
