"""`tvapp config check`: reads the configuration, and explains what is set, where, and what is wrong."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tvapp.commands.console import explain, tell
from tvapp.config.load import Loaded, load_all
from tvapp.config.rules import shown_value
from tvapp.config.secret_references import CredentialElsewhere
from tvapp.core.errors import ConfigError
from tvapp.core.exit_status import EXIT_CONFIG, EXIT_OK


@dataclass(frozen=True, slots=True)
class Setting:
    """A key that is set: its value without secrets, and the file or the variable that it comes from."""

    key: str
    value: str
    source: str


def run_config_check(options: argparse.Namespace) -> int:
    """Read and explain the configuration; returns 0, or 3 if it cannot be used.

    Credentials of systemd can be read by the service alone: elsewhere they are noted, and are no error.
    """
    loaded = load_all(options.config, os.environ)
    notes = [error for error in loaded.errors if isinstance(error, CredentialElsewhere)]
    errors = [error for error in loaded.errors if error not in notes]
    tell(_as_json(loaded, errors, notes) if options.json else _as_text(loaded, errors, notes))
    return EXIT_CONFIG if errors else EXIT_OK


def settings_of(loaded: Loaded) -> list[Setting]:
    """Return every key that is set, in the order of the alphabet."""
    return [Setting(key, shown_value(key, found), found.source) for key, found in sorted(loaded.written.items())]


def _as_json(loaded: Loaded, errors: Sequence[ConfigError], notes: Sequence[ConfigError]) -> str:
    report = {
        "ok": not errors,
        "searched": [str(path) for path in loaded.searched],
        "files": [str(path) for path in loaded.files],
        "settings": [asdict(setting) for setting in settings_of(loaded)],
        "errors": [_fields(error) for error in errors],
        "notes": [_fields(note) for note in notes],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _fields(error: ConfigError) -> dict[str, str]:
    return {"source": error.source, "key": error.key, "found": error.found, "allowed": error.allowed}


def _as_text(loaded: Loaded, errors: Sequence[ConfigError], notes: Sequence[ConfigError]) -> str:
    lines = [f"read {path}" for path in loaded.files]
    if not lines:
        lines = ["no file was read; looked for " + ", ".join(map(str, loaded.searched))]
    settings = settings_of(loaded)
    key_width = max((len(it.key) for it in settings), default=0)
    value_width = min(48, max((len(it.value) for it in settings), default=0))
    lines += [f"  {it.key:<{key_width}} = {it.value:<{value_width}}  # {it.source}" for it in settings]
    lines += [f"not checked here: {note.source}: {note.key}: {note.found}" for note in notes]
    lines.append(explain(errors) if errors else "The configuration can be used.")
    return "\n".join(lines) + "\n"
