"""The step that takes time: the TV is on and is used now and then, and the app is the same process all the while."""

from __future__ import annotations

import itertools
import time
from functools import partial

from scripts.tvbox_rig.journey import is_drawn
from scripts.tvbox_rig.steps import NotMetError, Step
from scripts.tvbox_rig.tv import Tv

LASTS_S = 20 * 60.0
PAUSE_S = 20.0
KEYS = ("right", "down", "left", "up")
LARGEST_GROWTH_MB = 50


def endurance_steps(tv: Tv) -> list[Step]:
    """Return the step; the TV is signed in and shows the map."""
    expected = f"used for {LASTS_S / 60:.0f} minutes, the app is the same process and has not grown"
    return [Step("endurance", expected, partial(endure, tv))]


def endure(tv: Tv) -> str:
    """Pan the map in a circle until the time is over, and look at the picture and the process each time."""
    process, before_mb = tv.unit("MainPID"), _memory_mb(tv)
    until = time.monotonic() + LASTS_S
    pressed = 0
    for key in itertools.cycle(KEYS):
        if time.monotonic() > until:
            break
        mark = tv.mark()
        tv.machine.qmp.press(key)
        pressed += 1
        tv.settled(mark)
        tv.picture_with("a map", is_drawn)
        if (now := tv.unit("MainPID")) != process:
            ends = [
                entry.message for entry in tv.journal.entries if "tvapp.service: Main process exited" in entry.message
            ]
            raise NotMetError(f"after {pressed} keys another process runs, {now} and not {process}: {ends[-1:]}")
        time.sleep(PAUSE_S)
    after_mb = _memory_mb(tv)
    if after_mb - before_mb > LARGEST_GROWTH_MB:
        raise NotMetError(f"the service has grown from {before_mb} to {after_mb} MB")
    return f"the same process after {pressed} keys; {before_mb} MB, then {after_mb} MB"


def _memory_mb(tv: Tv) -> int:
    return int(tv.unit("MemoryCurrent")) // 1_000_000
