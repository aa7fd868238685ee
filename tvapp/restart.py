"""Starting the program anew in place, for the one loss that it cannot outlive: that of the X server or compositor.

The process stays (exec), so that whoever supervises it notices nothing; the session is on disk as ever; and what the
map showed is handed over in a file.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tvapp.core.errors import StorageError
from tvapp.core.files import remove, write_atomic

FILE = "display-lost.json"
LIMIT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Handover:
    """What the map showed when the display was lost, and when that was (wall time)."""

    lost_at: float
    longitude: float
    latitude: float
    zoom: float


def hand_over(data_dir: Path, handover: Handover) -> None:
    """Leave it for the next start. A disk that takes nothing costs the view, not the start."""
    values = {name: getattr(handover, name) for name in Handover.__slots__}
    try:
        write_atomic(data_dir / FILE, json.dumps(values).encode())
    except StorageError:
        return


def take_over(data_dir: Path) -> Handover | None:
    """Return what a former start left, and remove it; None where there is nothing that makes sense."""
    path = data_dir / FILE
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(LIMIT_BYTES))
        remove(path)
        handover = Handover(**{name: float(found[name]) for name in Handover.__slots__})
    except (OSError, ValueError, KeyError, TypeError, StorageError):
        return None
    in_range = abs(handover.longitude) <= 180 and abs(handover.latitude) <= 85.06 and 0 <= handover.zoom <= 22
    return handover if in_range else None


def start_anew(execute: Callable[[str, list[str]], NoReturn] = os.execv) -> NoReturn:
    """Replace this process by a new one with the same command line; descriptors of ours are closed (PEP 446)."""
    execute(sys.executable, [sys.executable, *sys.orig_argv[1:]])
