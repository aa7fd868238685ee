"""The command behind `scripts/bench`: runs the rows that were asked for and prints their figures."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarks import keys, load, memory, motion, rest, start, tiles, trip
from scripts.benchmarks.deadline import deadline
from scripts.benchmarks.figures import Row
from scripts.benchmarks.options import Options, parse
from scripts.benchmarks.quota import Quota, QuotaImpossible, cpu_quota
from scripts.benchmarks.report import compare, comparison_table, differing_conditions, table
from scripts.benchmarks.rig import Rig, rig, say
from tvapp import __version__
from tvapp.display.driver import has_gpu

EXIT_NOT_MEASURED = 1
EXIT_WORSE = 2
EXIT_NO_QUOTA = 3
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: the function that measures it, and the seconds after which it counts as hanging."""

    measure: Callable[[Rig, Options], Row]
    within_s: float = 300.0
    is_long: bool = False
    is_quick: bool = False


ROWS: dict[str, Entry] = {
    "imports": Entry(start.imports, is_quick=True),
    "first-frame": Entry(start.first_frame, is_quick=True),
    "settled": Entry(start.settled, is_quick=True),
    "frames": Entry(motion.frame_work, is_quick=True),
    "frames-curve": Entry(motion.curve, within_s=600.0),
    "frames-xvfb": Entry(motion.on_screen),
    "key-to-pixel": Entry(keys.key_to_pixel, within_s=600.0),
    "idle": Entry(rest.idle, within_s=600.0, is_quick=True),
    "memory": Entry(memory.memory, within_s=600.0),
    "trip": Entry(trip.trip),
    "tiles": Entry(tiles.throughput, within_s=400.0),
    "fences": Entry(load.load, within_s=900.0),
    "tour": Entry(memory.tour, within_s=6 * HOUR_S, is_long=True),
    "writes": Entry(rest.writes, within_s=HOUR_S, is_long=True),
}


def main() -> int:
    """Measure the rows that were asked for, and print the JSON and the table."""
    options = parse(
        sys.argv[1:],
        tuple(ROWS),
        [name for name, entry in ROWS.items() if entry.is_long],
        [name for name, entry in ROWS.items() if entry.is_quick],
    )
    if options.is_listing:
        print("\n".join(ROWS))
        return 0
    here = Path(os.environ.get("BENCH_CALLED_FROM", ""))
    base = None if options.compare is None else json.loads((here / options.compare).read_text(encoding="utf-8"))
    try:
        with contextlib.ExitStack() as stack:
            quota = None if options.cpu_quota is None else stack.enter_context(cpu_quota(options.cpu_quota))
            report = _measure(options, quota)
    except QuotaImpossible as impossible:
        say(str(impossible))
        return EXIT_NO_QUOTA
    text = json.dumps(report, indent=2)
    if options.json is None:
        print(text)
        say("\n" + table(report))
    else:
        (here / options.json).write_text(text + "\n", encoding="utf-8")
        print(table(report))
    rows = report["rows"]
    assert isinstance(rows, dict)
    has_failed = any("error" in row for row in rows.values())
    is_worse = base is not None and _compare(base, report, to_stdout=options.json is not None)
    return EXIT_NOT_MEASURED if has_failed else EXIT_WORSE if is_worse and options.fail_if_worse else 0


def _measure(options: Options, quota: Quota | None) -> dict[str, object]:
    rows: dict[str, Row] = {}
    report: dict[str, object] = {
        "tvapp": __version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {'a' if has_gpu() else 'no'} GPU",
        "load_average_before": round(os.getloadavg()[0], 2),
        "size": f"{options.size[0]}x{options.size[1]}",
        "fences": options.fences,
        "display": options.display or "each row's usual one",
        "cpu_quota": None if quota is None else {"part": quota.part, "means": quota.means},
        "quick": options.is_quick,
        "rows": rows,
    }
    patience = 1.0 if quota is None else max(1.0, 1.0 / quota.part)
    began = time.monotonic()
    with rig(options.size, options.fences, options.display, quota) as bench:
        for number, name in enumerate(options.rows, 1):
            say(f"[{number}/{len(options.rows)}, {time.monotonic() - began:.0f} s] {name} ...")
            entry, row_began = ROWS[name], time.monotonic()
            bench.apps_cpu_s = 0.0
            try:
                with deadline(entry.within_s * patience):
                    rows[name] = entry.measure(bench, options)
            except Exception as error:  # noqa: BLE001 - a row that fails must not cost the others
                rows[name] = {"error": f"{type(error).__name__}: {error}"}
                say(f"  not measured: {rows[name]['error']}")
            rows[name]["took_s"] = round(time.monotonic() - row_began, 1)
            rows[name]["apps_cpu_s"] = round(bench.apps_cpu_s, 2)
    report["took_s"] = round(time.monotonic() - began, 1)
    return report


def _compare(base: dict[str, object], report: dict[str, object], *, to_stdout: bool) -> bool:
    """Print two runs side by side; returns whether any figure is worse."""
    compared = compare(base, report)
    lines = comparison_table(compared)
    if differing := differing_conditions(base, report):
        lines = f"Not the same conditions, base / now: {'; '.join(differing)}\n{lines}"
    if to_stdout:
        print("\n" + lines)
    else:
        say("\n" + lines)
    return any(each.is_worse for each in compared)


if __name__ == "__main__":
    sys.exit(main())
