"""Numbers out of measurements: percentiles, and the cost of processes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import psutil


def percentile(values: Sequence[float], part: float) -> float | None:
    """Return the value below which `part` (0 to 1) of the values lie, by the nearest rank; None of no values.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    """
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def summary(values: Sequence[float], digits: int = 2) -> dict[str, float | int | None]:
    """Return count, p50, p95, p99 and the largest."""
    found: dict[str, float | int | None] = {"count": len(values)}
    for name, part in (("p50", 0.50), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
        value = percentile(values, part)
        found[name] = None if value is None else round(value, digits)
    return found


def cpu_seconds(*pids: int) -> float:
    """Return the user and system time that the processes have spent so far."""
    total = 0.0
    for pid in pids:
        times = psutil.Process(pid).cpu_times()
        total += times.user + times.system
    return total


def others_cpu_seconds(*pids: int) -> float:
    """Return the time that everything else on this machine has spent so far: how noisy it was."""
    times = psutil.cpu_times()
    return times.user + times.nice + times.system - cpu_seconds(*pids)


def pss_mib(pid: int) -> float:
    """Return the proportional set size of a process in MiB."""
    return float(psutil.Process(pid).memory_full_info().pss) / (1 << 20)


def io_bytes(pid: int) -> dict[str, int]:
    """Return what a process has written: `write_bytes` towards the disk, `wchar` by system calls of any kind."""
    lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    return {name: int(count) for name, _, count in (line.partition(": ") for line in lines)}
