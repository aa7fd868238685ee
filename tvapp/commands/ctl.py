"""`tvapp ctl`: has the app that runs on this machine tell its state, or do something; from a desk over SSH."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from tvapp.commands.console import complain, default_data_dir
from tvapp.core.data_folder import DataFolder
from tvapp.core.errors import StorageError
from tvapp.core.exit_status import EXIT_FAILED, EXIT_NO_ANSWER, EXIT_OK, EXIT_USAGE
from tvapp.core.files import write_atomic
from tvapp.host.control.client import Answered, NoAnswer, ask
from tvapp.host.control.commands import Command, Message, Restart, Screenshot, Show, SignOut, Status, Wake
from tvapp.host.control.protocol import BadRequest

SERVICE_DATA_DIR = Path("/var/lib/tvapp")
"""The data folder of the service, where the user of the command has none of their own."""
NEEDS_ARGUMENT = {"screenshot": "FILE, or - for standard output", "show": "VIEW", "message": "TEXT"}


def run_ctl(options: argparse.Namespace) -> int:
    """Carry out one command; returns the exit status."""
    action, argument = options.action, options.argument
    if action in NEEDS_ARGUMENT and not argument:
        return _wrong(f"tvapp ctl {action} needs {NEEDS_ARGUMENT[action]}")
    if action not in NEEDS_ARGUMENT and argument is not None:
        return _wrong(f"tvapp ctl {action} takes no argument")
    if action != "message" and options.seconds is not None:
        return _wrong("--for belongs to tvapp ctl message")
    if (action, argument) == ("screenshot", "-") and sys.stdout.isatty():
        return _wrong("a PNG is not for a terminal: tvapp ctl screenshot - > screen.png")
    data = DataFolder(options.data_dir or data_dir())
    try:
        answered = ask(data.control, command_of(action, argument, options.seconds))
    except BadRequest as error:
        return _wrong(f"tvapp ctl {action}: {error}")
    except NoAnswer as error:
        complain(f"tvapp: {error}: {data.root}")
        return EXIT_NO_ANSWER
    if not answered.is_done:
        _explain(answered)
        return EXIT_FAILED
    return _show_answer(action, argument, answered)


def data_dir() -> Path:
    """Return the data folder that is meant without --data-dir: the user's own where there is one, else the service's.

    Root has none as a rule, nor has the user of the service.
    """
    own = default_data_dir()
    return own if DataFolder(own).control.exists() or not SERVICE_DATA_DIR.exists() else SERVICE_DATA_DIR


def command_of(action: str, argument: str | None, seconds: float | None) -> Command:
    """Return the command for the app."""
    text = argument or ""
    match action:
        case "status":
            return Status()
        case "screenshot":
            return Screenshot()
        case "show":
            return Show(text.strip())
        case "wake":
            return Wake()
        case "message":
            return Message(text) if seconds is None else Message(text, seconds)
        case "sign-out":
            return SignOut()
    return Restart()


def _show_answer(action: str, argument: str | None, answered: Answered) -> int:
    fields = answered.fields
    match action:
        case "status":
            # Nothing outside of ASCII: no name of a geofence can steer the terminal.
            sys.stdout.write(json.dumps(fields, indent=2) + "\n")
        case "screenshot":
            return _save(answered.body, argument or "-")
        case "message" if fields.get("shown") is not True:
            sys.stdout.write("The message waits: the screen is not seen now (`tvapp ctl wake` wakes it).\n")
        case "show":
            sys.stdout.write("The map goes there.\n")
        case "wake":
            shown = "The screen was off and shows its picture." if fields.get("was") == "off" else "It was awake."
            sys.stdout.write(shown + "\n")
        case "message":
            sys.stdout.write("The message is on the screen.\n")
        case "sign-out":
            was_signed_in = fields.get("was_signed_in") is True
            sys.stdout.write("Signed out.\n" if was_signed_in else "Nobody was signed in.\n")
        case "restart":
            sys.stdout.write("tvapp ends, to be started again.\n")
    return EXIT_OK


def _save(picture: bytes, where: str) -> int:
    try:
        if where == "-":
            sys.stdout.buffer.write(picture)
            sys.stdout.buffer.flush()
        else:
            write_atomic(Path(where), picture)
    except (OSError, StorageError) as error:
        complain(f"tvapp: the picture could not be saved: {error}")
        if isinstance(error, BrokenPipeError):
            # The interpreter would flush standard output once more, and fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    return EXIT_OK


def _explain(answered: Answered) -> None:
    complain(f"tvapp: {_plain(answered.fields.get('reason'))}")
    choices = answered.fields.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict):
            complain(f"  {_plain(choice.get('id'))}  {_plain(choice.get('name'))}")


def _plain(value: object) -> str:
    """Return a text that cannot steer a terminal."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in str(value))


def _wrong(text: str) -> int:
    complain(text)
    return EXIT_USAGE
