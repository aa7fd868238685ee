"""Numbers out of measurements: percentiles, and the cost of processes."""

from __future__ import annotations

from collections.abc import Sequence

import psutil


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which `part` (0 to 1) of the values lie, by the nearest rank.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    """
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    rank = max(0, min(len(ordered) - 1, -(-int(part * len(ordered) * 1000) // 1000) - 1))
    return ordered[rank]


def summary(values: Sequence[float], digits: int = 2) -> dict[str, float | int]:
    """Return count, p50, p95, p99 and the largest."""
    return {
        "count": len(values),
        "p50": round(percentile(values, 0.50), digits),
        "p95": round(percentile(values, 0.95), digits),
        "p99": round(percentile(values, 0.99), digits),
        "max": round(max(values, default=float("nan")), digits),
    }


def cpu_seconds(*pids: int) -> float:
    """Return the user and system time that the processes have spent so far."""
    total = 0.0
    for pid in pids:
        times = psutil.Process(pid).cpu_times()
        total += times.user + times.system
    return total


def pss_mib(pid: int) -> float:
    """Return the proportional set size of a process in MiB."""
    return float(psutil.Process(pid).memory_full_info().pss) / (1 << 20)
