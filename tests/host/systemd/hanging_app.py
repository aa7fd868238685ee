"""The app with a part that hangs as soon as a file appears, for `test_watched_app`: $HANG names the part."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tests.host.probing import BeforeUpdate
from tvapp.app.loop import Program
from tvapp.app.probe import Probe
from tvapp.commands.cli import parse
from tvapp.commands.run import run_app
from tvapp.core.jobs import Jobs
from tvapp.core.surroundings import Surroundings
from tvapp.host import heartbeat
from tvapp.host.process import end

if TYPE_CHECKING:
    from tvapp.app.app import App

FOR_EVER_S = 3600.0
heartbeat.STUCK_S, heartbeat.HOPELESS_S, heartbeat.IO_STUCK_S = 1.0, 2.0, 0.8
part, when = os.environ["HANG"], Path(os.environ["HANG_WHEN"])


class Hanging(Probe):
    """Has the part hang."""

    def begin(self, surroundings: Surroundings) -> None:
        # Its signals are blocked only if it is started after those of the app.
        threading.Timer(1.0, lambda: hang(surroundings.jobs)).start()

    def program(self, app: App) -> Program:
        return cast("Program", BeforeUpdate(app, hang_main))


def hang_main() -> None:
    if part == "main" and when.exists():
        time.sleep(FOR_EVER_S)


def hang(jobs: Jobs) -> None:
    while not when.exists():
        time.sleep(0.05)
    if part == "worker":
        jobs.run("a job", lambda: time.sleep(FOR_EVER_S))
    elif part == "io":
        jobs.io_loop().call_soon_threadsafe(time.sleep, FOR_EVER_S)


end(run_app(parse(sys.argv[1:]), Hanging()))
