"""The app on a machine that sleeps: the time asleep is what `TVAPP_TEST_ASLEEP`, a file, says once it is there.

Its clocks part as those of Linux do: with the time asleep counted and without it.
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
