"""The app with a defect ($CRASH tells where) while the file $CRASH_WHILE is there, for `test_crashing_app`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.host.crash.secrets import SECRETS
from tvapp.app import loop
from tvapp.app.app import App
from tvapp.commands.cli import run
from tvapp.display.pygame_canvas import PygameCanvas
from tvapp.host.crash import restart_backoff
from tvapp.host.process import end

PAUSES_S = (0.7, 1.1, 1.3, 1.5)

where, while_there = os.environ["CRASH"], Path(os.environ["CRASH_WHILE"])
restart_backoff.PAUSES_S = PAUSES_S
loop.GIVE_UP_AFTER = 5
real_update, real_fill = App.update, PygameCanvas.fill


class Secretive(RuntimeError):
    """Carries secrets wherever an exception can."""


def fail() -> None:
    secret_local = SECRETS
    try:
        raise KeyError(secret_local[0])
    except KeyError as error:
        raise Secretive(f"no luck with {', '.join(SECRETS)} user_code={SECRETS[3]}", SECRETS) from error


def is_due(here: str) -> bool:
    return here == where and while_there.exists()


def update(self: App, now: float) -> bool:
    if is_due("memory"):
        raise MemoryError
    if is_due("frames"):
        self._log.event("planted", detail=f"Bearer {SECRETS[0]}", device_code=SECRETS[1], mail=SECRETS[5])
        fail()
    return real_update(self, now)


def fill(self: PygameCanvas, *arguments: object) -> None:
    if is_due("canvas"):
        fail()
    real_fill(self, *arguments)  # type: ignore[arg-type]


App.update = update  # type: ignore[method-assign]
PygameCanvas.fill = fill  # type: ignore[method-assign, assignment]
if where == "start":
    real_init = App.__init__

    def init(self: App, *arguments: object, **more: object) -> None:
        if is_due("start"):
            fail()
        real_init(self, *arguments, **more)  # type: ignore[arg-type]

    App.__init__ = init  # type: ignore[method-assign]
if __name__ == "__main__":
    end(run(sys.argv[1:]))
