"""The app with a part of it that hangs from when a file appears, for `test_watched_app`: $HANG names the part."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from tvapp.app.app import App
from tvapp.commands.cli import run
from tvapp.core.jobs import Jobs
from tvapp.host import heartbeat
from tvapp.host.process import end

FOR_EVER_S = 3600.0
heartbeat.STUCK_S, heartbeat.HOPELESS_S, heartbeat.IO_STUCK_S = 1.0, 2.0, 0.8
part, when = os.environ["HANG"], Path(os.environ["HANG_WHEN"])
update, start = App.update, Jobs.__init__


def hanging_update(self: App, now: float) -> bool:
    if part == "main" and when.exists():
        time.sleep(FOR_EVER_S)
    return update(self, now)


def hanging_jobs(self: Jobs, *arguments: object, **more: object) -> None:
    start(self, *arguments, **more)  # type: ignore[arg-type]

    def hang() -> None:
        while not when.exists():
            time.sleep(0.05)
        if part == "worker":
            self.run("a job", lambda: time.sleep(FOR_EVER_S))
        elif part == "io":
            self.io_loop().call_soon_threadsafe(time.sleep, FOR_EVER_S)

    # Its signals are blocked only if it is started after those of the app.
    threading.Timer(1.0, hang).start()


App.update = hanging_update  # type: ignore[method-assign]
Jobs.__init__ = hanging_jobs  # type: ignore[method-assign]
end(run(sys.argv[1:]))
