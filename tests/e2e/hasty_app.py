"""The app that keeps its view at once, for `test_last_view`: nobody waits five seconds for a test."""

from __future__ import annotations

import sys

from tvapp.app import last_view_store
from tvapp.commands.cli import run
from tvapp.host.process import end

last_view_store.WRITE_AFTER_S = 0.05
last_view_store.WRITE_EVERY_S = 0.2
end(run(sys.argv[1:]))
