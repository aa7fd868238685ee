"""Frames: the main thread's work under the dummy driver, and frames a second and CPU under Xvfb."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.benchmarks.figures import cpu_seconds, others_cpu_seconds, summary
from scripts.benchmarks.rig import Rig, frames, say
from scripts.benchmarks.screen import Screen
from tvapp.core.clock import SystemClock
from tvapp.journey import AppProcess

MODULE = "scripts.benchmarks.measured_app"
PAN_S = 2.5
REST_S = 0.6
ZOOMS = ("zoom-in", "zoom-in", "zoom-out", "zoom-out", "zoom-out", "zoom-in")

CLOCK = SystemClock()
"""The app's own, with which the times of its frames are compared."""

Hold = Callable[[str, float], None]


def frame_work(rig: Rig, rounds: int) -> dict[str, object]:
    """Pan and zoom by remote and read the work of every frame."""
    target = rig.folder / "frames-dummy.jsonl"
    with rig.remote() as (remote, path):
        environment = rig.environment(TVAPP_REMOTE_DEVICES=path)
        with measured(rig, target, environment, "dummy") as app:
            wait_ready(app)
            began, before, others = CLOCK.monotonic(), cpu_seconds(app.pid), others_cpu_seconds(app.pid, os.getpid())
            for _ in range(rounds):
                _pan(remote.hold)
                for key in ZOOMS:
                    remote.hold(key, 0.05)
                    time.sleep(REST_S)
            _wait_quiet(app)
            wall, cpu = CLOCK.monotonic() - began, cpu_seconds(app.pid) - before
            others = others_cpu_seconds(app.pid, os.getpid()) - others
    moving = [burst for burst in frames(target) if _number(burst["started"]) >= began]
    return {
        "target_ms": {"p50": 2, "p99": 8, "max": 16},
        "fences": rig.fences,
        "work_ms": summary(_all(moving, "work_ms")),
        "cpu_ms": summary(_all(moving, "cpu_ms")),
        "all_threads_cpu_ms_per_frame": _per(cpu * 1000, len(_all(moving, "work_ms"))),
        "other_processes_cpus_busy": round(others / wall, 2),
        "method": "work_ms: from the main thread's wake-up to the end of present, each frame of scripted pans and "
        "zooms by remote, over new ground and back, dummy driver; cpu_ms: the CPU time that the main thread "
        "used for it",
    }


def on_screen(rig: Rig, rounds: int) -> dict[str, object]:
    """Pan under Xvfb without a GPU: frames a second, and CPU of the app and the X server a frame."""
    target = rig.folder / "frames-xvfb.jsonl"
    steps: list[dict[str, object]] = []
    with Screen(rig.size, rig.folder) as screen, measured(rig, target, rig.on(screen), "xvfb") as app:
        wait_ready(app)
        pids = (app.pid, screen.pid)
        for number in range(rounds):
            began, before, others = CLOCK.monotonic(), _each_cpu(*pids), others_cpu_seconds(*pids)
            _pan(screen.hold)
            _wait_quiet(app)
            wall, after = CLOCK.monotonic() - began, _each_cpu(*pids)
            bursts = [burst for burst in frames(target) if _number(burst["started"]) >= began]
            count = len(_all(bursts, "work_ms"))
            # The first frame of a motion begins its time, so it is not one of the frames in it.
            moving = sum(_number(burst["ended"]) - _number(burst["started"]) for burst in bursts)
            steps.append(
                {
                    "ground": "new" if number == 0 else "seen before",
                    "frames": count,
                    "frames_per_second": _per(count - len(bursts), moving),
                    "cpu_ms_per_frame": _per((sum(after) - sum(before)) * 1000, count),
                    "of_which_x_server": _per((after[1] - before[1]) * 1000, count),
                    "of_which_main_thread": _per(sum(_all(bursts, "cpu_ms")), count),
                    "work_ms": summary(_all(bursts, "work_ms")),
                    "other_processes_cpus_busy": round((others_cpu_seconds(*pids) - others) / wall, 2),
                }
            )
            say(f"  {steps[-1]}")
    return {
        "target": {"frames_per_second": 60, "cpu_ms_per_frame": 5},
        "fences": rig.fences,
        "rounds": steps,
        "method": f"arrow keys held with XTest for {PAN_S} s each, right, down, left, up; CPU of all threads of the "
        "app and of Xvfb from proc while panning and coming to rest, per frame drawn",
    }


def key_to_pixel(rig: Rig, presses: int) -> dict[str, object]:
    """Time from a key press to a changed pixel in the X server's framebuffer, while tiles load."""
    times: list[float] = []
    missed = 0
    rig.settings(tile_latency_ms=40)
    try:
        with Screen(rig.size, rig.folder) as screen, rig.app(rig.data_dir(warm=False), rig.on(screen)) as app:
            wait_ready(app)
            for key in itertools.islice(_spiral(), presses):
                took = screen.press_until_changed(key)
                if took is None:
                    missed += 1
                else:
                    times.append(took * 1000)
    finally:
        rig.settings(tile_latency_ms=0)
    return {
        "target_ms": {"p50": 20, "p95": 33},
        "fences": rig.fences,
        "ms": summary(times, 1),
        "missed": missed,
        "method": "command to xdotool (XTest) until a pixel of Xvfb's memory-mapped framebuffer differs, read every "
        "0.5 ms; pressed when the picture has stood still for 50 ms, on the way over new ground at 40 ms tile latency",
    }


def measured(rig: Rig, target: Path, environment: dict[str, str], name: str) -> AppProcess:
    """Run the app so that it writes every frame's work to `target`."""
    size = f"{rig.size[0]}x{rig.size[1]}"
    arguments = [str(target), "run", "--data-dir", str(rig.data_dir(warm=True)), "--windowed", size]
    say(f"  {name}: {rig.size[0]}x{rig.size[1]}, {rig.fences} geofences")
    return AppProcess(arguments, environment, (MODULE,))


def wait_ready(app: AppProcess) -> None:
    """Wait until the geofences are on a map that has come to rest."""
    app.wait_for("geofences.loaded")
    app.wait_for("map.settled")
    _wait_quiet(app)


def _pan(hold: Hold) -> None:
    for key in ("right", "down", "left", "up"):
        hold(key, PAN_S)
        time.sleep(REST_S)


def _spiral() -> Iterator[str]:
    """Yield keys that lead over new ground, so that tiles keep coming, but not out to sea: no pixel changes there."""
    for length in itertools.count(1):
        for turn in (0, 1):
            yield from [("right", "up", "left", "down")[(2 * (length - 1) + turn) % 4]] * (8 * length)


def _wait_quiet(app: AppProcess) -> None:
    """Wait until the frames of the last motion have been written down."""
    time.sleep(1.5)
    app.drain()


def _each_cpu(*pids: int) -> list[float]:
    return [cpu_seconds(pid) for pid in pids]


def _per(amount: float, count: float) -> float | None:
    return round(amount / count, 2) if count else None


def _all(bursts: list[dict[str, object]], name: str) -> list[float]:
    found: list[float] = []
    for burst in bursts:
        values = burst[name]
        assert isinstance(values, list)
        found += [_number(value) for value in values]
    return found


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
