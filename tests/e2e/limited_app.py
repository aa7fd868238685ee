"""The app with files that may not grow beyond 40 kB, for `test_disk`: a disk that is full for all but small files.

Tiles are written a few at a time: nobody waits half a minute for a test.
"""

from __future__ import annotations

import resource
import sys

from tvapp.commands.cli import run
from tvapp.tiles import disk_cache

disk_cache._BATCH_ROWS = 4
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
sys.exit(run(sys.argv[1:]))
