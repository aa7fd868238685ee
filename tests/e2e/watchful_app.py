"""The app that soon looks whether its disk takes files again, for `test_disk`: a test need not wait half a minute."""

from __future__ import annotations

import sys

from tvapp.commands.cli import run
from tvapp.host import disk_watch

disk_watch.PROBE_AFTER_S = 3.0
sys.exit(run(sys.argv[1:]))
