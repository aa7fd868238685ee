"""The app that writes down which modules are loaded when it logs some events, for `test_imports`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from tvapp.commands.cli import run
from tvapp.core.log import Level
from tvapp.host.event_log import EventLog
from tvapp.host.process import end

FOLDER = Path(os.environ["MODULES_OF"])
event = EventLog.event


def noting(log: EventLog, name: str, /, *, level: Level = "info", **fields: object) -> None:
    """Log as ever, but not before the modules are written down."""
    if name in ("frame.first", "map.settled"):
        (FOLDER / f"{name}.json").write_text(json.dumps(sorted({module.split(".")[0] for module in sys.modules})))
    event(log, name, level=level, **fields)


EventLog.event = noting  # type: ignore[method-assign]
end(run(sys.argv[1:]))
