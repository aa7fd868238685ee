"""Watches the machine's clocks on a thread of its own: the end of a suspend, a clock that was set, a changed skew.

Nothing else notices. While a machine is suspended, event waits and asyncio's timers stand still, and afterwards they go
on for the rest of their time, which may be minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from tvapp.core.clock import ClockChangeDetector, ClockSet, Reading, Resumed, read_clocks
from tvapp.core.log import Log

LOOK_EVERY_S = 1.5
"""Reading the clocks takes 0.1 ms. A resumed TV shows outdated data no longer than this."""


class ClockWatch:
    """Posts Resumed and ClockSet, and calls `look_at_skew` at each look: a clock that was set may be right again."""

    def __init__(
        self,
        post: Callable[[Resumed | ClockSet], None],
        log: Log,
        look_at_skew: Callable[[], None],
        *,
        read: Callable[[], Reading] = read_clocks,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._post = post
        self._log = log
        self._look_at_skew = look_at_skew
        self._read = read
        self._sleep = sleep
        self._stopped = False

    def run(self) -> None:
        """Watch until `stop`; for a thread."""
        gauge = ClockChangeDetector(self._read())
        while not self._stopped:
            self._sleep(LOOK_EVERY_S)
            for event in gauge.look(self._read()):
                match event:
                    case Resumed(asleep_s):
                        self._log.event("system.resumed", asleep_s=asleep_s)
                    case ClockSet(by_s):
                        self._log.event("clock.set", by_s=by_s)
                self._post(event)
            self._look_at_skew()

    def stop(self) -> None:
        """Stop watching at the next look."""
        self._stopped = True
