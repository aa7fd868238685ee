"""The app with files limited to 40 kB, for `test_disk`: a disk that is full for all but small files.

It writes tiles in small batches, which would take half a minute otherwise.
"""

from __future__ import annotations

import resource
import sys

from tvapp.commands.cli import run
from tvapp.tiles import disk_cache

disk_cache._BATCH_ROWS = 4
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
sys.exit(run(sys.argv[1:]))
