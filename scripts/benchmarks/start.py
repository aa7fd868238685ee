"""Process start to first frame, and to a settled map: counted by the app from exec (proc(5) start time)."""

from __future__ import annotations

import contextlib

from scripts.benchmarks.figures import cpu_seconds, summary
from scripts.benchmarks.rig import Rig, say
from tvapp.journey import AppProcess, Fields, StepFailed

COLD_LATENCY_MS = 40


def first_frame(rig: Rig, runs: int) -> dict[str, object]:
    """Start the app `runs` times and read `frame.first`."""
    times = []
    for number in range(runs):
        with rig.app(rig.data_dir(warm=True), rig.environment(fences_too=False)) as app:
            times.append(_number(app.wait_for("frame.first")["ms"]))
            app.wait_for("map.settled")
        say(f"  first frame {number + 1}/{runs}: {times[-1]:.0f} ms")
    return {
        "target_ms": 400,
        "ms": summary(times, 0),
        "method": "frame.first.ms of the log, which counts from exec (proc(5) start time, 10 ms steps); dummy driver",
    }


def settled(rig: Rig, runs: int) -> dict[str, object]:
    """Start the app with and without tiles on disk and read the first `map.settled`."""
    found: dict[str, object] = {"target_ms": {"warm": 900, "cold": 1500}}
    rig.settings(tile_latency_ms=COLD_LATENCY_MS)
    try:
        for warm in (True, False):
            name = "warm" if warm else "cold"
            times, with_fences, cpu, requests = [], [], [], []
            for number in range(runs):
                with rig.app(rig.data_dir(warm=warm), rig.environment(fences_too=False)) as app:
                    first = app.wait_for("map.settled")
                    cpu.append(cpu_seconds(app.pid))
                    with_fences.append(_number(_last_settled(app, first)["ms"]))
                times.append(_number(first["ms"]))
                requests.append(_number(first["requests"]))
                say(f"  settled {name} {number + 1}/{runs}: {times[-1]:.0f} ms, {cpu[-1]:.2f} CPU s")
            found[name] = {
                "ms": summary(times, 0),
                "with_geofences_ms": summary(with_fences, 0),
                "cpu_s": summary(cpu),
                "requests": max(requests),
            }
    finally:
        rig.settings(tile_latency_ms=0)
    found["method"] = (
        f"first map.settled.ms of the log, from exec; signed in, 10 geofences, {COLD_LATENCY_MS} ms added to each "
        "tile; cold: an empty tile cache, but tiles that the local cloud has drawn before, so that not its drawing is "
        "measured"
    )
    return found


def _last_settled(app: AppProcess, first: Fields) -> Fields:
    """Return the event after which the map stays as it is: it may have settled before the geofences were there."""
    last = first
    with contextlib.suppress(StepFailed):
        while True:
            last = app.wait_for("map.settled", within_s=1.0)
    return last


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
