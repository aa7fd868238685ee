"""Shared by the commands: opens the log, reads the configuration, finds the data folder, and writes to the console."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from tvapp.config.load import ConfigErrors, load
from tvapp.config.model import Config
from tvapp.core.errors import ConfigError
from tvapp.core.visible_text import visible_lines
from tvapp.host.event_log import EventLog
from tvapp.host.systemd.journal import Journal, is_our_output


def open_log(options: argparse.Namespace) -> EventLog:
    """Return the log that the command line describes."""
    journal = Journal() if is_our_output(os.environ) else None
    return EventLog(form=options.log_format, file=options.log_file, journal=journal)


def load_config(options: argparse.Namespace, *, quiet: bool = False) -> tuple[Config, ConfigErrors | None]:
    """Read the configuration; returns its errors for the screen, and unless `quiet` writes them to the console."""
    try:
        return load(options.config, os.environ), None
    except ConfigErrors as errors:
        if not quiet:
            complain(explain(errors.errors))
        return errors.usable, errors


def explain(errors: Iterable[ConfigError]) -> str:
    """Return the errors as lines for a console: source, key, what was found, what is allowed."""
    lines = ["tvapp: the configuration cannot be used:"]
    for error in errors:
        lines += [f"  {error.source}: {error.key}", f"    found:   {error.found}", f"    allowed: {error.allowed}"]
    return "\n".join(lines)


def complain(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(visible_lines(text) + "\n")


def tell(text: str) -> None:
    """Write to standard output, without characters that a terminal would obey: parts of it come from outside."""
    sys.stdout.write(visible_lines(text))


def default_data_dir() -> Path:
    """Return the data folder that is used without --data-dir."""
    import platformdirs

    return Path(platformdirs.user_state_dir("tvapp", appauthor=False))
