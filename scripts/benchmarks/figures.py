"""Computes figures from measurements: percentiles, spreads, targets, and the CPU and memory of processes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

QUARTERS = 4

Row = dict[str, object]
"""The result of one row, as JSON: its `figures`, its `method`, and details that explain them."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `spread` tells how far repeated measurements lay apart, in the same unit."""

    name: str
    value: float | None
    unit: str
    target: float | None = None
    spread: float = 0.0
    more_is_better: bool = False

    @property
    def is_met(self) -> bool | None:
        """Tell whether the target is reached; None without a target or a value."""
        if self.target is None or self.value is None:
            return None
        return self.value >= self.target if self.more_is_better else self.value <= self.target

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "target": self.target,
            "met": self.is_met,
            "spread": self.spread,
            "more_is_better": self.more_is_better,
        }


def row(figures: Sequence[Figure], method: str, **details: object) -> Row:
    """Return a row in the form that the report has."""
    return {"figures": [figure.as_json() for figure in figures], **details, "method": method}


def percentile(values: Sequence[float], part: float) -> float | None:
    """Return the value below which `part` (0 to 1) of the values lie, by the nearest rank; None without values.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    """
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def rounded(value: float | None, digits: int = 2) -> float | None:
    """Return a value rounded; None if it is missing."""
    return None if value is None else round(value, digits)


def quantile(values: Sequence[float], part: float, digits: int = 2) -> float | None:
    """Return a rounded percentile."""
    return rounded(percentile(values, part), digits)


def summary(values: Sequence[float], digits: int = 2) -> dict[str, float | int | None]:
    """Return count, p50, p95, p99 and the largest."""
    found: dict[str, float | int | None] = {"count": len(values)}
    for name, part in (("p50", 0.50), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
        found[name] = quantile(values, part, digits)
    return found


def spread(values: Sequence[float], digits: int = 2) -> float:
    """Return the range of the middle half of repeated measurements (of fewer than four: of all).

    >>> spread([1.0, 2.0, 3.0, 100.0])
    2.0
    """
    if len(values) < 2:
        return 0.0
    low, high = (0.25, 0.75) if len(values) >= 4 else (0.0, 1.0)
    upper, lower = percentile(values, high), percentile(values, low)
    assert upper is not None
    assert lower is not None
    return round(upper - lower, digits)


def spread_of_parts(values: Sequence[float], part: float, digits: int = 2) -> float:
    """Return how far a percentile differs between the quarters of many measurements, taken in their order."""
    size = len(values) // QUARTERS
    if not size:
        return 0.0
    found = [percentile(values[at * size : (at + 1) * size], part) for at in range(QUARTERS)]
    known = [value for value in found if value is not None]
    return round(max(known) - min(known), digits)


def number(value: object) -> float:
    """Return a value of JSON as a number.

    Raises:
        TypeError: it is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def per(amount: float, count: float, digits: int = 2) -> float | None:
    """Return `amount` per `count`, rounded; None if `count` is 0."""
    return round(amount / count, digits) if count else None


def cpu_seconds(*pids: int) -> float:
    """Return the user and system time that processes have used so far, in seconds."""
    total = 0.0
    for pid in pids:
        times = psutil.Process(pid).cpu_times()
        total += times.user + times.system
    return total


def others_cpu_seconds(*pids: int) -> float:
    """Return the CPU seconds that all other processes have used so far: how noisy the machine is."""
    times = psutil.cpu_times()
    return times.user + times.nice + times.system - cpu_seconds(*pids)


def memory_mb(pid: int) -> dict[str, float]:
    """Return the memory of a process in megabytes (1e6 bytes).

    `pss` counts shared pages in part, `uss` not at all, `rss` in full, as for a process that is the only one to use
    them.
    """
    found = psutil.Process(pid).memory_full_info()
    return {name: round(getattr(found, name) / 1e6, 1) for name in ("pss", "uss", "rss")}


def mapped_mb(smaps: str) -> dict[str, float]:
    """Sum the PSS of a proc smaps file by kind, in megabytes: files, heap, stack, other anonymous memory."""
    sums = dict.fromkeys(("files", "heap", "stack", "anonymous"), 0.0)
    kind = "anonymous"
    for line in smaps.splitlines():
        first, *rest = line.split()
        if first.endswith(":"):
            if first == "Pss:":
                sums[kind] += int(rest[0]) * 1024 / 1e6
            continue
        name = rest[4] if len(rest) > 4 else ""
        if name.startswith("[heap"):
            kind = "heap"
        elif name.startswith("[stack"):
            kind = "stack"
        else:
            kind = "files" if name.startswith("/") else "anonymous"
    return {name: round(value, 1) for name, value in sums.items()}


def wake_ups(pid: int) -> int:
    """Return how often a process's main thread has gone to sleep so far, which is how often it was woken."""
    text = Path(f"/proc/{pid}/task/{pid}/status").read_text(encoding="ascii", errors="replace")
    return int(_field(text, "voluntary_ctxt_switches"))


def io_bytes(pid: int) -> dict[str, int]:
    """Return the bytes that a process has written: `write_bytes` to the disk, `wchar` by any system call."""
    lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    return {name: int(count) for name, _, count in (line.partition(": ") for line in lines)}


def _field(text: str, name: str) -> str:
    found: Mapping[str, str] = {
        key: value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())
    }
    return found[name]
