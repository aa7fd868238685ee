"""Runs the app exactly as `tvapp run` does, and writes the main thread's work for every frame to a file.

Usage: python -m scripts.benchmarks.measured_app FRAMES-FILE [arguments of tvapp run ...]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tvapp.cli import parse
from tvapp.launch import run_app
from tvapp.loop import Burst


def main() -> int:
    """Run the app; one JSON line a motion."""
    target = Path(sys.argv[1])
    options = parse(sys.argv[2:])
    with target.open("a") as file:

        def write(burst: Burst) -> None:
            line = {
                "started": burst.started,
                "ended": burst.ended,
                "work_ms": [round(work * 1000, 3) for work in burst.work_s],
                "cpu_ms": [round(cpu * 1000, 3) for cpu in burst.cpu_s],
            }
            file.write(json.dumps(line) + "\n")
            file.flush()

        return run_app(options, on_burst=write)


if __name__ == "__main__":
    sys.exit(main())
