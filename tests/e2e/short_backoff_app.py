"""The app that retries refused tiles after 3 s instead of a minute, for `test_troubles`."""

from __future__ import annotations

import sys

from tvapp.commands.cli import run
from tvapp.tiles import backoff

backoff.REFUSAL_RETRY_S = 3.0
sys.exit(run(sys.argv[1:]))
