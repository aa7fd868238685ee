"""The app that keeps its view at once, for `test_last_view`: nobody waits five seconds for a test."""

from __future__ import annotations

import sys

from tvapp import view_keeper
from tvapp.cli import run
from tvapp.process import end

view_keeper.WRITE_AFTER_S = 0.05
view_keeper.WRITE_EVERY_S = 0.2
end(run(sys.argv[1:]))
