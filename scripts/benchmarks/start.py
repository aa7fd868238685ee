"""Process start to first frame, and to a settled map: counted by the app from exec (proc(5) start time)."""

from __future__ import annotations

from scripts.benchmarks.figures import percentile, summary
from scripts.benchmarks.rig import Rig, say

COLD_LATENCY_MS = 40


def first_frame(rig: Rig, runs: int) -> dict[str, object]:
    """Start the app `runs` times and read `frame.first`."""
    times = []
    for number in range(runs):
        with rig.app(rig.data_dir(warm=True), rig.environment(fences_too=False)) as app:
            times.append(_number(app.wait_for("frame.first")["ms"]))
        say(f"  first frame {number + 1}/{runs}: {times[-1]:.0f} ms")
    return {"target_ms": 400, "ms": summary(times, 0), "method": "frame.first.ms, dummy driver, signed in"}


def settled(rig: Rig, runs: int) -> dict[str, object]:
    """Start the app with and without tiles on disk and read the first `map.settled`."""
    found: dict[str, object] = {"target_warm_ms": 900, "target_cold_ms": 1500}
    rig.settings(tile_latency_ms=COLD_LATENCY_MS)
    try:
        for warm in (True, False):
            name = "warm" if warm else "cold"
            times, cpu = [], []
            for number in range(runs):
                with rig.app(rig.data_dir(warm=warm), rig.environment(fences_too=False)) as app:
                    times.append(_number(app.wait_for("map.settled")["ms"]))
                say(f"  settled {name} {number + 1}/{runs}: {times[-1]:.0f} ms")
            found[name] = {"ms": summary(times, 0), "p50_ms": round(percentile(times, 0.5))} | (
                {"cpu": cpu} if cpu else {}
            )
    finally:
        rig.settings(tile_latency_ms=0)
    found["method"] = f"first map.settled.ms, dummy driver, signed in; {COLD_LATENCY_MS} ms tile latency"
    return found


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
