"""Frames: the main thread's work under the dummy driver, and frames a second and CPU under Xvfb."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from scripts.benchmarks.figures import cpu_seconds, summary
from scripts.benchmarks.rig import Rig, frames, say
from scripts.benchmarks.screen import Screen
from tvapp.journey import AppProcess

MODULE = "scripts.benchmarks.measured_app"

Hold = Callable[[str, float], None]


def frame_work(rig: Rig) -> dict[str, object]:
    """Pan and zoom by remote and read the work of every frame."""
    target = rig.folder / "frames-dummy.jsonl"
    with rig.remote() as (remote, path):
        environment = rig.environment(TVAPP_REMOTE_DEVICES=path)
        with _measured(rig, target, environment) as app:
            _wait_ready(app)
            _script(remote.hold)
            _wait_quiet(app)
    work = _work(target)
    return {
        "target_ms": {"p50": 2, "p99": 8, "max": 16},
        "fences": rig.fences,
        "work_ms": summary(work),
        "method": "main-thread time from wake-up to present, frames of scripted pans and zooms, dummy driver",
    }


def on_screen(rig: Rig) -> dict[str, object]:
    """The same under Xvfb without a GPU: frames a second, and CPU of the app and the X server a frame."""
    target = rig.folder / "frames-xvfb.jsonl"
    with Screen(rig.size, rig.folder) as screen:
        environment = rig.environment() | screen.environment
        environment.pop("SDL_VIDEODRIVER", None)
        with _measured(rig, target, environment) as app:
            _wait_ready(app)
            _wait_quiet(app)
            before, began = cpu_seconds(app.pid, screen.pid), time.monotonic()
            _pan(screen.hold)
            _wait_quiet(app)
            cpu, wall = cpu_seconds(app.pid, screen.pid) - before, time.monotonic() - began
    bursts = frames(target)
    moving = sum(_number(burst["ended"]) - _number(burst["started"]) for burst in bursts[-4:])
    count = sum(len(_list(burst["work_ms"])) for burst in bursts[-4:])
    return {
        "target": {"frames_per_second": 60, "cpu_ms_per_frame": 5},
        "fences": rig.fences,
        "frames": count,
        "frames_per_second": round(count / moving, 1) if moving else None,
        "cpu_ms_per_frame": round(cpu / count * 1000, 2) if count else None,
        "work_ms": summary(_work(target)),
        "wall_s": round(wall, 1),
        "method": "arrow keys held with XTest; CPU of app and Xvfb from proc while panning, all threads, per frame drawn",
    }


def key_to_pixel(rig: Rig, presses: int) -> dict[str, object]:
    """Time from a key press to a changed pixel in the X server's framebuffer, while tiles load."""
    times = []
    rig.settings(tile_latency_ms=40)
    try:
        with Screen(rig.size, rig.folder) as screen:
            environment = rig.environment() | screen.environment
            environment.pop("SDL_VIDEODRIVER", None)
            with rig.app(rig.data_dir(warm=False), environment) as app:
                _wait_ready(app)
                for number in range(presses):
                    # On through ground that has never been shown, so that tiles keep coming.
                    times.append(screen.press_until_changed("Right" if number % 40 < 20 else "Down") * 1000)
    finally:
        rig.settings(tile_latency_ms=0)
    return {
        "target_ms": {"p50": 20, "p95": 33},
        "ms": summary(times, 1),
        "method": "XTest key press to a changed pixel of Xvfb's framebuffer (memory-mapped), tiles loading at 40 ms",
    }


def _measured(rig: Rig, target: Path, environment: dict[str, str]) -> AppProcess:
    size = f"{rig.size[0]}x{rig.size[1]}"
    data_dir = rig.data_dir(warm=True)
    arguments = [str(target), "run", "--data-dir", str(data_dir), "--windowed", size]
    return AppProcess(arguments, environment, (MODULE,))


def _script(hold: Hold) -> None:
    for _ in range(2):
        _pan(hold)
        for key in ("zoom-in", "zoom-in", "zoom-out", "zoom-out", "zoom-out", "zoom-in"):
            hold(key, 0.05)
            time.sleep(0.7)


def _pan(hold: Hold) -> None:
    for key in ("right", "down", "left", "up"):
        hold(key, 2.5)
        time.sleep(0.6)


def _wait_ready(app: AppProcess) -> None:
    app.wait_for("geofences.loaded")
    app.wait_for("map.settled")


def _wait_quiet(app: AppProcess) -> None:
    """Wait until the frames of the last motion have been written down."""
    time.sleep(1.5)
    app.drain()


def _work(path: Path) -> list[float]:
    work: list[float] = []
    for burst in frames(path):
        work += [_number(value) for value in _list(burst["work_ms"])]
    if not work:
        say("  no motion was seen")
    return work


def _list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
