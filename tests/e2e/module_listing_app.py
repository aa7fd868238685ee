"""The app that lists the imported modules when it logs certain events, for `test_imports`."""

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


def listing_event(log: EventLog, name: str, /, *, level: Level = "info", **fields: object) -> None:
    """List the modules, then log as usual."""
    if name in ("frame.first", "map.settled"):
        (FOLDER / f"{name}.json").write_text(json.dumps(sorted({module.split(".")[0] for module in sys.modules})))
    event(log, name, level=level, **fields)


EventLog.event = listing_event  # type: ignore[method-assign]
end(run(sys.argv[1:]))
