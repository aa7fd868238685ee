"""The command behind `scripts/soak`: simulates some days and prints one JSON object."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"
os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"

from scripts.simulation.rig import simulated
from scripts.soaking.life import Life
from scripts.soaking.report import report
from tests.cloud import LocalCloud
from tvapp.host.process import tune_interpreter

CLOUD = {"interval_s": 5, "operation_polls": 1, "token_lifetime_s": 4500}
SETTINGS = {"TVAPP_GEOFENCES_REFRESH_S": "1200"}
TOP = 25


def main() -> int:
    """Simulate some days and print one JSON object; returns 1 if something grows, breaks or stays broken."""
    options = _options()
    width, _, height = options.size.partition("x")

    def write(result: dict[str, object]) -> None:
        """Write the report of the days so far: a run of a month may be stopped."""
        if options.json is not None:
            options.json.write_text(json.dumps(result, indent=2) + "\n")

    result = soak(
        days=options.days,
        seed=options.seed,
        fences=options.fences,
        size=(int(width), int(height)),
        say=say,
        each_day=write,
        trace=options.tracemalloc,
    )
    if options.json is None:
        print(json.dumps(result, indent=2))
    failures = result["failures"]
    assert isinstance(failures, list)
    for failure in failures:
        say(f"FAILED: {failure}")
    return 1 if failures else 0


def soak(
    *,
    days: int,
    seed: int,
    fences: int,
    size: tuple[int, int],
    say: Callable[[str], None] = lambda _text: None,
    each_day: Callable[[dict[str, object]], None] = lambda _report: None,
    trace: bool = False,
) -> dict[str, object]:
    """Simulate some days; returns the report. `each_day` gets the report so far at the end of each day."""
    random.seed(seed)
    tune_interpreter()
    began = time.monotonic()
    result: dict[str, object] = {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tvapp-soak-")))
        cloud = LocalCloud(settings=dict(CLOUD))
        stack.callback(cloud.stop)
        tv = stack.enter_context(simulated(cloud, folder, SETTINGS, size=size))
        life = Life(tv, fences, seed, say)
        stack.callback(life.troubles.end_all)
        life.begin()
        growth = Growth() if trace else None
        for day in range(days):
            life.live(day)
            reading = life.diary.readings[-1]
            say(
                f"day {day}: {time.monotonic() - began:.0f} s, in use {reading.in_use} MiB, PSS {reading.kept.pss} "
                f"(found {reading.found.pss}), {reading.files} files, {reading.fonts} fonts, "
                f"{reading.sockets} sockets, {reading.threads} threads, {reading.objects} + {reading.frozen} objects, "
                f"{reading.textures} pictures"
            )
            if growth is not None:
                growth.tell(day, say)
            result = report(life, cloud, day + 1, time.monotonic() - began)
            each_day(result)
        return result


class Growth:
    """Finds where memory that grew since the second day was allocated."""

    def __init__(self) -> None:
        import tracemalloc

        tracemalloc.start(12)
        self._first: tracemalloc.Snapshot | None = None

    def tell(self, day: int, say: Callable[[str], None]) -> None:
        """Compare the end of this day with the end of the second day."""
        import gc
        import tracemalloc

        gc.collect()
        now = tracemalloc.take_snapshot()
        if day < 1:
            return
        if self._first is None:
            self._first = now
            return
        for line in now.compare_to(self._first, "traceback")[:TOP]:
            where = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in line.traceback[::-1])
            say(f"  {line.size_diff / 1024:+.0f} KiB in {line.count_diff:+d}: {where[:200]}")


def say(text: str) -> None:
    """Print progress to the terminal, even while no file can be written."""
    with contextlib.suppress(OSError):
        os.write(2, (text + "\n").encode())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak",
        description="Live days of a TV's life in simulated time; prints JSON, 1 if it does not hold.",
    )
    parser.add_argument("--days", type=int, default=30, help="simulated days (30)")
    parser.add_argument("--seed", type=int, default=1, help="of everything that happens (1)")
    parser.add_argument("--fences", type=int, default=300, help="geofences on the map (300)")
    parser.add_argument("--size", default="640x360", help="screen size (640x360)")
    parser.add_argument("--json", type=Path, help="write the report to this file instead of standard output")
    parser.add_argument("--tracemalloc", action="store_true", help="tell where memory grows (three times slower)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
