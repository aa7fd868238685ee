"""The app that takes a disk for slow after parts of a second, for `test_disk`."""

from __future__ import annotations

import sys

from tvapp.commands.cli import run
from tvapp.tiles import disk_cache

disk_cache.TIMEOUT_S = 0.3
disk_cache.WRITE_TIMEOUT_S = 1.0
sys.exit(run(sys.argv[1:]))
