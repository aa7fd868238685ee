"""Measures the time from a key press to a changed pixel."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from scripts.benchmarks.figures import Figure, Row, cpu_seconds, per, quantile, row, spread_of_parts, summary
from scripts.benchmarks.options import Options
from scripts.benchmarks.rig import Rig, Stage, wait_ready
from scripts.benchmarks.screen import Screen

LATENCY_MS = 40


def key_to_pixel(rig: Rig, options: Options) -> Row:
    """Measure the time from a key press to a changed pixel in the X server's framebuffer, while tiles load."""
    times: list[float] = []
    missed = 0
    with rig.latency(LATENCY_MS), Screen(rig.size, rig.folder) as screen:
        stage = Stage(rig, "xvfb", rig.size, screen)
        environment = stage.environment(rig.fence_folder(rig.fences))
        with stage.app(rig.data_dir(warm=False), environment) as app:
            wait_ready(app)
            before = cpu_seconds(app.pid)
            for key in itertools.islice(_spiral(), options.presses):
                took = screen.press_until_changed(key)
                if took is None:
                    missed += 1
                else:
                    times.append(took * 1000)
            cpu = cpu_seconds(app.pid) - before
    return row(
        [
            Figure("p50", quantile(times, 0.5, 1), "ms", 16, spread_of_parts(times, 0.5, 1)),
            Figure("p95", quantile(times, 0.95, 1), "ms", 33, spread_of_parts(times, 0.95, 1)),
            Figure("missed", missed, "presses", 0),
        ],
        "command to xdotool (XTest) until a pixel of Xvfb's memory-mapped framebuffer differs, read every "
        "0.5 ms; pressed when the picture has stood still for 50 ms, on the way over new ground at "
        f"{LATENCY_MS} ms tile latency",
        fences=rig.fences,
        ms=summary(times, 1),
        cpu_ms_per_press=per(cpu * 1000, options.presses),
    )


def _spiral() -> Iterator[str]:
    """Yield keys that pan over new ground, so that tiles keep loading, but not out to sea: no pixel changes there."""
    for length in itertools.count(1):
        for turn in (0, 1):
            yield from [("right", "up", "left", "down")[(2 * (length - 1) + turn) % 4]] * (8 * length)
