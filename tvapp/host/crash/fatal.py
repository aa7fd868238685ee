"""Records crashes in C code, and kills by a watchdog: Python's fault handler writes where every thread was.

Such an end leaves no time to show or log anything, so the next start finds the file and gives it a name.
"""

from __future__ import annotations

import faulthandler
import os
from pathlib import Path

from tvapp.core.errors import StorageError
from tvapp.core.files import make_private_dir
from tvapp.core.log import Log

OPEN = "fatal.txt"


def watch_for_faults(folder: Path, log: Log) -> None:
    """Have segmentation faults, aborts and the like written to a file in `folder`, and name the file of the last one.

    Call it while the instance's lock is held. Where no file can be written, nothing is watched, and nothing more is
    logged than the outage of the disk already is.
    """
    path = folder / OPEN
    try:
        make_private_dir(path.parent)
        if path.exists() and path.stat().st_size > 0:
            from tvapp.host.crash.report import new_reference, tidy

            reference = new_reference()
            path.rename(path.with_name(f"fatal-{reference}.txt"))
            tidy(path.parent)
            log.event("crash.found", level="error", reference=reference, kind="fatal")
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except (OSError, StorageError):
        return
    # The fault handler writes to this descriptor as long as the process lives.
    faulthandler.enable(fd, all_threads=True)
