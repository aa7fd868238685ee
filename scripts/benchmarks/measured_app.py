"""Runs the app exactly as `tvapp run` does, with probes that write what they see to a file, one JSON object a line.

Usage: python -m scripts.benchmarks.measured_app FILE PROBES [arguments of tvapp run ...]

PROBES are names with commas between them: `frames` (the main thread's work for every frame, and when it was out), `gc`
(every search for garbage), `counts` (what each frame asks of the renderer), `status` (sizes and
counters, each time SIGUSR2 comes).
"""

from __future__ import annotations

import gc
import json
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from tvapp.app import loop
from tvapp.app.loop import Burst
from tvapp.commands.cli import parse
from tvapp.commands.run import run_app
from tvapp.core.clock import SystemClock

CLOCK = SystemClock()


class Writer:
    """Appends objects to the file, from any thread."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def write(self, kind: str, fields: Mapping[str, object]) -> None:
        line = json.dumps({"kind": kind, **fields})
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()


def main() -> int:
    """Run the app with its probes."""
    target, probes = Path(sys.argv[1]), set(sys.argv[2].split(","))
    options = parse(sys.argv[3:])
    with target.open("a") as file:
        writer = Writer(file)
        at_rest: list[Callable[[], None]] = []
        if "status" in probes:
            _answer_signals(writer)
        times: deque[float] = deque()
        if "frames" in probes:
            loop.SHORTEST_BURST = 1  # also the motions of a few frames
            _note_times(times)
        if "gc" in probes:
            at_rest.append(_watch_garbage(writer))
        if "counts" in probes:
            at_rest.append(_count_calls(writer))

        def on_burst(burst: Burst) -> None:
            # The first frame of the next motion may be out already.
            fields = {
                "times": [round(times.popleft(), 5) for _ in burst.work_s],
                "work_ms": [round(work * 1000, 3) for work in burst.work_s],
                "cpu_ms": [round(cpu * 1000, 3) for cpu in burst.cpu_s],
            }
            writer.write("burst", fields)
            for write in at_rest:
                write()

        return run_app(options, on_burst=on_burst if "frames" in probes else None)


def _note_times(times: deque[float]) -> None:
    """Note when each frame was out."""
    from tvapp.display.window import Display

    present = Display.present

    def watched(self: Display) -> None:
        present(self)
        times.append(CLOCK.monotonic())

    Display.present = watched  # type: ignore[method-assign]


def _watch_garbage(writer: Writer) -> Callable[[], None]:
    """Note every search for garbage; returns what writes them down."""
    began: dict[int, float] = {}
    seen: list[dict[str, object]] = []
    main = threading.get_ident()

    def hear(phase: str, info: Mapping[str, int]) -> None:
        thread = threading.get_ident()
        if phase == "start":
            began[thread] = time.perf_counter()
        elif thread in began:
            ms = round((time.perf_counter() - began.pop(thread)) * 1000, 3)
            at, generation = CLOCK.monotonic(), info["generation"]
            seen.append({"at": at, "ms": ms, "generation": generation, "main": thread == main})

    def write() -> None:
        while seen:
            writer.write("gc", seen.pop(0))

    gc.callbacks.append(hear)
    return write


def _count_calls(writer: Writer) -> Callable[[], None]:
    from scripts.benchmarks.counting import KINDS, install

    counts = install(CLOCK.monotonic)

    def write() -> None:
        for at, found in counts.take():
            writer.write("counts", {"at": at, **dict(zip(KINDS, found, strict=True))})

    return write


def _answer_signals(writer: Writer) -> None:
    """Write sizes and counters each time SIGUSR2 comes, which every thread leaves to the one that waits for it."""
    from tvapp.display.text_cache import TextCache
    from tvapp.display.textures import Textures
    from tvapp.display.window import Display
    from tvapp.mapview.texture_cache import Shelf

    kept: dict[str, Any] = {}
    counters = {"frames": 0, "fence_tiles_drawn": 0}
    for kind in (Textures, TextCache, Shelf):
        _keep_last(kind, kept)
    present = Display.present

    def watched_present(self: Display) -> None:
        present(self)
        counters["frames"] += 1

    Display.present = watched_present  # type: ignore[method-assign]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})

    def answer() -> None:
        is_counting = False
        while True:
            signal.sigwait({signal.SIGUSR2})
            if not is_counting:
                # Not before: it would load numpy and shapely ahead of the first frame.
                is_counting = True
                _count_fence_tiles(counters)
            writer.write("status", {**{name: held.size_bytes for name, held in kept.items()}, **counters})

    threading.Thread(target=answer, name="status", daemon=True).start()


def _keep_last(kind: Any, kept: dict[str, Any]) -> None:
    """Remember the object of a class that was made last."""
    make = kind.__init__

    def watched(self: Any, *arguments: Any, **named: Any) -> None:
        make(self, *arguments, **named)
        kept[kind.__name__.lower()] = self

    kind.__init__ = watched


def _count_fence_tiles(counters: dict[str, int]) -> None:
    from tvapp.fences.drawing.raster import FenceRasteriser

    draw = FenceRasteriser.rasterise

    def watched(self: FenceRasteriser, tile: Any, size: int) -> Any:
        counters["fence_tiles_drawn"] += 1
        return draw(self, tile, size)

    FenceRasteriser.rasterise = watched  # type: ignore[method-assign]


if __name__ == "__main__":
    sys.exit(main())
