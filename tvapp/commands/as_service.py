"""Lets a command look at the installed service from a root shell: at its data, and as its user."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tvapp.commands.console import default_data_dir

if TYPE_CHECKING:
    from tvapp.app.diagnosis.standpoint import Standpoint


def as_service(options: argparse.Namespace, load_ahead: Callable[[], None]) -> Standpoint:
    """Return where the command looks; root becomes the user of the service, for the rest of this process.

    `load_ahead` imports what is needed later: that user may not be able to read where this was installed.
    """
    from tvapp.app.diagnosis import standpoint
    from tvapp.host import account
    from tvapp.host.systemd.unit import installed_service

    data_dir: Path | None = options.data_dir.absolute() if options.data_dir else None
    at = standpoint.choose(options.config, data_dir, os.environ, installed_service(), default_data_dir)
    if at.becomes is not None:
        load_ahead()
        account.become(at.becomes)
        os.environ.clear()
        os.environ.update(at.environ)
    return at
