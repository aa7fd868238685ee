"""Opens the display at start, and waits for one that may come."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from tvapp.core.clock import Clock
from tvapp.core.errors import DisplayError
from tvapp.core.log import Log
from tvapp.display.hardware import Availability, display_availability
from tvapp.display.key_source import KeySource
from tvapp.display.outage import begin_outage
from tvapp.display.window import Display
from tvapp.display.window_creation import DisplaySpec, NoKeys

DOUBTFUL_TRIES = 6
"""A screen that does not open may be busy until another program releases it."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The program was told to end while it waited for a display; `reason` is the signal's name."""

    reason: str


def _probe(has_failed: bool) -> Availability:
    if not has_failed:
        return display_availability(os.environ)
    from tvapp.display.libraries import missing_for

    return display_availability(os.environ, lacks=missing_for)


def open_display(
    spec: DisplaySpec,
    keys: KeySource,
    clock: Clock,
    log: Log,
    *,
    wait: Callable[[float], str | None],
    complain: Callable[[str], None],
    probe: Callable[[bool], Availability] = _probe,
) -> Display | Stopped:
    """Open a display; where one may come later, wait for it and `complain` once.

    `wait` sleeps for some seconds and returns the name of a signal that asks the program to end. `probe` predicts
    whether a display opens; with True, after one that did not open, it also looks for what SDL lacks.

    Raises:
        DisplayError: there can never be one, or it does not open although it is there.
    """
    waiting = begin_outage("", clock.monotonic(), None, 0.0)
    is_told, doubtful = False, 0
    while True:
        seen = probe(False)
        failure = DisplayError(seen.reason)
        if seen.outlook != "wait" or seen.is_worth_trying:
            try:
                return Display.open(spec, keys, clock)
            except NoKeys:
                raise
            except DisplayError as error:
                failure = error
                seen = probe(True)
        doubtful = doubtful + 1 if seen.outlook == "doubt" else 0
        if seen.outlook == "never" or doubtful >= DOUBTFUL_TRIES:
            raise DisplayError(f"{failure} ({seen.reason})" if seen.reason else str(failure)) from failure
        if not is_told:
            is_told = True
            log.event("display.waiting", level="warning", reason=seen.reason)
            complain(f"tvapp: there is no display yet: {seen.reason}. Waiting for one.")
        waiting.failed(clock.monotonic())
        if (reason := wait(waiting.retry_at - clock.monotonic())) is not None:
            return Stopped(reason)
