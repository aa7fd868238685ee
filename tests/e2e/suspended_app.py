"""The app on a machine that was suspended for as long as the file in `TVAPP_TEST_ASLEEP` says, once it exists.

As on Linux, one clock counts the time asleep and the other does not.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tvapp.commands.cli import run
from tvapp.core import clock

ASLEEP = Path(os.environ.pop("TVAPP_TEST_ASLEEP"))
awake = clock._boot_time


def boot_time() -> float:
    try:
        return awake() + float(ASLEEP.read_text() or 0)
    except OSError:
        return awake()


clock._boot_time = boot_time
wall = time.time
time.time = lambda: wall() + boot_time() - awake()
sys.exit(run(sys.argv[1:]))
