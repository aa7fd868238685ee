"""From a command line to a running app and its exit status."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tvapp import __version__
from tvapp.cli import EXIT_CONFIG, EXIT_DISPLAY, EXIT_FAILED, EXIT_OK, default_data_dir
from tvapp.config import Config, ConfigErrors, load
from tvapp.core.clock import SystemClock
from tvapp.core.errors import DisplayError, StorageError
from tvapp.core.files import make_private_dir
from tvapp.core.jobs import Inbox, Jobs
from tvapp.events import EventLog
from tvapp.loop import Burst, Loop
from tvapp.process import Signals, seconds_since_start, tune_interpreter

SHUTDOWN_S = 2.5


def run_app(options: argparse.Namespace, on_burst: Callable[[Burst], None] | None = None) -> int:
    """Show the app until somebody ends it; returns the exit status. `on_burst` hears of every motion's frames."""
    tune_interpreter()
    signals = Signals()
    clock = SystemClock()
    log = open_log(options)
    data_dir: Path = options.data_dir or default_data_dir()
    config, errors = load_config(options)

    # Not before the configuration is known, and nothing heavy before the first frame.
    from tvapp.display.arrival import Stopped, open_display
    from tvapp.display.window import DisplaySpec
    from tvapp.remote.keymap import keymap
    from tvapp.remote.pygame_source import PygameKeys

    try:
        make_private_dir(data_dir)
    except StorageError as error:
        log.event("data_dir.unusable", level="error", path=error.path, reason=error.reason)
    spec = DisplaySpec(
        size=options.windowed,
        fullscreen=options.windowed is None and config.kiosk.fullscreen,
        renderer=config.kiosk.renderer,
        devices=config.remote.devices,
    )
    try:
        opened = open_display(spec, PygameKeys(), clock, log, wait=signals.stop_within, complain=complain)
    except DisplayError as error:
        complain(f"tvapp: no display could be opened: {error}\nRun `tvapp doctor` to see what is missing.")
        return EXIT_CONFIG if errors is not None else EXIT_DISPLAY
    if isinstance(opened, Stopped):
        log.event("app.stopped", reason=opened.reason)
        return EXIT_OK
    display = opened

    inbox = Inbox(display.wake)
    jobs = Jobs(inbox, log)
    log.event(
        "app.started",
        version=__version__,
        driver=display.driver,
        renderer=display.renderer_name,
        renderer_reason=display.reason,
        size=f"{display.size[0]}x{display.size[1]}",
        data_dir=str(data_dir),
        config=str(config.source) if config.source else None,
    )
    jobs.thread("signals", lambda: signals.deliver(inbox.post))

    from tvapp.app import App
    from tvapp.restart import start_anew, take_over

    handover = take_over(data_dir)
    if handover is not None:
        log.event("display.restored", after_s=round(max(0.0, clock.wall() - handover.lost_at), 1))

    app = App(
        config,
        errors,
        data_dir=data_dir,
        display=display,
        jobs=jobs,
        clock=clock,
        log=log,
        keymap=keymap(config.remote.keys),
        since_start=seconds_since_start,
        handover=handover,
    )

    def server_gone() -> None:
        log.event("display.lost", level="warning", reason="the X server or compositor is gone", restart=True)
        app.hand_over()
        start_anew()

    display.on_server_gone = server_gone
    measured = () if on_burst is None else (on_burst, time.thread_time)
    reason = Loop(display, app, inbox, clock, log, *measured).run()
    app.close()
    jobs.stop(SHUTDOWN_S)
    display.close()
    log.event("app.stopped", reason=reason)
    return EXIT_OK


def run_sign_out(options: argparse.Namespace) -> int:
    """Forget the account and everything that belongs to it; returns the exit status."""
    from tvapp.auth.service import sign_out_all

    log = open_log(options)
    data_dir: Path = options.data_dir or default_data_dir()
    config, _errors = load_config(options, quiet=True)
    from tvapp.forget import forget_pictures_and_fences, forget_tiles

    try:
        somebody = sign_out_all(config, data_dir)
        forget_tiles(data_dir)
        forget_pictures_and_fences(data_dir)
    except StorageError as error:
        complain(f"tvapp: not everything could be removed: {error}")
        return EXIT_FAILED
    if somebody:
        log.event("signin.signed_out", by="command line")
    sys.stdout.write(
        "Signed out: the tokens and everything cached are gone.\n" if somebody else "Nobody was signed in.\n"
    )
    return EXIT_OK


def open_log(options: argparse.Namespace) -> EventLog:
    """Return the log that the command line asks for."""
    return EventLog(form=options.log_format, file=options.log_file)


def load_config(options: argparse.Namespace, *, quiet: bool = False) -> tuple[Config, ConfigErrors | None]:
    """Read the configuration; what is wrong with it goes to the console, and to the caller for the screen."""
    try:
        return load(options.config, os.environ), None
    except ConfigErrors as errors:
        if not quiet:
            complain(explain(errors))
        return errors.usable, errors


def explain(errors: ConfigErrors) -> str:
    """Return the errors as lines for a console: where, which key, what was found, what is allowed."""
    lines = ["tvapp: the configuration cannot be used:"]
    for error in errors.errors:
        lines += [f"  {error.source}: {error.key}", f"    found:   {error.found}", f"    allowed: {error.allowed}"]
    return "\n".join(lines)


def complain(text: str) -> None:
    """Say something on the console."""
    sys.stderr.write(text + "\n")
