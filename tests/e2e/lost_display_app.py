"""The app with a display that is lost while the file in DISPLAY_GONE exists, and a screen that blanks early.

Each attempt to open it meanwhile adds a byte to a file beside that one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tvapp.commands.cli import run
from tvapp.core.errors import DisplayError
from tvapp.display import outage
from tvapp.display.window import Display
from tvapp.ui import dimming

GONE = Path(os.environ["DISPLAY_GONE"])
present, build = Display.present, Display._build


def failing_present(self: Display) -> None:
    if GONE.exists():
        self.lose("unplugged")
        raise DisplayError("unplugged")
    present(self)


def failing_build(self: Display) -> None:
    if GONE.exists():
        with GONE.with_suffix(".attempts").open("ab") as attempts:
            attempts.write(b".")
        raise DisplayError("still unplugged")
    build(self)


Display.present = failing_present  # type: ignore[method-assign]
Display._build = failing_build  # type: ignore[method-assign]
outage.STEADY_S = 0.0
dimming.FIRST_AWAKE_S = 10.0  # long enough to start and settle on a slow machine

sys.exit(run(sys.argv[1:]))
