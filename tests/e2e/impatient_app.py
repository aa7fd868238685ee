"""The app with a shorter patience where the service refused, for `test_troubles`: nobody waits a minute for a test."""

from __future__ import annotations

import sys

from tvapp.commands.cli import run
from tvapp.tiles import backoff

backoff.REFUSAL_RETRY_S = 3.0
sys.exit(run(sys.argv[1:]))
