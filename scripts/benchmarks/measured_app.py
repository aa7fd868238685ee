"""Runs the app exactly as `tvapp run` does, with probes that write to a file, one JSON object a line.

Usage: python -m scripts.benchmarks.measured_app FILE PROBES [arguments of tvapp run ...]

PROBES are names with commas between them: `frames` (the main thread's work for each frame, and when it was presented),
`gc` (each garbage collection), `counts` (the renderer calls of each frame), `status` (sizes and counters, at each
SIGUSR2).
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
from typing import TYPE_CHECKING, Any, TextIO, cast

from scripts.benchmarks.watched_display import WatchedDisplay
from tvapp.app.frame_meter import Burst
from tvapp.app.loop import Program
from tvapp.app.probe import Probe
from tvapp.commands.cli import parse
from tvapp.commands.run import run_app
from tvapp.core.clock import SystemClock
from tvapp.core.surroundings import Surroundings

if TYPE_CHECKING:
    from tvapp.app.app import App
    from tvapp.display.window import Display

CLOCK = SystemClock()


class Writer:
    """Appends JSON objects to the file; may be used from any thread."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def write(self, kind: str, fields: Mapping[str, object]) -> None:
        line = json.dumps({"kind": kind, **fields})
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()


class Measurements(Probe):
    """Implements the probes of these names."""

    def __init__(self, names: set[str], writer: Writer) -> None:
        self._names = names
        if "frames" in names:
            self.shortest_burst = 1  # report short motions too
        self._writer = writer
        self._times: deque[float] = deque()
        self._frames = 0
        self._fence_tiles_drawn = 0
        self._display: Display | None = None
        self._app: App | None = None
        self._after_frame: Callable[[], None] = lambda: None
        self._at_rest: list[Callable[[], None]] = []

    def begin(self, surroundings: Surroundings) -> None:
        """See Probe."""
        if "status" in self._names:
            self._answer_signals()
        if "gc" in self._names:
            self._at_rest.append(_watch_garbage(self._writer))
        if "counts" in self._names:
            self._count_calls()

    def display(self, display: Display) -> Display:
        """See Probe."""
        self._display = display
        return cast("Display", WatchedDisplay(display, self._presented))

    def program(self, app: App) -> Program:
        """See Probe."""
        self._app = app
        return app

    def burst(self, burst: Burst) -> None:
        """See Probe."""
        if "frames" not in self._names:
            return
        # The first frame of the next motion may have been presented already.
        fields = {
            "times": [round(self._times.popleft(), 5) for _ in burst.work_s],
            "work_ms": [round(work * 1000, 3) for work in burst.work_s],
            "cpu_ms": [round(cpu * 1000, 3) for cpu in burst.cpu_s],
        }
        self._writer.write("burst", fields)
        for write in self._at_rest:
            write()

    def _presented(self) -> None:
        self._frames += 1
        if "frames" in self._names:
            self._times.append(CLOCK.monotonic())
        self._after_frame()

    def _count_calls(self) -> None:
        from scripts.benchmarks.counting import KINDS, install

        counts = install()

        def write() -> None:
            for at, found in counts.take():
                self._writer.write("counts", {"at": at, **dict(zip(KINDS, found, strict=True))})

        self._after_frame = lambda: counts.end_frame(CLOCK.monotonic())
        self._at_rest.append(write)

    def _answer_signals(self) -> None:
        """Write sizes and counters at each SIGUSR2, which all threads block except the one that waits for it."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})

        def answer() -> None:
            is_counting = False
            while True:
                signal.sigwait({signal.SIGUSR2})
                if not is_counting:
                    # Deferred: it would import numpy and shapely before the first frame.
                    is_counting = True
                    self._count_fence_tiles()
                self._writer.write("status", self._status())

        threading.Thread(target=answer, name="status", daemon=True).start()

    def _status(self) -> dict[str, int]:
        status = {"frames": self._frames, "fence_tiles_drawn": self._fence_tiles_drawn}
        if self._display is not None:
            canvas = self._display.canvas
            status |= {"textures": canvas.textures.size_bytes, "text": canvas._text_cache.size_bytes}
        if self._app is not None and (live_map := self._app.session.map) is not None:
            status["tiles"] = live_map.model.memory.size_bytes
        return status

    def _count_fence_tiles(self) -> None:
        """Count the tiles where they are drawn: on workers, which no probe of display and loop watches."""
        from tvapp.fences.drawing.raster import FenceRasteriser

        draw = FenceRasteriser.rasterise

        def watched(rasteriser: FenceRasteriser, tile: Any, size: int) -> Any:
            self._fence_tiles_drawn += 1
            return draw(rasteriser, tile, size)

        FenceRasteriser.rasterise = watched  # type: ignore[assignment, method-assign]


def main() -> int:
    """Run the app with its probes."""
    target, probes = Path(sys.argv[1]), set(sys.argv[2].split(","))
    options = parse(sys.argv[3:])
    with target.open("a") as file:
        return run_app(options, Measurements(probes, Writer(file)))


def _watch_garbage(writer: Writer) -> Callable[[], None]:
    """Record every garbage collection; returns the function that writes the records."""
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


if __name__ == "__main__":
    sys.exit(main())
