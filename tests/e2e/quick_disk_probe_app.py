"""The app that probes a failed disk after 3 s instead of half a minute, for `test_disk`."""

from __future__ import annotations

import sys

from tvapp.commands.cli import run
from tvapp.host import disk_watch

disk_watch.PROBE_AFTER_S = 3.0
sys.exit(run(sys.argv[1:]))
