"""The command behind `scripts/bench`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable

from scripts.benchmarks import motion, rest, start
from scripts.benchmarks.rig import Rig, rig, say
from tvapp import __version__
from tvapp.display.driver import has_gpu

Measure = Callable[[Rig, argparse.Namespace], dict[str, object]]

ROWS: dict[str, Measure] = {
    "first-frame": lambda rig, options: start.first_frame(rig, options.runs),
    "settled": lambda rig, options: start.settled(rig, options.runs),
    "frames": lambda rig, options: motion.frame_work(rig, options.rounds),
    "frames-xvfb": lambda rig, options: motion.on_screen(rig, options.rounds),
    "key-to-pixel": lambda rig, options: motion.key_to_pixel(rig, options.presses),
    "idle": lambda rig, options: rest.idle(rig, options.idle_seconds),
    "writes": lambda rig, options: rest.writes(rig, options.writes_seconds),
    "memory": lambda rig, options: rest.memory(rig, options.tour_stops),
    "trip": lambda rig, _options: rest.trip(rig),
}


def main() -> int:
    """Measure what was asked for and print one JSON object."""
    options = _options()
    if options.list:
        print("\n".join(ROWS))
        return 0
    width, _, height = options.size.partition("x")
    report: dict[str, object] = {
        "tvapp": __version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {'a' if has_gpu() else 'no'} GPU",
        "load_average_before": round(os.getloadavg()[0], 2),
        "size": options.size,
        "fences": options.fences,
    }
    failed = False
    with rig((int(width), int(height)), options.fences) as bench:
        for name in options.only or ROWS:
            say(f"{name} ...")
            try:
                report[name] = ROWS[name](bench, options)
            except Exception as error:  # noqa: BLE001 - one figure that cannot be had must not cost the others
                report[name] = {"error": f"{type(error).__name__}: {error}"}
                failed = True
    print(json.dumps(report, indent=2))
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure tvapp; prints JSON.")
    parser.add_argument("--only", action="append", choices=tuple(ROWS), help="measure this alone (may be repeated)")
    parser.add_argument("--list", action="store_true", help="print the names for --only")
    parser.add_argument("--runs", type=int, default=7, help="starts to take the percentiles of (7)")
    parser.add_argument("--fences", type=int, default=10_000, help="geofences on the map (10000)")
    parser.add_argument("--size", default="1920x1080", help="screen size (1920x1080)")
    parser.add_argument("--rounds", type=int, default=2, help="how often to go round for frames (2)")
    parser.add_argument("--presses", type=int, default=200, help="key presses for key-to-pixel (200)")
    parser.add_argument("--idle-seconds", type=float, default=60.0, help="how long to stand still (60)")
    parser.add_argument("--writes-seconds", type=float, default=660.0, help="how long to count what is written (660)")
    parser.add_argument("--tour-stops", type=int, default=7200, help="stops of the tour; 7200 are 24 hours")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
