"""The command line of `scripts/bench`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

Where = Literal["dummy", "xvfb"]


@dataclass(frozen=True, slots=True)
class Options:
    """Which rows to measure, how much of each, and where."""

    rows: tuple[str, ...]
    is_listing: bool = False
    display: Where | None = None
    size: tuple[int, int] = (1920, 1080)
    fences: int = 10_000
    many_fences: int = 100_000
    cpu_quota: float | None = None
    json: Path | None = None
    compare: Path | None = None
    fail_if_worse: bool = False
    is_quick: bool = False
    runs: int = 7
    settle_runs: int = 5
    rounds: int = 2
    pan_s: float = 2.5
    flights: int = 5
    presses: int = 200
    idle_s: float = 60.0
    writes_s: float = 660.0
    tour_stops: int = 7200
    lap_stops: int = 600


QUICK = {
    "runs": 2, "settle_runs": 1, "rounds": 1, "pan_s": 0.6, "flights": 1, "presses": 30, "idle_s": 5.0,
    "writes_s": 60.0, "tour_stops": 40, "lap_stops": 20, "many_fences": 20_000,
}  # fmt: skip
"""Values of a quick run."""


def parse(argv: Sequence[str], rows: Sequence[str], long_rows: Sequence[str], quick_rows: Sequence[str]) -> Options:
    """Read a command line.

    Of all `rows`, the `long_rows` are left out unless asked for; a quick run takes the `quick_rows`.
    """
    given = _parser(rows, long_rows).parse_args(argv)
    usual = tuple(name for name in rows if given.long or name not in long_rows)
    chosen = tuple(given.only) if given.only else tuple(quick_rows) if given.quick else usual
    options = Options(rows=tuple(dict.fromkeys(chosen)), is_listing=given.list)
    if given.quick:
        options = replace(options, is_quick=True, **QUICK)  # type: ignore[arg-type]
    told = {name: value for name in _VALUES if (value := getattr(given, name)) is not None}
    return replace(options, fail_if_worse=given.fail_if_worse, **told)


_VALUES = (
    "display", "size", "fences", "cpu_quota", "json", "compare", "runs", "rounds", "presses", "idle_s", "writes_s",
    "tour_stops",
)  # fmt: skip


def _parser(rows: Sequence[str], long_rows: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure tvapp, from the outside.")
    add = parser.add_argument
    add("--only", action="append", choices=tuple(rows), metavar="ROW", help="measure this alone (may be repeated)")
    add("--list", action="store_true", help="print the names for --only")
    add("--long", action="store_true", help=f"also {' and '.join(long_rows)}, which take more than an hour")
    add("--quick", action="store_true", help="less than a minute's worth: fewer rows, starts, motions")
    add("--json", type=Path, metavar="FILE", help="where the JSON goes (standard output)")
    add("--compare", type=Path, metavar="BASE.json", help="print an earlier run's figures beside these")
    add("--fail-if-worse", action="store_true", help="with --compare: exit with 2 if a figure is worse")
    add("--display", choices=("dummy", "xvfb"), help="where start, frames, idle and memory run (dummy; idle: xvfb)")
    add("--size", type=_size, metavar="WxH", help="screen size (1920x1080)")
    add("--fences", type=_at_least_one, metavar="N", help="geofences on the map (10000)")
    add("--cpu-quota", type=_part, metavar="PART", help="give the app this part of a core, e.g. 0.25")
    add("--runs", type=_at_least_one, metavar="N", help="starts to take the percentiles of (7)")
    add("--rounds", type=_at_least_one, metavar="N", help="how often to go round for frames (2)")
    add("--presses", type=_at_least_one, metavar="N", help="key presses for key-to-pixel (200)")
    add("--idle-seconds", dest="idle_s", type=float, metavar="S", help="how long to stand still (60)")
    add("--writes-seconds", dest="writes_s", type=float, metavar="S", help="how long to count what is written (660)")
    add("--tour-stops", type=_at_least_one, metavar="N", help="stops of the tour (7200: 24 hours)")
    return parser


def _size(text: str) -> tuple[int, int]:
    width, times, height = text.partition("x")
    if not (times and width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text!r} is not WxH, such as 1920x1080")
    return int(width), int(height)


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def _part(text: str) -> float:
    try:
        part = float(text)
    except ValueError:
        part = 0.0
    if not 0.01 <= part <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is no part of a core, such as 0.25")
    return part
