"""The app with a defect ($CRASH tells where) while the file $CRASH_WHILE is there, for `test_crashing_app`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tests.host.crash.secrets import SECRETS
from tests.host.probing import BeforeUpdate, StandIn
from tvapp.app import loop
from tvapp.app.loop import Program
from tvapp.app.probe import Probe
from tvapp.commands.cli import parse
from tvapp.commands.run import run_app
from tvapp.core.surroundings import Surroundings
from tvapp.host.crash import restart_backoff
from tvapp.host.process import end

if TYPE_CHECKING:
    from tvapp.app.app import App
    from tvapp.display.window import Display

PAUSES_S = (0.7, 1.1, 1.3, 1.5)

where, while_there = os.environ["CRASH"], Path(os.environ["CRASH_WHILE"])
restart_backoff.PAUSES_S = PAUSES_S
loop.GIVE_UP_AFTER = 5


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


class FailingCanvas(StandIn):
    """A canvas that cannot fill boxes while the defect is there."""

    def fill(self, *arguments: object) -> None:
        if is_due("canvas"):
            fail()
        self.real.fill(*arguments)


class FailingDisplay(StandIn):
    """A display with such a canvas."""

    @property
    def canvas(self) -> FailingCanvas:
        return FailingCanvas(self.real.canvas)


class Defects(Probe):
    """Puts the defects in."""

    def begin(self, surroundings: Surroundings) -> None:
        self._log = surroundings.log

    def display(self, display: Display) -> Display:
        return cast("Display", FailingDisplay(display))

    def program(self, app: App) -> Program:
        if is_due("start"):
            fail()
        return cast("Program", BeforeUpdate(app, self._before_update))

    def _before_update(self) -> None:
        if is_due("memory"):
            raise MemoryError
        if is_due("frames"):
            self._log.event("planted", detail=f"Bearer {SECRETS[0]}", device_code=SECRETS[1], mail=SECRETS[5])
            fail()


if __name__ == "__main__":
    end(run_app(parse(sys.argv[1:]), Defects()))
