"""The app that saves its view at once instead of after five seconds, for `test_last_view`."""

from __future__ import annotations

import sys

from tvapp.app import last_view_store
from tvapp.commands.cli import run
from tvapp.host.process import end

last_view_store.WRITE_AFTER_S = 0.05
last_view_store.WRITE_EVERY_S = 0.2
end(run(sys.argv[1:]))
